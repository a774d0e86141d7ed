"""The directory changes while alerts are open: none of them waits for somebody out of reach."""

from collections.abc import Mapping
from functools import partial

from sqlalchemy import Connection

from bot.domain.alert import Alert
from bot.domain.events import DirectoryChanged
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from bot.engine.holding import held
from storage import alerts, people, reports
from storage.loaded import AlertFacts


def pass_on(c: Connection, engine: Engine, before: Mapping[str, alerts.Addresses]) -> int:
    """Every open alert whose owner no channel reaches goes to the next person at once; how many
    those were. For whoever has changed the directory, in the same unit of work.

    ``before`` is the reach of all owners as it was: who is in reach by now is paged, who has lost
    the one channel on which the page got through is passed by too, and who has another number or
    account is paged there.
    """
    reach = alerts.reach_of_owners(c)
    changed = [owner for owner, at in reach.items() if not at or at != before.get(owner, {})]
    found = alerts.owned_by(c, changed)
    for alert_id, owner in found:
        known = before.get(owner, {})
        moved = (on for on, at in reach[owner].items() if known.get(on, at) != at)
        pass_on_one(engine, alert_id, c, tuple(moved))
    return sum(not reach[owner] for _, owner in found)


def pass_on_one(engine: Engine, alert_id: str, c: Connection, moved: tuple[str, ...] = ()) -> None:
    """The same for one alert: nothing where its owner can be paged and may have been, unless
    its ordering provider is known only now, who is asked then."""
    alert = alerts.load(c, alert_id)
    facts = _with_provider(c, engine, alert) if alert.is_open else None
    if facts:
        alerts.correct(c, alert_id, facts)
    apply_in(c, engine, alert_id, DirectoryChanged(moved, provider_known=bool(facts)))


_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What an alert or a report raises that is stored otherwise than we can read it."""


def provider_known_now(engine: Engine, alert_id: str, c: Connection) -> bool:
    """Whether nobody knew its ordering provider, and they can be paged by now. Also where it cannot
    be read: whoever passes it on tells that, and the others are looked at all the same."""
    try:
        return _with_provider(c, engine, alerts.load(c, alert_id)) is not None
    except _UNREADABLE:
        return True


def _with_provider(c: Connection, engine: Engine, alert: Alert) -> AlertFacts | None:
    """The facts with the provider whom the directory knows since; None where it does not."""
    if alert.roster.ordering is not None:
        return None
    versions = reports.versions(c, alert.key)
    facts = held(c, versions, engine.policy, partial(reports.load, c)).facts
    known = people.load(c, facts.ordering_person) if facts.ordering_person else None
    return facts if known and known.channels else None

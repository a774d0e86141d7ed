"""The directory changes while alerts are open: none of them waits for somebody out of reach."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bot.domain.alert import UNDO_WITHIN, Alert
from bot.domain.coverage import SMS, VOICE, Person, Role, next_told
from bot.domain.effects import SendNotice
from bot.domain.events import AcknowledgmentUndone, DirectoryChanged, NotAllowed
from bot.domain.page import Notice, Slip
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from bot.engine.holding import held
from bot.log import log
from storage import alert_lists, alerts, locks, outbox, people, proofs, reports
from storage.database import after_commit


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


def _with_provider(c: Connection, engine: Engine, alert: Alert) -> alerts.AlertFacts | None:
    """The facts with the provider whom the directory knows since; None where it does not."""
    if alert.roster.ordering is not None:
        return None
    versions = reports.versions(c, alert.key)
    facts = held(c, versions, engine.policy, partial(reports.load, c)).facts
    known = people.load(c, facts.ordering_person) if facts.ordering_person else None
    return facts if known and known.channels else None


def opt_out(c: Connection, engine: Engine, mobile: str, as_of: datetime | None = None) -> bool:
    """STOP: no SMS to this number until START. What waits for its holder goes on at once, and every
    coordinator hears of it, once. True where it was news.

    ``as_of`` (UTC), where that was not just now: an entry that has changed since, by START or by an
    admin, stays as it is.
    """
    # Of several who find out at the same moment only one may tell it.
    locks.lock(c, "people")
    reached = [person for person in people.by_mobile(c, mobile) if SMS in person.channels]
    if not reached or (as_of and people.changed_since(c, mobile, as_of)):
        return False
    before = alerts.reach_of_owners(c)
    people.opt_out(c, mobile, as_of or engine.clock.now())
    pass_on(c, engine, before)
    # After the alerts, as an acknowledgment takes both: else each could wait for the other.
    proofs.forget(c, mobile, [SMS])
    tell_coordinators(c, engine, Notice.OPTED_OUT, ", ".join(person.name for person in reached))
    return True


def landline(c: Connection, engine: Engine, mobile: str, as_of: datetime) -> bool:
    """This number takes no SMS. True where it was news; an entry that has changed since ``as_of``
    (UTC) stays as it is. What waits for somebody who cannot answer a mere call goes on at once."""
    locks.lock(c, "people")
    reached = [person for person in people.by_mobile(c, mobile) if SMS in person.channels]
    if not reached or people.changed_since(c, mobile, as_of):
        return False
    before = alerts.reach_of_owners(c)
    people.landline(c, mobile, engine.clock.now())
    pass_on(c, engine, before)
    proofs.forget(c, mobile, [SMS])
    return True


def wrong_number(c: Connection, engine: Engine, mobile: str) -> bool:
    """Its holder says that they are somebody else: nothing goes there until START. What waits for
    who should have it goes on at once, also what was acknowledged from there so lately that it can
    be undone, and every coordinator hears of it, once. True where it was news.

    It needs no code, and a number can be forged: where no coordinator would be left to hear of it
    the number stays in, and the operator reads it in the log.
    """
    locks.lock(c, "people")
    reached = [p for p in people.by_mobile(c, mobile) if {SMS, VOICE} & set(p.channels)]
    if not reached:
        return False
    if not any(_hears_without(person, mobile) for person in people.coordinators(c)):
        after_commit(c, lambda: log.error("wrong_number_kept", person=reached[0].id))
        return False
    _take_back(c, engine, {person.id for person in reached})
    before = alerts.reach_of_owners(c)
    people.wrong_number(c, mobile, engine.clock.now())
    pass_on(c, engine, before)
    proofs.forget(c, mobile, [SMS, VOICE])
    tell_coordinators(c, engine, Notice.WRONG_NUMBER, ", ".join(p.name for p in reached))
    return True


def _take_back(c: Connection, engine: Engine, holders: Collection[str]) -> None:
    """What was acknowledged by this phone a moment ago, nobody has who should."""
    for alert_id in alert_lists.acknowledged_since(c, engine.clock.now() - UNDO_WITHIN):
        given = alerts.load(c, alert_id).acknowledgment
        if given and given.by in holders and given.channel in {SMS, VOICE}:
            with suppress(NotAllowed):  # the result was withdrawn meanwhile
                apply_in(c, engine, alert_id, AcknowledgmentUndone(given.by))


def _hears_without(person: Person, mobile: str) -> bool:
    """Whether a notice still reaches them where nothing goes to this number."""
    return bool(set(person.written) - ({SMS} if person.mobile == mobile else set()))


def opt_in(c: Connection, engine: Engine, mobile: str, as_of: datetime | None = None) -> bool:
    """START, at ``as_of`` (UTC) where that was not just now: the number can be paged again, and so
    can what waited because nobody could be. False where SMS went there all the while."""
    locks.lock(c, "people")
    known = people.by_mobile(c, mobile)
    if not known:
        people.forget_stop(c, mobile)
        return True
    before = alerts.reach_of_owners(c)
    # Noted also where nobody knew that they were out: a refusal may be on its way to us.
    people.opt_out(c, mobile, as_of or engine.clock.now(), out=False)
    if all(SMS in person.channels for person in known):
        return False
    pass_on(c, engine, before)
    return True


def tell_coordinators(
    c: Connection, engine: Engine, notice: Notice, about: str, *, without: str = ""
) -> None:
    """Every coordinator who can be reached gets this notice, which belongs to no alert; by the
    channel ``without`` only who has no other. Where there is none the operator reads it."""
    now = engine.clock.now()
    notices = [
        SendNotice(Slip(person.id, Role.COORDINATOR, channels[0], 0, notice=notice), now)
        for person in people.coordinators(c)
        if (channels := sorted(person.written, key=lambda channel: channel == without))
    ]
    if not notices:
        _nobody_hears(c, notice)
    outbox.put(c, None, notices, now, version=0, data=about)
    after_commit(c, engine.wake)


def coordinator_to_tell(c: Connection, notice: Notice, *, instead_of: str = "") -> Person | None:
    """The first who can be reached, or the next after the one of this id, of whom that has turned
    out wrong. Where there is none the operator reads it."""
    somebody = next_told(people.coordinators(c), instead_of)
    if somebody is None:
        _nobody_hears(c, notice)
    return somebody


def _nobody_hears(c: Connection, notice: Notice) -> None:
    after_commit(c, lambda: log.error("no_coordinator_to_tell", what=notice.value))

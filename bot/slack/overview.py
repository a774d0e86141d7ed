"""Open alerts as a list, and one alert with its ladder and timeline. Pure.

The timeline shows the audit trail's facts, never the words of a read-back: they tell the finding.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.alert import Alert, State
from bot.domain.coverage import VOICE, Person
from bot.domain.ladder import CALL, REPEAT, RETRY, Planned
from bot.domain.wording import duration, local_time
from bot.engine.views import AlertView
from bot.slack.elements import Block, context, header, lines, section
from bot.slack.standing import how_it_ended
from bot.slack.words import clipped, due, escaped, late, title_case
from storage.alert_lists import AlertRow
from storage.audit import Entry

# What an audit entry's data may show here, in this order.
_TOLD = ("role", "channel", "channels", "notice", "reason", "read_back", "reached", "category")
_PEOPLE = ("person", "to")
TIMELINE_MOST = 60
LISTED_MOST = 200
SHADOW_SAYS = "🌒 *SHADOW*: nobody was paged for"


def how_many(found: Sequence[AlertRow]) -> str:
    """Counted as far as they are listed."""
    return f"more than {LISTED_MOST}" if len(found) > LISTED_MOST else str(len(found))


def listing(found: Sequence[AlertRow], person: Person, now: datetime) -> list[Block]:
    """Open alerts, the first to answer at the top; LISTED_MOST of them."""
    texts = [
        f"{_mark(row)}*{row.ref}* · {escaped(row.category)}"
        f" · {escaped(clipped(row.exam or 'imaging', 60))}"
        f" · {due(row.due_at, person.timezone, now)}"
        f" · with {escaped(row.owner_name or 'nobody')}"
        for row in found[:LISTED_MOST]
    ]
    heading = f"{how_many(found).capitalize()} open {'alert' if len(texts) == 1 else 'alerts'}"
    silent = f"{SHADOW_SAYS} those with the mark" if any(row.shadow for row in found) else ""
    foot = context("`/readback show REF` shows one of them", silent)
    return [header(heading), *lines(texts), foot]


def _mark(found: AlertRow | Alert) -> str:
    return "SHADOW · " if found.shadow else ""


def in_quarantine(waiting: Mapping[str, int]) -> list[Block]:
    """How many messages wait for a person, by reason; nothing where none does."""
    if not waiting:
        return []
    total = sum(waiting.values())
    by_reason = ", ".join(f"{escaped(reason)} {count}" for reason, count in waiting.items())
    what = "message waits" if total == 1 else "messages wait"
    text = clipped(f"📥 {total} {what} in quarantine: {by_reason}", 300)
    return [context(text, "`readback quarantine list` shows what to do")]


def detail(
    view: AlertView,
    entries: Sequence[Entry],
    names: Mapping[str, str],
    person: Person,
    now: datetime,
) -> list[Block]:
    """State, owner, ladder and timeline of one alert. ``names`` by person id."""
    alert = view.alert
    steps = ((p.at, _step(alert, p)) for p in alert.plan)
    ladder = [f"{local_time(at, person.timezone, now)} {step}" for at, step in steps if step]
    hidden = len(entries) - TIMELINE_MOST
    more = [f"… {hidden} earlier entries are in the audit trail"] if hidden > 0 else []
    shown = [_line(entry, names, person, now) for entry in entries[-TIMELINE_MOST:]]
    what = f"{title_case(alert.category)} · {clipped(view.exam or 'imaging', 80)}"
    return [
        header(f"{_mark(alert)}{alert.ref} · {what}"),
        section(_state(view, person, now)),
        *([context(*_facts(alert, person, now))] if any(_facts(alert, person, now)) else []),
        *lines(["*What comes next*", *ladder] if ladder else []),
        *lines(["*Timeline*", *more, *shown]),
    ]


def _state(view: AlertView, person: Person, now: datetime) -> str:
    alert = view.alert
    if alert.state is not State.OPEN:
        return how_it_ended(view, person, now)
    role = alert.owner_role.value.replace("_", " ")
    owner = f"with *{escaped(view.owner_name or 'nobody')}* ({role})"
    return f"Open, {owner} · {due(alert.due_at, person.timezone, now)}"


def _facts(alert: Alert, person: Person, now: datetime) -> tuple[str, ...]:
    expired = alert.expired_at
    return (
        f"{SHADOW_SAYS} it" if alert.shadow else "",
        f"Window passed at {local_time(expired, person.timezone, now)}" if expired else "",
        f"⚠️ A person must look: {escaped(alert.review)}" if alert.review else "",
        late(alert.late_by),
        f"Note: {escaped(alert.note)}" if alert.note else "",
    )


def _step(alert: Alert, planned: Planned) -> str:
    """Empty for a call to somebody who cannot be called."""
    if planned.index == REPEAT:
        return f"coordinators are paged, every {duration(alert.policy.repeat_every)}"
    if planned.index == RETRY:
        return "another try to reach somebody"
    if planned.index == CALL:
        owner = alert.roster.person(alert.owner)
        return "the owner's phone rings" if owner and VOICE in owner.channels else ""
    step = alert.policy.steps[planned.index]
    who = step.who.value.replace("_", " ")
    what = "reminder to the owner" if who == "owner" else f"{who} becomes owner"
    return f"{what} ({', '.join(step.channels)})"


def _line(entry: Entry, names: Mapping[str, str], person: Person, now: datetime) -> str:
    who = [names.get(str(entry.data[key]), "") for key in _PEOPLE if entry.data.get(key)]
    if entry.actor != "readback":
        who.insert(0, names.get(entry.actor, entry.actor))
    facts = [str(entry.data[key]).replace("_", " ") for key in _TOLD if entry.data.get(key)]
    facts += ["from a number never tested"] if entry.data.get("unproven") else []
    facts += ["late"] if entry.data.get("late") else []
    what = entry.what.replace("_", " ")
    rest = "".join(f" · {escaped(clipped(part, 80))}" for part in (*who, *facts) if part)
    return f"{local_time(entry.at, person.timezone, now)} {what}{rest}"

"""Alerts as the page shows them, read from the bot's own database: list, ladder, audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.alert import Alert, State
from bot.domain.coverage import VOICE, Person, Role
from bot.domain.ladder import CALL
from bot.domain.policy import Step
from bot.sandbox.demo.telling import CHANNELS, READ_BACK, ROLES, Names, told
from bot.sandbox.journal import Json
from storage import alert_lists, alerts, audit, claims, people
from storage.alert_lists import AlertRow
from storage.audit import Entry

MOST_ALERTS = 50
STATES = tuple(state.value for state in State)


def board(connection: Connection, chosen: str) -> Json:
    """The newest alerts, and all of one: that with the ref ``chosen``, or the newest."""
    everybody = people.everybody(connection)
    rows = alert_lists.listing(connection, STATES, MOST_ALERTS)
    shown = next((row for row in rows if row.ref == chosen), rows[0] if rows else None)
    return {
        "people": [_person(person) for person in everybody],
        "alerts": [_row(row) for row in rows],
        "alert": detail(connection, shown, everybody) if shown else None,
    }


def next_due(connection: Connection) -> datetime | None:
    """When the bot has something to do next: a step of an alert, or a message to send."""
    times = (alerts.next_due_at(connection), claims.next_to_leave(connection))
    return min((at for at in times if at), default=None)


def _person(person: Person) -> Json:
    return {
        "id": person.id,
        "name": person.name,
        "roles": list(person.roles),
        "slack": person.slack[1] if person.slack else None,
        "mobile": person.mobile or None,
        "tz": person.timezone,
    }


def _row(row: AlertRow) -> Json:
    return {
        "ref": row.ref,
        "category": row.category,
        "state": row.state,
        "expired": row.expired_at is not None,
        "owner": row.owner_name,
        "exam": row.exam,
        "window_opens_at": row.window_opens_at.isoformat(),
        "due_at": row.due_at.isoformat(),
    }


def detail(connection: Connection, row: AlertRow, everybody: Sequence[Person]) -> Json:
    """One alert with its ladder and its timeline, the newest entry first."""
    alert = alerts.load(connection, row.id, for_update=False)
    trail = audit.chain(connection, row.id)
    names = {person.id: person.name for person in everybody}
    given = alert.acknowledgment
    return {
        **_row(row),
        "accession": row.accession,
        "owner_id": alert.owner,
        "owner_role": ROLES[alert.owner_role.value],
        "review": alert.review,
        "note": alert.note,
        "cycle": alert.cycle,
        "version": alert.version,
        "ended_at": _iso(row.ended_at),
        "acknowledged": {
            "by": names.get(given.by, given.by),
            "at": given.at.isoformat(),
            "channel": CHANNELS.get(given.channel, given.channel),
            "read_back": READ_BACK[given.read_back.value],
        }
        if given
        else None,
        "ladder": [rung.json() for rung in ladder(alert, trail)],
        "timeline": [_entry(entry, names) for entry in reversed(trail)],
    }


def _entry(entry: Entry, names: Names) -> Json:
    line = told(entry, names)
    return {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "what": line.what,
        "detail": line.detail,
        "tone": line.tone,
        "hash": entry.hash[:8],
    }


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder as it stands. ``status``: done, next, ahead, or passed (left out)."""

    at: datetime
    kind: str
    who: str
    note: str
    status: str

    def json(self) -> Json:
        """For the page."""
        return {
            "at": self.at.isoformat(),
            "kind": self.kind,
            "who": self.who,
            "note": self.note,
            "status": self.status,
        }


def ladder(alert: Alert, trail: Sequence[Entry]) -> list[Rung]:
    """The steps of the alert's own policy and the end of its window, in the order of their times: a
    step that came early, after a refusal, stands where it came."""
    done = _done(alert, trail)
    planned = {p.index: p.at for p in alert.plan}
    upcoming = alert.next_action_at
    rungs = []
    for index, step in enumerate(alert.policy.steps):
        at, asked = done.get(index, (None, ""))
        at = at or planned.get(index) or alert.window_opens_at + step.after
        status = _status(index in done, index in planned, at == upcoming)
        rungs.append(Rung(at, _kind(step), _who(step, alert, asked), _note(step), status))
    rungs += [_end(alert), *_repeat(alert), *_calls(alert, trail)]
    return sorted(rungs, key=lambda rung: rung.at)


def _status(done: bool, planned: bool, upcoming: bool) -> str:  # noqa: FBT001 - three facts, named
    if done:
        return "done"
    if planned:
        return "next" if upcoming else "ahead"
    return "passed"


def _end(alert: Alert) -> Rung:
    minutes = int(alert.policy.repeat_every.total_seconds() // 60)
    every = f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"
    note = f"coordinators in turn, every {every}"
    if alert.expired_at:
        return Rung(alert.expired_at, "expiry", "Window passed", note, "done")
    ahead = "next" if alert.next_action_at == alert.due_at else "ahead"
    return Rung(alert.due_at, "expiry", "Window ends", note, ahead if alert.is_open else "passed")


def _repeat(alert: Alert) -> list[Rung]:
    """The paging that goes on after the window has passed."""
    if alert.next_action_at is None or alert.expired_at is None:
        return []
    return [Rung(alert.next_action_at, "repeat", "The next coordinator", "Slack + SMS", "next")]


def _calls(alert: Alert, trail: Sequence[Entry]) -> list[Rung]:
    """The ringing of the owner's phone beside the pages, some minutes after they became it."""
    rung = [Rung(at, "call", _rings(alert, whom), "a call", "done") for at, whom in _rang(trail)]
    for planned in alert.plan:
        if planned.index == CALL:
            status = "next" if planned.at == alert.next_action_at else "ahead"
            rung.append(Rung(planned.at, "call", _rings(alert, alert.owner), "a call", status))
    return rung


def _rang(trail: Sequence[Entry]) -> list[tuple[datetime, str]]:
    """When, and whose, in the present cycle."""
    begins = max((i for i, entry in enumerate(trail) if entry.what == "reopened"), default=0)
    return [
        (entry.at, str(entry.data["person"]))
        for entry in trail[begins:]
        if entry.what == "page_due" and entry.data.get("channels") == VOICE
    ]


def _rings(alert: Alert, whom: str) -> str:
    person = alert.roster.person(whom)
    return f"{person.name}'s phone rings" if person else "A phone rings"


def _done(alert: Alert, trail: Sequence[Entry]) -> dict[int, tuple[datetime, str]]:
    """When each step was done in the present cycle, as it fell due or earlier after a refusal; and
    the id of whom it asked first."""
    found: dict[int, tuple[datetime, str]] = {}
    first = {step.who.value: i for i, step in reversed([*enumerate(alert.policy.steps)])}
    for entry in trail:
        step = entry.data.get("step")
        if entry.what == "reopened":
            found.clear()
        elif entry.what in {"step_due", "reminder_due"} and isinstance(step, int):
            found[step] = (entry.at, "")
        elif entry.what == "page_due" and entry.data.get("role") in first:
            index = first[str(entry.data["role"])]
            at, asked = found.get(index, (entry.at, ""))
            found[index] = (at, asked or str(entry.data["person"]))
    return found


def _kind(step: Step) -> str:
    return "reminder" if step.who is Role.OWNER else "owner"


def _who(step: Step, alert: Alert, asked: str) -> str:
    roster = alert.roster
    person = roster.person(asked) or {
        Role.ORDERING_PROVIDER: roster.ordering,
        Role.DESIGNEE: roster.designee,
        Role.COORDINATOR: roster.coordinators[0] if roster.coordinators else None,
    }.get(step.who)
    if step.who is Role.OWNER:
        return "Reminder"
    role = ROLES[step.who.value]
    return f"{person.name}, {role}" if person else f"No {role} known"


def _note(step: Step) -> str:
    channels = " + ".join(CHANNELS.get(channel, channel) for channel in step.channels)
    return f"{channels}; radiologist asked to phone" if step.please_phone else channels


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None

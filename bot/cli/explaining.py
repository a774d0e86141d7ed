"""What a message is to Readback: read from where, of which category, and whom it would page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from bot.domain.coverage import SLACK, SMS, VOICE, Calls, Person, Role, Roster
from bot.domain.message import RawMessage, Reports, SetAside, Unusable
from bot.domain.policy import CategoryPolicy, Policy, Step
from bot.domain.report import ROUTINE, Identifier, Preliminary, Report, Status
from bot.domain.triage import Triage, triage
from bot.sources import files
from bot.sources.fhir import places as fhir_places
from bot.sources.files import Known
from bot.sources.hl7.places import Heading, Places, heading, read_from
from storage import people

Look = Callable[[Report], Roster]
"""Who fills the roles of this report's alert, by the directory."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything is explained by. ``look`` is None where there is no directory to ask."""

    policy: Policy
    known: Known
    processing_ids: frozenset[str]
    now: datetime
    look: Look | None = None
    calls: Calls = Calls.NONE


@dataclass(frozen=True, slots=True)
class Asked:
    """One step of the ladder: who, when, how. ``person`` is None where nobody is known to fill it,
    ``identifiers`` are those of the message; ``call_after`` is how much later their phone rings."""

    who: Role
    after: timedelta
    channels: tuple[str, ...]
    person: Person | None = None
    named: str = ""
    identifiers: tuple[Identifier, ...] = ()
    call_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """One report of a message. ``severity`` 0 is the worst of the policy; ``nobody`` says why
    nobody would be paged."""

    report: Report
    places: Places
    triage: Triage
    severity: int
    asked: tuple[Asked, ...]
    nobody: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a file, counted from 1. ``reports`` is empty where it was refused."""

    file: Path
    index: int
    raw: RawMessage
    heading: Heading
    reports: tuple[Explained, ...] = ()
    flagged: tuple[Asked, ...] = ()
    worst: str = ""
    """Who looks at a message that is flagged and cannot be used, and as what."""

    @property
    def refusal(self) -> str:
        """The typed reason, empty for a report."""
        reading = self.raw.reading
        return "" if isinstance(reading, Reports) else reading.reason

    @property
    def decisive(self) -> Explained | None:
        """Of several reports the one that would be paged first."""
        ranked = sorted(self.reports, key=lambda one: (not one.asked, one.severity))
        return ranked[0] if ranked else None


def explain(file: Path, data: bytes, ground: Ground) -> Iterator[Message]:
    """Each message of the bytes, as a listener or a folder would read it now."""
    for index, raw in enumerate(files.read_all(data, ground.known, ground.now), 1):
        yield _message(file, index, raw, ground)


def _message(file: Path, index: int, raw: RawMessage, ground: Ground) -> Message:
    is_fhir, feeds = files.is_json(raw.data), ground.known.feeds
    head = fhir_places.heading(raw.data) if is_fhir else heading(raw.data, feeds)
    match raw.reading:
        case Reports(reports=reports):
            places = (
                fhir_places.read_from(raw.data, reports)
                if is_fhir
                else read_from(raw.data, reports, feeds)
            )
            told = tuple(
                _explained(one, where, ground) for one, where in zip(reports, places, strict=True)
            )
            return Message(file, index, raw, head, told)
        case Unusable(flags=flags) if flags:
            return Message(
                file,
                index,
                raw,
                head,
                flagged=_coordinator(ground, None),
                worst=ground.policy.categories[0].name,
            )
        case SetAside() | Unusable():
            return Message(file, index, raw, head)


def _explained(report: Report, places: Places, ground: Ground) -> Explained:
    found = triage(report, ground.policy)
    nobody = _why_nobody(report, found, ground)
    asked = () if nobody else _ladder(report, found, ground)
    severity = ground.policy.severity(found.category or ROUTINE)
    return Explained(report, places, found, severity, asked, nobody)


def _why_nobody(report: Report, found: Triage, ground: Ground) -> str:
    if report.processing_id and report.processing_id not in ground.processing_ids:
        return f"the processing id is {report.processing_id}: kept and counted, pages nobody"
    if found.category in {None, ROUTINE}:
        return "routine" if found.category else "it carries no flag that the policy knows"
    match report.status:
        case Status.PRELIMINARY:
            return _BEFORE_FINAL[report.if_preliminary]
        case Status.WITHDRAWN:
            return "withdrawn: it ends an alert and opens none"
    return ""


_BEFORE_FINAL = {
    Preliminary.IGNORE: "preliminary: recorded, nobody is paged until it is final",
    Preliminary.NOTIFY: "preliminary: the reading radiologist is asked, nobody is paged until it "
    "is final",
    Preliminary.OPEN: "",
}


def _ladder(report: Report, found: Triage, ground: Ground) -> tuple[Asked, ...]:
    """Whom the steps name, as if the window opened now and nobody answered."""
    if found.category is None:
        raise ValueError("a report without a category has no ladder")
    policy = ground.policy.category(found.category)
    if found.review:
        return _coordinator(ground, report)
    roster = ground.look(report) if ground.look else None
    if roster and roster.ordering is None:
        return _coordinator(ground, report)
    return tuple(
        _asked(ground, step, report, roster) for step in policy.steps if step.who != Role.OWNER
    )


def _coordinator(ground: Ground, report: Report | None) -> tuple[Asked, ...]:
    """The coordinator, and at once."""
    step = _of_coordinator(ground.policy.categories[0])
    roster = ground.look(report) if ground.look and report else None
    at_once = Step(timedelta(0), step.who, step.channels)
    return (_asked(ground, at_once, report, roster),)


def _of_coordinator(policy: CategoryPolicy) -> Step:
    return next(step for step in policy.steps if step.who is Role.COORDINATOR)


def _asked(ground: Ground, step: Step, report: Report | None, roster: Roster | None) -> Asked:
    person = _filling(step.who, roster) if roster else None
    reaching = person.channels if person else (SLACK, SMS, *((VOICE,) if ground.calls else ()))
    channels = tuple(channel for channel in step.channels if channel in reaching)
    called = step.call_after if VOICE in reaching else None
    if step.who is not Role.ORDERING_PROVIDER or report is None:
        return Asked(step.who, step.after, channels, person, call_after=called)
    named = ", ".join(provider.name for provider in report.ordering if provider.name)
    identifiers = tuple(i for provider in report.ordering for i in provider.identifiers)
    return Asked(step.who, step.after, channels, person, named, identifiers, called)


def _filling(who: Role, roster: Roster) -> Person | None:
    match who:
        case Role.ORDERING_PROVIDER:
            return roster.ordering
        case Role.DESIGNEE:
            return roster.designee
        case Role.COORDINATOR:
            return roster.coordinators[0] if roster.coordinators else None
        case _:
            return None


def roster_of(connection: Connection, report: Report) -> Roster:
    """The roster of an alert for this report: the first provider who is known by an identifier."""
    known = (people.by_identifiers(connection, one.identifiers) for one in report.ordering)
    ordering = next((person for person in known if person), None)
    return people.roster(connection, ordering.id if ordering else None, None)

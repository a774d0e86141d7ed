"""What a message is to Readback: read from where, of which category, and whom it would page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.cli.foretold import Asked, Directory, asked_before_final, foretell
from bot.domain.foreseen import opened
from bot.domain.message import RawMessage, Reports, SetAside, Unusable
from bot.domain.policy import CategoryPolicy, Policy
from bot.domain.report import ROUTINE, Preliminary, Report, Status
from bot.domain.triage import Triage, triage
from bot.domain.window import opens_at
from bot.domain.wording import duration
from bot.sources import files
from bot.sources.fhir import places as fhir_places
from bot.sources.files import Known
from bot.sources.hl7.places import heading, read_from
from bot.sources.positions import Heading, Places


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything is explained by."""

    policy: Policy
    known: Known
    processing_ids: frozenset[str]
    directory: Directory


@dataclass(frozen=True, slots=True)
class Explained:
    """One report of a message. ``severity`` 0 is the worst of the policy; ``nobody`` says why
    nobody would be paged. ``asked`` is as if it came in time, ``late`` what were else by now."""

    report: Report
    places: Places
    triage: Triage
    severity: int
    asked: tuple[Asked, ...]
    nobody: str = ""
    late: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a message would wait in quarantine. Where it is flagged it opens an alert besides,
    of this category; ``nobody`` says why it does not."""

    bad: Unusable
    category: str = ""
    asked: tuple[Asked, ...] = ()
    nobody: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a file, counted from 1. ``reports`` is empty where it was refused."""

    file: Path
    index: int
    raw: RawMessage
    heading: Heading
    reports: tuple[Explained, ...] = ()
    waiting: tuple[Waiting, ...] = ()

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

    @property
    def flagged(self) -> Waiting | None:
        """What of it a coordinator would be paged for, though it cannot be used."""
        return next((one for one in self.waiting if one.asked), None)


def explain(file: Path, data: bytes, ground: Ground) -> Iterator[Message]:
    """Each message of the bytes, as a listener or a folder would read it now."""
    for index, raw in enumerate(files.read_all(data, ground.known, ground.directory.now), 1):
        yield _message(file, index, raw, ground)


def _message(file: Path, index: int, raw: RawMessage, ground: Ground) -> Message:
    is_fhir, feeds = files.is_json(raw.data), ground.known.feeds
    head = fhir_places.heading(raw.data) if is_fhir else heading(raw.data, feeds)
    match raw.reading:
        case Reports(reports=reports, left=left):
            places = (
                fhir_places.read_from(raw.data, reports)
                if is_fhir
                else read_from(raw.data, reports, feeds)
            )
            told = tuple(
                _explained(raw, one, where, ground)
                for one, where in zip(reports, places, strict=True)
            )
            # Of a message that is not for production nothing waits: it is kept and counted.
            live = raw.is_live(ground.processing_ids)
            waiting = tuple(_waiting(raw, bad, ground) for bad in left) if live else ()
            return Message(file, index, raw, head, told, waiting)
        case Unusable() as bad:
            return Message(file, index, raw, head, waiting=(_waiting(raw, bad, ground),))
        case SetAside():
            return Message(file, index, raw, head)


def _waiting(raw: RawMessage, bad: Unusable, ground: Ground) -> Waiting:
    """A flagged one is a coordinator's to look at, as of the worst category."""
    if not bad.flags:
        return Waiting(bad)
    if raw.is_test(ground.processing_ids):
        return Waiting(bad, nobody=_not_live(raw))
    worst = ground.policy.categories[0]
    asked = foretell((), worst, _FLAGGED, ground.directory)
    return Waiting(bad, worst.name, asked, "" if asked else _OUT_OF_REACH)


_FLAGGED = "it is flagged and cannot be used"
_OUT_OF_REACH = "none of those whom the policy names can be reached"


def _explained(raw: RawMessage, report: Report, places: Places, ground: Ground) -> Explained:
    found = triage(report, ground.policy)
    severity = ground.policy.severity(found.category or ROUTINE)
    nobody = _why_nobody(raw, report, found, ground)
    if nobody or found.category is None:
        return Explained(report, places, found, severity, (), nobody)
    policy = ground.policy.category(found.category)
    asked = foretell(report.ordering, policy, found.review, ground.directory)
    late = "" if found.review else _late(report, policy, ground.directory.now)
    nobody = "" if asked else _OUT_OF_REACH
    return Explained(report, places, found, severity, asked, nobody, late)


def _late(report: Report, policy: CategoryPolicy, now: datetime) -> str:
    """How it would go with a report of an earlier day, as samples are."""
    alert = opened(policy, opens_at(report, now)[0], now)
    if alert.late_by is None:
        return ""
    if alert.stale:
        instead = "a coordinator alone would review it"
    elif alert.too_late_for_a_ladder(now):
        instead = "everybody would be asked at once"
    else:
        instead = "the steps would come closer together"
    return f"received now, {duration(alert.late_by)} late, {instead}"


def _why_nobody(raw: RawMessage, report: Report, found: Triage, ground: Ground) -> str:
    if not raw.is_live(ground.processing_ids):
        return _not_live(raw)
    if found.category in {None, ROUTINE}:
        return "routine" if found.category else "it carries no flag that the policy knows"
    match report.status:
        case Status.PRELIMINARY:
            asked = asked_before_final(report, ground.directory)
            return _BEFORE_FINAL[report.if_preliminary].format(asked)
        case Status.WITHDRAWN:
            return "withdrawn: it ends an alert and opens none"
    return ""


def _not_live(raw: RawMessage) -> str:
    return f"the processing id is {raw.processing_id}: kept and counted, pages nobody"


_BEFORE_FINAL = {
    Preliminary.IGNORE: "preliminary: recorded, nobody is paged until it is final",
    Preliminary.NOTIFY: "preliminary: {} is asked, nobody is paged until it is final",
    Preliminary.OPEN: "",
}

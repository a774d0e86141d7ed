"""FHIR R4: bytes in, a RawMessage with its reading out. Pure, and it never raises.

A message is a DiagnosticReport, alone or in a Bundle with what it refers to. Other resources are
set aside. What cannot be used says why, with the flags that could still be made out; so does
what a report is used without.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.message import RawMessage, Reading, Reports, SetAside, Unusable
from bot.domain.profile import Profile
from bot.domain.report import Report, Status
from bot.sources.documents import unread
from bot.sources.fhir.aside import flagged
from bot.sources.fhir.bundles import broken_in, bundled, entries_of
from bot.sources.fhir.flags import lacks_results
from bot.sources.fhir.numbers import Origin, numbers_of
from bot.sources.fhir.report import control_id, place, report_of
from bot.sources.fhir.shapes import (
    BUNDLE,
    COMPOSITION,
    HEADER,
    Node,
    Resource,
    has_type,
    many,
    name_of,
    node_of,
    one,
    parse,
    reachable,
    text,
)
from bot.sources.moments import instant
from bot.sources.refused import BadReport
from bot.sources.salvage import unread_flags

SOURCE = "fhir"
REPORT = "DiagnosticReport"
UNREAD_RESULTS = "unread-results"
_PROCESSING = "v2-0103"
_NOTICE = frozenset({HEADER, "Parameters", "SubscriptionStatus", "OperationOutcome"})
"""What only says that something has changed."""
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def read(data: bytes, *, origin: Origin, now: datetime, source: str = SOURCE) -> RawMessage:
    """Read one message; ``now`` tells times ahead of it.

    Never raises: what cannot be used comes back as Unusable.
    """
    try:
        resource = parse(data)
    except BadReport as bad:
        return _raw(data, _unusable(bad, data, origin), origin, source)
    (reports, broken), test = parts(resource), _processing_id(resource)
    reading = _reading(data, resource, reports, origin, now, test)
    reading = _with_broken(reading, broken, origin)
    numbers = "+".join(map(control_id, reports[:1]))
    return _raw(data, reading, origin, source, numbers, _mode(reading, test))


def refused(data: bytes, bad: BadReport, *, origin: Origin, source: str = SOURCE) -> RawMessage:
    """A message for quarantine that was not read to its end."""
    return _raw(data, _unusable(bad, data, origin), origin, source)


def split(data: bytes) -> list[bytes]:
    """One message for each report: one that cannot be used must not keep others from being read.

    Bytes that carry one report, or none, stay exactly as they are.
    """
    try:
        resource = parse(data)
    except BadReport:
        return [data]
    reports, broken = parts(resource)
    if len(reports or broken) < 2:  # noqa: PLR2004 - "several"
        return [data]
    return [*map(pack, reports), *broken, *rest(resource, reports)]


def parts(resource: Resource) -> tuple[list[Node], list[bytes]]:
    """The reports in a resource, and the bytes of each entry that is no resource."""
    if text(resource.get("resourceType")) == REPORT:
        return [node_of(resource)], []
    return bundled(resource, REPORT), broken_in(resource)


def rest(resource: Resource, reports: list[Node]) -> list[bytes]:
    """The entries of a Bundle that no report refers to, as one Bundle at most."""
    found = [each for report in reports for each in (*reachable(report).values(), *_above(report))]
    reached = {*map(id, found), *(name_of(each) for each in found if each.get("id"))}
    left = [
        entry
        for entry in entries_of(resource)
        if has_type(inside := one(entry.get("resource")))
        and reached.isdisjoint({id(inside), name_of(inside)})
        and text(inside.get("resourceType")) not in {REPORT, *_NOTICE}
    ]
    return [_bundle(left)] if left else []


def pack(report: Node) -> bytes:
    """A report and what it refers to as a Bundle, the same bytes for the same content. The header
    of the message that it stood in comes first: a test is told there; then the document."""
    found = reachable(report)
    above = [one_ for one_ in _above(report) if not any(one_ is each for each in found.values())]
    return _bundle(
        [
            *({"resource": resource} for resource in above),
            *(
                {"fullUrl": name if ":" in name else f"{report.base}{name}", "resource": resource}
                for name, resource in found.items()
            ),
        ]
    )


def _above(report: Node) -> list[Resource]:
    return [found for kind in (HEADER, COMPOSITION) if (found := report.known.get(kind))]


def _bundle(entries: Sequence[Resource]) -> bytes:
    bundle = {"resourceType": BUNDLE, "type": "collection", "entry": entries}
    return json.dumps(bundle, sort_keys=True, separators=(",", ":")).encode()


def _reading(
    data: bytes,
    resource: Resource,
    reports: list[Node],
    origin: Origin,
    now: datetime,
    processing_id: str,
) -> Reading:
    if not reports:
        return _aside(data, resource, origin, now)
    found: list[Report] = []
    left: list[Unusable] = []
    for report in reports:
        try:
            found.append(report_of(report, origin, now, processing_id))
        except BadReport as bad:
            left.append(_left(bad, report, origin, data if len(reports) == 1 else pack(report)))
        else:
            lacking = _lacking(report, found[-1])
            left += (replace(_left(bad, report, origin, b""), used=True) for bad in lacking)
    if not any(report.text or report.addenda for report in found):
        # What it says may stand in a document beside it that it does not refer to.
        aside = _aside(data, resource, origin, now)
        left += [aside] if isinstance(aside, Unusable) else []
    return Reports(tuple(found), tuple(left)) if found else left[0]


def _aside(data: bytes, resource: Resource, origin: Origin, now: datetime) -> Reading:
    """What carries no report, unless a document among it is flagged as one is."""
    kind = _WORD.sub("-", text(resource.get("resourceType"))).lower()
    flags = flagged(resource, origin, now)
    if not flags:
        return SetAside(f"fhir-{kind}")
    detail = "A report is flagged in a document: send it as a DiagnosticReport"
    bad = BadReport(f"flagged-fhir-{kind}", detail, "200", "resourceType")
    return replace(_unusable(bad, data, origin), flags=flags)


def _with_broken(reading: Reading, broken: list[bytes], origin: Origin) -> Reading:
    """What is no resource waits besides the reports, or alone where there is none."""
    bad = BadReport("not-json", "An entry of the Bundle is no FHIR resource", "102", "Bundle.entry")
    left = tuple(_unusable(bad, one, origin) for one in broken)
    match reading:
        case Reports(reports=found, left=others):
            return Reports(found, (*others, *left))
        case SetAside() if left:
            return left[0]
        case _:
            return reading


def _lacking(report: Node, found: Report) -> Iterator[BadReport]:
    """What it is used without, though a flag may stand there."""
    if found.status is Status.WITHDRAWN:
        return
    if lacks_results(report):
        detail = "A result of the report could not be read: send the Observation, or let us read it"
        yield BadReport(UNREAD_RESULTS, detail, "101", "DiagnosticReport.result")
    if bad := unread(found, "DiagnosticReport.presentedForm"):
        yield bad


def _left(bad: BadReport, report: Node, origin: Origin, data: bytes) -> Unusable:
    """``data`` are the bytes of this report, or none where it is used all the same."""
    return replace(
        _unusable(bad, data, origin),
        numbers=numbers_of(report, origin).every,
        sent_at=instant(text(one(report.body.get("meta")).get("lastUpdated"))),
        resource=place(report, origin),
    )


def _unusable(bad: BadReport, data: bytes, origin: Origin) -> Unusable:
    content = hashlib.sha256(data).hexdigest()
    flags = unread_flags(data, Profile(rules=origin.rules))
    return Unusable(bad.reason, bad.detail, flags, bad.code, bad.location, content=content)


def _processing_id(resource: Resource) -> str:
    """What a message's header says of table 0103: T is a test, as in MSH-11."""
    headers = [one(entry.get("resource")) for entry in many(resource.get("entry"))[:1]]
    tags = [tag for header in headers for tag in many(one(header.get("meta")).get("tag"))]
    found = (text(t.get("code")) for t in tags if text(t.get("system")).endswith(_PROCESSING))
    return next(found, "").upper()


def _mode(reading: Reading, stated: str) -> str:
    """Not for production as soon as one report of the message is labelled so."""
    found = (
        {report.processing_id for report in reading.reports}
        if isinstance(reading, Reports)
        else set()
    )
    return next((mode for mode in sorted(found, reverse=True) if mode), stated)


def _raw(
    data: bytes, reading: Reading, origin: Origin, source: str, number: str = "", mode: str = ""
) -> RawMessage:
    return RawMessage(
        data=data,
        size=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        source=source,
        sender=origin.name,
        control_id=number,
        processing_id=mode,
        reading=reading,
    )

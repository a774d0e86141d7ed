"""HL7 v2: bytes in, a RawMessage with its reading out. Pure, and it never raises.

ORU carries a report, other types are set aside with a reason. What cannot be used says why in
words that name the field and the cure, with the flags that could still be made out.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from bot.domain.message import RawMessage, Reading, Reports, SetAside, Unusable
from bot.domain.profile import NO_PROFILES, STANDARD, Feeds, Profile
from bot.domain.report import Flag, Patient, Report, Status
from bot.sources.codes import is_radlex
from bot.sources.documents import unread
from bot.sources.hl7.batch import is_envelope, split
from bot.sources.hl7.charsets import header_line, unmarked
from bot.sources.hl7.flags import salvage
from bot.sources.hl7.macros import salvaged_macros
from bot.sources.hl7.marks import at
from bot.sources.hl7.orders import party, processing_id, salvaged_order, sender
from bot.sources.hl7.people import patient
from bot.sources.hl7.report import Circumstances, Left, reports
from bot.sources.hl7.wire import Wire, cut, decode, salvaged
from bot.sources.moments import moment, zone_of
from bot.sources.oversize import together
from bot.sources.refused import BadReport
from bot.sources.salvage import unread_flags

SOURCE = "hl7"
_RESULT = re.compile(r"ORU(?![A-Z0-9])")
_OTHER_DOCUMENTS = frozenset(
    ["AR", "CD", "CN", "DS", "ED", "FA", "HP", "OP", "PC", "PH", "PN", "PR", "SP", "TS"]
)
_ABOUT = frozenset(["MSH", "EVN", "PID", "PD1", "PV1", "PV2", "ORC"])
"""Of these segments none says what was found."""
_TIMES = {"OBR": (7, 8, 14, 22), "OBX": (14, 19)}
"""Of the exam, of the report's status, and of each result."""
_CODE = re.compile(r"[A-Z0-9]{3}")
_ANY_TIME = datetime.max.replace(tzinfo=UTC)
_LONGEST = 200
"""Characters kept of a header field of a message that could not be read."""


def read(
    data: bytes,
    *,
    source: str,
    timezone: ZoneInfo,
    now: datetime,
    feeds: Feeds = NO_PROFILES,
) -> RawMessage:
    """Read one message. ``timezone`` is for times without a zone; ``now`` tells times ahead of it.

    Never raises: what cannot be used comes back as Unusable.
    """
    try:
        wire = cut(*decode(data))
    except BadReport as bad:
        raw = unusable(data, bad, source=source, feeds=feeds, timezone=timezone)
        # Some put what stands around a batch into frames of its own.
        alone = bad.reason == "no-segments" and is_envelope(data)
        return replace(raw, reading=SetAside("batch-envelope")) if alone else raw
    profile = profile_of(wire, feeds)
    # The offset in MSH-7 holds for the whole message (section 2.15.9.7).
    zone = zone_of(wire.msh(7)) or profile.timezone or timezone
    known = Circumstances(sender(wire), zone, now, profile, feeds.machines)
    return RawMessage(
        data=data,
        size=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        source=source,
        sender=known.sender,
        control_id=wire.msh(10)[:_LONGEST],
        processing_id=processing_id(wire),
        reading=_reading(wire, known, data),
        content_of=content,
    )


def read_all(
    data: bytes,
    *,
    source: str,
    timezone: ZoneInfo,
    now: datetime,
    feeds: Feeds = NO_PROFILES,
) -> tuple[RawMessage, ...]:
    """Read what may be several messages, in a batch envelope or not, each with its own bytes."""
    return tuple(
        read(one, source=source, timezone=timezone, now=now, feeds=feeds) for one in split(data)
    )


def profile_of(wire: Wire, feeds: Feeds) -> Profile:
    """How this message's sender writes."""
    if not feeds.profiles:
        return feeds.standard
    return feeds.of(party(wire, 3), party(wire, 4))


def _reading(wire: Wire, known: Circumstances, data: bytes) -> Reading:
    try:
        aside = _set_aside(wire)
        if aside and not _is_flagged(wire, known.profile):
            return SetAside(aside)
        if aside:
            detail = "A report is flagged in a message of another type: send ORU^R01 in MSH-9"
            raise BadReport(f"flagged-{aside}", detail, "200", "MSH^1^9")
        found, left = reports(wire, known)
        apart = [_left(one, wire, known) for one in left]
        apart += [one for report in found if report.unread for one in _lacking(report)]
        return Reports(found, tuple(apart))
    except BadReport as bad:
        return _unread(bad, wire, known.profile, content(data), known.zone)


def content(data: bytes) -> str:
    """SHA-256 of the message without its MSH, which differs each time that it is sent."""
    bare = unmarked(data).lstrip(b"\v\f \t\r\n")
    rest = bare[len(header_line(bare)) :] if bare.startswith(b"MSH") else bare
    return hashlib.sha256(rest.strip()).hexdigest()


def _unread(
    bad: BadReport,
    wire: Wire,
    profile: Profile,
    content_: str,
    zone: tzinfo | None,
    bare: bytes = b"",
) -> Unusable:
    """``bare`` is what has no MSH: it may be anything, and flagged all the same."""
    order = salvaged_order(_without_last_field(wire))
    return Unusable(
        bad.reason,
        bad.detail,
        _salvaged(wire, profile) or unread_flags(bare, profile),
        bad.code,
        bad.location,
        numbers=order[1] if order else (),
        patient=patient(order[0].pid, wire.marks) if order else Patient(),
        content=content_,
        finding=_finding(wire.lines, wire),
        sent_at=_sent_at(wire, zone),
    )


def _sent_at(wire: Wire, zone: tzinfo | None) -> datetime | None:
    """MSH-7; without a zone anywhere it is none."""
    stated = zone_of(wire.msh(7)) or zone
    return moment(wire.msh(7), stated, _ANY_TIME).at if stated else None


def _left(left: Left, wire: Wire, known: Circumstances) -> Unusable:
    """One order of several, with the flags that stand in it alone."""
    order, numbers, bad = left
    alone = replace(wire, lines=[wire.lines[0], *order.raw])
    return Unusable(
        bad.reason,
        bad.detail,
        _salvaged(alone, known.profile),
        bad.code,
        bad.location,
        numbers=numbers,
        patient=patient(order.pid, wire.marks),
        sent_at=_sent_at(wire, known.zone),
        content=_digest(order.raw),
        finding=_finding(order.raw, wire),
    )


def _finding(lines: Iterable[str], wire: Wire) -> str:
    """SHA-256 of what is reported, without the times at which it was."""
    return _digest(_timeless(line, wire.marks.field) for line in lines if line[:3] not in _ABOUT)


def _timeless(line: str, mark: str) -> str:
    times, fields = _TIMES.get(line[:3], ()), enumerate(line.split(mark))
    return mark.join("" if place in times else value for place, value in fields).rstrip(mark)


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\r".join(lines).encode(errors="replace")).hexdigest()


def _lacking(report: Report) -> tuple[Unusable, ...]:
    """What it is used without, though a flag may stand there."""
    bad = unread(report, "OBX^1^5")
    if bad is None or report.status in {Status.PRELIMINARY, Status.WITHDRAWN}:
        return ()
    numbers, sent_at = report.numbers, report.sent_at
    return (
        Unusable(
            bad.reason, bad.detail, (), bad.code, bad.location, numbers, sent_at=sent_at, used=True
        ),
    )


def _without_last_field(wire: Wire) -> Wire:
    """Of a message that broke off the last field may be half a number, which is another order's."""
    last = wire.lines[-1].rpartition(wire.marks.field)[0] if wire.lines else ""
    return replace(wire, lines=[*wire.lines[:-1], last])


def _salvaged(wire: Wire, profile: Profile) -> tuple[Flag, ...]:
    return (*salvage(wire, profile), *salvaged_macros(wire, profile))


def _is_flagged(wire: Wire, profile: Profile) -> bool:
    """Whether a message that carries no report says in an OBX what only a report says: Cerner and
    transcription systems send reports as MDM. OBX-8 alone is a laboratory's there, unless it has a
    RadLex code, and a document that is of another kind by TXA-2 (table 0270) speaks of results that
    others reported."""
    documents = [line.split(wire.marks.field) for line in wire.lines if line[:3] == "TXA"]
    if any(wire.marks.first(at(txa, 2)).upper() in _OTHER_DOCUMENTS for txa in documents):
        return False
    if not any(line[:3] == "OBX" for line in wire.lines):
        return False
    found = _salvaged(wire, profile)
    return any(not flag.where.endswith("]-8") or is_radlex(flag.value) for flag in found)


def _set_aside(wire: Wire) -> str:
    """Empty for a message that carries a report; else its type and trigger as a slug."""
    parts = wire.header[9].split(wire.marks.component)
    if parts[0] == "ORU":
        return ""  # whatever its trigger: R30, Z01 and misspelt ones carry results all the same
    structure = wire.marks.clean(at(parts, 2))
    # "ORU_R01" for ORU^R01 is a slip of some: the type is what stands first.
    kind = (wire.marks.clean(parts[0]) or structure[:3]).upper()
    if _RESULT.match(kind):
        return ""
    trigger = wire.marks.clean(at(parts, 1)).upper()
    if not _CODE.fullmatch(kind):
        detail = "The message type is missing or unknown: send ORU^R01 in MSH-9"
        raise BadReport("no-message-type", detail, "200" if kind else "101", "MSH^1^9")
    return f"{kind}-{trigger}".lower() if _CODE.fullmatch(trigger) else kind.lower()


def unusable(  # noqa: PLR0913 - what is known of a message depends on where it broke
    data: bytes,
    bad: BadReport,
    *,
    source: str,
    size: int | None = None,
    digest: str = "",
    tail: bytes = b"",
    feeds: Feeds = NO_PROFILES,
    timezone: tzinfo | None = None,
) -> RawMessage:
    """A message for quarantine. ``data`` may be cut, ``size`` and ``digest`` are not; ``tail`` is
    what is known of what was cut off, see oversize. ``timezone`` is for times without a zone."""
    wire, known = salvaged(together(data, tail))
    profile = profile_of(wire, feeds) if known else STANDARD
    zone = profile.timezone or timezone
    digest = digest or hashlib.sha256(data).hexdigest()
    size = len(data) if size is None else size
    # What was not kept may differ where what was kept is the same.
    told = content(data) if len(data) == size else digest
    return RawMessage(
        data=data,
        size=size,
        digest=digest,
        source=source,
        sender=sender(wire)[:_LONGEST] if known else "",
        control_id=wire.msh(10)[:_LONGEST] if known else "",
        processing_id=processing_id(wire)[:_LONGEST] if known else "",
        reading=_unread(bad, wire, profile, told, zone, b"" if known else together(data, tail)),
    )

"""A file with reports in it: bytes in, its messages out, in their order. Pure, and never raises.

HL7 v2 (one message, several, or a batch) or FHIR R4 JSON (a resource, a Bundle, one resource a
line, as Bulk Data has it, or several that somebody has put one after the other), which its first
character tells. Names of files mean nothing.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.message import RawMessage
from bot.domain.profile import NO_PROFILES, Feeds
from bot.sources.fhir import broken
from bot.sources.fhir import reader as fhir
from bot.sources.fhir.numbers import Origin
from bot.sources.fhir.shapes import Node, Resource, name_of, reachable, text
from bot.sources.hl7 import batch
from bot.sources.hl7 import reader as hl7
from bot.sources.mllp.frames import FS, VT
from bot.sources.oversize import KEPT, Passing, together, too_large_for
from bot.sources.refused import BadReport, cut_off

_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe \t\r\n"
"""A byte order mark and blanks."""
_TAG = re.compile(rb"<([A-Za-z][\w:.-]*)")
_WIDE = b"\0"
"""In UTF-16 it stands beside each letter."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of whoever writes the files. ``source`` is what messages are said to come from,
    ``limit`` is in bytes of one message, ``timezone`` is for times without a zone."""

    source: str
    timezone: ZoneInfo
    origin: Origin
    limit: int
    feeds: Feeds = NO_PROFILES


def is_json(data: bytes) -> bool:
    """Whether it is FHIR: no HL7 v2 message begins so."""
    return data[:KEPT].lstrip(_BEFORE_TEXT + _WIDE)[:1] in {b"{", b"["}


def is_xml(data: bytes) -> bool:
    """Whether it is FHIR as XML, which is not read."""
    begins = data[:KEPT].lstrip(_BEFORE_TEXT)
    return begins[:1] == b"<" and b"http://hl7.org/fhir" in begins


def ends_well(data: bytes) -> bool:
    """Whether the last thing in it is what ends a file of its kind. One that breaks off elsewhere
    may be half of a report, and the half without its flag."""
    end = data[-KEPT:]
    if is_json(data):
        return end.rstrip(_BEFORE_TEXT + _WIDE)[-1:] in {b"}", b"]"}
    if is_xml(data):
        root = _TAG.search(data[:KEPT])
        return root is not None and end.rstrip().endswith(b"</%b>" % root[1])
    lines = end.rstrip().replace(b"\n", b"\r").rsplit(b"\r", 1)
    if data[:KEPT].lstrip(_BEFORE_TEXT)[:3] in {b"FHS", b"BHS"}:
        return lines[-1][:3] in {b"FTS", b"BTS"}
    return data[-2:].rstrip(_WIDE)[-1:] in {b"\r", b"\n", FS}


def breaks_off(piece: bytes) -> bool:
    """Whether this message of HL7 breaks off for certain: in an OBX without a value, or without the
    status that another one has, or before there is any. A missing line end alone proves nothing."""
    if piece[-1:] in {b"\r", b"\n", FS}:
        return False
    header, *lines = piece.lstrip(_BEFORE_TEXT).replace(b"\n", b"\r").split(b"\r")
    if b"ORU" not in header or not lines:
        return False
    said = [line.split(header[3:4]) for line in lines if line[:3] in {b"OBX", b"NTE"}]
    if not said:
        return any(line[:3] == b"OBR" for line in lines)
    last = len(said[-1])
    proven = last <= _OBX_5 or any(len(fields) > _OBX_11 for fields in said)
    return lines[-1][:3] == b"OBX" and last <= _OBX_11 and proven


_OBX_5, _OBX_11 = 5, 11


_PACKED = (
    *(b"\x1f\x8b", b"PK\x03\x04", b"\xfd7zXZ\0", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd"),
    *(b"BZh%d1AY" % level for level in range(1, 10)),
)
"""How files of gzip, zip, xz, 7z, zstd and bzip2 begin."""
_COMPRESSED = BadReport(
    "compressed", "The file is compressed: unpack it, and send what is in it", "102"
)
_AS_XML = BadReport("not-json", "This is FHIR as XML: send FHIR R4 as JSON", "102")


def pieces(data: bytes) -> list[bytes]:
    """The messages of a file. None where it is a batch envelope with nothing in it."""
    if is_json(data):
        return _resources(data)
    if is_xml(data) or data.startswith(_PACKED):
        return [data]
    if len(data) <= KEPT and batch.is_envelope(data):
        return []
    return [_unframed(piece) for piece in batch.split(data)]


def read(piece: bytes, known: Known, now: datetime) -> RawMessage:
    """Read one message. What cannot be used comes back as Unusable."""
    if len(piece) > known.limit:
        return _over_limit(piece, known)
    if is_json(piece):
        return fhir.read(piece, origin=known.origin, now=now, source=known.source)
    if is_xml(piece):
        return fhir.refused(piece, _AS_XML, origin=known.origin, source=known.source)
    if piece.startswith(_PACKED):
        return refused(piece, _COMPRESSED, known)
    if breaks_off(piece):
        return refused(piece, cut_off(), known)
    return hl7.read(piece, source=known.source, timezone=known.timezone, now=now, feeds=known.feeds)


def _over_limit(piece: bytes, known: Known) -> RawMessage:
    """Of HL7 no more is searched than of a frame that is too large, and in no longer time."""
    if is_json(piece):
        return too_large(piece, known, known.limit)
    passing = Passing()
    for begin in range(0, len(piece), KEPT):
        passing.add(piece[begin : begin + KEPT])
    size, digest, tail = passing.size, passing.digest, passing.tail
    return too_large(passing.head, known, known.limit, size=size, digest=digest, tail=tail)


def read_all(data: bytes, known: Known, now: datetime) -> Iterator[RawMessage]:
    """Each message of a file."""
    return (read(piece, known, now) for piece in pieces(data))


def too_large(
    data: bytes,
    known: Known,
    limit: int,
    *,
    size: int | None = None,
    digest: str = "",
    tail: bytes = b"",
) -> RawMessage:
    """Of what is over the limit the beginning is kept, with size and hash of all of it; these are
    given, with the tail, where ``data`` is that beginning alone."""
    known_of_it = data if is_json(data) else together(data, tail)
    raw = refused(known_of_it, too_large_for(limit), known)
    return replace(
        raw,
        data=data[:KEPT],
        size=len(data) if size is None else size,
        digest=digest or hashlib.sha256(data).hexdigest(),
    )


def refused(piece: bytes, bad: BadReport, known: Known) -> RawMessage:
    """For quarantine, with the flags that can still be made out."""
    if is_json(piece):
        return fhir.refused(piece, bad, origin=known.origin, source=known.source)
    return hl7.unusable(piece, bad, source=known.source, feeds=known.feeds, timezone=known.timezone)


def _unframed(piece: bytes) -> bytes:
    """Without the MLLP frame, where a sender's archive was put there."""
    if batch.is_utf_16(piece):
        return piece  # half of a letter may look like one
    return piece.strip(VT + FS + b"\r\n") + b"\r" if VT in piece[:KEPT] or FS in piece else piece


# ---- FHIR -----------------------------------------------------------------------------------


def _resources(data: bytes) -> list[bytes]:
    several = _several(data) if _value(data) is None else None
    return _each(*several) if several else fhir.split(data)


def _several(data: bytes) -> tuple[list[bytes], list[Resource | None]] | None:
    """Its lines, or the values that stand one after the other, with what each is: the lines where
    they are all sound, as one that breaks off there keeps no other from being read; then whatever
    is. None where no resource is among them."""
    lines = [line for line in data.splitlines() if line.strip()]
    found = [_parsed(line) for line in lines]
    if None in found:
        values = broken.values(data)
        told = [_parsed(value) for value in values]
        if None not in told or not any(map(_has_type, found)):
            lines, found = values, told
    return (lines, found) if any(map(_has_type, found)) else None


def _has_type(found: Resource | None) -> bool:
    return found is not None and bool(text(found.get("resourceType")))


def _each(several: list[bytes], found: list[Resource | None]) -> list[bytes]:
    """Each a message; a report takes along what it refers to and another one is."""
    along = {name_of(one): one for one in found if one}
    split: list[bytes] = []
    for data, one in zip(several, found, strict=True):
        if one and text(one.get("resourceType")) == fhir.REPORT:
            node = Node(one, one, along)
            split.append(fhir.pack(node) if len(reachable(node)) > 1 else data)
        else:
            split += fhir.split(data)
    return split


def _parsed(data: bytes) -> Resource | None:
    found = _value(data)
    return found if isinstance(found, dict) else None


def _value(data: bytes) -> Any:
    """None where it is no JSON as a whole."""
    try:
        return json.loads(data, strict=False)
    except (ValueError, RecursionError):
        return None

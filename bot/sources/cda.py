"""CDA (HL7 v3), in which the reports of France and Belgium come: its body as HTML, or the document
that it wraps. By its tags alone: no XML parser, which a broken or hostile document would stop."""

import base64
import binascii
import re
from dataclasses import dataclass

_BEGINS = re.compile(rb"<(?:\w{1,16}:)?ClinicalDocument\b", re.IGNORECASE)
_BODY = re.compile(r"<(?:\w{1,16}:)?structuredBody\b", re.IGNORECASE)
_TITLE = re.compile(r"<(?:\w{1,16}:)?title\b", re.IGNORECASE)
_TITLE_ENDS = re.compile(r"</(?:\w{1,16}:)?title\s{0,8}>", re.IGNORECASE)
_TWO_COLONS = re.compile(r":\s{0,8}:</div>")
_WRAPS = re.compile(rb"<(?:\w{1,16}:)?nonXMLBody\b", re.IGNORECASE)
_TEXT = re.compile(rb"<(?:\w{1,16}:)?text\b([^<>]{0,500})>([^<]*)", re.IGNORECASE)
_MEDIA_TYPE = re.compile(rb"mediaType\s*=\s*[\"']([\w./+-]{1,80})", re.IGNORECASE)
_CATEGORY = re.compile(r"\bcode\s{0,8}=\s{0,8}[\"'](RID4948\d)[\"'][^<>]{0,1000}>", re.IGNORECASE)
_HEAD = 4096
"""Bytes in which the root element begins."""


def is_cda(data: bytes) -> bool:
    """Whether the document is one."""
    return _BEGINS.search(data[:_HEAD]) is not None


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The document within, and its media type."""

    data: bytes
    kind: str


def wrapped(data: bytes) -> Wrapped | None:
    """What a CDA of level 1 has in base64; None of any other."""
    begins = _WRAPS.search(data) if is_cda(data) else None
    inner = _TEXT.search(data, begins.end()) if begins else None
    if inner is None or b"b64" not in inner[1].lower():
        return None
    kind = _MEDIA_TYPE.search(inner[1])
    bare = b"".join(inner[2].split())
    try:
        words = base64.b64decode(bare[: len(bare) // 4 * 4])
    except binascii.Error:
        return None
    return Wrapped(words, kind[1].decode() if kind else "")


def as_html(text: str) -> str:
    """The body without the header, which says who and where, with each title as a heading, and each
    category code of an entry as a line."""
    body = _BODY.search(text)
    text = text[body.start() :] if body else text
    if "RID4948" in text:  # an entry has no words: nobody would see that it is urgent
        text = _CATEGORY.sub(r"\g<0><div>Actionable finding (\1)</div>", text)
    headed = _TITLE_ENDS.sub(":</div>", _TITLE.sub("<div", text))
    return _TWO_COLONS.sub(":</div>", headed)

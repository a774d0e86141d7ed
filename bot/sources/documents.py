"""The words of a document that a report is or has in it: plain text, HTML, RTF, PDF."""

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from striprtf.striprtf import rtf_to_text

from bot.domain.report import Report
from bot.sources.cda import as_html, is_cda, wrapped
from bot.sources.pdf_process import PDFS, TooSlow
from bot.sources.refused import BadReport

DOCUMENT_SECONDS = 10.0
"""For all PDFs of one report: its sender waits meanwhile, often for no more than 30."""
READ_SECONDS = 60.0
"""For a message with all its reports. Nothing is known that takes so long."""
TOO_SLOW, NO_TEXT = "too-slow-to-read", "unread-text"
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_BLOCKS = (
    "address article blockquote br dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr li ol p pre "
    "section table td th tr ul paragraph item text list component observation"
)
_BREAKS = frozenset(_BLOCKS.split())
_SAME = {
    "text/rtf": "application/rtf",
    "application/x-rtf": "application/rtf",
    "text/richtext": "application/rtf",
    "application/xhtml+xml": "text/html",
    "application/html": "text/html",
    "text/markdown": "text/plain",
    "text/x-markdown": "text/plain",
    "text/xml": "text/html",  # CDA: its texts, a line for each element
    "application/xml": "text/html",
    "application/hl7-v3+xml": "text/html",
    "application/cda+xml": "text/html",
    "application/x-pdf": "application/pdf",
    "text/pdf": "application/pdf",
}
_SHORT = {"txt": "text/plain", "text": "text/plain", "plain": "text/plain", "html": "text/html"}
_SHORTER = {
    "htm": "text/html",
    "xml": "text/html",
    "rtf": "application/rtf",
    "pdf": "application/pdf",
}
_PDF = "application/pdf"
FORMATS = ("text/plain", "text/html", "application/rtf", _PDF)
"""Those that can be read, the plainest first."""
_MARKED = {_PDF: (b"%PDF",), "application/rtf": (b"{\\rtf", b"\\par")}
"""What is in the beginning of these; a text that is called so without it is none."""
_MARKUP = re.compile(
    rb"\s*(?:<!doctype html|<html|<\?xml|<(?:body|div|p|table|pre|span|b|clinicaldocument)\b)",
    re.IGNORECASE,
)


# JPEG, PNG, GIF, TIFF, Word's two, gzip: many a sender calls whatever it has text.
_BINARY = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"PK\3\4", b"\xd0\xcf\x11\xe0",
           b"\x1f\x8b")  # fmt: skip
_BEGIN = (b"%PDF", b"{\\rtf", *_BINARY)
_PACKED = re.compile(rb"[A-Za-z0-9+/\r\n]++={0,2}[\r\n]*+")
_SHORTEST_PACKED = 48
"""Bytes of base64: words are shorter."""


def words_in(data: bytes, kind: str = "") -> str:
    """The words of a document; none of a PDF, a scan, or of a format that has no reader here: it
    takes no longer than its length does.

    ``kind`` is its media type, parameters and all, or a mere "PDF"; what it begins with decides
    where that is empty or unknown, or plainly wrong: some call everything application/octet-stream.
    """
    data = _narrow(data, kind)
    if inner := wrapped(data):
        data, kind = inner.data, inner.kind
    reader = _READERS.get(format_of(kind, data))
    return reader(data, kind) if reader else ""


@dataclass(slots=True)
class Documents:
    """Those of one report, PDFs as well, for which there are ``seconds`` in all. ``too_slow``: one
    was given up."""

    seconds: float = field(default_factory=lambda: DOCUMENT_SECONDS)
    too_slow: bool = False

    def words_in(self, data: bytes, kind: str = "") -> str:
        """The words of one, as above."""
        if inner := wrapped(_narrow(data, kind)):
            data, kind = inner.data, inner.kind
        return self._of_pdf(data) if format_of(kind, data) == _PDF else words_in(data, kind)

    def _of_pdf(self, data: bytes) -> str:
        try:
            if self.seconds <= 0:
                raise TooSlow
            words, taken = PDFS.words_of(data, self.seconds)
        except TooSlow:
            self.too_slow, self.seconds = True, 0.0
            return ""
        self.seconds -= taken
        return words


def too_slow(place: str = "") -> BadReport:
    """Why a message, or a document at ``place`` in it, was not read to its end."""
    detail = "Reading took too long: send plain text"
    return BadReport(TOO_SLOW, detail, "207", place)


def unread(report: Report, place: str) -> BadReport | None:
    """Why it is used without a document that stands at ``place``; None where there is none such."""
    if report.unread == NO_TEXT:
        detail = "No text of the report could be read: send it as plain text, HTML, RTF or PDF"
        return BadReport(NO_TEXT, detail, "102", place)
    return too_slow(place) if report.unread else None


def bared(data: bytes) -> bytes:
    """What was put into base64 twice, as by an engine behind a sender that had done it already."""
    if len(data) < _SHORTEST_PACKED or not _PACKED.fullmatch(data):
        return data
    try:
        inner = base64.b64decode(data)
    except binascii.Error:
        return data
    return inner if inner.startswith(_BEGIN) or _says_something(inner) else data


def _says_something(data: bytes) -> bool:
    """Whether it is text, with blanks: by chance base64 hardly ever is."""
    try:
        return b" " in data and _is_text(data) and bool(data.decode())
    except UnicodeDecodeError:
        return False


def format_of(kind: str, data: bytes) -> str:
    """The media type without parameters, one name for each format."""
    if data.startswith(_BINARY):
        return "application/octet-stream"
    begins = _narrow(data[:512], kind)[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins.startswith(b"%PDF"):
        return "application/pdf"
    if begins.startswith(b"{\\rtf"):
        return "application/rtf"
    name = kind.split(";", 1)[0].strip().lower()
    name = (_SHORT | _SHORTER).get(name.rpartition("/")[2], _SAME.get(name, name))
    if _is_none_of(name, data[:1024]):
        name = "text/plain"
    if name == "text/plain" and _MARKUP.match(begins):
        return "text/html"
    if name in FORMATS or (name and name not in _UNKNOWN):
        return name
    if _MARKUP.match(begins):
        return "text/html"
    return "text/plain" if _is_text(_narrow(data[:4096], kind)) else name


def _is_none_of(name: str, begins: bytes) -> bool:
    """Whether what is called so are words: they have blanks, as no base64 that was put into base64
    once more has."""
    marks = _MARKED.get(name, ())
    return bool(marks) and b" " in begins and _is_text(begins) and not any(map(begins.count, marks))


_UNKNOWN = frozenset(
    {"application/octet-stream", "application", "binary/octet-stream", "ap", "unknown"}
)


_WIDE = ((1, "utf-16-le"), (0, "utf-16-be"))
_SAID_WIDE = re.compile(r"charset\s*=\s*\"?(utf-16(?:le|be)?|utf-16-[lb]e)\b", re.IGNORECASE)


def _narrow(data: bytes, kind: str) -> bytes:
    """UTF-16 as UTF-8: by its mark, by every other byte of what it begins with, or as it says."""
    codec = _wide(data)
    if not codec:
        stated = _SAID_WIDE.search(kind)
        codec = stated[1] if stated and not _MARKUP.match(data) else ""
    return data.decode(codec, "replace").encode(errors="replace") if codec else data


def _wide(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    begins = data[:16]
    if len(begins) < 16 or begins.count(0) != 8:  # noqa: PLR2004 - half of them
        return ""
    return next((codec for zeros, codec in _WIDE if not any(begins[zeros::2])), "")


def _is_text(data: bytes) -> bool:
    """Without the bytes that no text has."""
    return not re.search(rb"[\x00-\x08\x0e-\x1a]", data[:4096])


# ---- one reader a format --------------------------------------------------------------------


def _plain(data: bytes, kind: str) -> str:
    """By the stated charset, else UTF-8, else Windows-1252, which knows almost every byte."""
    return _BREAK.sub("\n", _decoded(data, kind)).strip()


_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def _decoded(data: bytes, kind: str) -> str:
    stated = None if _SAID_WIDE.search(kind) else _CHARSET.search(kind)
    for charset in (stated[1] if stated else "utf-8-sig", "utf-8-sig", "cp1252"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeError):
            continue
    return data.decode("latin-1")


_TAG = re.compile(r"<[/?]?([A-Za-z][\w:-]*)[^<>]*>")
_HIDDEN = re.compile(r"<(?:!--|(head|script|style|title|template)\b[^<>]*>)", re.IGNORECASE)


def _html(data: bytes, kind: str) -> str:
    """The visible text, with a line for each block. Not by html.parser, which takes minutes for a
    document of some hundred KB whose tags do not end."""
    text = _decoded(data, kind)
    if is_cda(data):
        text = as_html(text)
    shown = _TAG.sub(_break_or_nothing, _visible(text))
    lines = (" ".join(line.split()) for line in html.unescape(shown).split("\n"))
    return "\n".join(line for line in lines if line)


def _break_or_nothing(tag: re.Match[str]) -> str:
    return "\n" if tag[1].lower().rpartition(":")[2] in _BREAKS else ""


def _visible(text: str) -> str:
    """Without comments, and elements that are not shown. What has no end hides nothing."""
    lowered, kept, at = text.lower(), list[str](), 0
    endless: set[str] = set()
    for begins in _HIDDEN.finditer(text):
        end = f"</{begins[1].lower()}" if begins[1] else "-->"
        if begins.start() < at or end in endless:
            continue
        ends = lowered.find(end, begins.end())
        if ends < 0:
            endless.add(end)
            continue
        kept.append(text[at : begins.start()])
        at = max(lowered.find(">", ends) + 1, ends)
    return "".join([*kept, text[at:]])


# What Word's tracking of changes has deleted, to the end of it or of its group.
_DELETED = re.compile(r"\\deleted1?(?![0-9a-z])(?:(?!\\deleted0)[^{}])*")


def _rtf(data: bytes, kind: str) -> str:
    try:
        shown = _DELETED.sub("", _plain(data, kind))
        return str(rtf_to_text(shown, errors="replace")).strip()  # type: ignore[no-untyped-call]  # annotated in part
    except Exception:  # striprtf has no error of its own: broken RTF raises whatever it runs into
        return ""


_READERS: dict[str, Callable[[bytes, str], str]] = {
    "text/plain": _plain,
    "text/html": _html,
    "application/rtf": _rtf,
}

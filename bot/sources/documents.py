"""The words of a document that a report is or has in it: plain text, HTML, RTF, PDF."""

import io
import logging
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import islice

from pypdf import PdfReader
from striprtf.striprtf import rtf_to_text

# Its warnings about broken files can quote them.
logging.getLogger("pypdf").propagate = False
logging.getLogger("pypdf").addHandler(logging.NullHandler())

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_MOST_PAGES = 200
_BLOCKS = (
    "address article blockquote br dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr li ol p pre "
    "section table td th tr ul"
)
_BREAKS = frozenset(_BLOCKS.split())
_UNSEEN = frozenset({"head", "script", "style", "title", "template"})
_SAME = {
    "text/rtf": "application/rtf",
    "application/x-rtf": "application/rtf",
    "text/richtext": "application/rtf",
    "application/xhtml+xml": "text/html",
    "application/html": "text/html",
    "application/x-pdf": "application/pdf",
    "text/pdf": "application/pdf",
}
_SHORT = {"txt": "text/plain", "text": "text/plain", "plain": "text/plain", "html": "text/html"}
_SHORTER = {"htm": "text/html", "rtf": "application/rtf", "pdf": "application/pdf"}
_MARKUP = re.compile(
    rb"\s*(?:<!doctype html|<html|<\?xml|<(?:body|div|p|table|pre|span|b)\b)", re.IGNORECASE
)


def words_in(data: bytes, kind: str = "") -> str:
    """The words of a document; none of a scan, or of a format that has no reader here.

    ``kind`` is its media type, parameters and all, or a mere "PDF"; what it begins with decides
    where that is empty or unknown, or plainly wrong: some call everything application/octet-stream.
    """
    reader = READERS.get(format_of(kind, data))
    return reader(data, kind) if reader else ""


def format_of(kind: str, data: bytes) -> str:
    """The media type without parameters, one name for each format."""
    begins = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins.startswith(b"%PDF"):
        return "application/pdf"
    if begins.startswith(b"{\\rtf"):
        return "application/rtf"
    name = kind.split(";", 1)[0].strip().lower()
    name = (_SHORT | _SHORTER).get(name.rpartition("/")[2], _SAME.get(name, name))
    if name in READERS or (name and name not in _UNKNOWN):
        return name
    if _MARKUP.match(begins):
        return "text/html"
    return "text/plain" if _is_text(data) else name


_UNKNOWN = frozenset(
    {"application/octet-stream", "application", "binary/octet-stream", "ap", "unknown"}
)


def _is_text(data: bytes) -> bool:
    """Without the bytes that no text has."""
    return not re.search(rb"[\x00-\x08\x0e-\x1a]", data[:4096])


# ---- one reader a format --------------------------------------------------------------------


def _plain(data: bytes, kind: str) -> str:
    """By the stated charset, else UTF-8, else Windows-1252, which knows almost every byte."""
    stated = _CHARSET.search(kind)
    for charset in (stated[1] if stated else "utf-8-sig", "utf-8-sig", "cp1252"):
        try:
            return data.decode(charset).strip()
        except (LookupError, UnicodeError):
            continue
    return data.decode("latin-1").strip()


class _Words(HTMLParser):
    """The visible text, with a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the signature is HTMLParser's
        self._hidden += tag in _UNSEEN
        if tag in _BREAKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(self._hidden - (tag in _UNSEEN), 0)
        if tag in _BREAKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def _html(data: bytes, kind: str) -> str:
    parser = _Words()
    parser.feed(_plain(data, kind))
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.found).split("\n"))
    return "\n".join(line for line in lines if line)


def _rtf(data: bytes, kind: str) -> str:
    try:
        return str(rtf_to_text(_plain(data, kind), errors="replace")).strip()  # type: ignore[no-untyped-call]  # annotated in part
    except Exception:  # striprtf has no error of its own: broken RTF raises whatever it runs into
        return ""


def _pdf(data: bytes, _: str) -> str:
    """The text that the PDF holds; a scanned one holds none."""
    try:
        pages = islice(PdfReader(io.BytesIO(data)).pages, _MOST_PAGES)
        return "\n".join(page.extract_text() for page in pages).strip()
    except Exception:  # besides its own errors pypdf raises KeyError, TypeError … on broken files
        return ""


READERS: dict[str, Callable[[bytes, str], str]] = {
    "text/plain": _plain,
    "text/html": _html,
    "application/rtf": _rtf,
    "application/pdf": _pdf,
}

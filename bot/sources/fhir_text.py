"""The words of a report out of its attachments: plain text, HTML, RTF, PDF."""

import base64
import binascii
import io
import logging
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import islice

from pypdf import PdfReader
from striprtf.striprtf import rtf_to_text

from bot.sources.fhir_json import NOTHING, Node, Resource, many, text
from storage.columns import storable

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


def presented(report: Node) -> str:
    """The text of presentedForm: of its formats the plainest one that yields any words.

    Forms of one format belong together (pages, an addendum), in their order.
    """
    forms = [
        (kind, data)
        for form in many(report.body.get("presentedForm"))
        for kind, data in _of(form, report)
    ]
    for wanted, words_in in _READERS.items():
        found = [
            words
            for kind, data in forms
            if _format(kind) == wanted and (words := words_in(data, kind))
        ]
        if found:
            return storable("\n".join(dict.fromkeys(found)))
    return ""


def _of(form: Resource, report: Node) -> list[tuple[str, bytes]]:
    """The attachment's content type and bytes; those behind its url where they came along."""
    kind, data = text(form.get("contentType")), _decoded(form.get("data"))
    if data:
        return [(kind, data)]
    binary = report.named(text(form.get("url"))) or NOTHING
    data = _decoded(binary.get("data"))
    return [(kind or text(binary.get("contentType")), data)] if data else []


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode("".join(text(value).split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _format(kind: str) -> str:
    name = kind.split(";", 1)[0].strip().lower()
    return {"text/rtf": "application/rtf", "application/xhtml+xml": "text/html"}.get(name, name)


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


_READERS: dict[str, Callable[[bytes, str], str]] = {
    "text/plain": _plain,
    "text/html": _html,
    "application/rtf": _rtf,
    "application/pdf": _pdf,
}

"""Reports that come as a document in an OBX of type ED (HL7 v2.5.1, 2.A.24), in base64."""

import base64
import binascii
import re
from collections.abc import Callable

from bot.sources.documents import NO_TEXT, TOO_SLOW, Documents, words_in
from bot.sources.hl7_flags import Result
from bot.sources.hl7_lines import DOCUMENT, READ_OUT, is_prose
from bot.sources.hl7_marks import Marks, at
from bot.sources.hl7_wire import Wire
from storage.columns import storable

# Line ends in base64, as such and as escapes.
_BREAKS = re.compile(r"\s|\\\.br\\|\\X0[ADad](?:0[Aa])?\\")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


def read_out(results: list[Result], wire: Wire, documents: Documents) -> list[Result]:
    """The same, each document as its words, where no segment says anything in plain text: there a
    document is the same report once more, in print."""
    if any(map(_speaks, results)):
        return results
    return _with_words(results, wire, documents.words_in)


def salvaged_documents(results: list[Result], wire: Wire) -> list[Result]:
    """The same, each document but PDFs as its words: what cannot be read must not take long as
    well."""
    return _with_words(results, wire, words_in)


def unread_in(results: list[Result], documents: Documents, *, silent: bool) -> str:
    """Why a document among results that were read out could not be read; empty where none is
    missing. ``silent``: the report has no text."""
    if documents.too_slow:
        return TOO_SLOW
    return NO_TEXT if silent and any(at(f, 2) == READ_OUT for _, f in results) else ""


_WordsIn = Callable[[bytes, str], str]


def _with_words(results: list[Result], wire: Wire, words_of: _WordsIn) -> list[Result]:
    return [(number, _read_out(fields, wire.marks, words_of)) for number, fields in results]


def _speaks(result: Result) -> bool:
    fields = result[1]
    return fields[0] == "OBX" and is_prose(fields) and bool(at(fields, 5).strip())


def _read_out(fields: list[str], marks: Marks, words_of: _WordsIn) -> list[str]:
    if fields[0] != "OBX" or at(fields, 2) != DOCUMENT:
        return fields
    words = _words(at(fields, 5).split(marks.component), marks, words_of)
    return [*fields[:2], READ_OUT, *fields[3:5], words, *fields[6:]]


def _words(parts: list[str], marks: Marks, words_of: _WordsIn) -> str:
    """The data is the longest component, wherever it stands; the media type is told by the others,
    and by what the data begins with."""
    said = [part.strip().lower() for part in parts]
    data = max((part for part in parts if part.strip().lower() != "base64"), key=len, default="")
    bare = _BREAKS.sub("", data)
    if not _BASE64.fullmatch(bare):
        return marks.clean(data) if "base64" not in said and " " in data.strip() else ""
    kind = next((part for part in reversed(said) if part in _KINDS), "")
    try:
        return storable(words_of(base64.b64decode(bare[: len(bare) // 4 * 4]), kind))
    except binascii.Error:
        return ""


_KINDS = frozenset({"pdf", "rtf", "html", "htm", "txt", "plain", "text", "application/pdf", "xml"})

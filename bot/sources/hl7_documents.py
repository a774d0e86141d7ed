"""Reports that come as a document in an OBX of type ED (HL7 v2.5.1, 2.A.24), in base64."""

import base64
import binascii
import re

from bot.sources.documents import words_in
from bot.sources.hl7_flags import Result
from bot.sources.hl7_lines import DOCUMENT, READ_OUT, is_prose
from bot.sources.hl7_wire import Wire, at
from storage.columns import storable

# Line ends in base64, as such and as escapes.
_BREAKS = re.compile(r"\s|\\\.br\\|\\X0[ADad](?:0[Aa])?\\")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


def read_out(results: list[Result], wire: Wire, *, always: bool = False) -> list[Result]:
    """The same, each document as its words, where no segment says anything in plain text: there a
    document is the same report once more, in print. ``always`` reads it in any case, but no PDF:
    what cannot be read must not take long as well."""
    if not wire.documents or not (always or not any(_speaks(fields) for _, fields in results)):
        return results
    return [(number, _read_out(fields, wire, pdf=not always)) for number, fields in results]


def _speaks(fields: list[str]) -> bool:
    return fields[0] == "OBX" and is_prose(fields) and bool(at(fields, 5).strip())


def _read_out(fields: list[str], wire: Wire, *, pdf: bool) -> list[str]:
    if fields[0] != "OBX" or at(fields, 2) != DOCUMENT:
        return fields
    words = _words(at(fields, 5).split(wire.component), wire, pdf=pdf)
    return [*fields[:2], READ_OUT, *fields[3:5], words, *fields[6:]]


def _words(parts: list[str], wire: Wire, *, pdf: bool) -> str:
    """The data is the longest component, wherever it stands; the media type is told by the others,
    and by what the data begins with."""
    said = [part.strip().lower() for part in parts]
    data = max((part for part in parts if part.strip().lower() != "base64"), key=len, default="")
    bare = _BREAKS.sub("", data)
    if not _BASE64.fullmatch(bare):
        return wire.clean(data) if "base64" not in said and " " in data.strip() else ""
    kind = next((part for part in reversed(said) if part in _KINDS), "")
    try:
        return storable(words_in(base64.b64decode(bare[: len(bare) // 4 * 4]), kind, pdf=pdf))
    except binascii.Error:
        return ""


_KINDS = frozenset({"pdf", "rtf", "html", "htm", "txt", "plain", "text", "application/pdf", "xml"})

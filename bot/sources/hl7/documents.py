"""Reports that come as a document in an OBX of type ED (HL7 v2.5.1, 2.A.24), in base64."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence

from bot.domain.profile import STANDARD, Profile
from bot.sources.documents import NO_TEXT, TOO_SLOW, Documents, bared, format_of, words_in
from bot.sources.hl7.broken import whole
from bot.sources.hl7.columns import Columns
from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import DOCUMENT, PERSONS, READ_OUT, is_prose
from bot.sources.hl7.marks import Marks, at
from bot.sources.hl7.wire import Wire
from storage.columns import storable

# Line ends in base64, as such and as escapes.
_BREAKS = re.compile(r"\s|\\\.br\\|\\X0[ADad](?:0[Aa])?\\")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_GOES_ON = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_GO_ON = ("JVBERi", "e1xydG")
"""A PDF and RTF in base64: these are cut where a segment has a greatest length, and known as what
they are whatever stands before them."""
_PICTURES = ("/9j/", "iVBORw0KGgo", "R0lGOD", "SUkqA", "TU0AK")
"""JPEG, PNG, GIF and TIFF in base64: in a text (Poland's thumbnails) they are no words of it."""
_SHORTEST = 48
"""Characters of base64 that is not said to be that: words are shorter."""
_LONGEST_STUB, _FAR_MORE = 200, 4
_TELLING = ("crit", "panic", "acr", "category", "actionable", "rid4948")
"""One of them stands in every macro that needs no rule."""
_POINTS = re.compile(
    r"\b(?:attach\w*|enclosed|pdf|documents?|scan\w*|reports?|see)\b", re.IGNORECASE
)
_OBX_2, _OBX_5 = 2, 5


def read_out(
    results: list[Result],
    columns: Columns,
    wire: Wire,
    documents: Documents,
    profile: Profile = STANDARD,
) -> list[Result]:
    """The same, each document as its words. Beside a report in plain text it is the same once more,
    in print: then only those of its lines are read that the text does not have and that may say how
    urgent it is. A few words ("see attached") are no report."""
    if wire.markup:
        results = whole(results)
    kinds = columns[_OBX_2] if columns else [at(fields, _OBX_2) for _, fields in results]
    if DOCUMENT.isdisjoint(kinds) and not any(map(_may_be_one, (*results[:1], *results[-1:]))):
        return results
    read = _with_words(results, wire, documents.words_in)
    spoken = _spoken(read)
    if not spoken:
        return read
    beside = [len(fields[_OBX_5]) for _, fields in read if fields[2:3] == [READ_OUT]]
    far_more = len(spoken) <= _LONGEST_STUB and sum(beside) > _FAR_MORE * len(spoken)
    if not beside or far_more or _is_stub(spoken):
        return read
    squeezed = _squeezed(spoken)  # once: it is the whole text
    return [(number, _only_new(fields, squeezed, profile)) for number, fields in read]


def _spoken(read: list[Result]) -> str:
    """What the segments say that are no documents; a number or a person alone says nothing."""
    said = (
        at(f, _OBX_5)
        for _, f in read
        if f[0] == "OBX" and is_prose(f) and at(f, 2) not in _SAYS_NOTHING
    )
    return " ".join(text for text in said if re.search("[^\\W\\d]", text))


_SAYS_NOTHING = PERSONS | {READ_OUT}


def _only_new(fields: list[str], spoken: str, profile: Profile) -> list[str]:
    if fields[2:3] != [READ_OUT]:
        return fields
    telling = [*_TELLING, *(rule.text.lower() for rule in profile.rules if rule.text)]
    new = [
        line
        for line in fields[_OBX_5].splitlines()
        if any(word in line.lower() for word in telling) and _squeezed(line) not in spoken
    ]
    return [*fields[:2], "ED" if not new else READ_OUT, *fields[3:5], "\n".join(new), *fields[6:]]


def _is_stub(said: str) -> bool:
    return len(said) <= _LONGEST_STUB and _POINTS.search(said) is not None


def _squeezed(text: str) -> str:
    """Without what a line end, a page or a font changes."""
    return re.sub(r"[\W_]+", "", text).lower()


def salvaged_documents(results: list[Result], wire: Wire) -> list[Result]:
    """The same, each document but PDFs as its words: what cannot be read must not take long as
    well."""
    return _with_words(whole(results), wire, words_in)


def unread_in(
    results: list[Result],
    columns: Columns,
    documents: Documents,
    marks: Marks,
    said: Sequence[object],
) -> str:
    """Why a document among results that were read out could not be read; empty where none is
    missing. ``said`` is empty where the report has no text; nor has one that only points to its
    document, says a Study Instance UID and no more, or what is to be paid for."""
    if documents.too_slow:
        return TOO_SLOW
    if columns and _ELSEWHERE.isdisjoint(columns[_OBX_2]):
        return ""
    missing = [f for _, f in results if len(f) > _OBX_2 and f[_OBX_2] in _ELSEWHERE]
    if not missing or any(f[2] == READ_OUT and f[_OBX_5] for f in missing):
        return ""
    return NO_TEXT if not said or _says_little(results, marks) else ""


def _says_little(results: list[Result], marks: Marks) -> bool:
    """Whether it has but a number of its own, or a few words that point elsewhere. A coded answer
    is a report, and a code for the bill is none."""
    spoken = _spoken(results)
    if spoken:
        return _is_stub(spoken)
    return all(
        is_prose(f) or f[2] in _ELSEWHERE or f[2] in DOCUMENT or _is_billed(f, marks)
        for _, f in results
    )


def _is_billed(fields: list[str], marks: Marks) -> bool:
    codes = at(fields, _OBX_5).split(marks.repetition)
    return all(at(one.split(marks.component), 2).strip().upper() in _BILLED for one in codes)


_BILLED = frozenset({"C4", "C5", "CPT", "CPT4", "CPT-4", "CPT5", "HCPCS", "HCPT", "HPC"})
"""What procedures are charged by: CPT and HCPCS, as table 0396 and senders name them."""


_ELSEWHERE = frozenset({READ_OUT, "RP", "rp"})
"""Where the words should have been: in a document, or behind an address."""


_WordsIn = Callable[[bytes, str], str]


def _with_words(results: list[Result], wire: Wire, words_of: _WordsIn) -> list[Result]:
    read: list[Result] = []
    for number, fields in _put_together(results, wire.marks):
        read.append((number, _read_out(fields, wire.marks, words_of)))
    return read


def _put_together(results: list[Result], marks: Marks) -> list[Result]:
    """A document whose base64 goes on in the segments behind it stands in the first; these keep
    their flags."""
    whole: list[Result] = []
    first, before = [""], ""
    pieces: list[str] = []  # joined at the end: a document may have 100,000 segments
    for number, fields in results:
        if (
            pieces
            and not pieces[-1].endswith("=")
            and (more := _more(first, before, fields, marks))
        ):
            pieces.append(more)
            whole.append((number, [*fields[:_OBX_5], "", *fields[_OBX_5 + 1 :]]))
            continue
        if pieces:
            first[_OBX_5] = before + "".join(pieces)
        first = [*fields]
        before, begun = _begins(fields, marks)
        pieces = [begun] if begun else []
        whole.append((number, first))
    if pieces:
        first[_OBX_5] = before + "".join(pieces)
    return whole


def _begins(fields: list[str], marks: Marks) -> tuple[str, str]:
    """The base64 that may go on in the next segment, and what stands before it."""
    if _is_bare(fields):
        return "", fields[_OBX_5]
    before, mark, data = at(fields, _OBX_5).rpartition(marks.component)
    is_one = data.startswith(_GO_ON) and fields[0] == "OBX" and fields[2] in DOCUMENT
    return (before + mark, data) if is_one else ("", "")


def _more(begun: list[str], before: str, fields: list[str], marks: Marks) -> str:
    """How it goes on in these fields; empty where it does not."""
    if at(fields, 3) != begun[3]:
        return ""
    said = at(fields, _OBX_5)
    if begun[2] in DOCUMENT:
        said = said.removeprefix(before).lstrip(marks.component)
        if at(fields, 2) not in DOCUMENT or said.startswith((*_GO_ON, *_PICTURES)):
            return ""
    return said if _GOES_ON.fullmatch(said) else ""


def _may_be_one(result: Result) -> bool:
    """Whether it may hold one without saying so: nearly every segment is words with blanks."""
    fields = result[1]
    if len(fields) <= _OBX_5:
        return False
    value = fields[_OBX_5]
    return len(value) >= _SHORTEST and " " not in value


def _is_document(fields: list[str], marks: Marks) -> bool:
    """By its type, or by what it holds: some call it text."""
    if fields[0] != "OBX" or len(fields) <= _OBX_5:
        return False
    if fields[2] in DOCUMENT:
        return True
    value = fields[_OBX_5]
    if " " in value or len(value) < _SHORTEST or not is_prose(fields):
        return False
    if _is_bare(fields) or f"{marks.component}base64{marks.component}" in value.lower():
        return True
    return value.rpartition(marks.component)[2].startswith(_GO_ON)


def _is_bare(fields: list[str]) -> bool:
    """Base64 and nothing else, in what is not said to be a document."""
    value = at(fields, _OBX_5)
    bare = len(value) >= _SHORTEST and " " not in value and bool(fields) and is_prose(fields)
    return bare and fields[0] == "OBX" and _BASE64.fullmatch(_BREAKS.sub("", value)) is not None


def _read_out(fields: list[str], marks: Marks, words_of: _WordsIn) -> list[str]:
    if not _is_document(fields, marks):
        return fields
    words = _words(at(fields, 5).split(marks.component), marks, words_of)
    if not words and fields[2] not in DOCUMENT:
        picture = _is_bare(fields) and at(fields, _OBX_5).startswith(_PICTURES)
        return [*fields[:2], "ED", *fields[3:]] if picture else fields
    return [*fields[:2], READ_OUT, *fields[3:5], words, *fields[6:]]


def _words(parts: list[str], marks: Marks, words_of: _WordsIn) -> str:
    """The data is the longest component, wherever it stands; the media type is told by the others,
    and by what the data begins with."""
    said = [part.strip().lower() for part in parts]
    data = max((part for part in parts if part.strip().lower() != "base64"), key=len, default="")
    bare = _BREAKS.sub("", data.replace(marks.repetition, ""))
    if "hex" in said and _HEX.fullmatch(bare):
        return storable(words_of(bytes.fromhex(bare), ""))
    kind = next((part for part in reversed(said) if part in _KINDS), "")
    if not _BASE64.fullmatch(bare):
        return "" if "base64" in said else _unencoded(data, kind, marks, words_of)
    try:
        return storable(words_of(bared(_decoded(bare.rstrip("="))), kind))
    except binascii.Error:
        return ""


def _decoded(letters: str) -> bytes:
    """What they stand for, to the last byte of one that is not padded; one letter alone is none."""
    usable = letters[:-1] if len(letters) % 4 == 1 else letters
    return base64.b64decode(usable + "=" * (-len(usable) % 4))


def _unencoded(data: str, kind: str, marks: Marks, words_of: _WordsIn) -> str:
    """ED-4 "A": the document itself, "~" a line's end. In RTF a backslash is no escape of HL7's."""
    data = data.replace(marks.repetition, "\n")
    if format_of(kind, data.encode(errors="replace")) == "application/rtf":
        escaped = f"{marks.escape}E{marks.escape}"
        return storable(
            words_of(data.replace(escaped, marks.escape).encode(errors="replace"), kind)
        )
    text = marks.clean(data)
    encoded = text.encode(errors="replace")
    if format_of(kind, encoded) == "text/html":
        return storable(words_of(encoded, kind))
    return text if " " in data.strip() else ""


_KINDS = frozenset({"pdf", "rtf", "html", "htm", "txt", "plain", "text", "application/pdf", "xml"})

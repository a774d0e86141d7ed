"""JSON as it really comes: in another character set, with line ends in its strings, several values
one after the other, and a Bundle of which one entry is broken, so that the others can be read all
the same. Pure.
"""

import hashlib
import json
import re
from contextlib import suppress
from itertools import pairwise
from typing import Any

DEEPEST = 200
"""Levels of nesting; FHIR needs a tenth. What is far deeper can be read and then not be written."""
BROKE_OFF = "broke off"
"""A field that no Bundle has."""
_MOST_BROKEN = 100
"""Entries of one Bundle; each costs a look at what stands behind it."""
_LONGEST_TAIL = 20_000
"""Characters behind the entries: a few addresses."""
_DECODER = json.JSONDecoder(strict=False)
_BUNDLE = re.compile(r'"resourceType"\s*:\s*"Bundle"')
_ENTRIES = re.compile(r'"entry"\s*:\s*\[')
_FIELD_BEHIND = re.compile(r'\]\s*,\s*(?="(?:link|resourceType|total|type)"\s*:)')
_LINKS = re.compile(r'"link"\s*:\s*(?=\[)')
_BETWEEN = re.compile(r"[\s,]*")
_BEGINS = re.compile(r"[\s\xef\xbb\xbf]*(?=[{\[])")
"""Blanks, and the mark of UTF-8 taken byte by byte."""
_NEXT = re.compile(r',\s*(?=\{\s*"(?:fullUrl|resource)"\s*:)')


def loaded(data: bytes) -> Any:
    """The value of a whole text. Raises ValueError where it is no JSON, or too deep."""
    text = decoded(data)
    try:
        found = _DECODER.decode(text)
    except RecursionError:
        raise ValueError from None
    if text.count("{") + text.count("[") > DEEPEST and _too_deep(found):
        raise ValueError
    return found


def values(data: bytes) -> list[bytes]:
    """Objects and lists that stand one after the other, however they are broken into lines; joined
    they are ``data``. One that breaks off is the last."""
    # A letter for each byte: what cuts JSON is the same in every character set but the wide ones.
    text, starts, end = data.decode("latin-1"), [0], 0
    while begins := _BEGINS.match(text, end):
        starts.append(begins.end())
        try:
            end = _DECODER.raw_decode(text, begins.end())[1]
        except (ValueError, RecursionError):
            break
    cuts = [0, *starts[2:], len(data)]
    return [data[a:b] for a, b in pairwise(cuts)]


def bundle(data: bytes) -> dict[str, Any] | None:
    """A Bundle that is no JSON as a whole: its links and entries. Of a broken entry ``resource`` is
    its mere text. BROKE_OFF in it says that there may have been more, of both.

    None where it is no Bundle, or breaks before its entries. Of what broke off between two of them
    the last one says so.
    """
    text = decoded(data)
    begins = _ENTRIES.search(text) if _BUNDLE.search(text) else None
    if begins is None:
        return None
    found, end = _entries(text, begins.end())
    behind = text[end + 1 :]
    if end >= len(text) and not (found and isinstance(found[-1].get("resource"), str)):
        found.append({"resource": f'{{"broke off": "{hashlib.sha256(data).hexdigest()}"'})
    if another := _ENTRIES.search(behind):
        found.append({"resource": behind})
    links = _links(text[: begins.start()]) or ([] if another else _links(behind))
    told = {"resourceType": "Bundle", "link": links, "entry": found}
    return told if _closes(behind) else {**told, BROKE_OFF: True}


def decoded(data: bytes) -> str:
    """UTF-8 as FHIR wants it, UTF-16 and UTF-32 by their look, else Windows-1252."""
    bare = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return bare.decode(json.detect_encoding(bare), "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _entries(text: str, at: int) -> tuple[list[dict[str, Any]], int]:
    """Those from there on, and where their list ends: with the text, where it breaks off."""
    found: list[dict[str, Any]] = []
    broken = 0
    while (at := _after_blanks(text, at)) < len(text) and text[at] != "]":
        try:
            entry, end = _DECODER.raw_decode(text, at)
            if not isinstance(entry, dict) or _too_deep(entry):
                raise ValueError
        except (ValueError, RecursionError):
            broken += 1
            following = _NEXT.search(text, at + 1) if broken < _MOST_BROKEN else None
            end = following.start() if following else _end_of_last(text, at)
            entry = {"resource": text[at:end]}
        found.append(entry)
        at = end
    return found, at


def _end_of_last(text: str, at: int) -> int:
    """Where an entry that is broken ends, behind which there is no other: with the list, if fields
    of the Bundle stand behind that, else with the text."""
    for list_ends in _FIELD_BEHIND.finditer(text, max(at, len(text) - _LONGEST_TAIL)):
        with suppress(ValueError, RecursionError):
            _DECODER.decode("{" + text[list_ends.end() :])
            return list_ends.start()
    return len(text)


def _links(text: str) -> list[Any]:
    """Those in what stands around the entries."""
    begins = _LINKS.search(text)
    try:
        return list(_DECODER.raw_decode(text, begins.end())[0]) if begins else []
    except (ValueError, RecursionError):
        return []


def _closes(behind: str) -> bool:
    """Whether what stands behind the entries ends the Bundle."""
    try:
        _DECODER.raw_decode("{" + behind.lstrip(" \t\r\n,"))
    except (ValueError, RecursionError):
        return False
    return True


def _after_blanks(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    return between.end() if between else at


def _too_deep(found: object) -> bool:
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        dicts = [value for value in level if isinstance(value, dict)]
        lists = [value for value in level if isinstance(value, list)]
        level = [inner for value in dicts for inner in value.values()]
        level += [inner for value in lists for inner in value]
        if not level:
            return False
    return True

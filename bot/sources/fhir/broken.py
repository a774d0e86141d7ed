"""JSON as it really comes: in another character set, with line ends in its strings, several values
one after the other, and a Bundle of which one entry is broken, so that the others can be read all
the same. Pure.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

DEEPEST = 200
"""Levels of nesting; FHIR needs a tenth. What is far deeper can be read and then not be written."""
_MOST_BROKEN = 100
"""Entries of one Bundle; each costs a look at what stands behind it."""
_DECODER = json.JSONDecoder(strict=False)
_BUNDLE = re.compile(r'"resourceType"\s*:\s*"Bundle"')
_ENTRIES = re.compile(r'"entry"\s*:\s*\[')
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


def entries(data: bytes) -> list[dict[str, Any]] | None:
    """Those of a Bundle that is no JSON as a whole; of a broken one ``resource`` is its mere text.

    None where it is no Bundle, or breaks before its entries. Of what broke off between two of them
    the last one says so.
    """
    text = decoded(data)
    begins = _ENTRIES.search(text) if _BUNDLE.search(text) else None
    return list(_entries(text, begins.end(), data)) if begins else None


def decoded(data: bytes) -> str:
    """UTF-8 as FHIR wants it, UTF-16 and UTF-32 by their look, else Windows-1252."""
    bare = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return bare.decode(json.detect_encoding(bare), "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _entries(text: str, at: int, data: bytes) -> Iterator[dict[str, Any]]:
    broken, broke_off = 0, False
    while (at := _after_blanks(text, at)) < len(text):
        if text[at] == "]":
            if _ENTRIES.search(text, at):  # another Bundle
                yield {"resource": text[at + 1 :]}
            return
        try:
            found, end = _DECODER.raw_decode(text, at)
            if not isinstance(found, dict) or _too_deep(found):
                raise ValueError
            yield found
        except (ValueError, RecursionError):
            broken += 1
            following = _NEXT.search(text, at + 1) if broken < _MOST_BROKEN else None
            end = following.start() if following else len(text)
            yield {"resource": text[at:end]}
            broke_off = following is None
        at = end
    if not broke_off:
        yield {"resource": f'{{"broke off": "{hashlib.sha256(data).hexdigest()}"'}


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

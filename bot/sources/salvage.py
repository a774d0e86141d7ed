"""Flags in what cannot be read: JSON or XML that is broken or of an unknown kind, and plain text.

A review too many is better than one too few: a value of the critical kind counts wherever it is
quoted, and a macro in whatever text there is, documents in base64 included.
"""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator

from bot.domain.profile import Profile, Rule
from bot.domain.report import ROUTINE, Flag
from bot.sources.dictation.macros import macros_in
from bot.sources.documents import words_in

WHERE = "unread"
_IN_FIELD = "unread.interpretation"
_KNOWN = ("AA", "HH", "LL", r"RID4948\d")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\Z)', re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)
_TAG = re.compile(r"<[^<>]*>")
_VALUE = re.compile(r"=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{64,}={0,2}")
_LARGEST = 2_000_000
"""Characters of base64: a larger document is no text, and would hold up the feed."""


def unread_flags(data: bytes, profile: Profile) -> tuple[Flag, ...]:
    """What may be critical in these bytes; nothing of it is certain."""
    text = data.decode("utf-8", "replace").replace("\0", "")
    lines = [line for said in _said(text) for line in _documents(said).splitlines()]
    found = [*_codes(text, profile.rules), *macros_in("\n".join(lines), WHERE, profile)]
    return tuple(dict.fromkeys(found))


def _codes(text: str, rules: tuple[Rule, ...]) -> Iterator[Flag]:
    """Quoted as in JSON and in attributes, alone in an element, and RadLex codes anywhere."""
    own = {rule.code.upper(): rule for rule in rules if rule.code and rule.category != ROUTINE}
    values = "|".join((*_KNOWN, *map(re.escape, own)))
    pattern = rf"[\"'>]\s*({values})\s*[\"'<]|(?<![\w])(RID4948\d)(?!\w)"
    for quoted, bare in re.findall(pattern, text, re.IGNORECASE):
        value = (quoted or bare).upper()
        rule = own.get(value)
        yield Flag(rule.code, "", WHERE, rule.category) if rule else Flag(value, "", _IN_FIELD)


def _said(text: str) -> Iterator[str]:
    """The strings of JSON, the texts and values of XML, else the text as it is."""
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    if begins in {"{", "["}:
        yield from (_unquoted(one[1]) for one in _STRING.finditer(text))
    elif begins == "<":
        values = (one[1] or one[2] or "" for one in _VALUE.finditer(text))
        yield from map(html.unescape, (*values, *_TAG.split(text)))
    else:
        yield text


def _unquoted(inside: str) -> str:
    if "\\" not in inside:
        return inside
    try:
        return str(_DECODER.decode(f'"{inside}"'))
    except ValueError:
        return inside.replace("\\n", "\n")


def _documents(said: str) -> str:
    """What was said, with the words that it is where it may be base64, also one that broke off."""
    bare = "".join(said.split())
    if len(bare) > _LARGEST or not _BASE64.fullmatch(said):
        return said
    try:
        return f"{words_in(base64.b64decode(bare[: len(bare) // 4 * 4]))}\n{said}"
    except binascii.Error:
        return said

"""A macro of a site's own, in whatever language: found with its accents or without.

Many systems leave accents out, capitals of many languages have none, and an accent may come as a
character of its own.
"""

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

from bot.domain.profile import Profile
from bot.sources.dictation.typed import as_typed

_UNSPACED = "\u2e80"
"""From here on in Unicode are the scripts of East Asia, most of which part no words."""
_ACCENTED = range(0xC0, 0x460)
"""Letters of Latin, Greek and Cyrillic with something above or below them are among these."""
_ACCENTS = "[\u0300-\u036f]*"


def occurring(lowered: str, profile: Profile) -> list[tuple[str, str]]:
    """The macros of the sender whose first word is in the text, each with its category. ``lowered``
    is the text as it would be typed, in small letters."""
    told = [(rule.text, rule.category) for rule in profile.rules if _first_word(rule.text)]
    if not told:
        return []
    bare = _bare(lowered)
    return [(text, category) for text, category in told if _first_word(text) in bare]


def first_words(profile: Profile) -> list[str]:
    """Those of the sender's macros, in small letters and without accents."""
    return [word for rule in profile.rules if (word := _first_word(rule.text))]


def is_marked(macro: str) -> bool:
    """Whether it begins with a sign that tells it from prose: "[CRIT1]", "#critical"."""
    return not macro[0].isalnum() and any(map(str.isalnum, macro))


@lru_cache(maxsize=256)
def pattern(macro: str) -> re.Pattern[str]:
    """What finds it, over two lines as well."""
    words = r"[\s_-]+".join("".join(map(_letter, word)) for word in _words(macro))
    ends = "" if macro[-1] >= _UNSPACED else r"(?!\w)"
    return re.compile(rf"(?<!\w){words}{ends}", re.IGNORECASE)


@lru_cache(maxsize=256)
def _first_word(macro: str) -> str:
    """Empty where nothing in it can be seen."""
    return _bare("".join(_words(macro)[:1]).lower())


def _words(macro: str) -> list[str]:
    return unicodedata.normalize("NFC", as_typed(macro)).split()


def _bare(text: str) -> str:
    """Without accents; nearly every text is ASCII, and has none."""
    if text.isascii():
        return text
    split = unicodedata.normalize("NFD", text)
    return "".join(one for one in split if not unicodedata.combining(one))


def _letter(letter: str) -> str:
    variants = _VARIANTS.get(_bare(letter).lower())
    return f"[{variants}]{_ACCENTS}" if variants else re.escape(letter)


def _variants() -> dict[str, str]:
    found: defaultdict[str, str] = defaultdict(str)
    for letter in map(chr, _ACCENTED):
        bare = _bare(letter).lower()
        if bare.isalpha() and bare != letter.lower():
            found[bare] += letter
    return {bare: bare + letters for bare, letters in found.items()}


_VARIANTS = _variants()

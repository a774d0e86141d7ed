"""Whether a documented call names a person: the report says "called Dr. Osei", and Osei is paged.

It only offers them an answer of their own. Who they are is decided by identifier, never by this.
"""

import re
import unicodedata

LEAST_LETTERS = 3
_NOT_NAMES = frozenset(
    {"MD", "DO", "RN", "NP", "PA", "PHD", "MPH", "MBBS", "FACR", "DR", "JR", "SR", "II", "III"}
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_TITLE = r"(?:d(?:octo)?r[as]?|prof(?:essor)?|m[rsx]s?)\.?\s+"


def family_name(name: str) -> str:
    """Of "Dr. Ada Osei", "Osei, Ada" or "Ada Osei MD"; empty where there is none."""
    before, comma, _ = name.partition(",")
    words = _words(before)
    if not words:
        return ""
    # With a credential behind the comma ("Ada Osei, MD") the name itself is in its usual order.
    reversed_order = comma and len(words) == 1
    return " ".join(words) if reversed_order else words[-1]


def names(called: str, name: str) -> bool:
    """Whether the text has the family name as a word of its own, in any case and with its accents
    or without: not as one half of another ("Osei-Bonsu"). One of two letters may be any word: it
    has to stand with the given name, or behind a title."""
    family, text = _plain(family_name(name)), _plain(called)
    letters = sum(map(str.isalpha, family))
    if not letters:
        return False
    alone = rf"(?<!\w)(?<!\w-){re.escape(family)}(?!-?\w)"
    if letters >= LEAST_LETTERS:
        return re.search(alone, text) is not None
    given = [re.escape(_plain(word)) for word in _words(name) if _plain(word) != family]
    first = rf"(?:(?:{'|'.join([*given, '[a-z]'])})\.?\s+)"
    told = [rf"(?<!\w){_TITLE}{first}*{alone}"]
    told += [rf"(?<!\w){one}\s+{alone}|{alone},?\s+{one}(?!\w)" for one in given]
    return any(re.search(one, text) for one in told)


def _words(name: str) -> list[str]:
    found = _WORD.findall(name)
    return [word for word in found if word.replace(".", "").upper() not in _NOT_NAMES]


def _plain(text: str) -> str:
    """In small letters and without accents, which many systems cannot write."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))

"""Whether a documented call names a person: the report says "called Dr. Osei", and Osei is paged.

It only offers them an answer of their own. Who they are is decided by identifier, never by this.
"""

import re

LEAST_LETTERS = 3
_NOT_NAMES = frozenset(
    {"MD", "DO", "RN", "NP", "PA", "PHD", "MPH", "MBBS", "FACR", "DR", "JR", "SR", "II", "III"}
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def family_name(name: str) -> str:
    """Of "Dr. Ada Osei", "Osei, Ada" or "Ada Osei MD"; empty where there is none."""
    before, comma, _ = name.partition(",")
    given = _WORD.findall(before)
    words = [word for word in given if word.replace(".", "").upper() not in _NOT_NAMES]
    if not words:
        return ""
    # With a credential behind the comma ("Ada Osei, MD") the name itself is in its usual order.
    reversed_order = comma and len(words) == 1
    return " ".join(words) if reversed_order else words[-1]


def names(called: str, name: str) -> bool:
    """Whether the text has the family name as a word of its own, in any case: not as one half of
    another ("Osei-Bonsu")."""
    family = family_name(name)
    if sum(map(str.isalpha, family)) < LEAST_LETTERS:
        return False
    alone = rf"(?<!\w)(?<!\w-){re.escape(family)}(?!-?\w)"
    return re.search(alone, called, re.IGNORECASE) is not None

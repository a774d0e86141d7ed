"""Whether a documented call names a person: the report says "called Dr. Osei", and Osei is paged.

It only offers them an answer of their own. Who they are is decided by identifier, never by this.
"""

import re
import unicodedata

LEAST_LETTERS = 3
_NOT_A_NAME = re.compile(
    "DR|JR|SR|II|III|MD|DO|PHD|MPH|MBA|MSC|MBBS|MBCHB|PHARMD|DDS|DMD|DPM"
    "|(?:RN|PA|NP|APRN|ARNP|CRNP|CNP|DNP|FNP|ACNP|AGNP|AGACNP)(?:-B?C)?"
    "|MSN|BSN|LPN|LVN|CRNA|CNM|MRCP|FRCR|FRCPC?|FRCS|FACR|FACS|FACP|FACC|FACEP|FAAP",
    re.IGNORECASE,
)
_POINT_WITHIN = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_](?!\w))")
"""That of "M.D." and "Ph.D.", and none before another name."""
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
    """Whether the text has the family name as a word of its own, in any case, with its accents,
    apostrophe and hyphen or without: not as one half of another ("Osei-Bonsu"). One of two letters
    may be any word: it has to stand with the given name, or behind a title."""
    return any(_names(*map(spelled, (called, name))) for spelled in (_plain, _german))


def _names(text: str, name: str) -> bool:
    family = family_name(name)
    letters = sum(map(str.isalpha, family))
    if not letters:
        return False
    written = re.escape(family).replace("'", "'?").replace(r"\-", "[- ]")
    alone = rf"(?<!\w)(?<!\w-){written}(?!-?\w)"
    if letters >= LEAST_LETTERS:
        return re.search(alone, text) is not None
    given = [re.escape(word) for word in _words(name) if word != family]
    first = rf"(?:(?:{'|'.join([*given, '[a-z]'])})\.?\s+)"
    told = [rf"(?<!\w){_TITLE}{first}*{alone}"]
    told += [rf"(?<!\w){one}\s+{alone}|{alone},?\s+{one}(?!\w)" for one in given]
    return any(re.search(one, text) for one in told)


def _words(name: str) -> list[str]:
    found = _WORD.findall(_POINT_WITHIN.sub("", name))
    return [word for word in found if not _NOT_A_NAME.fullmatch(word)]


def _plain(text: str) -> str:
    """In small letters and without accents, which many systems cannot write; one kind of apostrophe
    and of hyphen, as who dictates and who keeps the directory type different ones."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_OTHER_SIGNS))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _german(text: str) -> str:
    """The same with ae, oe and ue for the letters that such systems write so."""
    composed = unicodedata.normalize("NFC", text.casefold())
    return _plain(composed.translate(_UMLAUTS))


_OTHER_SIGNS = str.maketrans(
    dict.fromkeys("’‘ʼ´`", "'") | dict.fromkeys("‐‑", "-") | {"ø": "o", "ł": "l", "đ": "d"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

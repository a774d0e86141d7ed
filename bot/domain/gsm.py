"""The GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1): one character outside it halves an SMS."""

import unicodedata

SEGMENT = 160
"""Septets in a message of one segment."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")
_INSTEAD = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": "...", "`": "'"}
    | {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "œ": "oe", "Œ": "OE", "ı": "i"}
)


def septets(text: str) -> int:
    """The length on air; characters of the extension table count twice.

    Raises ValueError for a character that the alphabet does not have.
    """
    if not is_gsm(text):
        raise ValueError("not in the GSM 7-bit alphabet")
    return len(text) + sum(character in _EXTENDED for character in text)


def is_gsm(text: str) -> bool:
    """Whether the text can be sent without falling back to 70 characters a segment."""
    return set(text) <= _BASIC | _EXTENDED


def to_gsm(text: str) -> str:
    """One line in the alphabet: the nearest letter where there is one, else a question mark."""
    one_line = " ".join(text.translate(_INSTEAD).split())
    return "".join(_nearest(character) for character in one_line)


def clip(text: str, most: int) -> str:
    """The beginning of a GSM text, in no more septets than that."""
    while septets(text) > most:
        text = text[:-1]
    return text


def _nearest(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    plain = unicodedata.normalize("NFKD", character)
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return letters if letters and is_gsm(letters) else "?"

"""A text as it would be typed: what word processors and web pages put between letters, in ASCII.

Only what a macro is looked for in is read so; what people are shown stays as it was received. Each
letter becomes one letter, so that places in the one text are places in the other.
"""

_BLANKS = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_INVISIBLE = (0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFE0E, 0xFE0F, 0xFEFF)
_HYPHENS = (0x2010, 0x2011, 0x2212)
_BULLETS = "‣⁃∙●◆◇◉◊▪▫■►▶▸▹➢➣➤➔→⇒★☆♦❖✱✳⚠⛔❗‼🔴🚨⭐"
# A full stop of Chinese has no blank behind it: it ends its sentence as a line's end does.
_CHINESE = {"。": "\n", "．": "\n", "！": "\n", "？": "?", "、": ",", "【": "[", "】": "]"}
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_TYPED = {
    **dict.fromkeys((*_BLANKS, *_INVISIBLE), " "),
    **dict.fromkeys(_HYPHENS, "-"),
    **dict.fromkeys(map(ord, _BULLETS), "•"),
    **{letter: chr(letter - 0xFEE0) for letter in _FULL_WIDTH},
    **str.maketrans(_CHINESE),
}


def as_typed(text: str) -> str:
    """Nearly every text is ASCII, and spared the search."""
    return text if text.isascii() else text.translate(_TYPED)

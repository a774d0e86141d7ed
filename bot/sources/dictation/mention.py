"""The words of a macro where they stand in a text, and the views that the rules take of them.

What is costly to cut out is cut out when a rule first asks for it, and kept for the others.
"""

import re

_WINDOW = 300
"""Characters around it in which its sentence is looked for: each costs the same in any report."""
SENTENCE_ENDS = re.compile(
    r"[.!?;](?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)[\"')\]]?\s|\n\s*\n",
    re.IGNORECASE,
)
# All in capitals: "COULD NOT BE REACHED ABOUT THIS | CRITICAL RESULT".
_ENDS_OPEN = re.compile(
    r"\b(?:an?|the|this|these|any|of|for|with|about|regarding|re|or|and|to|by|as|is|are|was|were)\s*\Z",
    re.IGNORECASE,
)


class Mention:
    """``words`` from ``begins`` to before ``ends`` of ``text``; ``match`` is what found them."""

    __slots__ = ("_after", "_before", "begins", "capitals", "ends", "match", "text", "words")

    def __init__(self, match: re.Match[str]) -> None:
        self.match, self.text, self.words = match, match.string, match[0]
        self.begins, self.ends = match.span()
        self.capitals = self.words.isupper()
        self._before: str | None = None
        self._after: str | None = None

    def before(self, most: int) -> str:
        """What stands before it, ``most`` characters of it."""
        return self.text[max(0, self.begins - most) : self.begins]

    def after(self, most: int) -> str:
        """What stands behind it, ``most`` characters of it."""
        return self.text[self.ends : self.ends + most]

    @property
    def line(self) -> str:
        """The whole line in which it begins, without blanks around it."""
        begins, text = self.begins, self.text
        return (text[:begins].rpartition("\n")[2] + text[begins:].partition("\n")[0]).strip()

    def follows(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern finds right behind it, in the whole text."""
        return pattern.match(self.text, self.ends)

    @property
    def sentence_before(self) -> str:
        """What stands before it in its sentence. A line that begins with a small letter goes on
        from the one above it, and in capitals one that is not complete; others are apart."""
        if self._before is None:
            self._before = self._whole_lines(SENTENCE_ENDS.split(self.before(_WINDOW))[-1])
        return self._before

    @property
    def sentence_after(self) -> str:
        """What stands behind it, to the end of its sentence or paragraph."""
        if self._after is None:
            text = self.after(_WINDOW)
            ends = SENTENCE_ENDS.search(text)
            self._after = text[: ends.start() + 1] if ends else text
        return self._after

    def _whole_lines(self, text: str) -> str:
        lines = text.split("\n")
        sentence = lines.pop()
        while lines and _runs_on(lines[-1], sentence.lstrip() or self.words):
            sentence = f"{lines.pop()} {sentence}"
        return sentence


def _runs_on(above: str, line: str) -> bool:
    return line[:1].islower() or (above.isupper() and _ENDS_OPEN.search(above) is not None)

"""Earlier reports that a text quotes under a heading of their own ("PRIOR REPORT:").

What stands there is not of today: neither its impression nor its macros. Where there are not two
impressions, its own and today's, nothing is quoted: the field was left empty, and what follows is
the report itself. Where one stands below today's impression, nothing may say where it ends: from
the paragraph after its conclusion on macros count, as one that pages in vain is better than one
that is lost.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile


@dataclass(slots=True)
class Quote:
    """Lines of the text, and of the impression, from where it begins to before where it ends.
    ``below``: today's impression stands above it. ``concluded``: where its last impression begins.
    """

    text: int
    impression: int
    below: bool
    concluded: int | None = None
    text_end: int | None = None
    impression_end: int = 0

    def ends_at(self, heading: re.Match[str]) -> bool:
        """Whether this heading is no longer part of it."""
        if heading["addendum"] or heading["ended"] or heading["original"]:
            return True
        own = heading["impression"] or heading["other"] or heading["exam"]
        return self.concluded is not None and not self.below and bool(own)


def quoted(quotes: list[Quote], text: list[str], impression: list[str]) -> Iterator[int]:
    """The numbers of the text's lines that are quoted; takes what they say out of the
    impression."""
    for quote in reversed(quotes):
        if quote.below and quote.concluded is not None:
            end = len(text) if quote.text_end is None else quote.text_end
            yield from range(quote.text, _paragraph_end(text, quote.concluded, end))
        elif quote.text_end is not None and any(impression[quote.impression_end :]):
            del impression[quote.impression : quote.impression_end]
            yield from range(quote.text, quote.text_end)


def _paragraph_end(text: list[str], begins: int, end: int) -> int:
    """Where the first paragraph at or after this line is over, at ``end`` at the latest."""
    numbers = dropwhile(lambda n: not text[n].strip(), range(begins, end))
    return next((n for n in numbers if not text[n].strip()), end)

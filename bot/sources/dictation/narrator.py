"""Line by line: which section of the report each line of its text belongs to.

What stands below an addendum's heading is the addendum's. Where the addendum stands above the
report, a heading of the report ends it, unless a later line shows that it had headings of its own.
"""

import re
from dataclasses import dataclass, field

from bot.domain.profile import Section
from bot.domain.report import Addendum, Flag
from bot.sources.dictation.banner import is_banner_over, says_more
from bot.sources.dictation.drafts import (
    Doubtful,
    Draft,
    Size,
    ends_it,
    was_doubted,
    with_signatures,
)
from bot.sources.dictation.headings import (
    HEADING,
    begins_addendum,
    may_be_heading,
    text_from,
    without_heading,
)
from bot.sources.dictation.items import awaited, item_of
from bot.sources.dictation.narrative import Narrative
from bot.sources.dictation.quoted import Quote, quoted
from bot.sources.dictation.signatures import unsigned

_RUNNING, _IMPRESSION, _ADDENDUM = Section.RUNNING, Section.IMPRESSION, Section.ADDENDUM
"""For what is done for each run of lines: Python 3.11 is slow to look up a member of an Enum."""


@dataclass(slots=True)
class Narrator:
    """``coded``: below the text under its code an addendum may stand, as some send it. ``own`` are
    the flags of the report itself. ``headings`` are those of the sender."""

    coded: bool = False
    headings: re.Pattern[str] = HEADING
    own: list[Flag] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    impression: list[str] = field(default_factory=list)
    addenda: list[Draft] = field(default_factory=list)
    running: Section = Section.BODY
    doubts: list[Doubtful] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    communication: tuple[str, str] = ("", "")
    study: tuple[str, str] = ("", "")
    set_of: str | None = None
    """OBX-4 of the addendum segment just before, else None: another one is another addendum."""
    awaited: int = 0
    """Below a heading that ended a numbered impression: the number with which it would go on."""

    def put(self, section: Section, lines: list[str]) -> None:
        if section is _ADDENDUM:
            self.addenda[-1].lines += lines
            return
        self.text += lines
        if section is _IMPRESSION:
            self.impression += lines

    def tell(self, section: Section, lines: list[str]) -> None:
        """Lines of one or more segments of the same section, which is no addendum."""
        if section is _RUNNING:
            self.run(lines)
        elif lines:
            self.set_of = None
            self.put(section, lines)

    def tell_run(self, section: Section, lines: list[str]) -> None:
        """The same, where an addendum may stand below the text under its code."""
        if section is _RUNNING or not self.coded:
            self.tell(section, lines)
            return
        found = (n for n, line in enumerate(lines) if begins_addendum(line, self.headings))
        begins = next(found, len(lines))
        self.tell(section, lines[:begins])
        before = self.running
        self.run(lines[begins:])
        self.running = before

    def open_addendum(self, lines: list[str], set_of: str | None) -> None:
        """Before the lines of a segment that is one by its code."""
        heads = bool(lines) and begins_addendum(lines[0], self.headings)
        if not self.addenda or set_of != self.set_of or heads:
            self.addenda.append(Draft())
        self.set_of = set_of

    def run(self, lines: list[str]) -> Section:
        """Lines of running text; returns the section of the first, which is that of its flags."""
        if lines:
            self.set_of = None
        of_first, begins = self.running, 0
        for number, line in enumerate(lines):
            if may_be_heading(line) or (self.awaited and item_of(line)):
                self.put(self.running, lines[begins:number])
                begins = number + 1
                section = self._run(line)
                of_first = of_first if number else section
        self.put(self.running, lines[begins:])
        return of_first

    def _run(self, line: str) -> Section:
        heading = self.headings.match(line)
        if heading and not heading["prior"]:
            return self._after_heading(heading, line)
        if heading and not line[heading.end() :].strip() and self.running is not Section.ADDENDUM:
            self._open_quote()
        if self.awaited and (item := item_of(line)):
            # A list of the heading's own begins at 1.
            self.running = _IMPRESSION if item == self.awaited else self.running
            self.awaited = 0
        self.put(self.running, [line])
        return self.running

    def _after_heading(self, heading: re.Match[str], line: str) -> Section:
        before, above = len(self.addenda), self.running
        self.running = self._turn(heading)
        rest = line[text_from(heading) :].strip()
        if not (heading["tail"] or heading["below"]):
            self.awaited = 0
        elif above is _IMPRESSION:
            rest = self._await_item(rest)
        match self.running:
            case Section.IMPRESSION:
                self.text.append(line)
                self.impression.append(rest)
            case Section.ADDENDUM if len(self.addenda) > before:
                self.put(Section.ADDENDUM, [rest])
            case _ if rest or not heading["ended"]:
                self.put(self.running, [line])
        return self.running

    def _await_item(self, rest: str) -> str:
        """What of the text behind the heading is told below it: the impression may go on there."""
        self.awaited, goes_on = awaited(self.impression, rest)
        if goes_on:
            self.running = _IMPRESSION
        return goes_on or rest

    def _open_quote(self) -> None:
        self._close_quote()
        said = len(self.impression)
        self.quotes.append(Quote(len(self.text), said, below=any(self.impression)))
        self.running = Section.BODY

    def _close_quote(self) -> None:
        if self.quotes and self.quotes[-1].text_end is None:
            quote = self.quotes[-1]
            quote.text_end, quote.impression_end = len(self.text), len(self.impression)

    def _within_quote(self, heading: re.Match[str]) -> bool:
        """Whether it heads a part of an earlier report below today's."""
        quote = self.quotes[-1]
        if quote.text_end is None and quote.ends_at(heading):
            self._close_quote()
        elif heading["impression"]:
            below = not heading.string[heading.end() :].strip()
            quote.concluded = len(self.text) + below
        return quote.below and quote.text_end is None

    def _turn(self, heading: re.Match[str]) -> Section:
        if self.quotes and self._within_quote(heading):
            return Section.BODY
        if (heading["below"] or heading["revised"]) and self.running is Section.ADDENDUM:
            return Section.ADDENDUM
        doubt = self._open_doubt()
        if heading["addendum"]:
            if doubt and doubt.bare:
                doubt.ends = self._size()
            self.addenda.append(Draft(begins=len(self.text)))
            return Section.ADDENDUM
        above = self.running is Section.ADDENDUM
        # Below the original report an addendum has headings of its own; above it, they end it.
        if above and self._has_impression() and not (ends_it(heading) or heading["exam"]):
            return Section.ADDENDUM
        if doubt and was_doubted(doubt, heading, concluded=self._concluded(doubt)):
            doubt.ends = self._size()
        elif above and not ends_it(heading):
            self._doubt(heading)
        return Section.IMPRESSION if heading["impression"] else Section.BODY

    # ---- an addendum above the report, with headings of its own ----------------------------------

    def _size(self) -> Size:
        return len(self.text), len(self.impression), len(self.own)

    def _doubt(self, heading: re.Match[str]) -> None:
        draft = self.addenda[-1]
        bare = not any(draft.lines)
        self.doubts.append(Doubtful(draft, self._size(), bare, bool(heading["impression"])))

    def _open_doubt(self) -> Doubtful | None:
        return self.doubts[-1] if self.doubts and not self.doubts[-1].ends else None

    def _concluded(self, doubt: Doubtful) -> bool:
        return len(self.impression) > doubt.begins[1]

    def _has_impression(self) -> bool:
        """One that is not likely to be an addendum's."""
        ends = self.doubts[-1].ends if self.doubts else None
        return len(self.impression) > (ends[1] if ends else 0)

    def _give_back(self, doubt: Doubtful) -> None:
        """To the addendum, if what follows is a report: with an impression where that had one."""
        if doubt.ends is None:
            return
        (text, said, flags), (text_end, said_end, flags_end) = doubt.begins, doubt.ends
        follows = self.impression[said_end:] if said_end > said else self.text[text_end + 1 :]
        if not any(follows):
            return
        doubt.addendum.lines += self.text[text:text_end]
        doubt.addendum.flags += self.own[flags:flags_end]
        del self.text[text:text_end], self.impression[said:said_end], self.own[flags:flags_end]

    def finished(self) -> Narrative:
        # Lines that may move between an addendum and the report are not counted.
        cited: set[int] = set()
        if self.quotes and not self.doubts:
            cited = set(quoted(self.quotes, self.text, self.impression))
        for doubt in reversed(self.doubts):
            self._give_back(doubt)
        if self.addenda and not self.quotes:  # places in the text are counted no more
            self._untitle(self.addenda[0])
        addenda = [
            Addendum(self._trimmed(draft.lines), tuple(draft.flags))
            for draft in with_signatures(self.addenda)
            if draft.flags or any(draft.lines[1:]) or any(map(says_more, draft.lines))
        ]
        impression = without_heading(unsigned(self.impression), "impression", self.headings)
        text = "\n".join(self.text).strip()
        of_today = (line for number, line in enumerate(self.text) if number not in cited)
        return Narrative(
            text,
            impression,
            tuple(addenda),
            tuple(self.own),
            text.lower(),
            self.communication,
            self.study,
            "\n".join(of_today).strip() if cited else text,
        )

    def _untitle(self, draft: Draft) -> None:
        """Of a banner only the report's title is told below it, where the addenda follow under
        headings of their own."""
        title = [line for line in draft.lines[1:] if line.strip()]
        others = any(says_more(line) for other in self.addenda[1:] for line in other.lines)
        given = any(doubt.ends and doubt.addendum is draft for doubt in self.doubts)
        if (
            others
            and title
            and not given
            and not draft.flags
            and is_banner_over(draft.lines[0], title)
        ):
            del draft.lines[1:]
            self.text[draft.begins : draft.begins] = title

    def _trimmed(self, lines: list[str]) -> str:
        """Without its heading, and without a rule drawn below it."""
        while lines and not lines[-1].strip(_RULED):
            lines = lines[:-1]
        return without_heading(lines, "addendum", self.headings)


_RULED = " \t-–—_=*#~"

"""The words of a report, from the layouts that senders use: body, impression, addenda.

A section is named by OBX-3 (sub-component &IMP, LOINC, or its text), else by headings in running
text.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from bot.domain.profile import STANDARD, Layout, Profile, Section
from bot.domain.report import Flag
from bot.sources.dictation.comments import with_comment
from bot.sources.dictation.heading_words import IMPRESSION
from bot.sources.dictation.headings import HEADING, headings, unaccented
from bot.sources.dictation.narrative import Narrative
from bot.sources.dictation.narrator import Narrator
from bot.sources.dictation.running import concluded
from bot.sources.hl7.columns import Columns
from bot.sources.hl7.flags import Result
from bot.sources.hl7.lines import all_words, is_prose, lines_of, lines_of_all, named
from bot.sources.hl7.marks import at
from bot.sources.hl7.sections import section_in
from bot.sources.hl7.wire import Wire

_ALONE = frozenset({Section.ADDENDUM, Section.COMMUNICATION, Section.STUDY})
"""Told segment by segment: which one it was matters."""
_MAY_BE_ADDED_TO = frozenset({Section.BODY, Section.RUNNING})
"""What is appended to an impression is shown with it."""


def narrate(
    results: list[Result],
    columns: Columns,
    flags: dict[int, tuple[Flag, ...]],
    wire: Wire,
    profile: Profile = STANDARD,
    appended: Set[int] = frozenset(),
    addenda: Mapping[int, int] = MappingProxyType({}),
) -> Narrative:
    """Put the text together, and each flag where it stood: on the report or on an addendum.

    ``columns`` are those of the results, ``appended`` are the numbers of the OBX that OBX-11 calls
    an addition to the rest, ``addenda`` those of orders that are addenda, each with what tells its
    order from the next.
    """
    own = profile.sections
    adds = wire.addenda or bool(own and any(heads is Section.ADDENDUM for _, heads in own))
    told = Narrator(
        coded=adds and profile.layout is not Layout.SEGMENTS,
        headings=headings(own) if own else HEADING,
    )
    runs = _runs(results, columns, wire, profile)
    auto = profile.layout is _AUTO
    # Without one a whole report may stand under the code of its body, as PowerScribe sends it: its
    # headings say what is what.
    headed = auto and _IMPRESSION not in [section for section, _, _ in runs]
    for section, run, said in runs:
        of, before = section, told.running
        if (headed and section is _BODY and _may_conclude(run)) or (
            auto and section is _IMPRESSION and _is_whole(run, said)
        ):
            of = _RUNNING
        if section is _RUNNING and concluded(told) and not is_prose(run[0][1]):
            of = _BODY  # figures and answers below a conclusion are none of it
        flagged = any(number in flags for number, _ in run) if flags else False
        if section in _ALONE or flagged or appended or addenda:
            _tell_each(told, of, run, _Marked(flags, appended, addenda), wire)
        else:
            told.tell_run(of, lines_of_all(run, wire, said))
        if of is not section:
            told.running = before  # what has a code of its own does not go on in the next
    finished = told.finished()
    if profile.layout is Layout.SEGMENTS:  # there a heading is text
        return finished
    return with_comment(finished, told.headings)


_OBX_2, _OBX_3, _OBX_5 = 2, 3, 5
_Run = tuple[Section, list[Result], Sequence[str]]
"""What stands under the same OBX-3, which is told in one go: that takes half the time. Third every
OBX-5, where all of them are words and that is known."""


def _runs(results: list[Result], columns: Columns, wire: Wire, profile: Profile) -> list[_Run]:
    if not columns:
        return _runs_one_by_one(results, wire, profile)
    if not all_words(columns[_OBX_2]):
        return _runs_one_by_one(results, wire, profile)
    said = columns[_OBX_5]
    runs: list[_Run] = []
    begins = 0
    for name, same in groupby(columns[_OBX_3]):
        ends = begins + len(list(same))
        runs.append((_section(name, wire, profile), results[begins:ends], said[begins:ends]))
        begins = ends
    return runs


def _runs_one_by_one(results: list[Result], wire: Wire, profile: Profile) -> list[_Run]:
    """A note stands where the OBX before it stands; words and figures are apart."""
    run: list[Result] = []
    found: list[_Run] = [(Section.BODY, run, ())]
    like: tuple[str, bool] | None = None
    for result in results:
        fields = result[1]
        if fields[0] == "OBX" and (asked := (at(fields, _OBX_3), is_prose(fields))) != like:
            like, run = asked, []
            found.append((_section(asked[0], wire, profile), run, ()))
        run.append(result)
    return [run for run in found if run[1]]


def _section(identifier: str, wire: Wire, profile: Profile) -> Section:
    marks = wire.marks
    return section_in(
        identifier, marks.component, marks.subcomponent, profile.layout, profile.sections
    )


_AUTO, _BODY, _IMPRESSION, _RUNNING = (
    Layout.AUTO,
    Section.BODY,
    Section.IMPRESSION,
    Section.RUNNING,
)
"""For each message: Python 3.11 is slow to look up a member of an Enum."""
_CONCLUDES = tuple({unaccented(word)[:6] for word in IMPRESSION if unaccented(word).isascii()})


def _may_conclude(run: list[Result]) -> bool:
    """Whether any heading of an impression can stand there: most bodies are spared the search."""
    said = "\n".join([at(fields, 5 if fields[0] == "OBX" else 3) for _, fields in run]).upper()
    return not said.isascii() or any(map(said.__contains__, _CONCLUDES))


def _is_whole(run: list[Result], said: Sequence[str]) -> bool:
    """Whether what is called the impression is a whole report, whose headings tell it apart."""
    text = "\n".join(said or [at(fields, 5) for _, fields in run]).upper()
    return text.rfind("IMPRESSION:") > text.find("FINDINGS:") >= 0


@dataclass(slots=True)
class _Marked:
    """What is known of single OBX, by their numbers."""

    flags: dict[int, tuple[Flag, ...]]
    appended: Set[int]
    addenda: Mapping[int, int]


def _tell_each(
    told: Narrator, section: Section, run: list[Result], marked: _Marked, wire: Wire
) -> None:
    """The same where it matters which segment said what."""
    held: list[str] = []
    for number, fields in run:
        some = marked.flags.get(number, ()) if fields[0] == "OBX" else ()
        whose = marked.addenda.get(number)
        added = whose or (number in marked.appended and section in _MAY_BE_ADDED_TO)
        lines = [named(fields, wire)] if section is Section.STUDY else lines_of(fields, wire)
        if not (section in _ALONE or added) and not (some and section is Section.RUNNING):
            held += lines
            told.own += some
            continue
        told.tell_run(section, held)
        held = []
        if section is Section.COMMUNICATION:
            told.communication = _and(told.communication, lines, number)
        of = Section.ADDENDUM if added and section is not Section.STUDY else section
        # One order is one addendum, whatever its OBX-4 say.
        set_of = f"order {whose}" if whose else _set_of(told, fields)
        if _tell_alone(told, of, lines, number, set_of) is Section.ADDENDUM:
            told.addenda[-1].flags += some
        else:
            told.own += some
    told.tell_run(section, held)


def _set_of(told: Narrator, fields: list[str]) -> str | None:
    """OBX-4; a note is of the segment before."""
    return at(fields, 4) if fields[0] == "OBX" else told.set_of


def _tell_alone(
    told: Narrator, section: Section, lines: list[str], number: int, set_of: str | None
) -> Section:
    """Add the lines of one segment; returns the section of the first: that of its flags."""
    match section:
        case Section.ADDENDUM:
            told.open_addendum(lines, set_of)
            told.put(section, lines)
        case Section.COMMUNICATION:
            told.tell(Section.BODY, lines)
        case Section.STUDY:
            told.study = _and(told.study, lines, number)
        case _:
            return told.run(lines)
    return section


def _and(before: tuple[str, str], lines: list[str], number: int) -> tuple[str, str]:
    """What stands under a name of its own, and the segment in which it began."""
    said, where = before
    return " ".join([said, *lines]).strip(), where or f"OBX[{number}]-5"

"""Dictated macros: words that a radiologist puts into the text to say how urgent it is.

One counts where it begins a line or a sentence, as a statement. It does not count where it is
denied ("No critical result", "CRITICAL RESULT: none", an empty check box) or only spoken of ("the
critical result policy"). In mammography "ACR category 1" is BI-RADS and means the opposite.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import islice

from bot.domain.profile import MOST_SEVERE, STANDARD, Profile, Rule
from bot.domain.report import Addendum, Flag
from bot.sources.hl7_called import tells_of_a_call
from bot.sources.hl7_flags import Result
from bot.sources.hl7_lines import is_prose, lines_of
from bot.sources.hl7_text import Narrative
from bot.sources.hl7_wire import Wire

DICTATED = "dictated"
"""Stands as the coding system of a flag that was read from the text."""

# Behind these a statement may begin: the line's start, a sentence's end, a heading. Bullets and
# numbers may stand between, and a box that is ticked.
_START = (
    r"(?:^|(?<=[.!?])\s|(?:IMPRESSION|CONCLUSION|FINDINGS|ADDENDUM|COMMENT|NOTE)S?:)"
    r"[\s*#=_>\-•]{0,16}(?:\d{1,2}[.)]\s*)?(?:\[\s?[xX✓]\s?\]\s*|\(\s?[xX]\s?\)\s*)?[\s*#=_>\-•]{0,16}"
)
_BOX = r"(?:\s*\([^()\n]{0,16}\))?"
# "CRITICAL RESULT: No flow in the testis" is one; "CRITICAL FINDINGS: No acute process" is none.
_DENIED = (
    rf"(?!{_BOX}[\s:=*#?–—-]{{0,8}}(?:"
    r"(?:none|no|n|nil|n/?a|negative|neg|absent|false|never|not applicable)\s*(?:$|[.;,!)\]])|"
    r"none\b|(?:no|not|without|is not|are not|was not|were not)\s+(?:\w+\s+){0,2}(?:"
    r"evidence|acute|critical|significant|unexpected|urgent|emergent|new|identified|seen|present|"
    r"found|noted|made|applicable|communicated|required|needed|detected)\b))"
)
# A statement ends, or says what was done about it; "the critical result policy" goes on.
_STATED = (
    r"(?=\s*(?:$|[:.!;*)\]–—(-])|\s+(?:called|communicated|conveyed|reported|discussed|relayed|"
    r"phoned|notification|notified|alert|requiring|requires|acr)\b)"
)
_CRITICAL = re.compile(
    rf"{_START}(?P<macro>CRITICAL (?:TEST )?(?:RESULT|FINDING|VALUE)S?){_DENIED}{_STATED}",
    re.IGNORECASE | re.MULTILINE,
)
_ACR = re.compile(
    rf"{_START}(?P<macro>(?:ACTIONABLE FINDINGS?[:,]?\s+|CRITICAL (?:RESULT|FINDING)S?[:,]?\s+)?"
    r"ACR (?:ACTIONABLE )?(?:FINDINGS? )?(?:CATEGORY|CAT\.?):?\s*(?P<number>[123]|I{1,3})\b)"
    rf"(?:\s+(?:ACTIONABLE )?(?:FINDINGS?|RESULTS?))?{_DENIED}"
    r"(?![\s:,–—(-]{0,8}(?:benign|probably|incomplete|suspicious|almost|scattered|heterogen))",
    re.IGNORECASE | re.MULTILINE,
)
_BREAST = re.compile(r"bi-?rads|mammo|tomosynthesis", re.IGNORECASE)
_BY_NUMBER = {"1": "RID49480", "2": "RID49481", "3": "RID49482"}
_MOST = 50
"""Of one macro. Each is looked up in the segments: thousands would hold up the feed."""
_ROMAN = {"I": "1", "II": "2", "III": "3"}


Prose = Callable[[], Mapping[str, str]]
"""Each line of a report's prose, without blanks around it, with the place where it stands. A coded
answer is no prose: what stands in one is no macro."""


def prose_of(results: list[Result], wire: Wire) -> dict[str, str]:
    """The prose of these segments."""
    found: dict[str, str] = {}
    for number, fields in results:
        if is_prose(fields):
            place = f"OBX[{number}]-5" if fields[0] == "OBX" else f"OBX[{number}] NTE-3"
            for line in lines_of(fields, wire):
                found.setdefault(line.strip(), place)
    return found


class _Places:
    """Where each line of the prose stands; made when a macro is found, and once a report."""

    def __init__(self, prose: Prose) -> None:
        self._prose = prose
        self._searched = 0

    @cached_property
    def _lines(self) -> Mapping[str, str]:
        return self._prose()

    def where(self, match: re.Match[str]) -> str:
        """The place of the line in which the macro stands, empty where no prose has it."""
        text, begins = match.string, match.start("macro")
        line = (text[:begins].rpartition("\n")[2] + text[begins:].partition("\n")[0]).strip()
        return self._lines.get(line) or self._within(line)

    def _within(self, line: str) -> str:
        """An addendum's first line stands behind its heading."""
        self._searched += 1
        if self._searched > _MOST:
            return "text"
        return next((place for said, place in self._lines.items() if line in said), "")


def with_macros(told: Narrative, prose: Prose, profile: Profile = STANDARD) -> Narrative:
    """The narrative with a flag for each macro, on the report or on the addendum that has it.

    An addendum's macro that tells of a call flags the report and not the addendum: it is about the
    finding that stood there before, which nobody has to acknowledge anew.
    """
    may = _may_have(told.lowered, profile)
    if not may and not told.addenda:
        return told
    there = _Places(prose)
    own = [*told.flags, *(_found(told.text, there, profile) if may else ())]
    addenda = []
    for addendum in told.addenda:
        flags = _found(addendum.text, there, profile)
        if flags and tells_of_a_call(addendum.text):
            own += flags
            flags = []
        addenda.append(Addendum(addendum.text, (*addendum.flags, *flags)))
    return replace(told, addenda=tuple(addenda), flags=tuple(own))


def salvaged_macros(wire: Wire, profile: Profile) -> tuple[Flag, ...]:
    """The macros in a message that cannot be used otherwise."""
    lines = [line for line in wire.lines if line[:3] == "OBX"]
    results = [(number, line.split(wire.field)) for number, line in enumerate(lines, 1)]
    text = "\n".join(line for _, fields in results for line in lines_of(fields, wire))
    return tuple(_found(text, _Places(lambda: prose_of(results, wire)), profile))


def _may_have(lowered: str, profile: Profile) -> bool:
    if profile.dictated_macros and ("critical " in lowered or "acr " in lowered):
        return True
    return bool(profile.rules) and any(
        rule.text and rule.text.split()[0].lower() in lowered for rule in profile.rules
    )


def _found(text: str, there: _Places, profile: Profile) -> list[Flag]:
    """Each macro once, where it stood first."""
    stated = [(match, rule.text, rule.category) for match, rule in _of_site(text, profile)]
    if profile.dictated_macros:
        stated += _known(text)
    found: dict[str, Flag] = {}
    for match, value, category in stated:
        where = "" if value in found else there.where(match)
        if where:
            found[value] = Flag(value, DICTATED, where, category)
    return list(found.values())


def _known(text: str) -> list[tuple[re.Match[str], str, str]]:
    """The macros that everybody knows. A number given with one decides, whatever stands before."""
    numbered = [] if _BREAST.search(text) else list(_some(_ACR, text))
    begun = {match.start("macro") for match in numbered}
    return [
        *((match, _code(match["number"]), "") for match in numbered),
        *(
            (match, "CRITICAL RESULT", MOST_SEVERE)
            for match in _some(_CRITICAL, text)
            if match.start("macro") not in begun
        ),
    ]


def _some(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return islice(pattern.finditer(text), _MOST)


def _code(number: str) -> str:
    return _BY_NUMBER[_ROMAN.get(number.upper(), number)]


def _of_site(text: str, profile: Profile) -> list[tuple[re.Match[str], Rule]]:
    return [
        (match, rule)
        for rule in profile.rules
        if rule.text
        for match in _some(_pattern(rule.text), text)
    ]


@lru_cache(maxsize=256)
def _pattern(macro: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, macro.split()))
    return re.compile(rf"{_START}(?P<macro>{words})(?!\w){_DENIED}", re.IGNORECASE | re.MULTILINE)

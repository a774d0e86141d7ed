"""Dictated macros: words that a radiologist puts into the text to say how urgent it is.

One counts where it begins a line or a sentence, as a statement. It does not count where it is
denied ("No critical result", "CRITICAL RESULT: none", an empty check box) or only spoken of ("the
critical result policy"). In a breast exam "ACR category 1" is BI-RADS and means the opposite.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from bot.domain.profile import MOST_SEVERE, STANDARD, Profile
from bot.domain.report import Addendum, Flag
from bot.sources.codes import category_by_rule
from bot.sources.dictation.boxes import EMPTY, TICK
from bot.sources.dictation.breast import is_scored, is_titled_so
from bot.sources.dictation.called import only_tells_of_a_call
from bot.sources.dictation.located import MOST_LOOKED_UP, OF_MACROS, Lines, Prose
from bot.sources.dictation.macro_clauses import repeats_a_score
from bot.sources.dictation.macro_forms import Text, stated
from bot.sources.dictation.macro_places import is_of_the_order
from bot.sources.dictation.macro_words import ALONE, BEGINS, CRITICAL, is_label, is_statement
from bot.sources.dictation.mention import Mention
from bot.sources.dictation.narrative import Narrative
from bot.sources.dictation.site_macros import is_marked, occurring, pattern
from bot.sources.dictation.typed import as_typed

DICTATED = "dictated"
"""Stands as the coding system of a flag that was read from the text."""

PLAIN = "CRITICAL RESULT"
"""The flag of a macro that names no category."""

_COLOUR = r"(?:\s*\([^()\n]{1,40}\))?"
_CATEGORY = (
    r"(?:CATEGORY(?: ?: ?CATEGORY)?|CAT\b\.?|CAT(?=\d))"
    r"[\s:=#-]*(?P<number>[123]|I{1,3}|ONE|TWO|THREE)(?!\w)"
    # What names all of them is a list to choose from, or a rule.
    rf"(?!{_COLOUR}\s*[/,;]\s*(?:CAT\w{{0,6}}\s*)?2{_COLOUR}\s*"
    r"(?:[/,;]\s*(?:(?:or|and)\s+)?|(?:or|and)\s+)(?:CAT\w{0,6}\s*)?3\b)"
    r"(?!\s+criteria\s+(?:are|is|were|was|include|not|for)\b)"
)
_ACR = re.compile(
    r"(?<!\w)(?:ACTIONABLE FINDINGS?[:,]?\s+|CRITICAL (?:RESULT|FINDING)S?[:,]?\s+)?"
    r"(?:ACR[\s:(-]*(?:(?:ACTIONABLE|CRITICAL)[\s:]+)?"
    r"(?:(?:FINDINGS?|RESULTS?|REPORTING(?:\s+WORK ?GROUP)?)[\s:,–—-]+)?|"
    r"(?<=ACTIONABLE FINDING\s)[–—(-]?\s*|(?<=ACTIONABLE FINDING:\s)|(?<=ACTIONABLE FINDING,\s)|"
    r"(?<=ACTIONABLE FINDINGS\s)[–—(-]?\s*|(?<=ACTIONABLE FINDINGS:\s)|"
    rf"(?<!\w)ACTIONABLE\s+(?:REPORTING:?\s+)?){_CATEGORY}"
    r"(?!\s+(?:must|shall|should)\b)(?!\s+(?:FINDING|RESULT)S?\s+(?:must|shall|should|will|may|requires?|needs?|"
    r"(?:is|are)\s+(?:called|communicated|reported|defined))\b)",
    re.IGNORECASE,
)
_ACTIONABLE = re.compile(
    rf"(?<!\w){_CATEGORY}[\s(–—-]+"
    # "Cat 1 Emergent Actionable Finding" is what RadLex itself calls RID49480.
    r"(?:(?:EMERGENT|URGENT|(?:NON-?)?CRITICAL)[\s)–—-]+)?"
    r"(?:(?:ACR\s+)?(?:ACTIONABLE|CRITICAL)\s+(?:FINDING|RESULT)S?|ACR\s+ACTIONABLE|"
    r"ACTIONABLE(?=[ \t]*(?:\Z|\n|[.:;,)\]])))(?!\w)"
    r"(?!\s+(?:are|is|will|shall|should|must|may|need|require)\b)",
    re.IGNORECASE,
)
"""The same the other way round: "Category 1 actionable finding"."""
_LEVEL = re.compile(
    r"(?<!\w)(?:ACR[\s:(-]+ACTIONABLE(?:\s+FINDING)?|ACTIONABLE\s+(?:LEVEL|CODE)|"
    r"ACR\s+LEVEL(?=[ \t]+\w{1,3}\.?[ \t]*(?:\Z|\n))|"
    r"ACR(?=[\s:-]+[123]\s+ACTIONABLE)|(?<![^\n])ACR(?=[ -][123]\.?[ \t]*(?:\Z|\n)))"
    r"[\s:#-]{0,3}(?P<number>[123]|I{1,3})(?:\s+ACTIONABLE)?"
    r"(?=\.?[ \t]*(?:\Z|\n)|[ \t]*[:;,]|[ \t]+[–—-]\s)",
    re.IGNORECASE,
)
"""Without the word: "ACR Actionable 1". "Actionable findings: 1. Nodule" is a list. Without either
word only as a whole line."""
# "ACR actionable finding: [ ] Category 1 [X] Category 2": the tick says of which one.
_BOXED = "|".join(rf"(?<=[\])☑☒✓✔]\s{{{blanks}}})" for blanks in range(4))
_CHOICE = re.compile(rf"(?:{_BOXED}){_CATEGORY}", re.IGNORECASE)
_CHOICES = re.compile(
    r"\b(?:ACTIONABLE\s+(?:FINDING|RESULT|REPORTING)S?(?:\s+CATEGORY)?|ACR(?:\s+ACTIONABLE)?\s+CATEGORY)"
    rf"\s*[:?=-]?\s*(?:{EMPTY}\s*CAT\w{{0,5}}\.?\s*(?:\d|I{{1,3}})[\s.,;]{{0,6}})*{TICK}\s*\Z",
    re.IGNORECASE,
)
_FORM = 120
"""Characters before it in which a form says what its choices are."""
_BARE = re.compile(r"ACR[ -](?:LEVEL )?\d", re.IGNORECASE)
# In France "ACR 1" is a normal mammogram; others write so of a thyroid, or of a density.
_OF_OTHER_SCORES = re.compile(
    r"breast|mamm|mamog|\bmama|\bseins?\b|\bseno\b|brust|borst|br[öy]st|rads\b|thyr|tiro[iï]d|densit",
    re.IGNORECASE,
)
_ACR_BEGINS = ("acr", "critical", "actionable", "cat")
_BREAST_WORDS = re.compile(
    r"(?:\s+(?:ACTIONABLE )?(?:FINDINGS?|RESULTS?))?[\s:,–—(-]{0,8}"
    r"(?:benign|probably|incomplete|suspicious|almost|scattered|heterogen)",
    re.IGNORECASE,
)
_BY_NUMBER = {"1": "RID49480", "2": "RID49481", "3": "RID49482"}
_NUMBERS = {"I": "1", "II": "2", "III": "3", "ONE": "1", "TWO": "2", "THREE": "3"}


def with_macros(
    told: Narrative, prose: Prose, profile: Profile = STANDARD, *, breast: bool = False
) -> Narrative:
    """The narrative with a flag for each macro, on the report or on the addendum that has it.
    ``breast``: the exam is one, see dictation.breast.

    An addendum's macro that tells of a call and of nothing else flags the report and not the
    addendum: it is about the finding that stood there before, which nobody has to acknowledge anew.
    """
    may = may_have(as_typed(told.lowered), profile)
    if not may and not told.addenda:
        return told
    there = Lines(prose)
    breast = breast or is_titled_so(told.today)
    own = [*told.flags, *(flags_in(told.today, there, profile, breast=breast) if may else ())]
    addenda = []
    for addendum in told.addenda:
        flags = flags_in(addendum.text, there, profile, breast=breast)
        if flags and only_tells_of_a_call(addendum.text):
            own += flags
            flags = []
        addenda.append(Addendum(addendum.text, (*addendum.flags, *flags)))
    return told.flagged(tuple(own), tuple(addenda))


def macros_in(text: str, where: str, profile: Profile, *, breast: bool = False) -> tuple[Flag, ...]:
    """Those in a text that is no report yet; all are said to stand in the same place."""
    if not may_have(lowered(text), profile):
        return ()
    there = Lines(lambda: {line.strip(): where for line in text.split("\n")})
    return tuple(flags_in(text, there, profile, breast=breast or is_titled_so(text)))


def may_have(lowered: str, profile: Profile) -> bool:
    """Whether any macro can stand there: most texts are spared the search. ``lowered`` is the text
    as it would be typed, in small letters."""
    if profile.dictated_macros and _may_have_dictated(lowered):
        return True
    return bool(profile.rules) and bool(occurring(lowered, profile))


def _may_have_dictated(lowered: str) -> bool:
    """ "Intracranial" and "sacral" are in so many reports that they are looked at more closely."""
    if any(map(lowered.__contains__, OF_MACROS)):
        return True
    return "acr" in lowered and _NAMES_ACR.search(lowered) is not None


# What may not stand before it is looked at last: looked at first it takes ten times as long.
_NAMES_ACR = re.compile(r"acr(?<!\wacr)")


def lowered(text: str) -> str:
    """As it would be typed, in small letters."""
    return as_typed(text).lower()


def flags_in(text: str, there: Lines, profile: Profile, *, breast: bool) -> list[Flag]:
    """Each macro once, where it stood first."""
    text = as_typed(text)
    both = text, text.lower()
    found: dict[str, Flag] = {}
    for value, category, mentions in _macros(both, profile, breast=breast):
        where = "" if value in found else next(filter(None, map(there.where, mentions)), "")
        if where:
            found[value] = Flag(value, DICTATED, where, category)
    return list(found.values())


Macro = tuple[str, str, Iterable[Mention]]
"""The value and the category of its flag, and where it stands: looked for until it is found."""


def _macros(text: Text, profile: Profile, *, breast: bool) -> Iterator[Macro]:
    """The site's before those that everybody knows. A number given with one of these decides,
    whatever stands before."""
    for own, category in occurring(text[1], profile) if profile.rules else ():
        found = stated(pattern(own), (), text, marked=is_marked(own))
        yield own, category, islice(found, MOST_LOOKED_UP)
    if not profile.dictated_macros:
        return
    numbered = [*_some(_ACR, _ACR_BEGINS, text), *_some(_ACTIONABLE, ("cat",), text)]
    numbered += _some(_LEVEL, ("acr", "actionable"), text)
    numbered += filter(_is_chosen, _some(_CHOICE, ("cat",), text))
    numbered = [macro for macro in numbered if not _is_score(macro, breast=breast)]
    for macro in numbered:
        code = _code(macro.match["number"])
        yield code, category_by_rule(code, profile.rules), (macro,)
    begun = {macro.begins for macro in numbered}
    plain = (macro for macro in _worded(text) if macro.begins not in begun)
    yield PLAIN, MOST_SEVERE, islice(plain, MOST_LOOKED_UP)


def _is_chosen(macro: Mention) -> bool:
    return _CHOICES.search(macro.before(_FORM)) is not None


def _is_score(macro: Mention, *, breast: bool) -> bool:
    """What the ACR calls a category elsewhere: of a breast, of a screening."""
    if macro.follows(_BREAST_WORDS):
        return True
    if _BARE.fullmatch(macro.words) and (
        _OF_OTHER_SCORES.search(macro.text) or is_of_the_order(macro)
    ):
        return True
    if (breast or is_scored(macro)) and "action" not in macro.words.lower():
        return True
    return repeats_a_score(macro, _plain(macro.match["number"]))


def _worded(text: Text) -> Iterator[Mention]:
    yield from (macro for macro in stated(CRITICAL, BEGINS, text) if is_statement(macro))
    yield from (macro for macro in stated(ALONE, ("critical",), text) if is_label(macro))


def _some(pattern: re.Pattern[str], words: Sequence[str], text: Text) -> Iterator[Mention]:
    return islice(stated(pattern, words, text), MOST_LOOKED_UP)


def _code(number: str) -> str:
    return _BY_NUMBER[_plain(number)]


def _plain(number: str) -> str:
    return _NUMBERS.get(number.upper(), number)

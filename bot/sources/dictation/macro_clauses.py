"""A macro beside a clause: the finding before it, or whom somebody tried to tell behind it.

"Embolus: critical result", "Large pneumothorax (CRITICAL)", "Critical result, Dr. Roe paged".
"""

import re

from bot.sources.dictation.macro_places import OF_IMAGING, is_of_the_order
from bot.sources.dictation.macro_sentences import is_certain
from bot.sources.dictation.mention import SENTENCE_ENDS, Mention

FINDING = (
    r"(?<!\w)(?:SAH|SDH|EDH|ICH|IPH|PE|LVO|PTX|h(?:a)?emorrhage|embol(?:us|i|ism)|pneumothorax|dissection|"
    r"herniation|tamponade|pneumoperitoneum|free air|torsion|cord compression|perforat(?:ion|ed)|"
    r"ruptured|rupture|ectopic|volvulus)(?!\w)"
)
"""What no degree of it makes critical, but that it is there."""
WHAT_KIND = (
    r"(?:(?:an?|type|[AB]|acute|new|large|massive|saddle|bilateral|left|right|tension|aortic|"
    r"pulmonary|intracranial|subarachnoid|subdural|epidural|testicular|ovarian|bowel)\s+){0,4}"
)
"""What may stand before it."""

_IN_SENTENCE = r"(?:[^.;:?!]|(?<=\bDr)\.|(?<=\bDrs)\.)"
# "Critical findings, if any, are called": the rule. Nor where nobody has to be.
_RULE = (
    r",\s+(?:(?:if|as|per|when|which|that|including|such|e\.?g|i\.?e|like)\b|"
    r"no (?:\w+ )?(?:call|page|notification|communication)\w* (?:is |was )?(?:need|requi|nec))"
)
_IS_RULE = re.compile(_RULE, re.IGNORECASE)
_TELLS = re.compile(
    rf"(?!{_RULE}),\s+"
    rf"{_IN_SENTENCE}{{0,80}}?\b(?:call(?:ed)?|pag(?:ed|ing)|bleeped|beeped|text(?:ed)?|"
    r"messaged?|voice ?mail|phoned?|contacted|notified|informed|alerted|told|aware|discussed|"
    r"spoken?|communicat\w+|conveyed|relayed|reached)\b",
    re.IGNORECASE,
)
# What it lacks, how it may be, and what it was before.
_LACKING = "no not non without cannot could may might prior previous previously old"
_OF_A_FINDING = frozenset(_LACKING.split())
# Nobody has been told, or somebody will be.
_OF_ATTEMPTS = frozenset({"no", "not", "will", "could", "cannot", "until", "never", "without"})


def is_rule(macro: Mention) -> bool:
    """Whether the clause behind its comma is part of a rule."""
    return macro.follows(_IS_RULE) is not None


# "Critical results, call 555-1234.", "Critical findings, PE and torsion, are called": what is to be
# done of each of them.
_NUMBER = r"\(?\d{3}\)?[ .-]?\d{3,4}(?:[ .-]\d{3,4})?"
_EACH = re.compile(
    rf",\s+(?:call|phone|dial|contact|page)\s+(?:(?:us\s+)?at\s+)?{_NUMBER}\W*\Z|"
    r"(?![^.]*\b(?:Drs?|I|we|these|this)\b).{0,120}\b(?:is|are)\s+(?:\w+ly\s+)?(?:called|"
    r"communicated|reported|phoned|discussed|conveyed)\b",
    re.IGNORECASE,
)


def tells_whom(macro: Mention) -> bool:
    """Whether the clause behind its comma says who was told of it, or could not be."""
    if macro.after(1) != ",":
        return False
    after, before = " ".join(macro.sentence_after.split()), macro.sentence_before
    if not _TELLS.match(after) or _EACH.match(after) or not is_certain(after, _OF_ATTEMPTS):
        return False
    return not _OF_CASES.search(before) and is_certain(before, _OF_ATTEMPTS)


# One finding. Of several it may be a legend: "Critical findings, PE and torsion, are called".
_OF_ONE = re.compile(r"(?:RESULT|FINDING)\Z", re.IGNORECASE)
_ACUTE_ONES = re.compile(
    rf",\s+{WHAT_KIND}{FINDING}(?:,?\s+(?:and|with|&)\s+{WHAT_KIND}{FINDING})?\W*", re.IGNORECASE
)
_TO_DO = re.compile(
    r"\b(?:is|are|be|to|gets?)\s+(?:\w+ly\s+)?(?:call|phone|communicat|report|notif|discuss|relay|"
    r"convey|document|log|defined|considered)|\b(?:call|see|refer|contact|page)\b",
    re.IGNORECASE,
)


def names_what(macro: Mention) -> bool:
    """Whether the clause behind its comma is what was found: "Critical finding, bowel ischemia"."""
    if macro.after(1) != "," or not macro.words[:1].isupper():
        return False
    after = macro.sentence_after
    of_one = _OF_ONE.search(macro.words) or _ACUTE_ONES.fullmatch(after)
    if is_rule(macro) or not of_one or _TO_DO.search(after):
        return False
    return is_certain(after, _OF_A_FINDING) and not is_of_the_order(macro)


# "For questions about | critical results, call …", whatever the line.
_OF_CASES = re.compile(r"\b(?:for|about|of|with|on|to|are|any|the|in|have|has)\s*\Z", re.IGNORECASE)


_NAMED = re.compile(r"[\w)%\]][ \t]*[:=;,][ \t]+(?:an?[ \t]+)?\Z")
_ENDS = re.compile(r"[ \t]*[.!)]?[ \t]*(?:\n|\Z)|[.!]\s")
_FOUND = re.compile(rf"{FINDING}[ \t]+\Z", re.IGNORECASE)
# "Acute SDH, CRITICAL.", "Acute SDH: CRITICAL".
_FOUND_THERE = re.compile(
    rf"(?<!(?<!positive) for ){FINDING}[ \t]*(?:[,:]|[-=]>)[ \t]+\Z", re.IGNORECASE
)
# What is asked or ordered, and no finding.
_ASKED = re.compile(
    r"\b(?:follow\w*|f/u|request\w*|concern\w*|question|rule|r/o|order\w*|priority|subject|see|"
    r"topic|regarding|re|call|called|calls|date|time|person|patient)\b",
    re.IGNORECASE,
)


def is_named_before(macro: Mention) -> bool:
    """Whether it is what a finding is called that stands before it: "Embolus: critical result."."""
    imaging = OF_IMAGING.match(macro.words)
    before = macro.sentence_before if imaging else ""
    if imaging is None or not _names(before, macro, several=bool(imaging["several"])):
        return False
    return not _ASKED.search(before) and _is_found(before) and not is_of_the_order(macro)


def is_behind_a_finding(macro: Mention) -> bool:
    """Whether it stands in capitals and behind an acute finding."""
    before = macro.sentence_before if macro.capitals else ""
    if not _FOUND_THERE.search(before) or _ASKED.search(before):
        return False
    return _is_found(before) and not is_of_the_order(macro)


# "New since the prior CT", "without heart strain": said of the finding that stands before.
_MODIFIES = re.compile(
    r"(?<=\w )(?:without|with no)(?: (?!no\b|not\b|evidence\b)\w+){1,4}|"
    r"\b(?:since|from|to|than|on)(?: the)? (?:prior|previous)\b",
    re.IGNORECASE,
)
_NOT_PRESENT = re.compile(r"\bnot (?:present|seen)(?= on )", re.IGNORECASE)


def _is_found(before: str, allowed: frozenset[str] = frozenset()) -> bool:
    """Whether it speaks of a finding, whatever it lacks and since when it is there."""
    return is_certain(_MODIFIES.sub("", _NOT_PRESENT.sub("", before)), allowed)


def _names(before: str, macro: Mention, *, several: bool) -> bool:
    if _FOUND.search(before):
        return True
    if several and before.rstrip()[-1:] == ",":
        return False
    return bool(_NAMED.search(before) and macro.follows(_ENDS))


_GRADES = re.compile(
    r"(?:[:;,=]|\b(?:is|are|as|meets?(?: (?:the )?criteria (?:for|of))?|represents?|constitutes?|"
    r"assigned|highest|overall))\s+(?:an?\s+)?\Z",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(
    r"rads|densit|composition|appropriate|thyroid|breast|credit", re.IGNORECASE
)
_OF_CRITERIA = frozenset({"criteria", "non"})


def is_grade(macro: Mention) -> bool:
    """Whether it is the ACR's category of a finding, in a sentence or behind any label: "Flagged as
    ACR category 1", "Incidental: ACR category 3"."""
    if macro.words[:3].lower() not in {"acr", "act"}:
        return False
    before = macro.sentence_before
    if not _GRADES.search(before) or not is_certain(before, _OF_CRITERIA):
        return False
    around = f"{before} {macro.sentence_after}"
    return not _OF_ANOTHER.search(around) and not is_of_the_order(macro)


_ENCLOSED_ENDS = re.compile(r"\)[ \t]*(?:[.;!]|\n|\Z)")

# "IMPRESSION (CRITICAL): Subdural hematoma".
_HEADS = re.compile(r"[\s*#]*(?:FINAL )?(?:IMPRESSION|CONCLUSION|FINDINGS?)[ \t]*\(", re.IGNORECASE)
_NAMED_BEHIND = re.compile(r"\)[ \t]*:\s{0,6}(?:\d[.)]\s)?[^\W\d_]")


def ends_in_brackets(macro: Mention) -> bool:
    """Whether it stands in capitals and brackets behind the last word of what it is about."""
    if macro.before(1) != "(" or not macro.capitals:
        return False
    before = macro.sentence_before
    if _HEADS.fullmatch(before) and macro.follows(_NAMED_BEHIND):
        return True
    if not macro.follows(_ENCLOSED_ENDS) or not before[:-1].strip():
        return False
    return _is_found(before) and not is_of_the_order(macro)


_LEADS_ON = re.compile(
    r"(?:\b(?:an?|the|any|of|for|with|or|and|this|these|as|prior|previous|outside|meets?|"
    r"constitutes?|considered|requir(?:e|es|ed|ing)|contains?|represents?)|,)[ \t]*\n[ \t]*\Z",
    re.IGNORECASE,
)


def is_led_on_to(macro: Mention) -> bool:
    """Whether the line above goes on with it, and doubts it: "does not constitute a | critical
    result". What stands in capitals below small letters was put there as a macro."""
    above = macro.before(80)
    if not _LEADS_ON.search(above):
        return False
    if macro.words[:1].islower():
        return not is_certain(macro.sentence_before)
    line = SENTENCE_ENDS.split(above.rstrip().rpartition("\n")[2])[-1]
    if not line.isupper() or macro.follows(_NAMES):
        return False
    return not _is_found(line, _OF_CRITERIA)


def is_listed(macro: Mention) -> bool:
    """Whether it stands in capitals behind a comma; where all of them are capitals, with what it is
    about behind it, or behind a finding."""
    before = macro.sentence_before
    if not macro.capitals or not _LISTED.search(before) or is_of_the_order(macro):
        return False
    if macro.words[:3] in {"ACR", "ACT"}:
        return False
    names = macro.follows(_NAMES)
    return bool(names) or not before.isupper() or _is_found(before)


_LISTED = re.compile(r",\s+[^\w\s]{0,8}\Z")
_NAMES = re.compile(r"[ \t]*[:?][ \t]*\w")


_SCORED_BEFORE = 300
_RADS = re.compile(r"\w*-?RADS\b[^\n]{0,20}?\b(?P<number>[1-3])\b[^\n]{0,20}\Z", re.IGNORECASE)
_NO_MORE = re.compile(r"[ \t]*[.)\]]?[ \t]*(?:\n|\Z)")


def repeats_a_score(macro: Mention, number: str) -> bool:
    """Whether "ACR category 1" is what stands just before as a score of the ACR's: "Lung-RADS 1.
    ACR category 1." Those grade a screening, and have their own numbers."""
    if "action" in macro.words.lower() or not macro.follows(_NO_MORE):
        return False
    before = macro.before(_SCORED_BEFORE)
    score = _RADS.search(before) if "rads" in before.lower() else None
    return score is not None and score["number"] == number

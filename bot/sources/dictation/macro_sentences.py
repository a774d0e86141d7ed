"""A macro in the middle of a sentence: what it is said of, and whether that is this exam.

A sentence counts that says it of a finding ("PE is a CRITICAL RESULT"), that one was told to
somebody ("I discussed the critical findings with …"), or that answers yes when asked for it. With a
word of doubt, of denial, of a rule, or of another exam in the sentence nothing does.
"""

import re

from bot.sources.dictation.boxes import TICK
from bot.sources.dictation.mention import Mention

HEADED = r"[\s*#>•-]*(?:(?-i:[A-Z][A-Z /]{2,40}):\s*)?"
_ASSERTED = re.compile(
    r"\b(?:(?:is|are)(?: considered)?|constitutes?|represents?|qualif(?:y|ies) as|"
    r"(?:this|the) (?:report|exam(?:ination)?|study|scan) "
    r"(?:contains|has|includes|demonstrates|shows|reveals|is positive for)|"
    r"(?:flagged|marked|coded|classified|designated|categori[sz]ed) as)\s+"
    r"(?:(?:an?|new|acute|unexpected)\s+){0,2}\Z",
    re.IGNORECASE,
)
# "Large pneumothorax, which is a critical finding."
_WHICH = re.compile(r",\s+which(?=\s+(?:is|are|represents?|constitutes?)\b)", re.IGNORECASE)
TELL = (
    r"(?:called|communicated|conveyed|reported|discussed|relayed|(?:tele)?phoned|notified|informed|"
    r"alerted|given|identified|detected|acknowledged|made aware|read back|paged|texted|messaged|"
    r"intimated)"
)
_OF = r"(?:of|about|regarding|concerning|with|for|re)"
ROLE = r"(?:person|physician|provider|clinician|team|resident|attending|nurse|surgeon|ED|ER|ICU)"
# It was told, or somebody told it. "Is called within 60 minutes" is what is to be done.
_TOLD = re.compile(
    rf"\b(?:was|were|has been|have been)\s+(?:\w+ly\s+)?{TELL}\b|"
    rf"\b(?:I|we)\s+(?:have\s+)?(?:\w+ly\s+)?{TELL}\b|\A[\s*#>•-]*(?:\w+ly\s+)?{TELL}\b|"
    rf"\A[\s*#>•-]*(?:Drs?|Doctor)\b\.?[^.;:?!]{{1,40}}?\b{TELL}\s+{_OF}\b|"
    rf"\A[\s*#>•-]*[^.;:?!]{{0,40}}?\b{ROLE}\s+{TELL}\s+{_OF}\b|"
    rf"\b(?:spoken?|discussed|d/w)\b(?:[^.;?!]|(?<=\bDr)\.){{0,80}}\b{_OF}[:\s]+(?:(?:these|this|the|above|a)\s+)*\Z|"
    r"\b(?:was|were|has been|have been)\s+(?:entered|posted|placed|submitted|logged|recorded)\b"
    r"(?:[^.;?!]|(?<=\bDr)\.){0,140}\b(?:in|into|on|to)\s+(?:\w+\s+){0,5}\Z|"
    rf"\b(?:is|are|was|were|made)\s+(?:already\s+|now\s+)?aware\s+of\s+(?:(?:these|this|the)\s+)*\Z",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"[\s*#>•-]*(?:(?:verbal|telephone|phone|direct|urgent|immediate)\s+){0,2}(?:communication|"
    r"notification|documentation|report|call)\s+(?:of|with)\s+(?:(?:an?|the|these)\s+)?\Z",
    re.IGNORECASE,
)
_TO_WHOM = re.compile(
    rf"\s*:(?:[ \t]*\w|\s*(?i:{TELL}|Dr|I|(?:these |the )?findings (?:were|was))\b)|"
    r"\s+(?:(?:was|were) )?(?:to(?!\s+(?:be\b|\(?\d))|made|given|by|at)\b(?![^.\n]*\b(?:is|are)\b)"
)
_WORDS_OF_DOUBT = (
    "no not non none never neither nor without cannot nothing if whether unless until when "
    "would could may might should must can will any anything what whatever which every each "
    "whenever where prior previous previously earlier old history indication indications "
    "comparison comparisons reason policy protocol guideline guidelines criteria definition "
    "example negative absence unlikely excluded question outside lab laboratory required requires "
    "guidance regulation regulations percent retracted withdrawn"
)
_DOUBT = frozenset(_WORDS_OF_DOUBT.split())
_WORD = re.compile(r"[^\W\d_]+")
# What most have before them that are said of nothing is not looked at any further.
_NAMED = re.compile(r"(?:crit|panic|code)\w*\W*\w", re.IGNORECASE)


def is_said_of(macro: Mention) -> bool:
    """Whether the sentence says of something that it is one, or that one was told to somebody."""
    if not _NAMED.match(macro.words):
        return False
    before, after = macro.sentence_before, macro.sentence_after
    if _TELLING.fullmatch(before):
        return _TO_WHOM.match(after) is not None and is_certain(after)
    if _ASSERTED.search(before):
        return is_certain(_WHICH.sub("", before))
    if _MEETS.search(before) and (_CRITERIA.search(before) or _CRITERIA.match(after)):
        return is_certain(f"{before} {after}", _OF_CRITERIA)
    if _NAMED_OF.match(after) and _THERE_IS.fullmatch(before):
        return is_certain(after)
    if _NOT_YET.match(after):
        return is_certain(f"{before} {after}", _OF_ATTEMPTS)
    return _is_told(macro, before, after)


def _is_told(macro: Mention, before: str, after: str) -> bool:
    if _TRIED.search(before):
        return is_certain(_NOT_REACHED.sub("", f"{before} {after}"))
    if _THESE.fullmatch(before) and _WILL_BE.match(after):
        return is_certain(after, _OF_PLANS)
    told = _TOLD.search(before) or _TOLD_BEHIND.match(after) or _TOLD_LATER.match(after)
    told = told or (_ABOVE.fullmatch(before) and _TOLD_ON.match(after))
    told = told or _SENT.match(f"{macro.words.split()[-1]}{after}")
    if _JOINED.search(before) and _TOLD_WHOM.match(after) and not _OF_EARLIER.match(before):
        return is_certain(before, _OF_A_FINDING) and is_certain(after)
    return bool(told) and not after.rstrip().endswith("?") and is_certain(f"{before} {after}")


# "No fracture, but the critical findings were called to Dr. Roe": a clause of its own.
_JOINED = re.compile(r"(?:\band|\bbut|[,;])\s+(?:(?:these|this|the)\s+)?\Z", re.IGNORECASE)
_TOLD_WHOM = re.compile(
    r"\s+(?:was|were|has been|have been)\s+(?:\w+ly\s+)?(?:called|communicated|conveyed|discussed|"
    r"relayed|(?:tele)?phoned)\s+(?:\w+ly\s+)?(?:to|with)\b",
    re.IGNORECASE,
)
_OF_EARLIER = re.compile(
    r"[\s*#>•\d.)-]*(?:on )?(?:the )?(?:prior|previous|outside|earlier|old)\b", re.IGNORECASE
)
_OF_A_FINDING = frozenset(
    {"no", "not", "non", "without", "cannot", "could", "may", "might", "prior", "previous"}
)


# "I was unable to reach Dr. Roe about these critical findings": there is one, and nobody knows.
_ABOUT = r"(?:(?!\bwill\b)[^;:?!]){0,80}\b(?:regarding|about|with|concerning|re)\s+"
_TRIED = re.compile(
    r"(?:\b(?:could|unable|attempt\w*|tried|failed)\b[^;:?!]{0,40}\b(?:reach|contact|page|call)\w*|"
    r"\b(?:I|we|was|were|has been|have been)\s+(?:\w+ly\s+)?(?:contacted|paged|called)\b|"
    r"\A[\s*#>•-]*(?:paged|called|contacted|messaged)\b|"
    r"\b(?:message|voice ?mail)\b[^;:?!]{0,20}\bleft\b|"
    rf"\bleft\b[^;:?!]{{0,20}}\b(?:message|voice ?mail)\b)"
    rf"{_ABOUT}(?:(?:these|this|the|above|a)\s+){{0,2}}\Z|"
    r"\b(?:attempt\w*|tried|unable|failed)\b[^.;:?!]{0,40}"
    r"\b(?:communicat|report|convey|relay|discuss|call|phon|notify)(?:e|ing)?(?: of)?\s+"
    r"(?:(?:these|this|the|above)\s+)?\Z",
    re.IGNORECASE,
)
_NOT_REACHED = re.compile(
    r"\bcould(?: not|n['’]t)(?= (?:be )?(?:reach|contact))|\bno (?=(?:call|answer|response|reply))",
    re.IGNORECASE,
)
# "These critical results will be called to Dr. Roe"; without such a word it is the rule.
_THESE = re.compile(
    rf"{HEADED}(?:(?:these|this|the)\s+)?(?:these|this|the|above)\s+", re.IGNORECASE
)
_WILL_BE = re.compile(
    rf"\s+(?:will be|(?:is|are) being|needs? to be|to be)\s+(?:\w+ly\s+)?{TELL}\b"
    r"(?![^.]*\bwithin\b)",
    re.IGNORECASE,
)
_OF_PLANS = frozenset({"will"})


# "The findings meet critical result criteria", "meet the criteria for a critical result".
_MEETS = re.compile(
    r"\b(?:findings?|results?|exam(?:ination)?|study|this)\s+(?:meets?|met|fulfills?)\s+(?:the\s+)?"
    r"(?:criteria\s+(?:for|of)\s+(?:an?\s+)?)?\Z",
    re.IGNORECASE,
)
_CRITERIA = re.compile(r"\s+criteria\b", re.IGNORECASE)
_OF_CRITERIA = frozenset({"criteria"})

# "There is a critical finding of embolism", "New critical finding of pneumothorax".
_THERE_IS = re.compile(r"[\s*#>•\d.)-]*(?:there is (?:an? )?(?:new )?|new )", re.IGNORECASE)
_NAMED_OF = re.compile(r"\s+of\s+\w", re.IGNORECASE)

# "Critical findings not communicated; the clinic is closed": there is one.
_NOT_YET = re.compile(
    r"\s+(?:(?:was|were|has been|have been)\s+)?"
    r"(?:(?:has\s+|have\s+)?not(?:\s+yet)?(?:\s+been)?|(?:un|not )able\s+to\s+be|could\s+not\s+be)"
    r"\s+(?:called(?!\s+for)|communicated|discussed|relayed|conveyed|acknowledged)\b",
    re.IGNORECASE,
)
_OF_ATTEMPTS = frozenset({"not", "could"})

# "The above critical findings were discussed", also with what it is in brackets.
_TOLD_BEHIND = re.compile(
    rf"(?:\s+[(\[][^()\[\]]{{1,60}}[)\]])?\s+(?:above\s+|below\s+)?"
    rf"(?:was|were|has been|have been)\s+(?:\w+ly\s+)?{TELL}\b|"
    rf"\s+{TELL}\s+(?:to|with)\s+(?:Drs?|Doctor|the (?:ED|ER|ICU|team))\b|"
    r"\s+(?:message|alert|notification)\s+(?:(?:was|has been)\s+)?sent\b|"
    r"\s+(?:is|are)\s+(?:present|noted|seen|described|listed|as follows)\b",
    re.IGNORECASE,
)
# "Above critical result called to the nurse".
_ABOVE = re.compile(rf"{HEADED}(?:(?:the|these|this)\s+)?above\s+", re.IGNORECASE)
_TOLD_ON = re.compile(rf"\s+{TELL}\s+(?:to|with|by|via)\b", re.IGNORECASE)
# "Critical finding of aortic dissection discussed with …": it names the finding first. What "is
# called to the provider" is what is to be done.
_TOLD_LATER = re.compile(
    r"(?:\s+(?:of|for|in (?:this|the) (?:report|exam|study)|regarding|about|concerning|"
    r"as above|as described|above|discovered|detected|"
    r"found|noted|seen)\b|,\s+(?=\w))(?:[^.;:?!]|(?<=\d):(?=\d)){0,120}?"
    rf"\b(?<!\bis\s)(?<!\bare\s)(?<!\bbe\s){TELL}\s+(?:\w+ly\s+)?(?:(?:to|with|by)\b|w/)",
    re.IGNORECASE,
)
# "A critical results call was placed": the message is the last word of the macro or the next.
_SENT = re.compile(
    r"(?:\w+\s+)?(?:message|alert|notification|communication|call|e-?mail|page)s?\s+"
    r"(?:was|were|has been|have been)\s+(?:\w+ly\s+)?"
    r"(?:sent|made|placed|generated|issued|initiated|triggered|created|activated|completed|entered|"
    r"submitted|logged|recorded)\b",
    re.IGNORECASE,
)
# "Embolus CRITICAL RESULT: called": dictated behind a finding without a full stop, or on a line
# that was once its own.
_SMALL = re.compile(r"[a-z]")
_LEADS_ON = re.compile(
    r"(?:\b(?:for|with|of|to|on|in|at|per|by|about|regarding|re|an?|the|this|these|any|possible|"
    r"known|lab|laboratory|or|and|as|is|are)|[^\w)%])[ \t]+\Z",
    re.IGNORECASE,
)
_SAYS_WHAT = re.compile(r"[ \t]?:[ \t]*\w")


def stands_out(macro: Mention) -> bool:
    """Whether it stands in capitals among small letters, with what it is about behind a colon."""
    if not macro.capitals or not macro.follows(_SAYS_WHAT):
        return False
    before = macro.sentence_before
    if not _SMALL.search(before) or _LEADS_ON.search(before):
        return False
    return is_certain(before)


_ASKS = re.compile(
    rf"{HEADED}(?:was|were|is|are|has|have|did|does|do|any)\b[\w ,/]{{0,60}}\Z",
    re.IGNORECASE,
)
_YES = re.compile(
    rf"[^?.:\n]{{0,60}}[?:][ \t]*\n?[ \t]*(?:{TICK}[ \t]*)?(?:yes|y|true)\b",
    re.IGNORECASE,
)
_OF_QUESTIONS = frozenset({"any"})


def is_affirmed(macro: Mention) -> bool:
    """Whether it is asked for in a whole question, and the answer is yes: "Were there any critical
    findings? Yes"."""
    behind = macro.follows(_YES)
    if behind is None:
        return False
    before = macro.sentence_before
    return bool(_ASKS.match(before)) and is_certain(before, _OF_QUESTIONS)


def is_certain(sentence: str, allowed: frozenset[str] = frozenset()) -> bool:
    lowered = sentence.lower().replace("’", "'")
    doubts = _DOUBT.intersection(_WORD.findall(lowered))
    return "n't" not in lowered and doubts <= allowed


_OTHER_EXAM = re.compile(
    r"(?:\A|[\n.;])\s*(?:COMPARISONS?|PRIORS?|PREVIOUS(?: EXAMS?)?|(?:CLINICAL )?HISTORY|"
    r"(?:CLINICAL )?INDICATIONS?|REASON FOR[\w ]{0,20})[ \t]*:[^;!?\n]*\(\Z",
    re.IGNORECASE,
)


def of_another_exam(before: str) -> bool:
    """Whether it stands in brackets behind an earlier exam: "COMPARISON: CT (critical result)"."""
    return before[-1:] == "(" and _OTHER_EXAM.search(before) is not None

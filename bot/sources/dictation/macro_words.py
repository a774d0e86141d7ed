"""The words of a macro, and what may stand behind them for it to be a statement.

A macro is a label ("CRITICAL RESULT", "Critical/unexpected finding", "CRITICAL RESULT LEVEL"). It
is a statement where its line or sentence ends there, where an answer follows behind a mark, where
it says what was done, or where the finding follows at once. "The critical result policy" goes on.
"""

import re

from bot.sources.dictation.boxes import TICK, TICKED, may_have_box
from bot.sources.dictation.macro_answers import OF_A_QUESTION
from bot.sources.dictation.macro_clauses import (
    FINDING,
    WHAT_KIND,
    ends_in_brackets,
    is_behind_a_finding,
    is_rule,
    names_what,
    tells_whom,
)
from bot.sources.dictation.macro_heard import is_said_to_be_critical, is_told
from bot.sources.dictation.macro_places import is_of_the_order
from bot.sources.dictation.mention import SENTENCE_ENDS, Mention

_GAP = r"[\s_–—-]"
_NOUN = (
    r"(?:(?:RESULT|RSLT|FINDING|VALUE|OBSERVATION|ALERT|NOTIFICATION|COMMUNICATION|REPORT|CALL)(?:\(S\)|S)?|"
    r"LEVEL(?=[ \t]*[:=#][ \t]*(?:[1-3]|I{1,3}|RED)[ \t]*(?:\Z|[\n.,;)]|[–—-][ \t]))|"
    # Not where the next one is named as well, or how soon it is to be told.
    r"LEVEL[ \t]+(?:[1-3]|I{1,3}|RED)(?=[ \t]*(?:\Z|[\n.:;)]|[–—-][ \t]))"
    r"(?![\s\S]{0,80}?\bLEVEL[ \t]+(?:[23]|III?)\b)"
    r"(?!\W{1,4}(?:within[ \t]+)?(?:\d+[ \t]+)?(?:minutes?|hours?|days?|immediate)\b)|"
    r"ABNORMALIT(?:Y|IES)|DISCREPANC(?:Y|IES)|DIAGNOS[IE]S|"
    r"NATURE\s+OF\s+(?:THE|THESE|THIS)\s+(?:FINDING|RESULT)S?)"
)
_KIND = (
    r"(?:UNEXPECTED|SIGNIFICANT|URGENT|EMERGENT|ACTIONABLE|ACUTE|ABNORMAL|NON-?ROUTINE|STAT|"
    r"IMPORTANT|REPORTABLE|LIFE[- ]THREATENING)"
)
# "Critical/unexpected finding", "Critical (Level 1) result".
_BESIDE = (
    rf"(?:(?:\s*/\s*|\s+(?:AND|OR|AND/OR)\s+|\s*&\s*|,\s*){_KIND}|"
    r"\s*\((?:(?:LEVEL|CATEGORY|CODE|TYPE)\s*\w{1,5}|RED|STAT|[1-3]|I{1,3})\))"
)
_OF_WHAT = (
    r"(?:TEST|IMAGING|RADIOLOG(?:Y|IC|ICAL)|RADIOGRAPHIC|DIAGNOSTIC|CTA?|MR[IA]?|US|ULTRASOUND|XR|"
    r"X-?RAY|STUDY|EXAM|SCAN|INCIDENTAL|NEW|PRELIMINARY|VERBAL|FINAL|POSITIVE|HIGH[- ]RISK|CXR|PET|"
    r"ECHO(?:CARDIOGRA\w+)?|MAMMOGRA\w+|NUC(?:LEAR)?(?:\s+MED(?:ICINE)?)?|DOPPLER|"
    r"VASCULAR(?:\s+LAB)?|NEURO\w*|BRAIN|HEAD|CHEST|SPINE|DVT|PE|"
    r"(?:LEVEL|CATEGORY|CODE)\s*(?:[1-3]|I{1,3}|RED))"
)
_FIELD = (
    r"(?:LEVEL|CODE|CATEGORY|TYPE|DOCUMENTATION|NOTIFICATION|COMMUNICATION|DETAILS?|COMMENTS?|"
    r"STATUS|FLAG|INDICATOR|CALL(?=\s*[:?])|REPORTING(?=\s*:(?!\s*(?:see|per|refer)\b))|"
    r"MANAGEMENT(?=\s*:(?!\s*(?:see|per|refer)\b)))"
)
CRITICAL = re.compile(
    rf"(?<!\w)(?:CODE{_GAP}CRITICAL(?!\w|{_GAP}+{_NOUN})|(?:CRITICAL|CRIT\.?|PANIC){_BESIDE}{{0,2}}"
    rf"(?:[\s_/–—-]+(?:{_KIND}|{_OF_WHAT})){{0,2}}{_GAP}*"
    rf"{_NOUN}(?:\s*/\s*(?:{_KIND}\s+)?{_NOUN})?"
    rf"(?:(?:[ \t]+|[ \t]*\n(?=(?-i:[a-z]))){_FIELD}S?)?(?!\w))",
    re.IGNORECASE,
)
BEGINS = ("crit", "panic", "code")
"""In small letters: it may begin with these."""
_DONE = (
    r"(?:(?:verbally|directly|personally|immediately|promptly|urgently|telephonically)\s+)?"
    r"(?:called|communicat\w+|d/w|e-?mailed|texted|messaged|sent|escalated|conveyed|reported|discussed|relayed|(?:tele)?phoned|notification|"
    r"notified|alert|requiring|requires|acr|category|present|identified|given|completed?|documented|"
    r"acknowledged|created|generated|logged|issued|raised|attempted|flagged|paged|"
    r"intimated|informed|reviewed\s+with(?!\s+no\b)|pending|awaiting\s+(?:communication|call|acknowledg)\w*|"
    r"(?:entered|placed|recorded)\s+(?:in|into|via|on|through)|submitted|uploaded|"
    r"read[ -]?back\s+(?:by|from|and|obtained|verified|confirmed)|"
    r"(?:protocol|pathway|alert|workflow|process) (?:was |has been )?(?:activated|initiated))\b"
)
_STATED = re.compile(
    rf"[ \t]*(?:\Z|\n|[|:.!;*)\]}}><\"'”’»–—(\[=#_~+%@$☐☑☒✓✔□-]|/[ \t/]|\?[ \t]*\S|"
    rf"\?\s*(?:{TICK}|yes\b))|"
    rf"\s+(?:to|by|per)\s+(?:Drs?|Doctor)\b|\s+@|,\s+{_DONE}|"
    rf"\s+(?:above |below )?(?:(?:was|were|has been|have been) )?{_DONE}|"
    r"\s+(?:(?:as\s+)?(?:(?:described|noted|detailed|listed|stated|mentioned)\s+)?above|"
    r"detected|discovered)[ \t]*(?:\Z|[.\n])|"
    r",?\s+(?:please\s+)?see\s+(?:the\s+)?(?:above|below|impression|findings)[ \t]*(?:\Z|[.\n])|"
    rf"\s+and\s+(?:[\w.]+\s+){{0,3}}(?:was|were|has been|have been)\s+{_DONE}",
    re.IGNORECASE,
)
# Not where the next line is a field of a form.
_GOES_ON = re.compile(
    rf"[ \t]*\n[ \t]*(?!{_DONE}|"
    r"(?!polic|line|phone|contact|number|level|count|review)[a-z /]{1,30}:)[a-z]"
)
# "CRITICAL RESULT Acute embolus": the finding stands behind the macro as it was dictated. None of
# these begins one.
_FOLLOWED = re.compile(
    r"[ \t]+(?!(?i:polic(?:y|ies)|protocols?|procedures?|guidelines?|criteria|definitions?|lists?|"
    r"reporting|management|workflow|process|systems?|forms?|fields?|sections?|templates?|macros?|"
    r"flags?|line|hotline|team|coordinators?|services?|program|documentation|was|were|is|are|has|"
    r"have|had|will|would|should|must|may|might|can|could|if|when|where|as|in|on|of|for|to|by|per|"
    r"from|with|and|or|that|which|below|above|see|only|not|no|none|retracted|withdrawn|cancell?ed|"
    r"care|access|checklists?|logs?|ranges?|pathways?|tracking|audits?|tiers?|callbacks?|compliance|"
    r"entered|performed|date|time|registry|dashboard|committee|manual|standards?|at|do|does|did|n/?a|nil|negative|"
    r"excluded|ruled|count|reviewed with no|"
    r"back|contacts?|numbers?|phone|extension|desk|cent(?:er|re))\b)"
    r"(?P<word>[A-Za-z0-9])"
)
# "Critical findings that require immediate notification: PE".
_AT_LENGTH = re.compile(
    rf"[ \t]+(?:that|which|requiring)(?:[ \t]+(?:{OF_A_QUESTION})\b){{1,9}}[ \t]*:[ \t]*"
    r"(?!(?:please|call|contact|phone|page|see|per|refer|go|visit)\b)[^\W\d_]",
    re.IGNORECASE,
)
_IMAGING = re.compile(r"RESULT|FINDING", re.IGNORECASE)
"""In small letters a value is a laboratory's: "Critical value Troponin 5"."""
ALONE = re.compile(rf"(?<!\w)CRITICAL(?:[ \t]*/[ \t]*{_KIND}(?=[ \t]*:))?(?!\w)", re.IGNORECASE)
_ENDED = re.compile(r"[ \t]*(?:\Z|\n\s*(?:\n|\Z|(?=[^\n]*[a-z]))|[:!.*#\])}>=\[]|[-–—]{1,3}\s)")
_MARKED = 40
_TICKED_BEHIND = re.compile(
    rf"(?:\s*\(?Y/N\)?|\s+(?:flag|indicator))?(?:\s*[:?]?\s*(?:{TICK}|yes\b)|\s*[:?]\s*(?:y|true)\b)",
    re.IGNORECASE,
)
_MARK_BEFORE = re.compile(r"(?:[*#!<\[{=]|(?:\A|\n|:)\s*\()\s?\Z")
_MARK_BEHIND = re.compile(r"\s?[*#!>\]})=]")
_ITEM = re.compile(r"(?:\A|\n)\s*\(?\w{1,2}\)\s*\Z")
_OTHER_KINDS = (
    r"stenos[ie]s|narrowing|isch(?:a)?emia|priority|acuity|severity|location|patient|condition|"
    r"status|order|exam|indication|history|reason|trauma\b|ICU\b"
)
# "Saddle embolus - CRITICAL." None is what is critical by its degree, the order, and the patient.
_BEHIND_A_DASH = re.compile(r"\w\)?\s[-–—]{1,2}\s\Z")
_OF_ANOTHER_KIND = re.compile(rf"{_OTHER_KINDS}|\bno\b[^\n]*\Z", re.IGNORECASE)
_SENTENCE_ENDS = ("", ".", ":", ";", "!", "?")
_DECORATED = " \t\n*#-•_=>"
# On a line of its own below one that ends without a mark: a paragraph, or a label with what it is
# about. Not where the line above goes on: "THE VESSEL IS | CRITICAL: …".
_PARAGRAPH = re.compile(r"\n[ \t]*\n[\s*#>-]*\Z")
_LINE = re.compile(r"\n[ \t*#•>=-]*\Z")
_LABELS = re.compile(r"[ \t]*(?::[ \t]*[A-Z]|!|[–—-]{1,3}[ \t]+[A-Z])", re.IGNORECASE)
_GOES_OVER = re.compile(
    r"\b(?:is|are|was|were|be|been|remains?|an?|the|and|or|of|with|as|to|for|in|not|no|non|near|very|"
    rf"considered|,)[ \t]*\Z|{_OTHER_KINDS}",
    re.IGNORECASE,
)
# "CRITICAL SAH", "Critical: saddle embolus", "Critical. Free air.": none of these is critical by
# its degree, as a stenosis is. In small letters not where it is a legend: "Critical: PE,
# dissection, torsion (60 minutes)".
# Of the finding itself. "CRITICAL PE: NO HEART STRAIN" and "CRITICAL SAH NOT SEEN ON PRIOR" deny
# something else.
_IS_NONE = (
    r"(?:[ \t]+\(?(?:Y/N|Yes/No)\)?)?[ \t]*[:?=,(–—-]{0,2}[ \t]*"
    r"(?:(?:is|was|are|were|has|have|been|now)[ \t]+){0,3}"
    r"(?:none|no|n|n/?a|negative|absent|excluded|ruled out|resolved|unlikely|(?:not|no longer)"
    r"(?:[ \t]+(?:seen|present|identified|detected|found|visuali[sz]ed|evident|demonstrated)))"
    r"[ \t]*(?:[.;,!)\n]|\Z)|[ \t]*[:?=]?[ \t]*[\[(][ \t_]*[\])]|"
    rf"[ \t]*[:?=][ \t]*(?:negative|no (?:evidence|signs?|acute|critical|{FINDING}))\b"
)
_OF_WHOM = (
    r"(?:\s*/\s*\w+|\s+(?:and|or)\s+\w+)?\s+(?:protocol|pathway|response|team|scores?|risk|"
    r"stud(?:y|ies)|exams?|work-?up|evaluation|algorithm)\b"
)
_ACUTE = re.compile(
    rf"(?P<mark>[ \t]*[:.!])?[ \t]+{WHAT_KIND}{FINDING}(?!{_OF_WHOM}|{_IS_NONE})", re.IGNORECASE
)
_LEGEND = re.compile(r"[^.\n]*(?:,[^.\n]*,|\b(?:within|minutes|hours?|etc|call)\b)", re.IGNORECASE)
# What a template asks of the result. Not its priority (that of the order), nor a mere
# severity (that of a stenosis).
_ASKED_OF = r"(?:RESULTS?|FINDINGS?|COMMUNICATION|NOTIFICATION|ALERT|REPORT|IMPRESSION|EXAM)"
_DEGREE = r"(?:CATEGORY|SIGNIFICANCE|CRITICALITY|LEVEL|(?<=RESULT )SEVERITY|(?<=RESULTS )SEVERITY)"
# The type of an exam is none of its result.
_TYPE = (
    r"(?:(?:(?:PRIMARY|SECONDARY)\s+)?DIAGNOSTIC\s+CODE|RESULTS?\s+COMMUNICATION|"
    rf"(?!EXAM){_ASKED_OF}\s+(?:TYPE|CODE|CLASS(?:IFICATION)?|URGENCY)|TYPE\s+OF\s+(?!EXAM){_ASKED_OF}|"
    r"(?:(?:(?-i:[A-Z]{2,6})|RADIOLOGY)\s+)?ALERT(?:\s+(?:CREATED|SENT|PRIORITY))?|RESULT)"
)
_QUESTION = re.compile(
    r"(?:\A|\n|[.;!?][ \t])[\s*#>•-]*(?:\d{1,2}[.)]\s*)?"
    rf"(?:(?:{_ASKED_OF}\s+)?{_DEGREE}|{_TYPE})\s*[:=]\s*\Z",
    re.IGNORECASE,
)
OF_A_RESULT = re.compile(rf"CRITICALITY|{_ASKED_OF}\s+{_DEGREE}", re.IGNORECASE)
"""As the whole question of a field, where a mere "Category" may be the exam's."""
_WHOLE_ANSWER = re.compile(r"[ \t]*(?:\Z|\n(?![ \t]*[a-z])|[.!;]|\([^()\n/]{1,20}\)|[:–—-]\s)")


def is_statement(macro: Mention) -> bool:
    """Of CRITICAL: whether it states that there is one, in a sentence or as a label."""
    capitals, followed = macro.capitals, macro.follows(_FOLLOWED)
    if followed and (capitals or (_IMAGING.search(macro.words) and not followed["word"].islower())):
        return True
    if capitals and macro.after(1) == ",":
        return not is_rule(macro)
    if macro.follows(_STATED) and (capitals or not macro.follows(_GOES_ON)):
        return True
    if names_what(macro) or tells_whom(macro) or _names_acute(macro):
        return True
    return macro.follows(_AT_LENGTH) is not None or is_told(macro)


def _names_acute(macro: Mention) -> bool:
    """Whether what it is follows without a mark: "Critical result acute PE"."""
    found = macro.follows(_ACUTE)
    if found is None or found["mark"] or not _IMAGING.search(macro.words):
        return False
    begins = found.start()
    if _LEGEND.match(macro.text, begins, begins + _SENTENCES):
        return False
    return not is_of_the_order(macro)


def is_label(macro: Mention) -> bool:
    """The word alone is a macro in brackets or asterisks, with a tick, as the answer to what asks
    for it, or in capitals where a statement begins and ends: never in a "CRITICAL stenosis"."""
    before, after = macro.before(_MARKED), macro.after(_MARKED)
    if TICKED.search(may_have_box(before)) or _TICKED_BEHIND.match(after):
        return True
    if _QUESTION.search(before) and _WHOLE_ANSWER.match(after):
        return True
    if ends_in_brackets(macro) and not _OF_ANOTHER_KIND.search(before.rpartition("\n")[2]):
        return True
    if is_said_to_be_critical(macro) or _is_of_acute(macro):
        return True
    if _MARK_BEFORE.search(before) and _MARK_BEHIND.match(after):
        return macro.capitals or before.rstrip()[-1:] != "("
    if _is_a_sentence(macro):
        return True
    begins = before.rstrip(_DECORATED)[-1:] in _SENTENCE_ENDS
    begins = begins or bool(_ITEM.search(before)) or _ends_a_finding(before)
    begins = begins or is_behind_a_finding(macro)
    begins = begins or _begins_a_line(before, after)
    return macro.capitals and begins and bool(_ENDED.match(after))


# "Subdural hematoma. Critical.": a sentence of its own. What stands before is no finding where it
# speaks of the patient, of the order, or of what is critical by its degree.
_WHOLE = re.compile(rf"[ \t]*(?:\Z|[.!](?:[ \t]*(?:\Z|\n)|\s+(?:Drs?\b|(?i:{_DONE}))))")
_OF_NO_FINDING = re.compile(
    r"\b(?:patient|condition|status|acuity|severity|priority|ICU|trauma)\b|stenos[ie]s|narrowing",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]{2}")
_NEXT_LINE = re.compile(r"\n(?![ \t]*[a-z])")
_SENTENCES = 300
"""Characters in which the sentence before is looked for."""


def _is_a_sentence(macro: Mention) -> bool:
    if not macro.words[:1].isupper() or not macro.follows(_WHOLE):
        return False
    sentences = SENTENCE_ENDS.split(macro.before(_SENTENCES))
    if len(sentences) == 1 or sentences[-1].strip(_DECORATED):
        return False
    found = _NEXT_LINE.split(sentences[-2])[-1]
    if not _LETTERS.search(found) or _OF_NO_FINDING.search(found):
        return False
    return not is_of_the_order(macro)


def _is_of_acute(macro: Mention) -> bool:
    found = macro.follows(_ACUTE)
    if found is None:
        return False
    if is_of_the_order(macro):
        return False
    if macro.capitals:
        return True
    return bool(found["mark"]) and not _LEGEND.match(macro.text, found.end("mark"))


def _begins_a_line(before: str, after: str) -> bool:
    if not _LINE.search(before):
        return False
    above = before.rstrip(_DECORATED).rpartition("\n")[2]
    apart = _PARAGRAPH.search(before) or _LABELS.match(after)
    return bool(apart) and not _GOES_OVER.search(above)


def _ends_a_finding(before: str) -> bool:
    line = before.rpartition("\n")[2]
    return bool(_BEHIND_A_DASH.search(line)) and not _OF_ANOTHER_KIND.search(line)

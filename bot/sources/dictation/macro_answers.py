"""What stands behind a macro as behind a label: an answer that denies it, or none at all.

A page too many is bad, a page too few is worse. One rule tells a denial: the first sentence behind
it begins with a word that denies, and has no word in it but those that such an answer is made of.
"No evidence of flow" and "Not seen previously: dissection" begin alike, and deny nothing.
"""

import re

from bot.sources.dictation.macro_boxes import is_the_choice, said_by_box
from bot.sources.dictation.macro_empty import SPOKEN_OF, is_left_empty
from bot.sources.dictation.mention import Mention

_AFTER = 400
"""Characters looked at: each macro costs the same in a report of any size."""
# What explains a question. A finding in brackets does not: "CRITICAL RESULT (PE) called: no".
_ASIDE = (
    r"[ \t]*[(\[](?:e?s|y/n|yes/no|yes or no|\d(?:[-–,/ ]{1,3}\d)*|I{1,3}|red|required|optional|"
    r"CTR|if|requiring|including|e\.g|such as|per|(?:ACR )?(?:level|category|code|type)|"
    r"select|check|circle)\b[^()\[\]\n]{0,200}[)\]]"
)
_OPEN = r"[\s:;=*#?–—(\[<{)\]}>,\"'-]{0,12}(?:[-=_]{3,60}\s{0,3})?"
_ANSWER = re.compile(
    rf"(?:{_ASIDE}|\s+(?:Y/N|Yes/No))?"
    rf"(?:\s+(?:findings?|results?))?(?:(?:[ \t]+|[ \t]*\n(?=(?-i:[a-z]))){SPOKEN_OF}){{0,2}}"
    r"(?:(?:[ \t]+(?:category|level|priority))?[ \t]+(?:\d|I{1,3})(?=[ \t]*:))?"
    rf"(?P<between>{_OPEN})(?P<answer>.*)",
    re.IGNORECASE | re.DOTALL,
)
_AT_ONCE = re.compile(rf"(?P<between>{_OPEN})(?P<answer>.*)", re.DOTALL)
# A question that names whom: "called to Dr. Roe? No".
_ASKED = re.compile(
    r"[ \t]+[^?:\n]{1,60}(?P<between>\?[\s\[(-]{0,4})(?P<answer>(?:no|none|n|n/?a)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
# A longer question, whose answer is all that its line has: "Critical findings that require
# immediate notification: none". What could name a finding is no part of one.
OF_A_QUESTION = (
    r"requiring|that|requires?|identified|present|found|seen|noted|documented|on|in|for|of|this|the|"
    r"current|today'?s|exam(?:ination)?|study|scan|report|immediate|urgent|emergent|verbal|direct|"
    r"physician|provider|clinician|notification|communication|call|required|needed|necessary|"
    r"reported|called|communicated|discussed|to|with|by|be|met|attention|action|"
    r"intervention|referring|ordering|radiologist"
)
# "No | flow in the left MCA" goes on over the line's end.
_GOES_ON = (
    r"(?![ \t]*\n[ \t]*(?-i:[a-z])(?!lectronically|igned|ictated|alled|otified)[^\n:]*(?:\n|\Z))"
)
_ASKED_AT_LENGTH = re.compile(
    rf"(?:{_ASIDE})?(?:[ \t]+(?:{OF_A_QUESTION})){{0,9}}(?:{_ASIDE})?[ \t]*[:?](?:{_ASIDE})?[ \t]*"
    rf"(?:none|no{_GOES_ON}|nil|n/?a|n|off|false|negative|not applicable)[.!]?[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)
# The same with a sentence for an answer: "… requiring notification: No critical results."
_ANSWERED_AT_LENGTH = re.compile(
    rf"(?:{_ASIDE})?(?:[ \t]+(?:{OF_A_QUESTION})\b){{1,9}}(?:{_ASIDE})?"
    r"(?P<between>[ \t]*[:?][ \t]*)(?P<answer>.*)",
    re.IGNORECASE | re.DOTALL,
)
_GRADE = re.compile(
    r"(?:[A-Z0-9][ \t]*[-–—=)]|\d\.(?=[ \t]+(?:none|nil|n/?a|no[ \t])))[ \t]+", re.IGNORECASE
)
"""Before the answer itself: "C - none", "1. None"."""
# The line of a denial may break behind one of these: "No evidence of | flow".
_SENTENCE = re.compile(
    r"(?:\b(?:of|an?|the|any|for|in|on|to|with|and|or|evidence|is|are)[ \t]*\n|"
    # Or where the next one goes on in small letters, and is no field.
    r"(?<!none)(?<!nil)[ \t]*\n(?=[ \t]*(?-i:[a-z])[^\n:]*(?:\n|\Z))|"
    # The next field of a form on the same line: "None  Person: N/A".
    r"(?! {2,}(?-i:[A-Z])[\w/ ]{1,20}:)[^.;!\n|]|\.(?=\d))*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_](?:[\w'/-]*\w)?")
_LEADING = (
    "there is are was were this that the patient report exam examination study scan contains has "
    "have shows demonstrates does do did i we"
)
_DENYING = (
    "none no n nil na n/a not negative neg absent false never denied nothing zero 0 normal "
    "without unremarkable wnl nad resolved unknown unspecified "
    "nein keine keiner keines kein non aucun aucune néant neant ninguno ninguna nenhum nenhuma não "
    "nao nessuno nessuna geen nee nej nei ingen inga inget brak nie žádný žádné zadny zadne "
    "нет nicht nichts off 无 無 否 没有 なし 없음"
)
_BESIDE = (
    "applicable apply applies indicated it be been had of any a an these other such or nor and "
    "evidence acute critical significant unexpected urgent emergent emergency actionable new "
    "immediate finding findings result results value values abnormality abnormalities process "
    "processes disease change changes communication notification identified present found seen "
    "noted made communicated notified called reported required needed necessary detected "
    "visualized evident demonstrated at on in for to with time image images imaging today "
    "currently requiring require requires intracranial cardiopulmonary pulmonary cardiac "
    "thoracic intrathoracic abdominal intraabdominal intra-abdominal pelvic osseous bony post "
    "abdomen pelvis brain head neck spine ct mri mr radiologist by interpretation "
    "immediately reportable notifiable abnormal life threatening represent note "
    "traumatic cervical lumbar spinal vascular neurologic intervention attention action see "
    "identify find recorded documented assessed current direct "
    "test tests meet meets met life-threatening time-sensitive time-critical injury injuries "
    "needs need needing warranting apparent pathology definite chest relevant suspicious discuss "
    "contain known basis routine further per protocol policy criteria guidelines acr dictation "
    "impression above below vorhanden erkennbar nachweisbar festgestellt"
)
_LEADS, _DENIES = frozenset(_LEADING.split()), frozenset(_DENYING.split())
_SAYS_NO_MORE = _LEADS.union(_DENIES, _BESIDE.split())
# Not of a change: a finding may be as bad as it was.
_SINCE = re.compile(
    r"\b((?:findings?|results?|values?)) (?:since|compared (?:to|with)) (?:the )?"
    r"(?:prior|previous|last)(?: (?:exam\w*|study|scan))?\b"
)
_ALONE = re.compile(
    rf"(?:none|no{_GOES_ON}|nil|n/?a|negative|not (?:applicable|required|needed|indicated))"
    r"[.!]?[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)
# "Critical result called on that study": it was another's.
_OF_THAT = re.compile(
    r"[ \t]+(?:(?:was|were|had been)[ \t]+)?(?:called|communicated|reported|discussed|relayed)\b"
    r"[^.;:\n]{0,40}\b(?:on|for|in) that (?:prior |previous |earlier )?"
    r"(?:study|exam\w*|scan|CT|MRI)\b",
    re.IGNORECASE,
)


# At the foot of every report, and in a text of its own: "Critical results: call 555-1234". One that
# is dictated names one result, or is in capitals.
# Other figures may be the time or the date of a call.
_EXT = r"ext(?:ension)?\b\.?[ \t]*\d{3,6}"
_NUMBER = (
    rf"(?:(?:\+?1[ .-])?(?:\(?\d{{3}}\)?[ .-]?)?\d{{3}}[ .-]\d{{4}}(?:[ \t,x]*{_EXT})?|{_EXT})"
)
_OURS = (
    r"(?:us|(?:the[ \t]+)?(?:radiolog(?:y|ist)|reading[ \t]+room|department|desk|hotline)"
    r"(?:[ \t]+department)?)"
)
_AT_THE_FOOT = re.compile(
    r"[ \t]*[:=–—-][ \t]*(?:(?:please[ \t]+)?(?:call|phone|dial|page|contact)"
    rf"(?:(?:[ \t]+{_OURS})?(?:[ \t]+(?:at|on))?[ \t]+{_NUMBER}|"
    rf"[ \t]+{_OURS}[ \t]+(?:at|on)[ \t]+\d{{3,6}})|"
    r"per[ \t]+(?:\w+[ \t]+){0,2}(?:policy|protocol|procedure))[ \t.]*(?:\n|\Z)",
    re.IGNORECASE,
)


_ANSWERS = (_ANSWER, _AT_ONCE, _ASKED, _ANSWERED_AT_LENGTH)


def denied(macro: Mention) -> bool:
    """Whether what follows says that there is none, or leaves the form empty."""
    if is_the_choice(macro):
        return False
    if macro.words[-1:] == "s" and macro.follows(_AT_THE_FOOT):
        return True
    after = _after(macro)
    if is_left_empty(after, macro.before(_AFTER).rpartition("\n")[2]):
        return True
    if _OF_THAT.match(after) or _ASKED_AT_LENGTH.match(after):
        return True
    by_box = said_by_box(after)
    if by_box is not None:
        return not by_box
    found = filter(None, (form.match(after) for form in _ANSWERS))
    answers = {(answer["between"], answer["answer"]) for answer in found}
    return any(_denies(between, answer) for between, answer in answers)


def _after(macro: Mention) -> str:
    """Where it is cut nothing ends."""
    after = macro.after(_AFTER)
    return f"{after}\0" if macro.ends + _AFTER < len(macro.text) else after


def _denies(between: str, answer: str) -> bool:
    """Over a line's end without a colon only a bare "None." does, or one that names the macro
    again: the text may go on there."""
    if "\n" in between and not re.search(r"[:?=]", between):
        again = _NONE_AGAIN.match(answer) is not None and is_denial(answer)
        return again or _ALONE.match(answer) is not None
    return is_denial(answer)


# Below the heading "CRITICAL RESULTS": "No critical results were identified."
_NONE_AGAIN = re.compile(
    r"(?:(?:there (?:is|are|were)|(?:this|the) (?:exam\w*|study|report) has) )?"
    r"no (?:\w+ ){0,3}?critical\b",
    re.IGNORECASE,
)

# A template's way to say none: "The findings did not require critical results communication."
_NOT_REQUIRED = re.compile(
    r"[^.;:\n]{0,80}\b(?:did|do|does) not (?:require|warrant|meet|need)\b[^.;:\n]{0,40}"
    r"\b(?:critical|immediate|urgent|notification|communication)\b",
    re.IGNORECASE,
)
# "Negative for embolism.", and nothing else on the line.
_NEGATIVE_FOR = re.compile(
    r"negative for (?![^.;\n]*\b(?:and|but|however|except|although|though|with)\b)"
    r"[^.;\n]*\.?[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)


# "No acute intracranial hemorrhage or infarct.", and nothing else on the line. What may be bad to
# lack ("No flow") is not among these, nor is "no change".
_NOUN = (
    r"(?:h(?:a)?emorrhages?|bleed(?:ing)?|embol(?:us|i|ism)|pneumothorax|fractures?|dissection|"
    r"infarct(?:s|ion)?|PE|LVO|ICH|SAH|SDH|occlusion|ischa?emia|stroke|herniation|effusions?|"
    r"consolidation|aneurysm|rupture|tamponade|pneumomediastinum|free fluid|ectopic pregnancy|"
    r"(?:vein|venous) thrombosis|"
    r"(?:cord|cauda equina) compression|free air|pneumoperitoneum|mass effect|mass(?:es)?|"
    r"midline shift|malalignment|appendicitis|dislocations?|subluxation|leak|foreign body|"
    r"malposition(?:ing)?|misplacement|ectopic|(?:aortic )?syndrome|pathology|"
    r"obstruction|perforation|torsion|abscess|thromb(?:us|osis)|dvt|"
    r"pneumonia|hydrocephalus|hydronephrosis)"
).replace(" ", r"\s+")
_SOME = (
    r"(?:(?:an?|any|acute|new|large|significant|definite|intracranial|pulmonary|aortic|displaced|"
    r"tension|territorial|bowel|deep|venous|cervical|spine|spinal|pleural|pericardial|"
    r"large[ -]vessel|subdural|epidural|subarachnoid|active|testicular|ovarian|thoracic|abdominal|"
    r"retained|traumatic|osseous|line)\s+)*"
)
# "Lines in good position.", and nothing else, may be said behind it.
_DEVICES = r"(?:lines?|tubes?|catheters?|hardware|devices?|ETT|NGT|PICC)"
_AS_IT_SHOULD_BE = (
    rf"(?:(?:(?:the|all|support|monitoring)\s+)*{_DEVICES}(?:\s+and\s+{_DEVICES})?\s+(?:(?:is|are|"
    r"remains?)\s+)?in\s+(?:good|satisfactory|appropriate|expected|standard|stable|unchanged|"
    r"adequate)\s+positions?|normal\s+heart\s+size|heart\s+size\s+(?:is\s+)?normal|"
    r"(?:the\s+)?lungs\s+(?:are\s+)?clear|stable|unchanged)"
)
_NO_SUCH = re.compile(
    rf"(?:no|without)\s+(?:(?:\w+\s+)?evidence\s+(?:of|for)\s+)?{_SOME}{_NOUN}"
    # In one way only: where the list is none after all, every other way is tried too.
    rf"(?:(?:\s*,\s*|\s+)(?:(?:or|and|nor)\s+)?(?:no\s+)?{_SOME}{_NOUN})*"
    r"(?:\s+(?:(?:is|are)\s+)?(?:seen|identified|present|noted))?"
    r"(?:\s+in\s+(?:(?:the|either|both|left|right|lower|upper)\s+){1,4}"
    r"(?:extremit(?:y|ies)|legs?|arms?|limbs?))?"
    rf"(?:\.[ \t]+{_AS_IT_SHOULD_BE})*[ \t]*\.?[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)

# There is one, and nobody knows of it.
_NOT_TOLD = re.compile(
    r"not (?:yet |been )?(?:called|communicated|relayed|notified|discussed|conveyed)\b",
    re.IGNORECASE,
)


def is_denial(answer: str) -> bool:
    """Whether its first sentence denies, and says no more."""
    if _NOT_TOLD.match(answer):
        return False
    if _NEGATIVE_FOR.match(answer) or _NOT_REQUIRED.match(answer) or _NO_SUCH.match(answer):
        return True
    graded = _GRADE.match(answer)
    sentence = _SENTENCE.match(answer, graded.end() if graded else 0)
    words = _WORD.findall(_unchanged(" ".join(sentence[0].lower().split()))) if sentence else []
    first = next((word for word in words if word not in _LEADS), "")
    return first in _DENIES and _SAYS_NO_MORE.issuperset(words)


def _unchanged(sentence: str) -> str:
    """Without what it is compared to."""
    compared = " since " in sentence or " compared " in sentence
    return _SINCE.sub(r"\1", sentence) if compared else sentence

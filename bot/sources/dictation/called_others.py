"""Sentences about a call that was none of this result: to the patient, by others, of another exam,
and what the rule is."""

import re

_TOLD = (
    r"\b(?:discussed|shared|reviewed|spoken?|communicated|given|explained|relayed|conveyed)"
    r"(?: (?!with\b|to\b|Drs?\b)[\w-]+){0,6}?"
)
_OF_CARE = (
    r"(?:(?:the|her|his|their) )?(?:Drs?|doctor|nurse|RN|team|ED|ER|provider|physician|clinician|"
    r"referr\w+|ordering|surgeon|attending)"
)
_KIN = ("mother", "father", "wife", "husband", "parents", "daughter", "son", "spouse")
_EARLIER = r"(?:prior|previous|earlier|old|outside)"
# The patient, the history, a name that something has, and the report's own readers; whom nobody
# meant to tell, and an exam before this one. Each with words of which it needs one.
_OF_OTHERS = (
    (
        ("patient",),
        r"\bpatient (?:was |is |has been |had been )?(?:reported|informed|told|called|advised|"
        r"notified|made aware|aware|contacted|discussed)\b|"
        r"\b(?:informed|told|advised|notified) the patient (?:of|about|that|to)\b|"
        r"\bpatient['’]s \w+ (?:was |were )?(?:called|informed|told|notified)\b|"
        rf"{_TOLD} (?:with|to) (?:the )?patient(?!['’]| present| and (?:with |to )?{_OF_CARE})\b",
    ),
    *(
        (
            (one,),
            rf"{_TOLD} (?:with|to) (?:(?:the |her |his |their )?(?:patient['’]s )?){one}\b(?!['’])",
        )
        for one in _KIN
    ),
    (
        ("history", "indication", "reason for exam", "comparison"),
        r"^(?:clinical )?(?:history|indications?|reason for exam\w*|comparisons?(?= ?:))\b",
    ),
    (
        ("doctor", "physician", " own"),
        r"(?<!\bdiscussed )(?<!\bspoke )(?<!\bspoken )\b(?:by|with) "
        r"(?:her|his|their|the patient'?s?) (?:doctor|physician|own)\b",
    ),
    (
        ("allerg", "consent", "protocol", "risk"),
        r"\b(?:allerg\w+|consent|protocol|risks?)\b[^,;]{0,40}\b(?:was|were|been) discussed\b|"
        r"^(?:the )?protocol discussed\b",
    ),
    (("discussed the ",), r"\bdiscussed the (?:order|protocol|exam)\b"),
    (
        ("aware of ",),
        r"\baware of (?:the |this |her |his |patient['’]?s? |critical results? )*"
        r"(?:prior|previous|earlier|old|history|code status|allerg\w*|polic\w+|protocol)\b",
    ),
    # A rule: "Critical results are called to the provider within 60 minutes".
    (
        ("within",),
        r"\b(?:is|are) (?:called|communicated|reported|conveyed|relayed)\b[^;]{0,60}\bwithin\b",
    ),
    # Also without a time, a name, or what it is about.
    (
        (" is called", " are called", " are communicated", " are reported"),
        r"^(?!.*(?:\d|\bDrs?\b|\b(?:these|this|above)\b)).*\b(?:results?|findings?)\b[^;]{0,80}"
        r"\b(?:is|are) (?:called|communicated|reported)\b",
    ),
    # Who signs a trainee's report.
    (
        (" agree",),
        r"\b(?:discussed|reviewed)\b[^;]{0,40}\bwith (?:the |an? )?(?:radiology )?"
        r"(?:resident|fellow|trainee|registrar)\b[^;]{0,40}\band (?:I )?agree\b",
    ),
    (
        ("called",),
        r"\bso-called\b|\bcalled (?:an? (?!doctor|physician|nurse)|for\b|in by\b)",
    ),
    (
        ("radiolog",),
        r"\bwith (?:\w+[ .,(]+){0,4}(?:neuro)?radiolog(?:ist|y)\b|"
        r"^(?!.*\b(?:with|to) ).*\bby (?:\w+[ .,(]+){0,4}(?:neuro)?radiolog(?:ist|y)\b",
    ),
    # What the orderer's own notes say.
    (
        (" note", " chart", " record"),
        r"^(?:per|according to) (?:the )?(?:\w+ ){0,2}(?:notes?|chart|records?)\b",
    ),
    # The other way round: who called had a wish, or something to tell.
    (
        ("called", "phoned", "contacted"),
        r"\b(?:called|(?:tele)?phoned|contacted)\b(?: Dr\.? [\w'’-]+)? (?:requesting|asking|away\b|"
        r"to (?:request|ask|clarify|order|schedule|inquire|provide|obtain|(?:the )?bedside|"
        r"the (?:OR|code))\b|"
        r"(?:with|for) (?:an? |the )?(?:additional |further |more |clinical )*"
        r"(?:history|information|clarification)\b)",
    ),
    (
        ("family",),
        rf"{_TOLD} (?:with|to) (?:the )?(?:patient['’]s )?family(?! (?:medicine|physician|practice|"
        r"doctor|NP))\b|"
        r"\bfamily (?:was |were |has been )?(?:informed|told|called|notified|aware)\b",
    ),
    (("d us", "d me"), r"\b(?:notified|informed|told|alerted) (?:us|me)\b"),
    (
        ("wrong ",),
        r"\bwrong (?:\w+ )?(?:Drs?\b|doctor|physician|provider|person|number|nurse|team|office)",
    ),
    (
        ("prior", "previous", "earlier", "old", "outside"),
        rf"^(?:\W|\d)*(?:the |these |this )?(?:critical )?(?:findings? |results? )?"
        rf"(?:(?:of|on|from) )?(?:the |a )?{_EARLIER} [^,;]{{0,60}}"
        rf"\b(?:was|were|been|discussed|called|communicated|reported)\b|"
        rf"\b(?:on|for) (?:the |that |an? )?{_EARLIER} (?:exam\w*|study|scan|CT|MRI?|report)\W*$|"
        rf"\bat the time of (?:the |that |an? )?{_EARLIER}\b|"
        rf"\b(?:informed|told|notified|aware) of (?:the |that |an? )?{_EARLIER} "
        r"(?:results?|findings?|exam\w*|study|scan|CT|MRI?|report)\b",
    ),
    (
        ("prior to", "before "),
        r"\b(?:prior to|before) (?:the |this )?(?:exam\w*|study|scan\w*|imaging|procedure)\b",
    ),
)
OF_OTHERS = tuple(
    (word, re.compile(said, re.IGNORECASE)) for words, said in _OF_OTHERS for word in words
)


def is_of_others(sentence: str) -> bool:
    """Whether it says that others were told, or of another exam. All of it as one pattern would
    take longer than all else that is asked of a sentence."""
    lowered = sentence.lower()
    return any(word in lowered and said.search(sentence) for word, said in OF_OTHERS)

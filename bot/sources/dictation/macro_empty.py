"""A form behind a macro that nobody has filled in, or in which the choice is none.

"CRITICAL RESULT: ____", "[Yes/No]", "{None/Discussed with ***}", "Critical result: routine".
"""

import re

SPOKEN_OF = (
    r"(?:identified|present|found|seen|noted|report(?:ed|ing)|communicat\w+|notif\w+|called|"
    r"discussed|raised|flagged|paged|attempted|informed|intimated)"
    r"(?:[ \t]+(?:to|by|with|at|on)\b(?=[ \t]*[:?]))?"
)
"""What a form asks of it: "Critical result called to:"."""


# A line to write on, a dash, or nothing before the signature or the end: a form left empty.
_BLANK = re.compile(
    rf"(?:[ \t]+{SPOKEN_OF})?\s*[:?=](?:\s*_{{2,}}[ \t.]*(?:\n|\Z)|"
    r"[ \t]+[-–—]{1,3}[ \t.]*(?:\n|\Z)|\s*\[(?:[<>\s_]?|[<>\s_*]{2,6})\][ \t.]*(?:\n|\Z)|"
    r"[ \t]*[\])}>][ \t.]*(?:\n|\Z)|"
    r"[\s.]*(?:\Z|(?:electronically )?(?:signed|dictated|transcribed)\b))",
    re.IGNORECASE,
)

# Epic's and PowerScribe's mark for what is to be filled in; not the frame of a banner.
_WILDCARD = re.compile(r"[ \t]*[:?=][ \t]*\*{3}[ \t.]*(?:\n|\Z)")


# A form of several fields, all of them empty: "Called to: | Date/Time: | By: ". Fields of another
# kind ("FINDINGS:") are none of it.
_OF_A_CALL = (
    r"(?:(?:called|notified|informed|communicated|reported|discussed|contacted|verified|acknowledged|"
    r"received|date|time|by|to|with|whom|who|of|at|and|on|person|provider|physician|clinician|"
    r"recipient|name|credentials|method|mode|phone|number|read|back|readback)\b[ \t/&()-]*)+"
)
_LEFT_EMPTY = re.compile(
    rf"(?:[ \t]+{SPOKEN_OF})?[ \t]*[:?=][ \t_]*\n(?:[ \t]*{_OF_A_CALL}[:?=][ \t_]*(?:\n|\Z))+"
    r"\s*(?:\Z|(?-i:[A-Z][A-Z /]{3,30}):|(?:electronically )?(?:signed|dictated|transcribed)\b)",
    re.IGNORECASE,
)
# The same with "N/A" in it, also below a heading without a colon.
_NONE_OF_A_CALL = re.compile(
    rf"[ \t]*[:?=]?[ \t]*\n{{1,2}}[ \t]*{_OF_A_CALL}[:?=][ \t]*(?:n/?a|none|not applicable)[ \t.]*"
    rf"(?:\n[ \t]*{_OF_A_CALL}[:?=][ \t]*(?:n/?a|none|not applicable)?[ \t.]*)*"
    r"(?:\Z|\n\s*(?:\Z|\n|(?-i:[A-Z][A-Z /]{3,30}):|"
    r"(?:electronically )?(?:signed|dictated|transcribed)\b))",
    re.IGNORECASE,
)
# "[Yes/No]": nobody has chosen.
_YES_OR_NO = r"(?:yes|no|none|present|absent|positive|negative|y|n|n/?a)"
_UNCHOSEN = re.compile(
    rf"[ \t]*[:?=]*\s{{0,3}}[\[<{{(][ \t<]*{_YES_OR_NO}(?:[ \t]*[/|,][ \t]*{_YES_OR_NO})+"
    r"[ \t>]*[\]>})][ \t.]*(?:\n(?!\s*(?:[^\w\s]|y\b|yes))|\Z)",
    re.IGNORECASE,
)
# "{None/Discussed with ***}", "{YES/NO:18632}", "[None, called to ***]", "[Select one]"; and a list
# of choices that is called by the macro, "{critical findings:12345}".
_PICK_LIST = re.compile(
    r"[ \t]*(?:[:?=]*\s{0,3}(?:"
    r"[{<](?:[ \t]*(?:yes|no|none|y|n|n/?a)\b[^{}<>]*[/|][^{}<>]*|"
    r"[^{}<>]*(?:\*{3}|:\d{3,})[^{}<>]*)[}>]|"
    r"[\[<(][ \t]*(?:no|none|n/?a)[ \t]*[/|,][^:;]*?(?:\*{3}|__|\[[ _]*\]|<[\w ]*>)[^:;]*[\])>]|"
    r"[\[<({][ \t]*(?:select|choose|pick|delete|remove|enter|insert|specify|describe|"
    r"free[ -]?text|list (?:if|any|all)|fill(?: in)?)\b[^:;]{0,60}?[\])>}])[ \t.]*(?:\n|\Z)|"
    r":[ \t]*\d{3,}[ \t]*\})",
    re.IGNORECASE,
)
_UNCHOSEN_BARE = re.compile(
    r"[ \t]*[:?=][ \t]*(?:yes|y)[ \t]*/[ \t]*(?:no|n)[ \t.]*(?:\n|\Z)", re.IGNORECASE
)
# "CRITICAL RESULT (Y/N):" without an answer: the next heading follows, or nothing. Words on the
# next line may be the answer, or what was found.
_UNANSWERED = re.compile(
    r"[ \t]+[\[(]?(?:yes|y)[ \t]*/[ \t]*(?:no|n)[\])]?[ \t]*[:?]?[ \t_]*"
    r"(?:\n\s{0,6}(?!y(?:es)?\b)(?:(?-i:[A-Z])[\w /]{2,30}:|"
    r"(?:electronically )?(?:signed|dictated|transcribed)\b)|\n?\s{0,6}\Z)",
    re.IGNORECASE,
)
# "[Yes/No:No]": somebody has, and the list of choices is still there.
_CHOSEN_NO = re.compile(
    r"[ \t]*[:?=]?[ \t]*[\[<{(][ \t]*(?:yes|y)[ \t]*/[ \t]*(?:no|n)[ \t]*[:=][ \t]*"
    r"(?:no|none|n|n/?a)[ \t.]*[\]>})]",
    re.IGNORECASE,
)
_NO_CALL = re.compile(
    r"[ \t]*[:?=–—-][\s]*no\s+(?:(?:phone|telephone|verbal|urgent|immediate|critical) )?"
    r"(?:call|phone call|discussion|contact|page)s? "
    r"(?:is |was )?(?:required|needed|necessary|indicated|warranted)[.!]?[ \t]*(?:\n|\Z)|"
    r"[ \t]*[:=][ \t]*(?:(?:phone|telephone|verbal|direct|urgent|immediate|critical) )?"
    r"(?:communication|notification|call) (?:is |was )?not "
    r"(?:required|needed|necessary|indicated|warranted)[.!]?[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)
_MILD = re.compile(
    r"[ \t]*[:=?–—-][ \t]*(?:(?:(?:the |these )?(?:findings?|results?) (?:is |are ))?"
    r"non-?(?:critical|urgent|emergent)|"
    r"(?:(?:the|these|this) )?(?:findings?|results?|exam|study) (?:is|are) not (?:considered )?"
    r"critical|routine|(?:code )?green(?:[ \t]*\([^()\n]*\))?|"
    # Taken back.
    r"retracted|withdrawn|rescinded|cancell?ed|entered in error)\.?[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)
# "[Red/Orange/Yellow]", "red, orange, yellow": a list of all levels.
_LEVELS = re.compile(
    r"[ \t]*[:=?][ \t]*[\[<{(]?[ \t]*red[ \t]*[,/|][ \t]*(?:orange|yellow)[ \t]*[,/|]",
    re.IGNORECASE,
)
# "Critical findings.......None".
_LED_TO = re.compile(r"[ \t]*\.{2,60}[ \t]*(?:no|none|nil|n/?a)[.!]?[ \t]*(?:\n|\Z)", re.IGNORECASE)
_FORMS = (
    _LEVELS,
    _LED_TO,
    _NONE_OF_A_CALL,
    _LEFT_EMPTY,
    _UNCHOSEN,
    _PICK_LIST,
    _UNCHOSEN_BARE,
    _UNANSWERED,
    _CHOSEN_NO,
    _NO_CALL,
    _MILD,
)
_EMPTY_OR_DENIED = re.compile("|".join(form.pattern for form in _FORMS), re.IGNORECASE)


def is_left_empty(after: str, before: str) -> bool:
    """Of what stands behind the macro, and before it on its line."""
    if _BLANK.match(after) or _EMPTY_OR_DENIED.match(after):
        return True
    return _WILDCARD.match(after) is not None and "*" not in before

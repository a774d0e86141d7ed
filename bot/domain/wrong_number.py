"""Whether somebody says that our messages reach the wrong phone: a stranger, in their own words."""

import re

# The whole message: a physician, too, may call a patient's provider "the wrong person".
_BEFORE = (
    r"(?:sorry|hi|hello|hey|no|oops|i think|this is|that is|that's|it's|you have|you've got|u have)"
)
_AFTER = r"(?:sorry|please|pls|stop|thanks|thank you|thx|bye|not me|remove me)"
_WRONG_PERSON = re.compile(
    rf"\W*(?:{_BEFORE}\W+)*(?:(?:the|a|an)\W+)?wrong\W+(?:person|phone)(?:\W+{_AFTER})*\W*",
    re.IGNORECASE,
)
# Anywhere in a clause. "Wrong number of slices" and "the wrong number for the reading room" are
# about something else; "no" is short for a number only where the clause ends.
_STRANGER = r"(?:dr|doctor|mr|mrs|ms|him|her|them|(?:this|that) (?:person|doctor|guy))\b"
_WRONG_NUMBER = re.compile(
    r"\bwrong\s+(?:phone\s+|cell\s+)?(?:number|nr|num|no(?=\s*$))\b"
    rf"(?!\W+(?:of|in|on)\b|\W+for\W+(?!{_STRANGER}))"
    r"|\bwrong\s*#(?!\s*of\b)"
    r"|\bn[uú]mero\s+(?:est[aá]\s+)?(?:equivocado|incorrecto|errado)\b"
    r"|\bequivoc\w+\s+de\s+n[uú]mero\b"
    r"|\bfalsche\s+(?:telefon|ruf|handy)?nummer\b"
    r"|\b(?:mauvais|faux)\s+num[eé]ro\b",
    re.IGNORECASE,
)
# What stands before it in its clause and turns it round. Between "not" and the number there are
# only such words: "I do not know you you have the wrong number" is no negation.
_NOT = (
    r"\b(?:not|never|no(?= es)|nicht|keine|pas)\b|\b(?:is|are|was|do|does|did|has|have)n[\"']?t\b"
)
_LINK = (
    r"think|believe|say|said|mean|this|that|it[\"']s|it|is|was|be|really|actually|you|have|has|got"
    r"|the|a|an|es|un|el|die|eine|le"
)
# Possessive: whoever repeats a word a hundred times must not make us look at each way to read it.
_DENIED = re.compile(rf"(?:{_NOT})\W+(?:(?:{_LINK})\W++)*+$", re.IGNORECASE)
# Another number than the phone's own: somebody was given it, or has called it.
_ANOTHERS = re.compile(
    r"\b(?:gave|given|sent)\W+(?:me|us)\b"
    r"|\b(?:i|we)\W+(?:was|were|had|have|got|called|dial\w+|rang|tried)\W+(?:\w+\W+){0,4}$"
    r"|\b(?:report|chart|order|call[ -]?back|reading room|patient)\b",
    re.IGNORECASE,
)
# Of themselves, to the end of the clause: "this is not Dr. Park's patient" says nothing of a phone.
_NAME = r"[^\W\d_]\w*(?:[-'\"]\w{2,})*(?![\w'\"])"
_SOMEBODY = rf"(?:dr|doctor)\b\.?\s+(?!on\b|of\b|for\b){_NAME}(?:\s+{_NAME})?"
_GOES_ON = (
    r"(?=\s*$|\s+(?:this|i|i[\"']?m|it|who (?:is|are)|you|please|pls|stop|sorry|and|but|wrong)\b)"
)
_NOT_ME = re.compile(
    rf"(?:\b(?:this|i)\W*(?:is|am|m)\W+not|\bthis\W+isn[\"']?t"
    rf"|^\W*(?:no\W+|sorry\W+)?not)\W+{_SOMEBODY}{_GOES_ON}",
    re.IGNORECASE,
)
_TITLE = re.compile(r"\b(dr|mr|mrs|ms)\.", re.IGNORECASE)
_CLAUSES = re.compile(r"[.,;:!?()\n]+|\s-+\s|\b(?:but|because|so|sorry)\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:ACK|PASS|UNDO)\b", re.ASCII | re.IGNORECASE)


def says_wrong_number(text: str, *, holds_code: bool) -> bool:
    """Of a text in plain characters. Whoever answers a page, with a verb or with what may be a
    code (``holds_code``), has the right phone."""
    if holds_code or _VERB.search(text):
        return False
    clauses = _CLAUSES.split(_TITLE.sub(r"\1", text))
    return bool(_WRONG_PERSON.fullmatch(text)) or any(map(_says_so, clauses))


def _says_so(clause: str) -> bool:
    if _NOT_ME.search(clause):
        return True
    found = _WRONG_NUMBER.search(clause)
    if found is None or _ANOTHERS.search(clause[: found.start()]):
        return False
    return not _DENIED.search(clause[: found.start()])

"""Evidence that somebody was told of the finding already: LOINC 73568-8, or a line of the text.

It is read and shown; it ends nothing. An attempt (voicemail, left a message, no answer) is none.
"""

import re

from bot.sources.hl7_text import Narrative

_SAID = re.compile(
    r"\b(?:discussed with|communicated|reported to|conveyed|relayed|called|notified|"
    r"informed|spoke (?:with|to)|spoken (?:with|to))\b",
    re.IGNORECASE,
)
# Whom: a title, a role, or a preposition with a name in capitals. Else it is about something else.
_WHOM = re.compile(
    r"\b(?:Dr|Drs|MD|M\.D|NP|PA|RN|DO)\b\.?|\b(?:doctor|physician|nurse|provider|clinician|team|"
    r"resident|attending|surgeon|office|referr\w+|ordering)\b",
    re.IGNORECASE,
)
_ATTEMPT = re.compile(
    r"\b(?:attempt\w*|try|tried|trying|voice ?mails?|left (?:a |an )?(?:\w+ )?message|"
    r"message (?:was )?left|no answer|unable|could not|cannot|not (?:be|yet|been|able|reached)|"
    r"will be|to be|should be|please|recommend\w*|pending|awaiting|busy|unsuccessful\w*|"
    r"was not|were not|has not|have not|never)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z*\[(])|\n\s*\n")
# A full stop that ends no sentence: behind a title or an initial.
_TITLE = re.compile(r"\b(Drs?|Mrs?|Ms|St|No|[ap]\.m|M\.D|D\.O|[A-Z])\.\s+")
_HELD = "\x01"
_LONGEST = 500


def called(told: Narrative) -> tuple[str, str]:
    """What documents a call, and where it stood; both empty where nothing does."""
    said, where = told.communication
    if said and not _ATTEMPT.search(said):
        return said[:_LONGEST], where
    for number in range(len(told.addenda), 0, -1):
        said = _documented(told.addenda[number - 1].text)
        if said:
            return said, f"addendum {number}"
    said = _documented(told.text, told.lowered)
    return said, "text" if said else ""


def _may_say(lowered: str) -> bool:
    """Spares most reports the patterns."""
    return (
        "called" in lowered
        or "discussed" in lowered
        or "communicated" in lowered
        or "notified" in lowered
        or "informed" in lowered
        or "spoke" in lowered
        or "yed to" in lowered  # conveyed, relayed
        or "reported" in lowered
    )


def _documented(text: str, lowered: str = "") -> str:
    """The last sentence that says who was told."""
    if not text or not _may_say(lowered or text.lower()):
        return ""
    found = [one for one in sentences(text) if documents_a_call(one)]
    return found[-1][:_LONGEST] if found else ""


def documents_a_call(sentence: str) -> bool:
    """Whether it says that somebody was told, and not only that it was tried or is to be done."""
    return bool(_SAID.search(sentence) and _WHOM.search(sentence)) and not _ATTEMPT.search(sentence)


def tells_of_a_call(text: str) -> bool:
    """Whether any of its sentences documents one."""
    return bool(_documented(text))


def sentences(text: str) -> list[str]:
    """Cut at full stops, but not behind titles; the lines of a paragraph are one text."""
    guarded = _TITLE.sub(rf"\1.{_HELD}", text)
    plain = (" ".join(one.split()).replace(_HELD, " ") for one in _SENTENCE.split(guarded))
    return [one for one in plain if one]

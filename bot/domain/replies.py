"""What somebody's SMS reply asks for. The whole message has to be the verb and one code."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.wrong_number import says_wrong_number


class Verb(StrEnum):
    """What can be asked for by SMS."""

    ACK = "ACK"
    PASS = "PASS"  # noqa: S105 - the word that people type
    UNDO = "UNDO"


@dataclass(frozen=True, slots=True)
class Reply:
    """One verb and one code."""

    verb: Verb
    code: str


class Unclear(StrEnum):
    """Why a message asks for nothing; each has its own answer."""

    CARRIER_WORD = "carrier_word"
    """STOP and its kin change the number's opt-out; HELP and INFO are answered by the carrier."""
    SEVERAL_CODES = "several_codes"
    NO_CODE = "no_code"
    NO_VERB = "no_verb"
    WRONG_NUMBER = "wrong_number"
    """Whoever has this phone is not the person that we mean."""
    QUOTED = "quoted"
    """Our own message again, as a phone sends a reaction to it (Liked “READBACK: …”)."""
    WORDS = "words"


_OUT = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
_IN = {"START", "UNSTOP", "YES"}
_HELP = {"HELP", "INFO"}
"""Answered by the carrier's side where nothing stands around them; else we have to."""
_VERBS = "|".join(Verb)
# What phones and people put around it: quotes, brackets, a colon, a full stop. No question mark,
# and nothing that strikes out.
_EDGE = r"[\s\"'.,:;!#()\[\]{}<>*_=/|+-]*"
# Four digits in a row are a code of their own: of two such the sender has to say which. A phone
# writes the number that is dictated as 4,827.
_DIGITS = r"[0-9]{4,8}|[0-9]{1,3}(?:[\s.,-]+[0-9]{1,3})+"
_LENGTHS = range(4, 9)
_FLAGS = re.ASCII | re.IGNORECASE  # only of ASCII: elsewhere two letters may share one capital
_WHOLE = re.compile(rf"{_EDGE}({_VERBS}){_EDGE}({_DIGITS}){_EDGE}", _FLAGS)
_CODE = re.compile(r"[0-9]{4,}")
_ONLY_VERB = re.compile(rf"{_EDGE}({_VERBS}){_EDGE}", _FLAGS)
_ONLY_CODE = re.compile(rf"{_EDGE}({_DIGITS}){_EDGE}", re.ASCII)
_OURS = re.compile(r"\bREADBACK(?: \(possible repeat\))?: ")
"""How each of our messages begins."""
_NAMED = re.compile(rf"\b(?:{_VERBS})\b", _FLAGS)
_WITHIN = re.compile(rf"(?<![0-9])(?:{_DIGITS})(?![0-9])", re.ASCII)
_SIGNATURE = re.compile(
    r"\n[ ]*(?:-{2,3}[ ]*\n|(?:sent (?:from|via|by) |get outlook for ))(?P<signed>.*)",
    _FLAGS | re.DOTALL,
)
# In a signature nobody takes back what stands above it; where somebody might, a person reads on.
_SECOND_THOUGHT = re.compile(rf"\b(?:{_VERBS}|no|not|never|wrong|wait|cannot)\b|n't", _FLAGS)
# The emoji that only agree, and the shades of their skin; the minus sign is no dash.
_AGREEING = dict.fromkeys("👍👌🙏👏🫡✅✔☑🙂😊😀", " ")
_INSTEAD = {**_AGREEING, **dict.fromkeys("🏻🏼🏽🏾🏿", ""), "−": "-"}
_BY_CATEGORY = {"Cf": "", "Zs": " ", "Zl": "\n", "Zp": "\n"}
_BY_CATEGORY |= {"Pd": "-", "Pi": '"', "Pf": '"', "Ps": "(", "Pe": ")"}
_EMOJI_PARTS = frozenset((*map(chr, range(0xFE00, 0xFE10)), "\u20e3"))


def carriers_word(body: str) -> str:
    """STOP or its like, in capitals, where the message is nothing else; empty for any other."""
    said = _word(_without_signature(_plain(body)))
    return said if said in _OUT | _IN or body.strip().upper() in _HELP else ""


def wants_sms(body: str) -> bool | None:
    """What a carrier's word says of the number it came from: False after STOP and its kin, True
    after START and its. None for any other."""
    said = carriers_word(body)
    return True if said in _IN else False if said in _OUT else None


def _word(text: str) -> str:
    return text.strip(" \t\r\n.!\"'").upper()


def parse_reply(body: str) -> Reply | Unclear:
    """Read one inbound message, in any case and spacing, whatever a phone has put around it."""
    text = _without_signature(_plain(body))
    whole = _WHOLE.fullmatch(text)
    if whole and (code := _together(whole[2])):
        return Reply(Verb(whole[1].upper()), code)
    if carriers_word(body):
        return Unclear.CARRIER_WORD
    if says_wrong_number(text, holds_code=bool(codes_in(text))):
        return Unclear.WRONG_NUMBER
    if _OURS.search(text):
        return Unclear.QUOTED
    if len(_CODE.findall(text)) > 1:
        return Unclear.SEVERAL_CODES
    if _ONLY_VERB.fullmatch(text):
        return Unclear.NO_CODE
    only = _ONLY_CODE.fullmatch(text)
    return Unclear.NO_VERB if only and _together(only[1]) else Unclear.WORDS


def codes_in(body: str) -> list[str]:
    """Whatever could be a code in a message of any kind, each once, in the order of the text."""
    found = map(_together, _WITHIN.findall(_plain(body)))
    return list(dict.fromkeys(code for code in found if code))


def verbs_in(body: str) -> list[Verb]:
    """The verbs that stand in a message of any kind, each once, in our own order."""
    named = {verb.upper() for verb in _NAMED.findall(_plain(body))}
    return [verb for verb in Verb if verb in named]


def _together(digits: str) -> str:
    """The digits of one code without what splits them; empty where they are too few or many."""
    code = re.sub("[^0-9]", "", digits)
    return code if len(code) in _LENGTHS else ""


def _plain(body: str) -> str:
    """Digits, dashes, quotes and spaces as ASCII has them; what cannot be seen is left out."""
    text = unicodedata.normalize("NFKC", body).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    if character in _EMOJI_PARTS:
        return ""
    if character in _INSTEAD:
        return _INSTEAD[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    return _BY_CATEGORY.get(category, character)


def _without_signature(text: str) -> str:
    found = _SIGNATURE.search(text)
    if found is None or _SECOND_THOUGHT.search(found["signed"]):
        return text
    return text[: found.start()]

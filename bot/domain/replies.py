"""What somebody's SMS reply asks for. The whole message has to be the verb and one code."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


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
    WORDS = "words"


_CARRIER_WORDS = {
    *("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
    *("START", "UNSTOP", "YES", "HELP", "INFO"),
}
_VERBS = "|".join(Verb)
# Some phones put two spaces, a colon or a full stop; some people put the quotes of the example.
_EDGE = r"[\s\"'.,:;!#-]*"
_WHOLE = re.compile(rf"{_EDGE}({_VERBS}){_EDGE}([0-9]{{4,8}}|[0-9]{{2}} [0-9]{{2}}){_EDGE}")
_CODE = re.compile(r"[0-9]{4,}")
_ONLY_VERB = re.compile(rf"{_EDGE}({_VERBS}){_EDGE}")
_ONLY_CODE = re.compile(rf"{_EDGE}[0-9]{{4,8}}{_EDGE}")


def parse_reply(body: str) -> Reply | Unclear:
    """Read one inbound message, in any case and spacing."""
    text = unicodedata.normalize("NFKC", body).upper()
    if whole := _WHOLE.fullmatch(text):
        return Reply(Verb(whole[1]), whole[2].replace(" ", ""))
    if text.strip(" \t\r\n.!\"'") in _CARRIER_WORDS:
        return Unclear.CARRIER_WORD
    if len(_CODE.findall(text)) > 1:
        return Unclear.SEVERAL_CODES
    if _ONLY_VERB.fullmatch(text):
        return Unclear.NO_CODE
    return Unclear.NO_VERB if _ONLY_CODE.fullmatch(text) else Unclear.WORDS

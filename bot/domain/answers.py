"""What somebody who answered by SMS hears back: one segment of GSM-7, as in wording.py."""

from collections.abc import Sequence

from bot.domain.alert import UNDO_WITHIN
from bot.domain.drills import Answered, Outcome
from bot.domain.gsm import to_gsm
from bot.domain.replies import Unclear, Verb
from bot.domain.wording import duration, fitting, or_call


def acknowledged(ref: str, code: str) -> str:
    return fitting(
        [
            f"READBACK: ref {ref} is acknowledged. To take it back within "
            f"{duration(UNDO_WITHIN)}, reply UNDO {code}."
        ]
    )


def passed(ref: str) -> str:
    return fitting([f"READBACK: ref {ref} went to the next person."])


def nobody_else(ref: str, code: str) -> str:
    """It was passed on, and for now there is nobody to take it."""
    gone = f"READBACK: ref {ref}: nobody else can be reached at the moment, paging goes on."
    return fitting([f"{gone} If you can after all, reply ACK {code}."])


def undone(ref: str) -> str:
    return fitting([f"READBACK: ref {ref} is open again; your acknowledgment is undone."])


def refused(ref: str, explain: str) -> str:
    """``explain`` is that of NotAllowed."""
    return fitting([f"READBACK: ref {ref}: {explain}"])


def superseded(ref: str, code: str, callback_number: str) -> str:
    """``code`` is the one that acknowledges the version which holds now."""
    changed = f"READBACK: ref {ref}: the report has changed since your page."
    call = or_call(callback_number)
    return fitting([f"{changed} Read it again in the EHR{call}, then reply ACK {code}."])


def answered_test(answered: Answered) -> str:
    """To whom a test has asked."""
    said = {
        Outcome.TAKEN: f"answered after {duration(answered.after)}. Pages reach you on this phone.",
        Outcome.ALREADY: "answered already. Pages reach you on this phone.",
        Outcome.EXPIRED: "is over and counts no more. Ask for another one.",
        Outcome.NOT_YOURS: "went to somebody else.",
    }[answered.outcome]
    return fitting([f"READBACK: TEST {said}"])


def only_a_test(code: str) -> str:
    return fitting(
        [f"READBACK: that was a TEST, about no patient. To answer it, reply ACK {code}."]
    )


def left(ref: str, with_whom: str, callback_number: str) -> str:
    """``with_whom`` is the role of the alert's owner, empty where nobody has to answer any more."""
    now = f"is now with the {with_whom}" if with_whom else "needs no answer any more"
    call = f" Or call {to_gsm(callback_number)}." if or_call(callback_number) else ""
    return fitting([f"READBACK: you are not in the directory any more. Ref {ref} {now}.{call}"])


def unknown_code(callback_number: str) -> str:
    call = or_call(callback_number)
    return fitting([f"READBACK: this code is not open on this phone. Please check it{call}."])


def too_many(callback_number: str) -> str:
    """Nobody may take a code that is not looked at for one that counted."""
    call = or_call(callback_number)
    return fitting(
        [f"READBACK: Not recorded: too many wrong codes from this phone, try again in 1 h{call}."]
    )


def not_recorded(callback_number: str) -> str:
    """The answer could not be stored: nobody may take silence for a yes."""
    call = or_call(callback_number)
    return fitting(
        [
            "READBACK: Not recorded: we could not save your answer. "
            f"Please send it again in a minute{call}."
        ]
    )


def unclear(unclear: Unclear, callback_number: str, named: Sequence[Verb] = ()) -> str:
    """One helpful answer; none to what the carrier answers itself. ``named`` are the verbs of the
    message: who wants to pass it on must not be told to acknowledge."""
    if unclear is Unclear.CARRIER_WORD:
        return ""
    problem = {
        Unclear.SEVERAL_CODES: "One code at a time. ",
        Unclear.QUOTED: "A reaction or a quote answers nothing. ",
        Unclear.NO_CODE: "The code is missing. ",
        Unclear.NO_VERB: "Please put ACK or PASS before the code. ",
    }.get(unclear, "")
    call = or_call(callback_number)
    theirs = [] if unclear is Unclear.QUOTED else named
    verbs = theirs if unclear is Unclear.NO_CODE else dict.fromkeys([Verb.ACK, *theirs])
    ask = f"Reply only {' or '.join(verbs) or Verb.ACK} and the code of the message{call}."
    words_alone = unclear is Unclear.WORDS and Verb.PASS not in verbs
    cannot = " Cannot take it? PASS and the code." if words_alone else ""
    return fitting([f"READBACK: {problem}{ask}{cannot}"])


def wrong_number() -> str:
    return fitting(
        ["READBACK: thank you, this number gets no more messages from us. Not so? Reply START."]
    )

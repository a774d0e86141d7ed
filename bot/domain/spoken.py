"""What a call says: category, reference and callback number, and what the keys do. It names no
patient, no exam and no finding, as anybody may pick up the phone.

References are spelled with the words of the international alphabet, numbers digit by digit.
"""

import re
from dataclasses import dataclass

from bot.domain.page import Page

_WORDS = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar "
    "Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
_GROUPS = re.compile("[0-9]+|[A-Za-z]+")
_ALPHABET = {word[0]: word for word in _WORDS.split()}
THANKS = "Thank you. Goodbye."
KEYS = "To acknowledge, press 1. If you cannot take it, press 2. To hear this again, press 3."
CODE = "Now enter the code of the text message with this reference, or your PIN, and then pound."
WRONG_CODE = "That is neither the code of this message nor your PIN. Please try again, then pound."
_ALOUD = {"last_one": "Nobody is left to take it. Acknowledge it, or hand it over in Slack."}
"""By the reason of NotAllowed, where its explanation names a command: that is typed, not heard."""
_UNKNOWN = "The ordering provider is not known: nobody has told them."
STOPPED = "After too many wrong codes, no code and no PIN from this phone counts for an hour."

TEST = (
    "This is a test of Readback. Nobody waits for you, and there is no result. "
    "To confirm that calls reach you, press 1."
)
TEST_CODE = "Now enter the code of the test's text message, or your PIN, and then pound."
TEST_LEFT = "This was a test of Readback. There is no result. It was not answered."
TEST_ANSWERED = f"The test is answered: calls reach you. {THANKS}"
TEST_STOPPED = f"{STOPPED} The test was not answered. There is no result. Goodbye."
TEST_UNANSWERED = "The test was not answered. There is no result. Goodbye."


@dataclass(frozen=True, slots=True)
class Call:
    """What a call is about. ``callback_number`` in any spelling that people can dial. ``unknown``:
    who ordered it is not in the directory."""

    category: str
    ref: str
    callback_number: str
    review: bool = False
    preliminary: bool = False
    unknown: bool = False

    def announcement(self) -> str:
        """For whoever picks up."""
        return f"This is Readback. {self._what()} {self._where()}"

    def left_message(self) -> str:
        """For an answering machine, or where nobody can press a key: twice, as nobody can ask."""
        ask = "Please answer in Slack, or with the code of the text message."
        return f"{self.announcement()} {ask} Again: {self._what()} {self._where()} {ask}"

    def acknowledged(self) -> str:
        return (
            f"Reference {spelled(self.ref)} is acknowledged. Please read it in the E H R. {THANKS}"
        )

    def passed_on(self) -> str:
        return f"Reference {spelled(self.ref)} went to the next person. {THANKS}"

    def nobody_else(self) -> str:
        """It was passed on, and for now there is nobody to take it."""
        gone = "Nobody else can be reached at the moment. If you can after all, acknowledge it."
        return f"{gone} {self._or_call()} Goodbye."

    def over(self) -> str:
        """It was answered, or taken back, before they picked up."""
        return f"Reference {spelled(self.ref)} needs no answer any more. {THANKS}"

    def refused(self, reason: str, explain: str) -> str:
        """Both are those of NotAllowed."""
        return f"Not done. {_ALOUD.get(reason, explain)} {self._or_call()} Goodbye."

    def too_many_wrong(self) -> str:
        return f"That was not right either. Nothing was acknowledged. {self._or_call()} Goodbye."

    def stopped(self) -> str:
        """No code from this phone counts for now, nor a PIN: a right one may have been refused."""
        call = f"Please answer in Slack, or call {digits(self.callback_number)}."
        return f"{STOPPED} Nothing was acknowledged. {call} Goodbye."

    def no_key(self) -> str:
        return f"Nothing was acknowledged. {self._or_call()} Goodbye."

    def _what(self) -> str:
        what = f"{'preliminary ' if self.preliminary else ''}imaging result"
        ends = "has to be reviewed" if self.review else "waits for your answer"
        category = self.category.replace("_", " ")
        untold = f"{_UNKNOWN} " if self.unknown else ""
        return f"A {category} {what} {ends}. {untold}Reference: {spelled(self.ref)}."

    def _where(self) -> str:
        return f"Read it in the E H R, or call {digits(self.callback_number)}."

    def _or_call(self) -> str:
        return f"Please answer in Slack or by text message, or call {digits(self.callback_number)}."


def about(page: Page, callback_number: str) -> Call:
    """The call that is this page."""
    review, unknown = bool(page.review), page.provider_unknown
    return Call(page.category, page.ref, callback_number, review, page.preliminary, unknown)


def not_recorded(callback_number: str) -> str:
    """The key could not be stored: nobody may take silence for a yes."""
    return f"Not recorded: we could not save your answer. Please call {digits(callback_number)}."


def unknown(callback_number: str) -> str:
    """The call belongs to no page that is known here."""
    return f"This call has no message any more. Please call {digits(callback_number)}. Goodbye."


def spelled(ref: str) -> str:
    """``K7QX`` as "Kilo, 7, Quebec, X-ray"."""
    return ", ".join(_ALPHABET.get(sign, sign) for sign in ref.upper())


def digits(number: str) -> str:
    """Digit by digit, with a pause where the number is grouped: "3 1 2, 5 5 5, 0 1 0 0". The
    letters of a number are those of its extension: "x", "ext"."""
    groups = _GROUPS.findall(number)
    return ", ".join(" ".join(one) if one.isdecimal() else "extension" for one in groups)

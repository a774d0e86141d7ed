"""Twilio's error codes, and what each means for the page: https://www.twilio.com/docs/api/errors."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.connections import NOT_TAKEN
from bot.domain.page import Notice, Page, SendFailed, SendUncertain


class OptedOut(SendFailed):
    """The number's holder has said STOP to the carrier: no SMS reaches it until START."""


class Landline(SendFailed):
    """No SMS can ever reach this number."""


NEWS = (OptedOut, Landline)
"""What is so for every later message as well, and so belongs into the directory."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``permanent``: this number will not work. ``configuration``: the operator is at fault.

    ``once``: one more try may succeed, the phone is off or out of reach. ``kind`` is the error.
    ``wait``: seconds for which it is no use to try again, where Twilio does not say so itself.
    """

    permanent: bool = False
    configuration: bool = False
    once: bool = False
    kind: type[SendFailed] = SendFailed
    wait: float | None = None


_NUMBER = Rule(permanent=True)
_STOPPED = Rule(permanent=True, kind=OptedOut)
_LANDLINE = Rule(permanent=True, kind=Landline)
_OPERATOR = Rule(permanent=True, configuration=True)
_BUSY = Rule()
_PHONE_OFF = Rule(once=True)

RULES: Mapping[int, Rule] = {
    # This number cannot be reached by SMS.
    21211: _NUMBER,  # no valid number
    21214: _NUMBER,  # cannot be reached
    21216: _NUMBER,  # not to be called from this account
    21217: _NUMBER,  # does not look like a number
    21401: _NUMBER,  # no valid number
    21407: _NUMBER,  # a kind of number without SMS
    21408: _NUMBER,  # its country is not enabled
    21421: _NUMBER,  # no valid number
    21610: _STOPPED,
    21612: _NUMBER,  # no route from our number
    21614: _LANDLINE,
    21635: _LANDLINE,
    30004: _NUMBER,  # blocked
    30005: _NUMBER,  # unknown or out of service
    30006: _NUMBER,  # landline, or unreachable carrier
    30007: _NUMBER,  # filtered by the carrier
    # The phone may be off: once more, and the next channel at the same moment.
    30003: _PHONE_OFF,
    30008: _PHONE_OFF,
    30017: _PHONE_OFF,  # the carrier's network is congested
    30036: _PHONE_OFF,  # not delivered while it was valid: it is us who say for how long
    30410: _PHONE_OFF,  # the carrier did not answer Twilio in time
    20503: _BUSY,  # out of service for a while: nothing was taken
    # Too much at once.
    14107: Rule(wait=30.0),  # too many from our number to this one: for half a minute none goes
    20429: _BUSY,
    21611: _BUSY,  # the queue of our number is full
    30001: _BUSY,  # the same, reported afterwards
    30022: _BUSY,  # more a second than the registered campaign may send
    # Nothing works until the operator has acted.
    20003: _OPERATOR,  # wrong credentials
    20005: _OPERATOR,  # the account is not active
    20006: _OPERATOR,  # the account may not do this
    21601: _OPERATOR,  # a sender number without SMS
    21205: _OPERATOR,  # the address for calls ([web] public_url) is none
    21210: _OPERATOR,  # calls come from a number that is not ours
    21212: _OPERATOR,  # calls come from what is no number
    21215: _OPERATOR,  # its country is not enabled for calls
    21219: _OPERATOR,  # a trial account calls numbers that it has verified, and no others
    21603: _OPERATOR,  # no sender number
    21606: _OPERATOR,  # a sender number that is not ours
    21608: _OPERATOR,  # a trial account sends to numbers that it has verified, and to no others
    21609: _OPERATOR,  # the address for receipts ([web] public_url) is none
    21659: _OPERATOR,  # the sender is no number of Twilio's
    21660: _OPERATOR,  # the sender belongs to another account
    21701: _OPERATOR,  # there is no such Messaging Service
    21703: _OPERATOR,  # the Messaging Service has no sender
    21704: _OPERATOR,  # the Messaging Service has no number
    30002: _OPERATOR,  # the account is suspended
    30010: _OPERATOR,  # dearer than the limit that was set
    30018: _OPERATOR,  # the country wants the sender registered first
    30023: _OPERATOR,  # the registered campaign's messages of this day are used up
    30024: _OPERATOR,  # the carrier does not know the sender yet
    30027: _OPERATOR,  # the brand's messages of this day are used up at this carrier
    30032: _OPERATOR,  # a toll-free number that is not verified
    30034: _OPERATOR,  # a US local number without an A2P 10DLC campaign
    30035: _OPERATOR,  # its registration is not complete
    30037: _OPERATOR,  # sending is switched off for the account
    30040: _OPERATOR,  # the carrier wants the sender registered first
    30450: _OPERATOR,  # stopped by Twilio's protection against pumping
    30453: _OPERATOR,  # the same, reported afterwards
}
_QUEUE_FULL = 30001
_SOME_NUMBERS = frozenset({21608, 30010, 30018, 30450, 30453})
"""The operator's to mend, and yet others may go on: those verified, nearer, registered."""
_ALL_NUMBERS = frozenset(
    f"twilio-{code}"
    for code, rule in RULES.items()
    if code == _QUEUE_FULL or (rule.configuration and code not in _SOME_NUMBERS)
)
SERVER_ERROR = 500
TOO_MANY = 429
UNAVAILABLE = 20503


def failure(
    status: int, code: int | None, tries: int = 1, retry_after: float | None = None
) -> SendFailed | SendUncertain:
    """What an HTTP error answer says. ``tries`` counts from 1; ``retry_after`` in seconds.

    A server's error may come after the message was taken: Twilio says so of its own 500
    (https://www.twilio.com/docs/api/errors/20500), and a gateway may have passed it on. Only where
    Twilio itself is out of service nothing was taken. An unknown refusal takes the next channel now
    and is the operator's to look at.
    """
    if status >= SERVER_ERROR and code != UNAVAILABLE:
        return SendUncertain(f"twilio-http-{status}")
    if code is None or code == status:  # the SDK gives the status where there is no code
        rule = _BUSY if status in (TOO_MANY, *NOT_TAKEN) else _OPERATOR
        return _failed(f"twilio-http-{status}", rule, tries, retry_after)
    rule = RULES.get(code, _BUSY if status == TOO_MANY else _OPERATOR)
    return _failed(f"twilio-{code}", rule, tries, retry_after)


def undelivered(code: int | None, tries: int = 1) -> SendFailed:
    """What the carrier's report says. Without a known code one more try is worth it."""
    if code is None:
        return _failed("twilio-undelivered", _PHONE_OFF, tries, None)
    return _failed(f"twilio-{code}", RULES.get(code, _PHONE_OFF), tries, None)


def _failed(reason: str, rule: Rule, tries: int, retry_after: float | None) -> SendFailed:
    return rule.kind(
        reason,
        permanent=rule.permanent or (rule.once and tries > 1),
        retry_after=rule.wait if retry_after is None else retry_after,
        configuration=rule.configuration,
    )


def of_the_account(failed: SendFailed) -> bool:
    """Whether no number gets a message as long as this is so. Of a code that nobody knows it is not
    assumed."""
    by_status = failed.configuration and failed.reason.startswith("twilio-http-")
    return by_status or failed.reason in _ALL_NUMBERS


def number_of(page: Page) -> str:
    """Where it goes, E.164. Raises SendFailed where nothing may go there any more: a STOP, a wrong
    number, an import may have come while it waited. Who has just written gets an answer still."""
    if not page.person.mobile:
        raise SendFailed("no-mobile", permanent=True)
    if page.slip.channel not in page.person.channels and page.slip.notice is not Notice.ANSWER:
        raise SendFailed("number-out", permanent=True)
    return page.person.mobile

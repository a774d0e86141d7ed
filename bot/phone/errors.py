"""Twilio's error codes, and what each means for the page: https://www.twilio.com/docs/api/errors."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.page import SendFailed


@dataclass(frozen=True, slots=True)
class Rule:
    """``permanent``: this number will not work. ``configuration``: the operator is at fault.

    ``once``: one more try may succeed, the phone is off or out of reach.
    """

    permanent: bool = False
    configuration: bool = False
    once: bool = False


_NUMBER = Rule(permanent=True)
_OPERATOR = Rule(permanent=True, configuration=True)
_BUSY = Rule()
_PHONE_OFF = Rule(once=True)

RULES: Mapping[int, Rule] = {
    # This number cannot be reached by SMS.
    21211: _NUMBER,  # no valid number
    21214: _NUMBER,  # cannot be reached
    21408: _NUMBER,  # its country is not enabled
    21610: _NUMBER,  # opted out by STOP
    21612: _NUMBER,  # no route from our number
    21614: _NUMBER,  # a landline
    30004: _NUMBER,  # blocked
    30005: _NUMBER,  # unknown or out of service
    30006: _NUMBER,  # landline, or unreachable carrier
    30007: _NUMBER,  # filtered by the carrier
    # The phone may be off: once more, and the next channel at the same moment.
    30003: _PHONE_OFF,
    30008: _PHONE_OFF,
    # Too much at once.
    20429: _BUSY,
    21611: _BUSY,  # the queue of our number is full
    30001: _BUSY,  # the same, reported afterwards
    # Nothing works until the operator has acted.
    20003: _OPERATOR,  # wrong credentials
    21603: _OPERATOR,  # no sender number
    21606: _OPERATOR,  # a sender number that is not ours
}
SERVER_ERROR = 500
TOO_MANY = 429


def failure(
    status: int, code: int | None, tries: int = 1, retry_after: float | None = None
) -> SendFailed:
    """What an HTTP error answer says. ``tries`` counts from 1; ``retry_after`` in seconds.

    An unknown refusal takes the next channel now and is the operator's to look at.
    """
    if status >= SERVER_ERROR:
        return SendFailed(f"twilio-http-{status}", permanent=False, retry_after=retry_after)
    if code is None or code == status:  # the SDK gives the status where there is no code
        rule = _BUSY if status == TOO_MANY else _OPERATOR
        return _failed(f"twilio-http-{status}", rule, tries, retry_after)
    rule = RULES.get(code, _BUSY if status == TOO_MANY else _OPERATOR)
    return _failed(f"twilio-{code}", rule, tries, retry_after)


def undelivered(code: int | None, tries: int = 1) -> SendFailed:
    """What the carrier's report says. Without a known code one more try is worth it."""
    if code is None:
        return _failed("twilio-undelivered", _PHONE_OFF, tries, None)
    return _failed(f"twilio-{code}", RULES.get(code, _PHONE_OFF), tries, None)


def _failed(reason: str, rule: Rule, tries: int, retry_after: float | None) -> SendFailed:
    return SendFailed(
        reason,
        permanent=rule.permanent or (rule.once and tries > 1),
        retry_after=retry_after,
        configuration=rule.configuration,
    )

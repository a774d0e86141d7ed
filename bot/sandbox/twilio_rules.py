"""What Twilio refuses, with its own codes: https://www.twilio.com/docs/api/errors."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from bot.sandbox.journal import Json
from bot.sandbox.twilio_sms import Sms

ERRORS: Mapping[int, tuple[int, str]] = {
    20001: (400, "Unknown parameter {0}"),
    20003: (401, "Authenticate"),
    20006: (400, "Invalid value of {0}"),
    20404: (404, "The requested resource {0} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL: {0}"),
    21210: (400, "The source phone number provided, {0}, is not yet verified for your account."),
    21211: (400, "Invalid 'To' Phone Number: {0}"),
    21212: (400, "Invalid From Number (caller ID): {0}"),
    21213: (400, "No 'From' number is specified"),
    21214: (400, "'To' phone number cannot be reached: {0}"),
    21215: (403, "Account not authorized to call {0}: its region is not enabled"),
    21216: (403, "Account not allowed to call {0}"),
    21219: (400, "The number {0} is unverified. Trial accounts may only call verified numbers."),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region of {0}",
    ),
    21602: (400, "A text message body or media urls must be specified."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The 'From' phone number {0} is not a message-capable Twilio phone number",
    ),
    21609: (400, "The 'StatusCallback' URL {0} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (
        400,
        "Message cannot be sent with the current combination of 'To' ({0}) and 'From'",
    ),
    21614: (400, "To number: {0}, is not a mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21626: (400, "Invalid status callback event: {0}"),
    21624: (400, "Invalid validity period value: must be an integer from 1 to 36000"),
}
PARAMETERS = frozenset(
    {
        "To",
        "From",
        "Body",
        "MediaUrl",
        "StatusCallback",
        "ApplicationSid",
        "MaxPrice",
        "ProvideFeedback",
        "Attempt",
        "ValidityPeriod",
        "ForceDelivery",
        "ContentRetention",
        "AddressRetention",
        "SmartEncoded",
        "PersistentAction",
        "TrafficType",
        "ShortenUrls",
        "ScheduleType",
        "SendAt",
        "SendAsMms",
        "ContentVariables",
        "RiskCheck",
        "FallbackFrom",
        "MessagingServiceSid",
        "ContentSid",
    }
)
LONGEST_BODY, LONGEST_VALIDITY = 1600, 36_000
Keyword = Literal["stop", "start", "help"]
_STOP = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT")
_WORDS: Mapping[Keyword, tuple[str, ...]] = {
    "stop": _STOP,
    "start": ("START", "YES", "UNSTOP"),
    "help": ("HELP", "INFO"),
}
KEYWORDS: Mapping[str, Keyword] = {word: kind for kind, words in _WORDS.items() for word in words}
CARRIER_ANSWERS: Mapping[Keyword, str] = {
    "stop": "You have successfully been unsubscribed. You will not receive any more messages "
    "from this number. Reply START to resubscribe.",
    "start": "You have successfully been re-subscribed to messages from this number. "
    "Reply HELP for help. Reply STOP to unsubscribe.",
    "help": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
_E164 = re.compile(r"\+[1-9]\d{6,14}")

Answering = Literal["no answer", "busy", "failed", "voicemail", "picks up"]
Delivery = Literal[
    "on", "off", "unreachable", "blocked", "unregistered", "stopped", "held", "no receipt"
]
# How the carrier's report ends for a phone in this state.
UNDELIVERED: Mapping[Delivery, int] = {
    "off": 30003,
    "blocked": 30004,
    "unreachable": 30005,
    "unregistered": 30034,
    "stopped": 21610,
}


class TwilioError(Exception):
    """An answer with this code."""

    def __init__(self, code: int, about: str = "") -> None:
        super().__init__(code)
        self.code, self.about = code, about


@dataclass
class Handset:
    """A phone as the carrier sees it. `refuse` is the code that a send to it gets at once,
    `refuse_calls` the same for a call. Without `call_waiting` a second call to it meets busy."""

    number: str
    delivery: Delivery = "on"
    landline: bool = False
    opted_out: bool = False
    refuse: int | None = None
    delivery_seconds: float | None = None
    answering: Answering = "no answer"
    refuse_calls: int | None = None
    call_waiting: bool = False
    held: list[Sms] = field(default_factory=list)

    @property
    def call_meets(self) -> Answering:
        """How a call to it fares now: nobody can pick up a phone that is off or has no signal."""
        silent = self.delivery in ("off", "held") and self.answering == "picks up"
        return "no answer" if silent else self.answering


def error_json(code: int, about: str = "") -> tuple[int, Json]:
    """The HTTP status and the body of Twilio's error answer."""
    status, message = ERRORS.get(code, (400, f"Error {code}"))
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {
        "code": code,
        "message": message.format(about),
        "more_info": more,
        "status": status,
    }


def check_message(params: Mapping[str, str], senders: Collection[str]) -> None:
    """Raises TwilioError for what Twilio refuses in the parameters of a new message."""
    if unknown := params.keys() - PARAMETERS:
        raise TwilioError(20001, min(unknown))
    to, sender, body = params.get("To", ""), params.get("From", ""), params.get("Body", "")
    if not to:
        raise TwilioError(21604)
    if not is_e164(to):
        raise TwilioError(21211, to)
    if not sender and not params.get("MessagingServiceSid"):
        raise TwilioError(21603)
    if sender and sender not in senders:
        raise TwilioError(21606 if is_e164(sender) else 21212, sender)
    if not body.strip() and not params.get("MediaUrl"):
        raise TwilioError(21602)
    if len(body) > LONGEST_BODY:
        raise TwilioError(21617)
    _check_options(params)


def _check_options(params: Mapping[str, str]) -> None:
    validity = params.get("ValidityPeriod", "1")
    if (
        not validity.isascii()
        or not validity.isdigit()
        or not 1 <= int(validity) <= LONGEST_VALIDITY
    ):
        raise TwilioError(21624)
    callback = params.get("StatusCallback")
    if callback is not None and not is_url(callback):
        raise TwilioError(21609, callback)


def check_handset(handset: Handset) -> None:
    """Raises TwilioError for what Twilio refuses because of the phone at the other end."""
    if handset.refuse is not None:
        raise TwilioError(handset.refuse, handset.number)
    if handset.landline:
        raise TwilioError(21614, handset.number)
    if handset.opted_out:
        raise TwilioError(21610)


def is_url(text: str) -> bool:
    """Whether Twilio could post to it."""
    return urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).hostname)


def is_e164(number: str) -> bool:
    return _E164.fullmatch(number) is not None

"""A call as Twilio keeps it, and what it tells about one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree.ElementTree import Element

from bot.sandbox.journal import Json
from bot.sandbox.realtime import rfc2822

ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
# The names of the events that a status callback can be asked for.
EVENT_OF = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}


@dataclass
class Call:
    """`heard` is what was said into the phone. `asks` is the <Gather> that waits for keys, and
    `then` what follows where none come. `pressed`: all keys so far."""

    sid: str
    to: str
    from_: str
    created: datetime
    url: str = ""
    twiml: str = ""
    callback_url: str = ""
    events: frozenset[str] = frozenset({"completed"})
    detection: str = ""
    ring_seconds: int = 60
    status: str = "queued"
    answered_by: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    statuses: list[str] = field(default_factory=lambda: ["queued"])
    heard: list[str] = field(default_factory=list)
    asks: Element | None = None
    then: list[Element] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    told: int = 0
    callbacks_kept: list[dict[str, str]] = field(default_factory=list)
    callback_order: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    expected: bool = False

    @property
    def over(self) -> bool:
        """It has ended, in whichever way."""
        return self.status in ENDED

    @property
    def text(self) -> str:
        """All that was said into the phone."""
        return " ".join(self.heard)

    def move(self, status: str, now: datetime) -> None:
        self.status = status
        self.statuses.append(status)
        if status == "in-progress":
            self.started = now
        if status in ENDED:
            self.ended, self.asks, self.then = now, None, []


def call_json(call: Call, account: str) -> Json:
    """The Call resource: https://www.twilio.com/docs/voice/api/call-resource."""
    seconds = (call.ended - call.started).seconds if call.ended and call.started else None
    return {
        "account_sid": account,
        "annotation": None,
        "answered_by": call.answered_by or None,
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.ended or call.started or call.created),
        "direction": "outbound-api",
        "duration": None if seconds is None else str(seconds),
        "end_time": rfc2822(call.ended),
        "forwarded_from": None,
        "from": call.from_,
        "from_formatted": call.from_,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": rfc2822(call.started or (call.ended and call.created)),
        "status": "queued" if call.status == "initiated" else call.status,
        "subresource_uris": {},
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"/2010-04-01/Accounts/{account}/Calls/{call.sid}.json",
    }


def call_params(call: Call, account: str) -> dict[str, str]:
    """What every request about a call says: https://www.twilio.com/docs/voice/twiml#request-parameters."""
    params = {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "CallSid": call.sid,
        "CallStatus": call.status,
        "Called": call.to,
        "Caller": call.from_,
        "Direction": "outbound-api",
        "From": call.from_,
        "To": call.to,
    }
    return {**params, "AnsweredBy": call.answered_by} if call.answered_by else params


def progress_params(call: Call, account: str) -> dict[str, str]:
    """What a status callback says, with its number in the order of the events."""
    params = {
        **call_params(call, account),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(call.told),
        "Timestamp": rfc2822(call.ended or call.started or call.created) or "",
    }
    return {**params, "CallDuration": "1"} if call.over else params

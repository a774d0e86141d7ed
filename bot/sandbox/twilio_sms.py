"""An SMS as Twilio keeps it, and what it costs: its alphabet and its number of segments."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.sandbox.journal import Json
from bot.sandbox.realtime import rfc2822

# 3GPP TS 23.038: the basic alphabet, and the table behind the escape character (counts twice).
_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_TWICE = frozenset("\f^{}\\[~]|€")

Encoding = Literal["GSM-7", "UCS-2"]
Direction = Literal["outbound-api", "outbound-reply", "inbound"]


def encoding(body: str) -> Encoding:
    return "GSM-7" if all(c in _GSM_7 or c in _GSM_7_TWICE for c in body) else "UCS-2"


def segments(body: str) -> int:
    """How many SMS this is: 160 septets alone, 153 each in parts; in UCS-2 70 and 67 units."""
    if encoding(body) == "GSM-7":
        length, alone, part = sum(2 if c in _GSM_7_TWICE else 1 for c in body), 160, 153
    else:
        length, alone, part = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // part)


@dataclass
class Sms:
    """`shown`: it reached the phone. `webhook_status`: what the bot answered to an inbound one."""

    sid: str
    direction: Direction
    to: str
    from_: str
    body: str
    created: datetime
    status: str = "queued"
    error_code: int | None = None
    sent: datetime | None = None
    updated: datetime | None = None
    callback_url: str = ""
    validity_period: int | None = None
    statuses: list[str] = field(default_factory=lambda: ["queued"])
    callbacks_kept: list[dict[str, str]] = field(default_factory=list)
    callback_order: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    shown: bool = False
    expected: bool = False
    webhook_status: int | None = None

    @property
    def phone(self) -> str:
        """The number at the other end."""
        return self.from_ if self.direction == "inbound" else self.to

    @property
    def encoding(self) -> Encoding:
        return encoding(self.body)

    @property
    def segments(self) -> int:
        return segments(self.body)

    def move(self, status: str, now: datetime, error_code: int | None = None) -> None:
        self.status, self.error_code, self.updated = status, error_code, now
        self.statuses.append(status)
        if status == "sent":
            self.sent = now


def sms_json(sms: Sms, account: str) -> Json:
    """The Message resource: https://www.twilio.com/docs/messaging/api/message-resource."""
    uri = f"/2010-04-01/Accounts/{account}/Messages/{sms.sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": sms.body,
        "date_created": rfc2822(sms.created),
        "date_sent": rfc2822(sms.sent),
        "date_updated": rfc2822(sms.updated or sms.created),
        "direction": sms.direction,
        "error_code": sms.error_code,
        "error_message": None,
        "from": sms.from_,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(sms.segments),
        "price": None,
        "price_unit": "USD",
        "sid": sms.sid,
        "status": sms.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": sms.to,
        "uri": f"{uri}.json",
    }


def callback_params(sms: Sms, account: str) -> dict[str, str]:
    """What a StatusCallback says."""
    params = {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "From": sms.from_,
        "To": sms.to,
        "MessageSid": sms.sid,
        "SmsSid": sms.sid,
        "MessageStatus": sms.status,
        "SmsStatus": sms.status,
    }
    return {**params, "ErrorCode": str(sms.error_code)} if sms.error_code else params


def inbound_params(sms: Sms, account: str) -> dict[str, str]:
    """What the webhook of a number is told: https://www.twilio.com/docs/messaging/twiml."""
    return {
        "AccountSid": account,
        "ApiVersion": "2010-04-01",
        "Body": sms.body,
        "From": sms.from_,
        "To": sms.to,
        "MessageSid": sms.sid,
        "SmsMessageSid": sms.sid,
        "SmsSid": sms.sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": str(sms.segments),
    }

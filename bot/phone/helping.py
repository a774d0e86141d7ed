"""What is recorded of and answered to a message that acts on no alert: so many answers an hour."""

from datetime import datetime

from sqlalchemy import Connection

from bot import metrics
from bot.domain.effects import Record
from bot.domain.replies import codes_in
from bot.phone.message import Message, own_code
from storage import alerts, audit, inbound, people
from storage.database import after_commit

HELPFUL_ANSWERS_AN_HOUR = 10
"""To one number, known or not. Two machines that answer each other would never stop, and each SMS
costs; ten leave a person who mistypes all the help there is. What acts on an alert is always
answered."""

OWN_CODE_ANSWERS_AN_HOUR = 60
"""More to a phone whose message names an open code of its own: whoever sent it takes silence for
done. A machine that quotes our pages back is stopped by this one."""
_CODES_LOOKED_AT = 20


def refuse(c: Connection, message: Message, reason: str, now: datetime) -> None:
    """Recorded without the text, in which people write anything, and without strangers' numbers."""
    after_commit(c, lambda: metrics.reply(reason))
    audit.append(c, "admin", [Record("sms_refused", actor(c, message), {"reason": reason})], now)


def helped(c: Connection, message: Message, answer: str, now: datetime, about: str = "") -> str:
    """The answer, empty after so many in this hour. That codes do not count is told apart, by its
    own ``about``, or a right one would meet with silence."""
    if _still_helped(c, f"{about}{message.sender}", HELPFUL_ANSWERS_AN_HOUR, now):
        return answer
    named = _names_open_code(c, message, now)
    own = named and _still_helped(c, f"own:{message.sender}", OWN_CODE_ANSWERS_AN_HOUR, now)
    return answer if own else ""


def _still_helped(c: Connection, whom: str, most: int, now: datetime) -> bool:
    """Counts one more answer of this hour, where it is not one too many."""
    hour = now.strftime("%Y-%m-%dT%H")
    spent = (f"{whom}:{hour}:{nth}" for nth in range(most))
    return any(inbound.seen(c, "twilio-helped", sid, now) for sid in spent)


def _names_open_code(c: Connection, message: Message, now: datetime) -> bool:
    codes_named = codes_in(message.text)[:_CODES_LOOKED_AT]
    found = (own_code(c, message, code, now) for code in codes_named)
    return any(alerts.load(c, one.alert_id, for_update=False).is_open for one in found if one)


def actor(c: Connection, message: Message) -> str:
    """Who sent it, for the audit: a person's id, or "unknown"."""
    known = people.by_mobile(c, message.sender)
    return known[0].id if known else "unknown"

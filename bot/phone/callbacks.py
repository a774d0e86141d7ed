"""How a message or a call fared, as Twilio reports it: out of order, and more than once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot import metrics
from bot.domain.coverage import VOICE
from bot.domain.effects import Record
from bot.domain.events import PageDelivered, PageFailed, PageSent
from bot.domain.notices import Failure
from bot.domain.page import Notice, SendFailed, Sent, Slip
from bot.domain.policy import RECEIPT_WITHIN
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from bot.engine.settle import entry, keep_trying, settle, tell
from bot.log import about, log
from bot.phone import call_fate, sending
from bot.phone.call_fate import Arrived, Fate
from bot.phone.errors import NEWS, undelivered
from bot.phone.refusals import note_refusal
from storage import alerts, audit, inbound, looks, outbox, page_history, people
from storage.database import after_commit
from storage.outbox import Claimed
from storage.page_history import PageRow

PROVIDER = "twilio-status"
ARRIVED = frozenset({"delivered", "read"})
LOST = frozenset({"undelivered", "failed", "canceled"})
BEFORE_IT_IS_LATE = timedelta(seconds=15)
"""A callback may get lost. So long before its missing sends the page another way Twilio itself is
asked, which takes ten seconds at most."""
# Every status proves that Twilio has taken the message; those that end it come once.


@dataclass(frozen=True, slots=True)
class Callback:
    """``delivery_id`` is the one that we put into the callback's address when we sent it.
    ``answered_by`` is what Twilio has heard at the other end of a call."""

    sid: str
    status: str
    error_code: int | None
    delivery_id: str
    answered_by: str = ""


def look_after(receipt_within: timedelta) -> timedelta:
    """How long after the sending to ask for a receipt that no callback has brought."""
    return max(receipt_within - BEFORE_IT_IS_LATE, receipt_within / 2)


async def note(engine: Engine, callback: Callback) -> None:
    """Take it into account, once."""
    refused = undelivered(callback.error_code)
    if isinstance(refused, NEWS) and (sent := await engine.database.read(_sent_to(callback))):
        # A callback that is repeated takes nobody out who has sent START meanwhile.
        await note_refusal(engine, sent[0], refused, sent[1])
    await engine.database.write(lambda c: note_in(c, engine, callback))


def note_in(c: Connection, engine: Engine, callback: Callback) -> None:
    """The same inside the caller's unit of work."""
    now = engine.clock.now()
    if not inbound.seen(c, PROVIDER, f"{callback.sid}:{callback.status}", now):
        return
    page = _page_of(c, callback)
    if page is None:
        log.warning("callback_for_no_page", kind=metrics.slug(callback.status))
        return
    _prove(c, engine, page, callback, now)
    if page.slip.channel == VOICE and callback.status in call_fate.ENDED:
        looks.again(c, page.delivery_id, None)
    fate = _fate(callback, page, _nth(c, page))
    if fate is None or not _is_the_end(c, callback, now):
        return
    if isinstance(fate, SendFailed):
        _lost(c, engine, page, fate, now)
    else:
        _arrived(c, engine, page, now)


def _sent_to(callback: Callback) -> Callable[[Connection], tuple[str, datetime] | None]:
    """The number, and since when a message was to go there."""

    def look(c: Connection) -> tuple[str, datetime] | None:
        page = _page_of(c, callback)
        person = people.load(c, page.slip.person_id) if page else None
        return (person.mobile, page.created_at) if page and person else None

    return look


def _page_of(c: Connection, callback: Callback) -> Claimed | None:
    # The attempt's own id was in the address that we gave, which is signed.
    return outbox.by_delivery_id(c, callback.delivery_id) or outbox.by_provider_id(c, callback.sid)


def _fate(callback: Callback, page: Claimed, nth: int) -> Fate:
    """None for what is under way, and for words that Twilio may invent. ``nth`` as in _nth."""
    if page.slip.channel == VOICE:
        return call_fate.fate(callback.status, callback.answered_by, nth)
    if callback.status in ARRIVED:
        return Arrived()
    return undelivered(callback.error_code, nth) if callback.status in LOST else None


def _nth(c: Connection, page: Claimed) -> int:
    """How often it was on its way to the phone by now: a try that the provider refused was not."""
    if page.alert_id is None or page.slip.tries == 1:
        return page.slip.tries
    taken = [row for row in _attempts(c, page.alert_id, page.slip) if row.state == "sent"]
    return max(len(taken), 1)


def _is_repeated(c: Connection, alert_id: str, slip: Slip) -> bool:
    """Whether a repeat that is marked as such has left or is leaving."""
    return not slip.possible_repeat and any(
        row.slip.possible_repeat and row.state != "cancelled"
        for row in _attempts(c, alert_id, slip)
    )


def _attempts(c: Connection, alert_id: str, slip: Slip) -> list[PageRow]:
    """From the latest first one on: a phone may ring anew, which is counted anew."""
    history = page_history.history(c, alert_id)
    alike = [row for row in history if _first_try(row.slip) == _first_try(slip)]
    starts = (n for n, row in enumerate(alike) if row.slip == _first_try(slip))
    return alike[max(starts, default=0) :]


def _first_try(slip: Slip) -> Slip:
    return replace(slip, tries=1, possible_repeat=False)


def _is_the_end(c: Connection, callback: Callback, now: datetime) -> bool:
    """The first final status stands: a message does not come back from it."""
    return inbound.seen(c, PROVIDER, f"{callback.sid}:end", now)


def _prove(c: Connection, engine: Engine, page: Claimed, callback: Callback, now: datetime) -> None:
    """Twilio has the message: an attempt that nobody knew the outcome of was a success."""
    if outbox.by_provider_id(c, callback.sid):
        return
    taken = Sent(callback.sid, look_after=look_after(receipt_within(c, page)))
    if settle(c, engine, page, taken):
        after_commit(c, lambda: _tell(page, taken, now))
    if outbox.proven(c, page.delivery_id, now, taken) and page.alert_id:
        apply_in(c, engine, page.alert_id, PageSent(page.slip))


def _tell(page: Claimed, taken: Sent, now: datetime) -> None:
    with about(delivery=page.delivery_id, channel=page.slip.channel):
        tell(page, taken, now)


def receipt_within(c: Connection, page: Claimed) -> timedelta:
    """How long its receipt is waited for until another channel is used."""
    if page.alert_id is None:
        return RECEIPT_WITHIN
    return alerts.load(c, page.alert_id, for_update=False).policy.receipt_within


def _arrived(c: Connection, engine: Engine, page: Claimed, now: datetime) -> None:
    if not outbox.delivered(c, page.delivery_id, now):
        return
    sending.arrived(c, page.slip.channel)
    if page.alert_id:
        after = _since_sent(c, page.alert_id, page, now)
        apply_in(c, engine, page.alert_id, PageDelivered(page.slip, after))
        seconds = after.total_seconds() if after is not None else None
        after_commit(c, lambda: metrics.page_delivered(page.slip.channel, "delivered", seconds))
    else:
        _record(c, page, "delivered", "", now)


def _since_sent(c: Connection, alert_id: str, page: Claimed, now: datetime) -> timedelta | None:
    """None for a call: how long it rang says nothing of the way to the phone."""
    if page.slip.channel == VOICE:
        return None
    attempts = {row.delivery_id: row for row in page_history.history(c, alert_id)}
    row = attempts[page.delivery_id]
    # What this very receipt has proved was handed over at some time since it was claimed.
    proved = row.settled_at is not None and row.settled_at >= now
    taken = row.claimed_at if proved else row.settled_at
    return now - taken if taken else None


def _lost(c: Connection, engine: Engine, page: Claimed, why: SendFailed, now: datetime) -> None:
    outbox.lost(c, page.delivery_id, now, why.reason)
    sending.lost(c, page.slip.channel, why, now)
    if page.slip.notice is not Notice.TEST:
        after_commit(c, lambda: metrics.page_delivered(page.slip.channel, "failed"))
    if why.configuration:
        after_commit(c, lambda: log.error("channel_misconfigured", reason=why.reason))
    if page.alert_id:
        failed = PageFailed(
            page.slip,
            why.reason,
            why.permanent,
            why.retry_after,
            why.configuration,
            repeated=_is_repeated(c, page.alert_id, page.slip),
        )
        apply_in(c, engine, page.alert_id, failed)
    else:
        _record(c, page, "failed", why.reason, now)
        for_good = why.permanent and not why.configuration
        keep_trying(c, engine, page, Failure(for_good, retry_after=why.retry_after))


def _record(c: Connection, page: Claimed, what: str, reason: str, now: datetime) -> None:
    data: dict[str, str | int | bool | None] = {
        "person": page.slip.person_id,
        "channel": page.slip.channel,
        "reason": reason or None,
    }
    audit.append(c, "admin", [Record(entry(page.slip, what), "twilio", data)], now)

"""What could not be used waits for a person; where it is flagged, a coordinator is paged for it."""

from datetime import datetime

from sqlalchemy import Connection

from bot import metrics
from bot.domain.alert import Alert
from bot.domain.coverage import Role
from bot.domain.events import Amended, Opened, Record, SendNotice
from bot.domain.message import TOO_LARGE, RawMessage, Unusable
from bot.domain.numbers import distinct, key_of
from bot.domain.page import Notice, Slip
from bot.domain.report import KeyKind, OrderNumber, ReportKey
from bot.domain.triage import Triage
from bot.domain.wording import could_not_be_read
from bot.engine import orders
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from bot.engine.opening import free_ref, open_alert
from storage import alerts, audit, outbox, people, quarantine
from storage.alerts import AlertFacts
from storage.database import after_commit
from storage.ids import new_id


def keep(
    c: Connection,
    engine: Engine,
    raw: RawMessage,
    message_id: str,
    unusable: Unusable,
    now: datetime,
) -> None:
    """Keep it for a person; a flagged one opens an alert besides, it must not wait unseen."""
    entry = quarantine.put(c, message_id, raw, unusable, now)
    after_commit(c, lambda: metrics.quarantined(unusable.reason))
    record = Record("quarantined", data={"reason": unusable.reason, "message": message_id})
    audit.append(c, "admin", [record], now)
    if unusable.flags and not _is_test(engine, raw):
        _flagged(c, engine, raw, unusable, entry.id, now)
    elif entry.first or (entry.new and unusable.reason == TOO_LARGE):
        _tell_coordinator(c, unusable.reason, now, shadow=engine.shadow is not None)
    after_commit(c, engine.wake)


def _is_test(engine: Engine, raw: RawMessage) -> bool:
    """Said to be for training or debugging (table 0103), which pages nobody; what says something
    else there may have been misread."""
    return raw.processing_id in {"T", "D"} - engine.processing_ids


def _flagged(
    c: Connection, engine: Engine, raw: RawMessage, unusable: Unusable, entry: str, now: datetime
) -> None:
    """The order's alert, where a number could be made out, else one of its own, is reviewed by a
    coordinator. The same content sent again adds nothing."""
    content = OrderNumber(KeyKind.MESSAGE, unusable.content or raw.digest)
    numbers = (*distinct(unusable.numbers), content)
    orders.lock(c, numbers)
    if orders.has_been_seen(c, content):
        return
    own = (
        key_of(numbers) if unusable.numbers else ReportKey(raw.sender, content.kind, content.value)
    )
    order = orders.identify(c, engine, own, numbers, unusable.patient)
    alert = alerts.by_key(c, order.key) if order.may_have_alert else None
    review = could_not_be_read(unusable.reason, entry)
    if alert is None:
        _open_unread(c, engine, order.key, content.value, review, unusable)
    else:
        # Its content stands in for a finding, so that a second one is not taken for the first.
        worst = engine.policy.categories[0]
        apply_in(c, engine, alert.id, Amended(alert.report_id, worst, content.value, now, review))


def _open_unread(
    c: Connection,
    engine: Engine,
    key: ReportKey,
    content: str,
    review: str,
    unusable: Unusable,
) -> None:
    worst, now = engine.policy.categories[0], engine.clock.now()
    alert = Alert(
        id=new_id(),
        ref=free_ref(c, engine),
        key=key,
        policy=worst,
        window_opens_at=now,
        due_at=now + worst.window,
        opened_at=now,
        report_id="",
        finding_hash=content,
        review=review,
    )
    found = Triage(worst.name, "flagged-unusable", unusable.flags)
    open_alert(c, engine, alert, AlertFacts(), Opened(), found)


def _tell_coordinator(c: Connection, reason: str, now: datetime, *, shadow: bool) -> None:
    """One notice a reason, to the first coordinator who can be reached; of what is too large one a
    message, since it cannot be replayed and its sender has to hear of it."""
    for person in people.coordinators(c):
        if person.written:
            channel = person.written[0]
            slip = Slip(person.id, Role.COORDINATOR, channel, 0, notice=Notice.QUARANTINE)
            notice = SendNotice(slip, now)
            leave = outbox.write_down if shadow else outbox.put
            leave(c, None, [notice], now, version=0, data=reason)
            return

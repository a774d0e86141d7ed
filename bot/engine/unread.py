"""What could not be used waits for a person; where it is flagged, a coordinator is paged for it."""

from datetime import datetime
from itertools import chain

from sqlalchemy import Connection

from bot import metrics
from bot.domain.coverage import Role
from bot.domain.effects import Record, SendNotice
from bot.domain.message import TOO_LARGE, RawMessage, Unusable
from bot.domain.numbers import distinct, key_of
from bot.domain.page import Notice, Slip
from bot.domain.report import KeyKind, OrderNumber, Patient, Report, ReportKey, Status
from bot.domain.triage import UNREAD, Triage
from bot.domain.window import believed
from bot.domain.wording import could_not_be_read
from bot.engine import orders, versions
from bot.engine.context import Engine
from bot.engine.coordinators import coordinator_to_tell
from storage import audit, outbox, quarantine
from storage.database import after_commit


def keep(
    c: Connection,
    engine: Engine,
    raw: RawMessage,
    message_id: str,
    unusable: tuple[Unusable, ...],
    now: datetime,
    others: tuple[OrderNumber, ...] = (),
) -> None:
    """Keep it for a person; a flagged one opens an alert besides, it must not wait unseen.

    ``unusable`` is all of the message that cannot be used, ``others`` are the numbers of its other
    orders: everything is locked at once, the reasons first, then the numbers.
    """
    by_reason = sorted(unusable, key=lambda one: one.reason)
    entries = [(one, _put(c, raw, message_id, one, now)) for one in by_reason]
    numbers = chain.from_iterable(_numbers(raw, one, now) for one in unusable if one.flags)
    orders.lock(c, (*others, *numbers))
    for one, entry in entries:
        flagged = bool(one.flags) and not raw.is_test(engine.processing_ids)
        asks = flagged and _flagged(c, engine, raw, message_id, one, entry.id, now)
        told = flagged or entry.first or (entry.new and one.reason == TOO_LARGE)
        if told and not asks:
            tell_coordinator(c, one.reason, now, shadow=engine.shadow is not None)
    if unusable:
        after_commit(c, engine.wake)


def _put(
    c: Connection, raw: RawMessage, message_id: str, unusable: Unusable, now: datetime
) -> quarantine.Put:
    entry = quarantine.put(c, message_id, raw, unusable, now)
    if entry.new:
        after_commit(c, lambda: metrics.quarantined(unusable.reason))
        record = Record("quarantined", data={"reason": unusable.reason, "message": message_id})
        audit.append(c, "admin", [record], now)
    return entry


def _numbers(raw: RawMessage, unusable: Unusable, now: datetime) -> tuple[OrderNumber, ...]:
    """The order's, where they and the time could be made out, and the message itself as one."""
    known = unusable.numbers if believed(unusable.sent_at, now) else ()
    return (*distinct(known), OrderNumber(KeyKind.MESSAGE, unusable.content or raw.digest))


def _flagged(
    c: Connection,
    engine: Engine,
    raw: RawMessage,
    message_id: str,
    unusable: Unusable,
    entry: str,
    now: datetime,
) -> bool:
    """A version of the order, where its numbers and its time could be made out, else an order of
    its own: reviewed by a coordinator, until a version that was sent later can be read. The same
    content sent again adds nothing. False where such a version is there already."""
    sent_at, numbers = believed(unusable.sent_at, now), _numbers(raw, unusable, now)
    content = numbers[-1]
    if orders.has_been_seen(c, content):
        return True
    named = numbers[0] is not content
    own = key_of(numbers) if named else ReportKey(raw.sender, content.kind, content.value)
    order = orders.identify(c, engine, own, numbers, unusable.patient)
    worst, review = engine.policy.categories[0], could_not_be_read(unusable.reason, entry)
    found = Triage(worst.name, UNREAD, unusable.flags, review)
    # What it says stands in for a finding, so that a second one is not taken for the first.
    said = versions.Said(found, unusable.finding or content.value)
    report = _stand_in(raw, unusable, order.key, numbers, sent_at, now)
    return versions.add(c, engine, report, order, said, message_id, now)


def _stand_in(
    raw: RawMessage,
    unusable: Unusable,
    key: ReportKey,
    numbers: tuple[OrderNumber, ...],
    sent_at: datetime | None,
    now: datetime,
) -> Report:
    """A report of which only this is known. Half a patient corrects no patient: none is named."""
    filler = (number.value for number in numbers if number.kind is KeyKind.FILLER)
    return Report(
        key=key,
        status=Status.FINAL,
        status_at=sent_at,
        finalized_at=now,
        discovered_at=None,
        content_hash=unusable.content or raw.digest,
        exam="",
        modality="",
        text="",
        impression="",
        addenda=(),
        flags=unusable.flags,
        patient=Patient(),
        ordering=(),
        attending=(),
        copies_to=(),
        radiologist=None,
        accession="",
        filler="",
        placer="",
        processing_id=raw.processing_id,
        sender=raw.sender,
        control_id=raw.control_id,
        sent_at=sent_at,
        resource=unusable.resource,
        numbers=numbers,
        order=next(filler, "") if not unusable.resource else "",
    )


def tell_coordinator(c: Connection, reason: str, now: datetime, *, shadow: bool) -> None:
    """One notice a reason, to the first coordinator who can be reached; of what is too large one a
    message, since it cannot be replayed and its sender has to hear of it."""
    if person := coordinator_to_tell(c, Notice.QUARANTINE):
        slip = Slip(person.id, Role.COORDINATOR, person.written[0], 0, notice=Notice.QUARANTINE)
        leave = outbox.write_down if shadow else outbox.put
        leave(c, None, [SendNotice(slip, now)], now, version=0, data=reason)

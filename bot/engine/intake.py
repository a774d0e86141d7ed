"""One message, one transaction: keep it, read it, triage it, open or amend the alert.

Only when the transaction is durable does ``receive`` return, and only then may a source say yes.
"""

from datetime import datetime
from itertools import chain

from sqlalchemy import Connection

from bot import metrics
from bot.domain.effects import Record
from bot.domain.message import RawMessage, Receipt, Reports, SetAside, Unusable
from bot.domain.numbers import numbers_of
from bot.domain.report import KeyKind, OrderNumber, Report
from bot.engine import unread, versions
from bot.engine.context import Engine
from storage import audit, messages, quarantine
from storage.database import after_commit
from storage.messages import Kept


async def receive(engine: Engine, raw: RawMessage) -> Receipt:
    """Take a message in. Raises whatever kept it from being stored; then it was not received."""
    return await engine.database.write(lambda c: receive_in(c, engine, raw))


def receive_in(c: Connection, engine: Engine, raw: RawMessage) -> Receipt:
    """The same inside the caller's unit of work."""
    now = engine.clock.now()
    outcome, reason, detail = _outcome(engine, raw)
    used = outcome == "reports"  # the reason is that of what is left of it
    kept = messages.keep(c, raw, now, outcome, "" if used else reason)
    known = kept.duplicate and _WORTH[outcome] <= _WORTH[kept.outcome]
    after_commit(c, lambda: metrics.received(raw.source, "duplicate" if known else outcome))
    if kept.duplicate:
        _use_again(c, engine, raw, kept, now, outcome)
    else:
        _use(c, engine, raw, kept.id, now, outcome)
    return Receipt(
        kept.id,
        duplicate=known,
        quarantined=reason if used or outcome == "quarantined" else "",
        detail=detail,
        set_aside=reason if outcome in {"set_aside", "not_production"} else "",
    )


_WORTH = {"set_aside": 0, "not_production": 0, "quarantined": 1, "reports": 2}


def _use_again(
    c: Connection, engine: Engine, raw: RawMessage, kept: Kept, now: datetime, outcome: str
) -> None:
    """The same message again makes no difference, but for what of it could not be used then and can
    be now: the settings have changed, or the reader, and it was sent again for that. So it is with
    what was to follow and has not followed."""
    better = _WORTH[outcome] > _WORTH[kept.outcome]
    reading = raw.reading if outcome == "reports" and isinstance(raw.reading, Reports) else None
    complete = reading is not None and not reading.to_follow
    waits = complete and quarantine.waiting_for(c, kept.id) is not None
    if better or waits or (reading and complete and reading.left):
        # What stood in for it, while it could not be read, is not to stay beside it.
        content = raw.content if better and reading else ""
        _use(c, engine, raw, kept.id, now, outcome, content)
    if better:
        messages.turned(c, kept.id, outcome, "")
    if waits and reading and not reading.left:
        _out_of_quarantine(c, kept.id, now)


def _out_of_quarantine(c: Connection, message_id: str, now: datetime) -> None:
    while entry := quarantine.waiting_for(c, message_id):
        quarantine.replayed(c, entry.id, now)
        told = {"message": message_id, "entry": entry.id}
        audit.append(c, audit.ADMIN, [Record("quarantine_sent_again", data=told)], now)


def replay_in(
    c: Connection, engine: Engine, raw: RawMessage, message_id: str, content: str = ""
) -> Receipt:
    """Use a message that was kept before and is read anew, as if it came now.

    One that still cannot be used is left where it waits, and nobody is told again. By ``content``
    it finds the alert that has stood in for it.
    """
    outcome, reason, detail = _outcome(engine, raw)
    if outcome != "quarantined":
        _use(c, engine, raw, message_id, engine.clock.now(), outcome, content)
    return Receipt(
        message_id,
        quarantined=reason if outcome in {"quarantined", "reports"} else "",
        detail=detail,
        set_aside=reason if outcome in {"set_aside", "not_production"} else "",
    )


def _outcome(engine: Engine, raw: RawMessage) -> tuple[str, str, str]:
    match raw.reading:
        case Unusable(reason=reason, detail=detail):
            return "quarantined", reason, detail
        case SetAside(reason=reason):
            return "set_aside", reason, ""
        case Reports() if not raw.is_live(engine.processing_ids):
            return "not_production", "not-production", "the processing id does not page here"
        case Reports(left=(first, *_), to_follow=False):
            return "reports", first.reason, first.detail
        case Reports():
            return "reports", "", ""


def _use(
    c: Connection,
    engine: Engine,
    raw: RawMessage,
    message_id: str,
    now: datetime,
    outcome: str,
    content: str = "",
) -> None:
    match raw.reading:
        case Unusable() as unusable:
            unread.keep(c, engine, raw, message_id, (unusable,), now)
        case Reports(reports=found, left=left, to_follow=later) if outcome == "reports":
            named = [(report, numbers_of(report)) for report in found]
            if content:
                named = _with_content(named, content)
            every = tuple(chain.from_iterable(numbers for _, numbers in named))
            unread.keep(c, engine, raw, message_id, () if later else left, now, every)
            for report, numbers in named:
                versions.take(c, engine, report, numbers, message_id, now)
        case _:
            pass


Named = tuple[Report, tuple[OrderNumber, ...]]


def _with_content(named: list[Named], content: str) -> list[Named]:
    """The stand-in becomes the alert of the report that was flagged, else of the first."""
    flagged = [report.flags or any(a.flags for a in report.addenda) for report, _ in named]
    chosen = next((place for place, flag in enumerate(flagged) if flag), 0)
    report, numbers = named[chosen]
    of_content = OrderNumber(KeyKind.MESSAGE, content)
    return [*named[:chosen], (report, (*numbers, of_content)), *named[chosen + 1 :]]

"""What could not be used waits for a person; where it is flagged, a coordinator is paged for it."""

from datetime import datetime

from sqlalchemy import Connection

from bot import metrics
from bot.domain.alert import Alert
from bot.domain.coverage import Role
from bot.domain.events import Opened, Record, SendNotice
from bot.domain.message import RawMessage, Unusable
from bot.domain.page import Notice, Slip
from bot.domain.report import KeyKind, ReportKey
from bot.domain.triage import Triage
from bot.engine.context import Engine
from bot.engine.opening import free_ref, open_alert
from storage import audit, outbox, people, quarantine
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
    first = quarantine.put(c, message_id, raw, unusable, now)
    after_commit(c, lambda: metrics.quarantined(unusable.reason))
    entry = Record("quarantined", data={"reason": unusable.reason, "message": message_id})
    audit.append(c, "admin", [entry], now)
    if unusable.flags:
        _open_unread(c, engine, raw, unusable, now)
    elif first:
        _tell_coordinator(c, unusable.reason, now, shadow=engine.shadow is not None)
    after_commit(c, engine.wake)


def _open_unread(
    c: Connection, engine: Engine, raw: RawMessage, unusable: Unusable, now: datetime
) -> None:
    worst = engine.policy.categories[0]
    alert = Alert(
        id=new_id(),
        ref=free_ref(c, engine),
        key=ReportKey(raw.sender, KeyKind.MESSAGE, raw.digest),
        policy=worst,
        window_opens_at=now,
        due_at=now + worst.window,
        opened_at=now,
        report_id="",
        finding_hash="",
        review=f"flagged, but could not be read: {unusable.reason}",
    )
    found = Triage(worst.name, "flagged-unusable", unusable.flags)
    open_alert(c, engine, alert, AlertFacts(), Opened(), found)


def _tell_coordinator(c: Connection, reason: str, now: datetime, *, shadow: bool) -> None:
    """One notice a reason, to the first coordinator who can be reached."""
    for person in people.coordinators(c):
        if person.channels:
            channel = person.channels[0]
            slip = Slip(person.id, Role.COORDINATOR, channel, 0, notice=Notice.QUARANTINE)
            notice = SendNotice(slip, now)
            leave = outbox.write_down if shadow else outbox.put
            leave(c, None, [notice], now, version=0, data=reason)
            return

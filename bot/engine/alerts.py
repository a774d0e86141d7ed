"""The one door through which an alert changes: load, advance, save with outbox and audit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from bot import metrics
from bot.domain.alert import Alert, advance
from bot.domain.effects import Effect, Record, SendNotice, SendPage
from bot.domain.events import (
    Acknowledged,
    Amended,
    CallRecorded,
    Event,
    NotAllowed,
    Reassigned,
    Reopened,
)
from bot.engine import drills
from bot.engine.compose import person_of
from bot.engine.context import LONGEST_SLEEP, Engine
from storage import alerts, audit, outbox
from storage.database import after_commit, before_commit


async def apply(engine: Engine, alert_id: str, event: Event) -> Alert:
    """Apply one event in one transaction and return the alert as it is then.

    Raises NotAllowed once the refusal stands in the audit trail.
    """
    outcome = await engine.database.write(lambda c: _apply_or_refuse(c, engine, alert_id, event))
    if isinstance(outcome, NotAllowed):
        raise outcome
    return outcome


def apply_in(connection: Connection, engine: Engine, alert_id: str, event: Event) -> Alert:
    """The same inside the caller's unit of work. Raises NotAllowed before anything is written."""
    if isinstance(event, Amended):  # a new cycle is one of the mode that the site runs in now
        event = replace(event, shadow=engine.shadow is not None)
    now = engine.clock.now()
    if isinstance(event, Acknowledged):
        event = drills.marked(connection, event, now)
    before = _with_actor(connection, alerts.load(connection, alert_id), event)
    after, effects = advance(before, event, now)
    keep(connection, engine, before, after, effects, now)
    if isinstance(event, Acknowledged):
        drills.proved(connection, event, now)
    return after


def keep(
    connection: Connection,
    engine: Engine,
    before: Alert,
    after: Alert,
    effects: Sequence[Effect],
    now: datetime,
) -> None:
    """Write the new state with its outbox rows and audit entries, and wake the loops afterwards."""
    if after != before:
        alerts.save(connection, after, before, now)
    pages = [effect for effect in effects if not isinstance(effect, Record)]
    if pages:
        severity = after.policy.severity
        if after.shadow or (engine.shadow and _concerns_nobody(after)):
            outbox.write_down(connection, after.id, pages, now, version=after.version)
        else:
            outbox.put(connection, after.id, pages, now, version=after.version, severity=severity)
    records = [effect for effect in effects if isinstance(effect, Record)]
    audit.append(connection, after.id, records, now)
    after_commit(connection, lambda: _count(after, records))
    times = [page.not_before for page in pages if isinstance(page, SendPage | SendNotice)]
    if engine.leave and any(at <= now for at in times):
        before_commit(connection, engine.leave)
        times = [at for at in times if at > now]
    if after.next_action_at and after.next_action_at != before.next_action_at:
        times.append(after.next_action_at)
    if any(_would_be_slept_over(engine, at) for at in times):
        after_commit(connection, engine.wake)


def _concerns_nobody(alert: Alert) -> bool:
    """It had ended before anybody was paged: nobody acts on what it says."""
    return not alert.is_open and not alert.paged


def _would_be_slept_over(engine: Engine, at: datetime) -> bool:
    """The loops look again by themselves that often: most of what is planned can wait for it."""
    return engine.clock.seconds_until(at, LONGEST_SLEEP) < LONGEST_SLEEP


def _count(alert: Alert, records: Sequence[Record]) -> None:
    for record in records:
        metrics.transition(record.what, alert.category, record.data)


async def refuse(engine: Engine, alert_id: str, actor: str, reason: str) -> None:
    """Record that somebody tried what they may not even ask for."""
    await engine.database.write(lambda c: _refuse_in(c, engine, alert_id, actor, reason))


def _refuse_in(c: Connection, engine: Engine, alert_id: str, actor: str, reason: str) -> None:
    record = Record("refused", actor, {"reason": reason})
    audit.append(c, alert_id, [record], engine.clock.now())


def _apply_or_refuse(
    connection: Connection, engine: Engine, alert_id: str, event: Event
) -> Alert | NotAllowed:
    try:
        return apply_in(connection, engine, alert_id, event)
    except NotAllowed as refusal:
        record_refusal(connection, engine, alert_id, event, refusal)
        return refusal


def record_refusal(
    connection: Connection, engine: Engine, alert_id: str, event: Event, refusal: NotAllowed
) -> None:
    """Put a refused event into the alert's audit chain, for callers of apply_in."""
    actor = getattr(event, "person_id", getattr(event, "by", "readback"))
    data = {"event": type(event).__name__, "reason": refusal.reason}
    audit.append(connection, alert_id, [Record("refused", actor, data)], engine.clock.now())


def _with_actor(connection: Connection, alert: Alert, event: Event) -> Alert:
    """Make sure that the roster knows whoever acts: rights depend on the person's roles."""
    match event:
        case Acknowledged(person_id=who) | CallRecorded(by=who) | Reopened(by=who):
            ids = [who]
        case Reassigned(by=by, to=to):
            ids = [by, to]
        case _:
            return alert
    unknown = [i for i in ids if alert.roster.person(i) is None]
    if not unknown:
        return alert
    joined = (*alert.roster.others, *(person_of(connection, i) for i in unknown))
    return replace(alert, roster=replace(alert.roster, others=joined))

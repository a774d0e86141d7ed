"""Before it is final: the reading radiologist is asked, and the record says that it was flagged.

The notice belongs to no alert. What it carries is the id of the report version that asked, which
says nothing to anybody: in which words it is told is read from the report when it leaves.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.before_final import (
    asks_radiologist,
    in_words,
    minutes_before_final,
    of_same_order,
)
from bot.domain.coverage import SLACK, Person, Role
from bot.domain.effects import Record, SendNotice
from bot.domain.ordering import Version
from bot.domain.page import Notice, Page, Slip
from bot.domain.report import Report, ReportKey, Status
from bot.domain.triage import triage
from bot.engine.context import Engine
from storage import alerts, audit, outbox, people, reports
from storage.database import after_commit


def follow(
    c: Connection,
    engine: Engine,
    report: Report,
    report_id: str,
    versions: Sequence[Version],
    now: datetime,
) -> None:
    """Ask once while it holds; what waits to be said and holds no more is never said. ``report``
    is the version just received, ``versions`` are all of its order."""
    if not _was_preliminary(versions):
        return
    own = of_same_order(report_id, versions)
    before = [[version for version in some if version.report_id != report_id] for some in own]
    asked, asks = (any(asks_radiologist(o, engine.policy) for o in some) for some in (before, own))
    if asks and not asked:
        _ask(c, engine, report, report_id, now)
    elif asked and not asks:
        about = {version.report_id for some in before for version in some}
        over = [one for one in about if not _asks(one, versions, engine)]
        outbox.cancel_about(c, Notice.BEFORE_FINAL, over, now)


def record(
    c: Connection, key: ReportKey, report_id: str, versions: Sequence[Version], now: datetime
) -> None:
    """Once for each order, on the alert: for how long the flag was there before it was final."""
    if not _was_preliminary(versions):
        return
    told = (_minutes(own, report_id) for own in of_same_order(report_id, versions))
    minutes = next((found for found in told if found is not None), None)
    alert = alerts.by_key(c, key) if minutes is not None else None
    if alert:
        entry = Record("flagged_before_final", data={"minutes": minutes})
        audit.append(c, alert.id, [entry], now)


def _was_preliminary(versions: Sequence[Version]) -> bool:
    """Most reports never are: they are spared the rest."""
    return any(version.status is Status.PRELIMINARY for version in versions)


def _minutes(own: Sequence[Version], report_id: str) -> int | None:
    """None where that was known without this version."""
    known = minutes_before_final(version for version in own if version.report_id != report_id)
    return minutes_before_final(own) if known is None else None


def still_asks(c: Connection, engine: Engine, report_id: str) -> bool:
    """Whether what this version asked for holds by now."""
    key = reports.load(c, report_id).key
    return _asks(report_id, reports.versions(c, key), engine)


def _asks(report_id: str, versions: Sequence[Version], engine: Engine) -> bool:
    own = of_same_order(report_id, versions)
    return any(asks_radiologist(some, engine.policy) for some in own)


def another(c: Connection, slip: Slip) -> Slip | None:
    """The same to the first coordinator, where the radiologist cannot be reached after all."""
    person = _coordinator(c) if slip.role is Role.READING_RADIOLOGIST else None
    return _slip(person, Role.COORDINATOR) if person else None


def worded(c: Connection, engine: Engine, page: Page, report_id: str) -> Page:
    """The notice with what it says, as its person tells the time."""
    report = reports.load(c, report_id)
    category = triage(report, engine.policy).category or ""
    reason = in_words(report, category, page.person.timezone, page.now)
    return replace(page, reason=reason, sender=report.sender)


def _ask(c: Connection, engine: Engine, report: Report, report_id: str, now: datetime) -> None:
    person, role = _radiologist(c, report), Role.READING_RADIOLOGIST
    if person is None:
        person, role = _coordinator(c), Role.COORDINATOR
    told = {"about": report_id, "person": person.id if person else None, "role": role.value}
    audit.append(c, audit.ADMIN, [Record("asked_before_final", data=told)], now)
    if person:
        leave = outbox.write_down if engine.shadow else outbox.put
        notice = SendNotice(_slip(person, role), now)
        leave(c, None, [notice], now, version=0, data=report_id)
        after_commit(c, engine.wake)


def _slip(person: Person, role: Role) -> Slip:
    channel = SLACK if SLACK in person.channels else person.written[0]
    return Slip(person.id, role, channel, 0, notice=Notice.BEFORE_FINAL)


def _radiologist(c: Connection, report: Report) -> Person | None:
    """Who read it, by identifier, and only where some channel reaches them. A machine is nobody."""
    if report.radiologist is None or report.machine:
        return None
    person = people.by_identifiers(c, report.radiologist.identifiers)
    return person if person and person.written else None


def _coordinator(c: Connection) -> Person | None:
    return next((person for person in people.coordinators(c) if person.written), None)

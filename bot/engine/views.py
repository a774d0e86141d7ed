"""What people may see of an alert. Reading a finding is itself an entry in the audit trail."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.alert import ADMINISTERS, UNDO_WITHIN, Alert, State
from bot.domain.coverage import Person
from bot.domain.effects import Record
from bot.engine.compose import documented_call, name_of, person_of, was_called
from bot.engine.compose import finding as finding_of
from bot.engine.context import Engine
from bot.engine.holding import study_of, whole
from storage import alerts, audit, reports
from storage.audit import Entry


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert as one person may see it. ``finding``, ``called`` (what documents a call) and
    ``study_uid`` hold PHI; they are filled for entitled people who may be shown the finding.

    ``entitled``: was paged and may answer, or is coordinator or radiologist.
    ``already_called``: the documented call was to this very person. ``preliminary``: what holds is
    not final yet.
    """

    alert: Alert
    exam: str
    accession: str
    owner_name: str
    acknowledged_by: str
    person: Person
    entitled: bool
    administers: bool
    can_decline: bool
    can_undo: bool
    finding: str = ""
    called: str = ""
    study_uid: str = ""
    already_called: bool = False
    preliminary: bool = False


async def for_person(engine: Engine, alert_id: str, person_id: str, *, finding: bool) -> AlertView:
    """The alert for this person's eyes; with ``finding`` entitled people get its text, recorded."""
    return await engine.database.write(
        lambda c: _view(c, engine, alert_id, person_id, wants_finding=finding)
    )


async def by_ref(engine: Engine, ref: str) -> str | None:
    """The id of the alert with this reference, in any case."""
    alert = await engine.database.read(lambda c: alerts.by_ref(c, ref.strip().upper()))
    return alert.id if alert else None


async def timeline(engine: Engine, alert_id: str) -> list[Entry]:
    """The alert's audit chain from its beginning."""
    return await engine.database.read(lambda c: audit.chain(c, alert_id))


def _view(
    c: Connection, engine: Engine, alert_id: str, person_id: str, *, wants_finding: bool
) -> AlertView:
    alert = alerts.load(c, alert_id)
    facts = alerts.facts(c, alert_id)
    person = person_of(c, person_id)
    administers = bool(ADMINISTERS & set(person.roles))
    entitled = _entitled(alert, person_id, administers=administers)
    shown = finding_of(c, alert) if wants_finding and entitled else ""
    report = whole(c, alert.report_id) if shown else None
    now = engine.clock.now()
    if shown:
        record = Record("finding_shown", person_id, {"version": alert.version})
        audit.append(c, alert_id, [record], now)
    return AlertView(
        alert=alert,
        exam=facts.exam,
        accession=facts.accession,
        owner_name=name_of(alert, alert.owner),
        acknowledged_by=_acknowledged_by(alert),
        person=person,
        entitled=entitled,
        administers=administers,
        can_decline=alert.state is State.OPEN and alert.owner == person_id,
        can_undo=_can_undo(alert, person_id, now),
        finding=shown,
        called=documented_call(c, alert) if shown else "",
        study_uid=study_of(c, report, alert.report_id) if report else "",
        already_called=was_called(c, alert, person),
        preliminary=reports.is_preliminary(c, alert.report_id),
    )


def _entitled(alert: Alert, person_id: str, *, administers: bool) -> bool:
    return administers or alert.may_answer(person_id)


def _acknowledged_by(alert: Alert) -> str:
    return name_of(alert, alert.acknowledgment.by) if alert.acknowledgment else ""


def _can_undo(alert: Alert, person_id: str, now: datetime) -> bool:
    given = alert.acknowledgment
    mine = given is not None and person_id in {given.by, given.recorded_by}
    return mine and given is not None and now - given.at <= UNDO_WITHIN

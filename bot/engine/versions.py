"""One more version of a report: kept once, and the alert follows what all of them amount to."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from bot.domain import triage as rules
from bot.domain.alert import Alert
from bot.domain.coverage import Person
from bot.domain.events import Amended, Event, Opened
from bot.domain.report import Provider, Report, Settled, Status, settle
from bot.domain.settling import event_for, governing
from bot.domain.window import opens_at, reopens_at
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from bot.engine.opening import free_ref, open_alert
from storage import alerts, people, reports
from storage.alerts import AlertFacts
from storage.ids import new_id


def take(c: Connection, engine: Engine, report: Report, message_id: str, now: datetime) -> None:
    """Add one version; the alert follows what all versions together amount to."""
    alerts.lock_key(c, report.key)
    found = rules.triage(report, engine.policy)
    finding = rules.finding_hash(report, engine.policy)
    report_id = reports.add(c, report, message_id, found, finding, now)
    if report_id is None or report.status is Status.PRELIMINARY:
        return
    versions = reports.versions(c, report.key)
    before = settle(version for version in versions if version.report_id != report_id)
    after = settle(versions)
    if after:
        _follow(c, engine, report, before, after, found)


def _follow(
    c: Connection,
    engine: Engine,
    report: Report,
    before: Settled | None,
    after: Settled,
    found: rules.Triage,
) -> None:
    now = engine.clock.now()
    opens, note = opens_at(report, now)
    # Only a final version opens an alert: where none came before, there is none to look for.
    alert = alerts.by_key(c, report.key) if before else None
    again = opens if alert is None else reopens_at(report, now)
    event = event_for(alert, before, after, engine.policy, again)
    if alert is None and isinstance(event, Opened):
        start = _alert(c, engine, report, after, opens, note)
        open_alert(c, engine, start, _facts(c, report), event, found)
    elif alert is not None and event is not None:
        apply_in(c, engine, alert.id, _in_mode(engine, event))


def _in_mode(engine: Engine, event: Event) -> Event:
    """A new cycle is one of the mode that the site runs in now."""
    shadow = engine.shadow is not None
    return replace(event, shadow=shadow) if isinstance(event, Amended) else event


def _alert(
    c: Connection,
    engine: Engine,
    report: Report,
    settled: Settled,
    opens: datetime,
    note: str,
) -> Alert:
    """The alert as it stands before its Opened event. Its owner is whoever the ladder finds."""
    policy = governing(engine.policy, settled.flagged_category)
    return Alert(
        id=new_id(),
        ref=free_ref(c, engine),
        key=report.key,
        policy=policy,
        window_opens_at=opens,
        due_at=opens + policy.window,
        opened_at=engine.clock.now(),
        report_id=settled.newest.report_id,
        finding_hash=settled.finding_hash,
        review=settled.review,
        note=note,
    )


def _facts(c: Connection, report: Report) -> AlertFacts:
    ordering = _first_known(c, report.ordering)
    radiologist = _first_known(c, (report.radiologist,) if report.radiologist else ())
    return AlertFacts(
        exam=report.exam,
        modality=report.modality,
        accession=report.accession,
        ordering_person=ordering.id if ordering else None,
        radiologist_person=radiologist.id if radiologist else None,
    )


def _first_known(c: Connection, providers: tuple[Provider, ...]) -> Person | None:
    """The first who can be resolved by identifier; a name resolves nobody."""
    found = (people.by_identifiers(c, provider.identifiers) for provider in providers)
    return next((person for person in found if person), None)

"""One message, one transaction: keep it, read it, triage it, open or amend the alert.

Only when the transaction is durable does ``receive`` return, and only then may a source say yes.
"""

from datetime import datetime

from sqlalchemy import Connection

from bot import metrics
from bot.domain import triage as rules
from bot.domain.alert import Alert, advance
from bot.domain.coverage import Person, Role
from bot.domain.events import Opened, Record, SendNotice
from bot.domain.message import RawMessage, Receipt, Reports, SetAside, Unusable
from bot.domain.page import Notice, Slip
from bot.domain.refs import ref_from
from bot.domain.report import KeyKind, Provider, Report, ReportKey, Settled, Status, settle
from bot.domain.settling import event_for, governing
from bot.domain.window import opens_at, reopens_at
from bot.engine.alerts import apply_in, keep
from bot.engine.context import Engine
from storage import alerts, audit, messages, outbox, people, quarantine, reports
from storage.alerts import AlertFacts
from storage.database import after_commit
from storage.ids import new_id


async def receive(engine: Engine, raw: RawMessage) -> Receipt:
    """Take a message in. Raises whatever kept it from being stored; then it was not received."""
    return await engine.database.write(lambda c: receive_in(c, engine, raw))


def receive_in(c: Connection, engine: Engine, raw: RawMessage) -> Receipt:
    """The same inside the caller's unit of work."""
    now = engine.clock.now()
    outcome, reason, detail = _outcome(engine, raw)
    kept = messages.keep(c, raw, now, outcome, reason)
    after_commit(
        c, lambda: metrics.received(raw.source, "duplicate" if kept.duplicate else outcome)
    )
    if not kept.duplicate:
        _use(c, engine, raw, kept.id, now, outcome)
    return Receipt(
        kept.id,
        duplicate=kept.duplicate,
        quarantined=reason if outcome == "quarantined" else "",
        detail=detail,
        set_aside=reason if outcome in {"set_aside", "not_production"} else "",
    )


def replay_in(c: Connection, engine: Engine, raw: RawMessage, message_id: str) -> Receipt:
    """Use a message that was kept before and is read anew, as if it came now.

    One that still cannot be used is left where it waits, and nobody is told again.
    """
    outcome, reason, detail = _outcome(engine, raw)
    quarantined = outcome == "quarantined"
    if not quarantined:
        _use(c, engine, raw, message_id, engine.clock.now(), outcome)
    return Receipt(
        message_id,
        quarantined=reason if quarantined else "",
        detail=detail,
        set_aside=reason if outcome in {"set_aside", "not_production"} else "",
    )


def _outcome(engine: Engine, raw: RawMessage) -> tuple[str, str, str]:
    match raw.reading:
        case Unusable(reason=reason, detail=detail):
            return "quarantined", reason, detail
        case SetAside(reason=reason):
            return "set_aside", reason, ""
        case Reports() if not _is_live(engine, raw):
            return "not_production", "not-production", "the processing id does not page here"
        case Reports():
            return "reports", "", ""


def _is_live(engine: Engine, raw: RawMessage) -> bool:
    """Feeds that leave MSH-11 out exist; taken for tests, their critical results would be lost."""
    return not raw.processing_id or raw.processing_id in engine.processing_ids


def _use(
    c: Connection, engine: Engine, raw: RawMessage, message_id: str, now: datetime, outcome: str
) -> None:
    match raw.reading:
        case Unusable() as unusable:
            _quarantine(c, engine, raw, message_id, unusable, now)
        case Reports(reports=found) if outcome == "reports":
            for report in found:
                _take(c, engine, report, message_id, now)
        case _:
            pass


# ---- reports --------------------------------------------------------------------------------


def _take(c: Connection, engine: Engine, report: Report, message_id: str, now: datetime) -> None:
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
        _open(c, engine, start, _facts(c, report), event, found)
    elif alert is not None and event is not None:
        apply_in(c, engine, alert.id, event)


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
        ref=_free_ref(c, engine),
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


def _open(
    c: Connection,
    engine: Engine,
    start: Alert,
    facts: AlertFacts,
    event: Opened,
    found: rules.Triage,
) -> None:
    now = engine.clock.now()
    alert = alerts.with_roster(c, start, facts)
    after, effects = advance(alert, event, now)
    alerts.insert(c, after, facts)
    known = Record("triaged", data={"rule": found.rule, "note": start.note or None})
    keep(c, engine, after, after, [known, *effects], now)


def _first_known(c: Connection, providers: tuple[Provider, ...]) -> Person | None:
    """The first who can be resolved by identifier; a name resolves nobody."""
    found = (people.by_identifiers(c, provider.identifiers) for provider in providers)
    return next((person for person in found if person), None)


def _free_ref(c: Connection, engine: Engine) -> str:
    draws = ((engine.random.getrandbits(40), length) for length in (4, 4, 4, 5, 5, 6, 6, 7, 8))
    return alerts.free_ref(c, (ref_from(number, length) for number, length in draws))


# ---- quarantine -----------------------------------------------------------------------------


def _quarantine(
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
        _tell_coordinator(c, unusable.reason, now)
    after_commit(c, engine.wake)


def _open_unread(
    c: Connection, engine: Engine, raw: RawMessage, unusable: Unusable, now: datetime
) -> None:
    worst = engine.policy.categories[0]
    alert = Alert(
        id=new_id(),
        ref=_free_ref(c, engine),
        key=ReportKey(raw.sender, KeyKind.MESSAGE, raw.digest),
        policy=worst,
        window_opens_at=now,
        due_at=now + worst.window,
        opened_at=now,
        report_id="",
        finding_hash="",
        review=f"flagged, but could not be read: {unusable.reason}",
    )
    found = rules.Triage(worst.name, "flagged-unusable", unusable.flags)
    _open(c, engine, alert, AlertFacts(), Opened(), found)


def _tell_coordinator(c: Connection, reason: str, now: datetime) -> None:
    """One notice a reason, to the first coordinator who can be reached."""
    for person in people.coordinators(c):
        if person.channels:
            channel = person.channels[0]
            slip = Slip(person.id, Role.COORDINATOR, channel, 0, notice=Notice.QUARANTINE)
            outbox.put(c, None, [SendNotice(slip, now)], now, version=0, data=reason)
            return

"""One more version of a report: kept once, and the alert follows what all of them amount to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from bot.domain import identity
from bot.domain import triage as rules
from bot.domain.alert import Alert
from bot.domain.before_final import of_same_order
from bot.domain.events import Amended, Correction, Opened
from bot.domain.fold import counted, of_its_order, settle
from bot.domain.ordering import Version
from bot.domain.policy import Policy
from bot.domain.report import KeyKind, OrderNumber, Report, Status
from bot.domain.settled import Settled
from bot.domain.settling import event_for, governing, older_than_what_holds
from bot.domain.window import opens_at, reopens_at
from bot.domain.wording import DOCUMENT_UNREAD
from bot.engine import before_final, copies, orders
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from bot.engine.holding import Held, Load, held, loading
from bot.engine.opening import free_ref, open_alert
from storage import alerts, people, reports
from storage.ids import new_id


def take(
    c: Connection,
    engine: Engine,
    report: Report,
    numbers: Sequence[OrderNumber],
    message_id: str,
    now: datetime,
) -> None:
    """Add one version; the alert follows what all versions together amount to.

    ``numbers`` are those by which its order is looked for; they are locked already.
    """
    found = rules.triage(report, engine.policy)
    order = orders.identify(
        c,
        engine,
        report.key,
        numbers,
        report.patient,
        report,
        lambda known: copies.of(c, report, known, found.category),
    )
    if order.copied:
        own = copies.of_its_own(c, report, order.key)
        order = replace(order, copied=(*order.copied, *own))
        report = copies.under_all(c, report, order.copied)
    finding = rules.finding_hash(report, engine.policy)
    content = {number.value for number in numbers if number.kind is KeyKind.MESSAGE}
    add(c, engine, report, order, Said(found, finding, frozenset(content)), message_id, now)


@dataclass(frozen=True, slots=True)
class Said:
    """What a version says. ``content`` are digests of messages that nobody could read and that it
    is the reading of: what stood in for them says nothing any more."""

    found: rules.Triage
    finding: str
    content: frozenset[str] = frozenset()


def add(
    c: Connection,
    engine: Engine,
    report: Report,
    order: orders.Found,
    said: Said,
    message_id: str,
    now: datetime,
) -> bool:
    """Add the version to the order. Whether it holds now: what it says is asked for."""
    report = report if order.key == report.key else replace(report, key=order.key)
    version = reports.add(c, report, message_id, said.found, said.finding, now)
    if version is None:
        _said_again(c, engine, report)
        return True
    # Most reports are the first of their order: they are spared the look for others.
    versions = [version] if order.is_new else reports.versions(c, report.key)
    # The alert has heard of no version that another order has brought along, nor that one is the
    # report of this order, too.
    fresh, was = {version.report_id, *order.moved}, {one.report_id: one for one in order.copied}
    earlier = [was.get(o.report_id, o) for o in versions if o.report_id not in fresh]
    versions = _without_unread(c, versions, said.content)
    before, after = settle(earlier, engine.policy), settle(versions, engine.policy)
    before_final.follow(c, engine, report, version.report_id, versions, now)
    if after and (version.counts or order.moved or order.copied):
        news = _News(report, version.report_id, earlier, versions, before, after, said.found)
        _follow(c, engine, news, version, order)
    before_final.record(c, report.key, version.report_id, versions, now)
    return after is not None and version.report_id in {after.newest.report_id, *after.beside}


def _without_unread(
    c: Connection, versions: list[Version], content: frozenset[str]
) -> list[Version]:
    read = {one.report_id for one in versions if one.unread and one.content_hash in content}
    if read:
        reports.put_away(c, read)
    return [one for one in versions if one.report_id not in read]


def _follow(
    c: Connection, engine: Engine, news: "_News", version: Version, order: orders.Found
) -> None:
    # Most reports are routine and have no alert: they are spared the look for one.
    alert = alerts.by_key(c, order.key) if order.may_have_alert else None
    if not version.counts:
        _open_or_amend(c, engine, news, alert)
        return
    before_it, newest = _newest(version, news.versions, engine.policy)
    holds = newest.report_id == version.report_id
    stood = holds and _stood_still(version, before_it, news.versions)
    dated = _as_sent(news.report, version) if stood else news.report
    _open_or_amend(c, engine, replace(news, report=dated), alert)
    known = {one.content_hash for one in news.versions if one != version}
    if version.content_hash not in known and not version.unread:
        _note_older(c, engine, news, version, newest)


def _newest(
    version: Version, versions: Sequence[Version], policy: Policy
) -> tuple[Version | None, Version]:
    """Of the same order, without this version and with it."""
    own = of_its_order(version, versions)
    before = counted([one for one in own if one != version], policy)
    return before[-1] if before else None, counted(own, policy)[-1]


def _stood_still(version: Version, before: Version | None, versions: Sequence[Version]) -> bool:
    """Whether its status time tells when an older version was reached: the one that held before it,
    or a preliminary one."""
    if version.timeless:
        return False
    if before is not None and version.status_at <= before.status_at:
        return True
    if all(one.status is not Status.PRELIMINARY for one in versions):
        return False  # most reports never are: they are spared the rest
    return any(
        one.status is Status.PRELIMINARY < version.status
        and one.sent_at < version.sent_at
        and version.status_at <= one.status_at
        for own in of_same_order(version.report_id, versions)
        for one in own
    )


def _as_sent(report: Report, version: Version) -> Report:
    """It counts from when it was sent: else it would look as late as it is after the older one."""
    finalized = report.finalized_at and version.sent_at
    return replace(report, status_at=version.sent_at, finalized_at=finalized)


def _said_again(c: Connection, engine: Engine, report: Report) -> None:
    """Known content without a time of sending may be a copy, or a result that is issued again:
    nothing in it tells, so a coordinator hears of it where it says more than what holds."""
    if report.sent_at:
        return
    versions = reports.versions(c, report.key)
    same = (one for one in versions if one.counts and one.content_hash == report.content_hash)
    version, after = next(same, None), settle(versions, engine.policy)
    alert = alerts.by_key(c, report.key) if version and after else None
    if version and after and alert:
        _, newest = _newest(version, versions, engine.policy)
        event = older_than_what_holds(version, newest, after, engine.policy)
        if event:
            apply_in(c, engine, alert.id, replace(event, doubtful=True))


def _note_older(
    c: Connection, engine: Engine, news: "_News", version: Version, newest: Version
) -> None:
    event = older_than_what_holds(version, newest, news.after, engine.policy)
    alert = alerts.by_key(c, news.report.key) if event else None
    if event and alert:
        apply_in(c, engine, alert.id, event)


@dataclass(frozen=True, slots=True)
class _News:
    """The version received, among all of its order: what they amount to without it and with it.
    ``earlier`` are those that the alert has heard of."""

    report: Report
    report_id: str
    earlier: Sequence[Version]
    versions: Sequence[Version]
    before: Settled | None
    after: Settled
    found: rules.Triage

    def loading(self, c: Connection) -> Load:
        """For reading what the versions say: the one received is at hand."""
        return loading(c, self.report, self.report_id)

    def held(self, c: Connection, policy: Policy) -> tuple[Held, Held]:
        """What the versions say of the order, without the one received and with it."""
        load = self.loading(c)
        return held(c, self.earlier, policy, load), held(c, self.versions, policy, load)


def _open_or_amend(c: Connection, engine: Engine, news: _News, alert: Alert | None) -> None:
    if alert is None:
        _open(c, engine, news)
    else:
        _amend(c, engine, news, alert)


def _open(c: Connection, engine: Engine, news: _News) -> None:
    opens, note = opens_at(news.report, engine.clock.now(), engine.clock.ahead)
    event = event_for(None, news.before, news.after, engine.policy, opens)
    if isinstance(event, Opened):
        notes = filter(None, (note, DOCUMENT_UNREAD if news.report.unread else ""))
        # Who is paged once it is issued again reads nothing of the version that took it back.
        start = _alert(c, engine, news, opens, "" if event.ended else "; ".join(notes))
        facts = held(c, news.versions, engine.policy, news.loading(c)).facts
        open_alert(c, engine, start, facts, event, news.found)


def _amend(c: Connection, engine: Engine, news: _News, alert: Alert) -> None:
    was, now = news.held(c, engine.policy)
    correction = _correction(c, alert, was, now)
    again = reopens_at(news.report, engine.clock.now(), engine.clock.ahead)
    event = event_for(alert, news.before, news.after, engine.policy, again, correction)
    if isinstance(event, Amended):
        alone = len(news.versions) == len(news.earlier) + 1
        event = replace(event, by_machine=news.report.machine and alone)
    if event is not None:
        apply_in(c, engine, alert.id, event)
    alerts.correct(c, alert.id, now.facts)


def _correction(c: Connection, alert: Alert, was: Held, now: Held) -> Correction | None:
    """A provider whom only the directory resolves in another way now is followed while the alert
    is open; what has ended is not reopened for it."""
    known = alerts.facts(c, alert.id)
    people_of = (now.facts.ordering_person, now.facts.radiologist_person)
    named = was.facts.ordering_person != now.facts.ordering_person
    moved = known.ordering_person != now.facts.ordering_person
    another_patient = identity.another_patient(was.patient, now.patient)
    if (known.ordering_person, known.radiologist_person) == people_of and not another_patient:
        return None
    roster = people.roster(c, *people_of, alert.paged)
    return Correction(roster, moved and (named or alert.is_open), another_patient)


def _alert(c: Connection, engine: Engine, news: _News, opens: datetime, note: str) -> Alert:
    """The alert as it stands before its Opened event. Its owner is whoever the ladder finds."""
    settled = news.after
    policy = governing(engine.policy, settled.flagged_category)
    return Alert(
        id=new_id(),
        ref=free_ref(c, engine),
        key=news.report.key,
        policy=policy,
        window_opens_at=opens,
        due_at=opens + policy.window,
        opened_at=engine.clock.now(),
        report_id=settled.newest.report_id,
        finding_hash=settled.finding_hash,
        review=settled.review,
        note=note,
        beside=settled.beside,
    )

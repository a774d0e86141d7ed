"""From a claimed attempt to the page that a sender can word without a database."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain import called, outage
from bot.domain.alert import Alert
from bot.domain.coverage import SLACK, SMS, Person, Role
from bot.domain.ladder import CALL
from bot.domain.page import OF_OUTAGES, Callee, Notice, Page
from bot.domain.paging import waits_for_retry
from bot.domain.rungs import is_last
from bot.domain.window import off_the_wall
from bot.domain.wording import DOCUMENT_UNREAD
from bot.engine import before_final, drills
from bot.engine.context import Engine
from bot.engine.holding import whole
from storage import alerts, codes, outbox, page_history, people, reports
from storage.outbox import Claimed

VALID_AT_LEAST = timedelta(minutes=1)


def compose(c: Connection, engine: Engine, claimed: Claimed, *, with_finding: bool = False) -> Page:
    """The page with everything in it, as things stand at this moment.

    The finding only ``with_finding``, and only for who may answer.
    """
    person = person_of(c, claimed.slip.person_id)
    if not claimed.alert_id:
        page = Page(
            claimed.delivery_id, claimed.slip, person, engine.clock.now(), reason=claimed.data
        )
        if claimed.slip.notice is Notice.BEFORE_FINAL:
            return before_final.worded(c, engine, page, claimed.data)
        if claimed.slip.notice is Notice.TEST:
            return drills.worded(c, page)
        if claimed.slip.notice in OF_OUTAGES:
            return outage.worded(page)
        return page
    alert = alerts.load(c, claimed.alert_id, for_update=False)
    page = _as_shown(_page(c, engine, claimed, alert, person), engine.clock.ahead)
    shown = with_finding and alert.may_answer(person.id)
    return replace(page, finding=finding(c, alert)) if shown else page


def _page(c: Connection, engine: Engine, claimed: Claimed, alert: Alert, person: Person) -> Page:
    now, slip = engine.clock.now(), claimed.slip
    facts = alerts.facts(c, alert.id)
    given = alert.acknowledgment
    handed = alert.handed_over_by(person.id)
    asks = slip.channel == SMS and slip.notice is None
    changed, again = _told_before(c, alert, person)
    return Page(
        delivery_id=claimed.delivery_id,
        slip=slip,
        person=person,
        now=now,
        alert_id=alert.id,
        ref=alert.ref,
        category=alert.category,
        exam=facts.exam,
        state=alert.state.value,
        due_at=alert.due_at,
        valid_until=_valid_until(alert, engine),
        receipt_within=alert.policy.receipt_within,
        version=alert.version,
        code=codes.code_for(c, alert, person, now, engine.random) if asks else "",
        owner_name=name_of(alert, alert.owner),
        owner_id=alert.owner,
        last=is_last(alert),
        handed_to=name_of(alert, handed.to) if handed else "",
        handed_at=handed.at if handed else None,
        unreached=waits_for_retry(alert),
        no_access=person.id in alert.no_access,
        not_theirs=person.id in alert.not_theirs,
        callees=_callees(alert, person) if slip.notice is Notice.PLEASE_PHONE else (),
        ended_by=name_of(alert, given.by) if given else "",
        ended_by_id=given.by if given else "",
        ended_at=given.at if given else alert.withdrawn_at,
        read_back=given.read_back.value if given else "",
        expired_at=alert.expired_at,
        review=alert.review,
        joined=alert.joined,
        note=alert.note,
        late_by=alert.late_by,
        posted=outbox.posted(c, alert.id, person.id) if slip.channel == SLACK else (),
        preliminary=reports.is_preliminary(c, alert.report_id),
        changed=changed,
        again=again,
        stale=alert.stale,
        said=_said(c, claimed),
        provider_unknown=alert.provider_unknown,
        already_called=slip.channel == SLACK and was_called(c, alert, person),
    )


def _told_before(c: Connection, alert: Alert, person: Person) -> tuple[bool, bool]:
    """Whether they were paged for a version that an acknowledgment covers no more, or before this
    was opened again: without a word of that the newer page reads like a repeat of what they have
    answered already."""
    if alert.review or (alert.material_version == 1 and alert.cycle == 1):
        return False, False
    pages = [
        row
        for row in page_history.history(c, alert.id)
        if row.slip.person_id == person.id
        and row.slip.notice is None
        and row.state in {"sent", "uncertain"}
    ]
    changed = any(row.version < alert.material_version for row in pages)
    return changed, any(row.slip.round <= alert.round_before for row in pages)


def _said(c: Connection, claimed: Claimed) -> bool:
    """Whether the same notice of the same version has left before: a page was in flight then, and
    its message has to say so as well, but no phone has to ring twice. A further try always tells,
    as that one may have failed."""
    slip = claimed.slip
    if slip.notice not in {Notice.WITHDRAWN, Notice.DOWNGRADED} or slip.tries > 1:
        return False
    return any(
        (row.slip, row.version) == (slip, claimed.version)
        and row.delivery_id < claimed.delivery_id
        and row.state in {"claimed", "sent"}
        for row in page_history.history(c, claimed.alert_id or "")
    )


def _as_shown(page: Page, ahead: timedelta) -> Page:
    """People read the clock on the wall: "answer by" a time that lies a day ahead would be read as
    a day to answer in."""
    off = off_the_wall(ahead)
    if not off:
        return page
    times = ("now", "due_at", "valid_until", "handed_at", "ended_at", "expired_at")
    shown = {name: at - off for name in times if (at := getattr(page, name))}
    return replace(page, **shown)


def person_of(c: Connection, person_id: str) -> Person:
    """The person, who may have left the directory meanwhile. Raises KeyError for no such id."""
    person = people.load(c, person_id)
    if person is None:
        raise KeyError(person_id)
    return person


def finding(c: Connection, alert: Alert) -> str:
    """What somebody acknowledges: the impression, or the whole text where none is marked; those of
    other orders on the accession that ask as well follow."""
    if not alert.report_id:
        return ""
    return "\n\n".join(_words(c, one) for one in (alert.report_id, *alert.beside))


def _words(c: Connection, report_id: str) -> str:
    report = whole(c, report_id)
    flagged = [addendum.text for addendum in report.addenda]
    missing = [DOCUMENT_UNREAD] if report.unread else []
    return "\n\n".join([report.impression or report.text, *flagged, *missing]).strip()


def documented_call(c: Connection, alert: Alert) -> str:
    """What the report says of a call, and those of other orders on the accession that ask too."""
    told = (whole(c, one).called for one in (alert.report_id, *alert.beside))
    return "\n".join(dict.fromkeys(filter(None, told)))


def was_called(c: Connection, alert: Alert, person: Person) -> bool:
    """Whether a call to this person is documented: one who was paged, who ordered the exam or
    attends the patient by identifier, and whose family name the documentation has. Of several
    orders on the accession each one's report has to say so: a call about one tells no other."""
    if not alert.is_open or not alert.report_id or person.id not in alert.paged:
        return False
    return all(_tells_of(c, alert, one, person) for one in (alert.report_id, *alert.beside))


def _tells_of(c: Connection, alert: Alert, report_id: str, person: Person) -> bool:
    report = whole(c, report_id)
    if not called.names(report.called, person.name):
        return False
    held = alert.roster.ordering
    if not report.ordering and held and held.id == person.id:
        return True  # an older version has named them: this one leaves it out
    theirs = (*report.ordering, *report.attending)
    found = (people.by_identifiers(c, provider.identifiers) for provider in theirs)
    return any(each is not None and each.id == person.id for each in found)


def name_of(alert: Alert, person_id: str) -> str:
    """The name on the roster; a recorded call names people who may not be in the directory."""
    person = alert.roster.person(person_id)
    return person.name if person else person_id


def _callees(alert: Alert, caller: Person) -> tuple[Callee, ...]:
    """The ordering provider, unless they cannot take it, and who owns it now. Who reads what they
    have ordered themselves is not asked to phone themselves."""
    ordering, owner = alert.roster.ordering, alert.roster.person(alert.owner)
    asked = ordering if ordering and ordering.id not in alert.declined else None
    found = {
        person.id: Callee(person.name, role, person.mobile)
        for person, role in ((owner, alert.owner_role), (asked, Role.ORDERING_PROVIDER))
        if person and person.id != caller.id
    }
    return tuple(reversed(found.values()))


def _valid_until(alert: Alert, engine: Engine) -> datetime:
    """Until other messages follow. A call beside it, or a look for a receipt, replaces nothing."""
    steps = [step.at for step in alert.plan if step.index != CALL]
    due = [alert.due_at] if alert.expired_at is None else []
    return max(min([*steps, *due], default=alert.due_at), engine.clock.now() + VALID_AT_LEAST)

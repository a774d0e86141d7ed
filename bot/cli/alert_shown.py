"""`readback alerts show REF`: one alert with its pages. What holds PHI only on demand, recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.cli.shown import local, out, print_json, say, table, utc

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.domain.alert import Alert
    from storage.audit import Entry
    from storage.database import Database
    from storage.page_history import PageRow


@dataclass(frozen=True, slots=True)
class PassedBy:
    """``why`` is a word of OUT_OF_REACH, or empty in the trail of an older version."""

    person_id: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One alert. ``finding`` and ``called`` hold PHI: empty unless they were asked for.

    ``documents_a_call``: the report says that somebody was told already. ``preliminary``: it is not
    final yet. ``unproven``: it was acknowledged by SMS from a number that had never answered.
    ``passed_by`` are those who were the owner when no channel reached them any more.
    """

    alert: "Alert"
    exam: str
    names: dict[str, str]
    pages: "list[PageRow]"
    documents_a_call: bool
    preliminary: bool
    finding: str = ""
    called: str = ""
    unproven: bool = False
    passed_by: tuple[PassedBy, ...] = ()


def found(
    database: "Database", ref: str, actor: str, now: datetime, *, reveal: bool
) -> Shown | None:
    """The alert with this reference. That a finding was revealed is an entry of its trail."""

    def look(c: "Connection") -> Shown | None:
        return _found(c, ref, actor, now, reveal=reveal)

    return database.run(look) if reveal else database.look(look)


def _found(c: "Connection", ref: str, actor: str, now: datetime, *, reveal: bool) -> Shown | None:
    from bot.domain.effects import Record
    from bot.domain.report import Status
    from bot.engine.compose import documented_call, finding
    from storage import alerts, audit, page_history, people, reports

    alert = alerts.by_ref(c, ref.strip().upper())
    if alert is None:
        return None
    report = reports.load(c, alert.report_id) if alert.report_id else None
    if reveal and report:
        # Held against others, as every entry into an alert's chain is written.
        alert = alerts.load(c, alert.id)
        record = Record("finding_shown", actor, {"version": alert.version})
        audit.append(c, alert.id, [record], now)
    pages, trail = page_history.history(c, alert.id), audit.chain(c, alert.id)
    passed_by = _passed_by(trail)
    said = documented_call(c, alert) if report else ""
    given = alert.acknowledgment
    answering = {given.by, given.recorded_by} if given else set()
    lost = (passed.person_id for passed in passed_by)
    ids = {alert.owner, *answering, *lost, *(page.slip.person_id for page in pages)}
    known = ((i, people.load(c, i)) for i in ids)
    return Shown(
        alert=alert,
        exam=alerts.facts(c, alert.id).exam,
        names={i: person.name for i, person in known if person},
        pages=pages,
        documents_a_call=bool(said),
        preliminary=bool(report and report.status is Status.PRELIMINARY),
        finding=finding(c, alert) if reveal else "",
        called=said if reveal else "",
        unproven=given is not None and _by_unproven(trail),
        passed_by=passed_by,
    )


def _passed_by(entries: "list[Entry]") -> tuple[PassedBy, ...]:
    changed = (entry for entry in entries if entry.what == "directory_changed")
    return tuple(
        PassedBy(str(e.data.get("person") or ""), e.at, str(e.data.get("reason") or ""))
        for e in changed
    )


def _by_unproven(entries: "list[Entry]") -> bool:
    given = [entry for entry in entries if entry.what == "acknowledged"]
    return bool(given and given[-1].data.get("unproven"))


def show(shown: Shown, zone: ZoneInfo) -> None:
    """For people."""
    alert = shown.alert
    mark = "SHADOW " if alert.shadow else ""
    out.print(f"[bold]{alert.ref}[/] · {alert.category} · {mark}{alert.state.value}")
    facts = {
        "exam": shown.exam,
        "report": "preliminary, not final yet" if shown.preliminary else "",
        "owner": shown.names.get(alert.owner, ""),
        "window": f"{local(alert.window_opens_at, zone)} to {local(alert.due_at, zone)}",
        "missed": local(alert.expired_at, zone),
        "next action": local(alert.next_action_at, zone),
        "to review": alert.review,
        "call": _call(shown),
        "acknowledged": _acknowledged(shown, zone),
    }
    for name, fact in facts.items():
        if fact:
            out.print(f"{name:<12} {fact}", markup=False)
    for passed in shown.passed_by:
        out.print(f"{'passed by':<12} {_out_of_reach(shown, passed, zone)}", markup=False)
    within = alert.policy.receipt_within
    rows = [_page(page, shown.names, within, zone) for page in shown.pages]
    if rows:
        table("Pages and notices", ("at", "to", "by", "what", "became"), rows)
    if shown.finding:
        out.print(shown.finding, markup=False)
    elif alert.report_id:
        say("--reveal shows the finding, which is PHI: the audit trail records it.")


def _acknowledged(shown: Shown, zone: ZoneInfo) -> str:
    """By whom, when and how: neither a sending nor a receipt ever says so."""
    given = shown.alert.acknowledgment
    if given is None:
        return ""
    how = "a recorded phone call" if given.recorded_by else given.channel
    facts = (
        f"{local(given.at, zone)} by {_name(shown, given.by)}, by {how}",
        f"read-back {given.read_back.value}",
        f"recorded by {_name(shown, given.recorded_by)}" if given.recorded_by else "",
        "from a number never tested" if shown.unproven else "",
    )
    return ", ".join(fact for fact in facts if fact)


def _out_of_reach(shown: Shown, passed: PassedBy, zone: ZoneInfo) -> str:
    from bot.domain.coverage import OUT_OF_REACH

    who = _name(shown, passed.person_id) or "whoever it was with"
    return f"{local(passed.at, zone)} {who} {OUT_OF_REACH.get(passed.why, 'is out of reach')}"


def _name(shown: Shown, person: str) -> str:
    """A recorded call names people who may not be in the directory."""
    return shown.names.get(person, person)


def _call(shown: Shown) -> str:
    if shown.called:
        return shown.called
    return "the report documents one; --reveal quotes it" if shown.documents_a_call else ""


def _page(
    page: "PageRow", names: dict[str, str], within: timedelta, zone: ZoneInfo
) -> tuple[str, ...]:
    from bot.domain.coverage import VOICE

    what = page.slip.notice.value.replace("_", " ") if page.slip.notice else "page"
    if page.slip.possible_repeat:
        what += ", possible repeat"
    who, called = names.get(page.slip.person_id, ""), page.slip.channel == VOICE
    state = _call_state(page) if called else _state(page, within, zone)
    became = f"{state} ({page.reason})" if page.reason else state
    channel = "call" if called else page.slip.channel
    return local(page.not_before, zone)[5:16], who, channel, what, became


def _call_state(page: "PageRow") -> str:
    if page.state != "sent":
        return page.state
    return "answered" if page.delivered_at else "rang"


def _state(page: "PageRow", within: timedelta, zone: ZoneInfo) -> str:
    """Handed over, on the phone, or lost on the way; a receipt may have been late."""
    if page.lost_at:
        return f"lost {local(page.lost_at, zone)[11:16]}"
    if page.delivered_at is None:
        return page.state
    late = page.settled_at and page.delivered_at - page.settled_at > within
    return f"delivered {local(page.delivered_at, zone)[11:16]}{', late' if late else ''}"


def print_shown(shown: Shown) -> None:
    """For programs."""
    alert = shown.alert
    told: dict[str, Any] = {
        "ref": alert.ref,
        "category": alert.category,
        "state": alert.state.value,
        "shadow": alert.shadow,
        "owner": shown.names.get(alert.owner),
        "window_opens_at": utc(alert.window_opens_at),
        "due_at": utc(alert.due_at),
        "next_action_at": utc(alert.next_action_at),
        "review": alert.review or None,
        "documents_a_call": shown.documents_a_call,
        "preliminary": shown.preliminary,
        "expired_at": utc(alert.expired_at),
        "acknowledged": _acknowledged_facts(shown),
        "acknowledged_unproven": shown.unproven,
        "finding": shown.finding or None,
        "called": shown.called or None,
        "passed_by": [
            {"person": _name(shown, p.person_id), "at": utc(p.at), "reason": p.why or None}
            for p in shown.passed_by
        ],
        "pages": [_page_facts(page, shown.names) for page in shown.pages],
    }
    print_json(told)


def _acknowledged_facts(shown: Shown) -> dict[str, str | None] | None:
    given = shown.alert.acknowledgment
    if given is None:
        return None
    return {
        "by": _name(shown, given.by),
        "at": utc(given.at),
        "channel": given.channel,
        "read_back": given.read_back.value,
        "recorded_by": _name(shown, given.recorded_by) or None,
    }


def _page_facts(page: "PageRow", names: dict[str, str]) -> dict[str, str | bool | None]:
    return {
        "person": names.get(page.slip.person_id),
        "role": page.slip.role.value,
        "channel": page.slip.channel,
        "notice": page.slip.notice.value if page.slip.notice else None,
        "at": utc(page.not_before),
        "state": page.state,
        "handed_over_at": utc(page.settled_at) if page.state == "sent" else None,
        "delivered_at": utc(page.delivered_at),
        "lost_at": utc(page.lost_at),
        "possible_repeat": page.slip.possible_repeat,
        "reason": page.reason or None,
    }

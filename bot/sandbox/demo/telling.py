"""An entry of the audit trail in words, for people who have never seen one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from storage.audit import Entry

Tone = Literal["plain", "page", "ok", "warn", "alarm"]
Names = Mapping[str, str]

ROLES = {
    "ordering_provider": "ordering provider",
    "owner": "owner",
    "designee": "designee",
    "coordinator": "coordinator",
    "reading_radiologist": "reading radiologist",
}
CHANNELS = {"slack": "Slack", "sms": "SMS", "phone": "phone", "voice": "a call"}
READ_BACK = {
    "none": "no read-back",
    "viewed": "read and confirmed",
    "repeated": "repeated in own words",
}
DECLINES = {
    "not_my_patient": "not my patient",
    "off_shift": "off shift",
    "cannot_act": "cannot act now",
}
NOTICES = {
    "acknowledged": "acknowledged",
    "handed_over": "handed over",
    "withdrawn": "withdrawn",
    "downgraded": "downgraded",
    "changed": "the report has changed",
    "reopened": "open again",
    "expired": "window passed",
    "please_phone": "not answered, please phone",
    "directory_entry": "check the directory",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline: what happened, the particulars, and how much it matters."""

    what: str
    detail: str = ""
    tone: Tone = "plain"

    def __str__(self) -> str:
        """In one line."""
        return f"{self.what} ({self.detail})" if self.detail else self.what


def told(entry: Entry, names: Names) -> Told:
    """What the entry says. ``names`` are people's names by id; an unknown kind is told as it is."""
    data = entry.data
    who = _name(data.get("person"), names)
    actor = _name(entry.actor, names)
    if entry.what.startswith(("page_", "notice_")) and "channel" in data:
        return _sending(entry, who)
    match entry.what:
        case "triaged":
            return Told("Report received and triaged", _rule(data.get("rule")))
        case "opened":
            return Told("Alert opened", str(data.get("category") or ""), "alarm")
        case "owner":
            return Told(f"{who} owns it", _role(data.get("role")))
        case "page_due":
            channels = " and ".join(_channel(c) for c in str(data.get("channels", "")).split(","))
            return Told(f"{who} is to be paged", channels)
        case "step_due":
            return Told("No answer: the next step is due", "", "warn")
        case "reminder_due":
            return Told("No answer: a reminder is due", "", "warn")
        case "expired":
            return Told("Window passed without an answer", "recorded as a miss", "alarm")
        case "unreachable":
            return Told(f"{who} cannot be reached", _role(data.get("role")), "warn")
        case _:
            return _by_people(entry, actor, names)


def _by_people(entry: Entry, actor: str, names: Names) -> Told:
    data = entry.data
    match entry.what:
        case "acknowledged":
            how = READ_BACK.get(str(data.get("read_back")), "")
            late = "after the window, " if data.get("late") else ""
            words = f": “{data['words']}”" if data.get("words") else ""
            return Told(
                f"{actor} acknowledged",
                f"{_channel(data.get('channel'))}, {late}{how}{words}",
                "ok",
            )
        case "call_recorded":
            how = "repeated back" if data.get("repeated_back") else "not repeated back"
            return Told(f"{actor} recorded a phone call", f"reached {data['reached']}, {how}", "ok")
        case "acknowledgment_undone":
            return Told(f"{actor} took the acknowledgment back", "", "warn")
        case "declined":
            return Told(f"{actor} passed it on", DECLINES.get(str(data.get("reason")), ""), "warn")
        case "reassigned":
            return Told(f"{actor} handed it to {_name(data.get('to'), names)}")
        case "finding_shown":
            return Told(f"{actor} was shown the finding", "in the modal, entitled")
        case "refused":
            return Told(f"{actor} was refused", _slug(data.get("reason")), "warn")
        case _:
            return _by_report(entry, actor)


def _by_report(entry: Entry, actor: str) -> Told:
    data = entry.data
    by = "" if entry.actor == "readback" else f"by {actor}"
    match entry.what:
        case "amended":
            change = "the finding or category changed" if data.get("material") else "same finding"
            return Told(f"Report version {data.get('version')} received", change)
        case "withdrawn":
            return Told("Result withdrawn", "deleted or marked wrong", "warn")
        case "downgraded":
            return Told("Result is routine now", "", "warn")
        case "reopened":
            return Told("Open again", by, "alarm")
        case "stale_on_receipt":
            return Told("Too old on receipt", "for the coordinator to review; nobody is woken")
        case "nobody_reachable":
            return Told("Nobody can be reached", "tried again shortly", "alarm")
        case "radiologist_unreachable":
            return Told("The reading radiologist cannot be told", "", "warn")
        case _:
            given = (f"{key} {value}" for key, value in data.items() if value is not None)
            return Told(_slug(entry.what).capitalize(), ", ".join((*([by] if by else []), *given)))


def _sending(entry: Entry, who: str) -> Told:
    data = entry.data
    kind, _, outcome = entry.what.partition("_")
    channel = _channel(data.get("channel"))
    notice = NOTICES.get(str(data.get("notice")), _slug(data.get("notice")))
    what = f"{channel} to {who}" if kind == "page" else f"{channel} notice to {who}: {notice}"
    again = "possible repeat" if data.get("possible_repeat") else ""
    match outcome:
        case "sent":
            return Told(f"{what} sent", again, "page" if kind == "page" else "plain")
        case "delivered":
            return Told(f"{what} delivered", "the carrier's receipt, not an answer")
        case "failed":
            return Told(f"{what} failed", str(data.get("reason") or ""), "warn")
        case _:
            return Told(f"{what}: outcome unknown", again, "warn")


def _name(value: object, names: Names) -> str:
    given = str(value or "somebody")
    return names.get(given, "Readback" if given == "readback" else given)


def _role(value: object) -> str:
    return ROLES.get(str(value), _slug(value))


def _channel(value: object) -> str:
    return CHANNELS.get(str(value), str(value or ""))


def _rule(value: object) -> str:
    return f"by rule {_slug(value)}" if value else ""


def _slug(value: object) -> str:
    return str(value or "").replace("_", " ").replace("-", " ")

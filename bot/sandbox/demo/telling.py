"""An entry of the audit trail in words, for people who have never seen one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.domain.coverage import OUT_OF_REACH
from bot.sandbox.demo.reasons import why
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
    "another_provider": "the report names another ordering provider",
    "another_patient": "the patient's identity was corrected",
    "reopened": "open again",
    "expired": "window passed",
    "please_phone": "not answered, please phone",
    "directory_entry": "check the directory",
    "not_my_patient": "not their patient",
    "superseded": "older messages collapsed",
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
    facts = _Facts(entry, names)
    if entry.what in _TELLING:
        return _TELLING[entry.what](facts)
    if entry.what.startswith(("page_", "notice_")):
        return _sending(facts)
    given = ", ".join(f"{key} {value}" for key, value in entry.data.items() if value is not None)
    return Told(_plain(entry.what).capitalize(), given)


@dataclass(frozen=True, slots=True)
class _Facts:
    """An entry with its people and codes in words."""

    entry: Entry
    names: Names

    def __getitem__(self, key: str) -> str:
        value = self.entry.data.get(key)
        return "" if value is None else str(value)

    def name(self, value: str) -> str:
        return self.names.get(value, value or "somebody")

    @property
    def actor(self) -> str:
        return self.name(self.entry.actor)

    @property
    def by(self) -> str:
        return "" if self.entry.actor == "readback" else f"by {self.actor}"

    @property
    def who(self) -> str:
        return self.name(self["person"])

    @property
    def role(self) -> str:
        return ROLES.get(self["role"], _plain(self["role"]))

    @property
    def channels(self) -> str:
        given = (self["channels"] or self["channel"]).split(",")
        return " and ".join(CHANNELS.get(channel, channel) for channel in given)


def _acknowledged(facts: _Facts) -> Told:
    late = "after the window" if facts.entry.data.get("late") else ""
    words = f"“{facts['words']}”" if facts["words"] else ""
    how = READ_BACK.get(facts["read_back"], "")
    unproven = "from a number never tested" if facts.entry.data.get("unproven") else ""
    said = ", ".join(part for part in (facts.channels, unproven, late, how, words) if part)
    return Told(f"{facts.actor} acknowledged", said, "ok")


def _call_recorded(facts: _Facts) -> Told:
    how = "repeated back" if facts.entry.data.get("repeated_back") else "not repeated back"
    return Told(f"{facts.actor} recorded a phone call", f"reached {facts['reached']}, {how}", "ok")


def _amended(facts: _Facts) -> Told:
    material = facts.entry.data.get("material")
    change = "the finding or its category has changed" if material else "the finding is the same"
    return Told(f"Report version {facts['version']} received", change)


def _sending(facts: _Facts) -> Told:
    if facts["channel"] == "voice":
        return _calling(facts)
    kind, _, outcome = facts.entry.what.partition("_")
    notice = NOTICES.get(facts["notice"], _plain(facts["notice"]))
    again = "possible repeat" if facts.entry.data.get("possible_repeat") else notice
    page_by_sms = kind == "page" and facts["channel"] == "sms"
    message = facts.channels if page_by_sms else f"{facts.channels} {kind}"
    match outcome:
        case "sent":
            tone: Tone = "page" if kind == "page" else "plain"
            return Told(f"{message} sent to {facts.who}", again, tone)
        case "delivered":
            late = "late: " if facts.entry.data.get("late") else ""
            return Told(f"{message} delivered to {facts.who}", f"{late}receipt only")
        case "failed":
            detail = ", ".join(p for p in (notice, why(facts["reason"]), _next(facts)) if p)
            return Told(f"{message} to {facts.who} failed", detail, "warn")
        case "given_up":
            return Told(f"{message} to {facts.who} given up", f"{notice}, after a day", "alarm")
        case _:
            return Told(f"{message} to {facts.who}: outcome unknown", _unknown(facts), "warn")


def _next(facts: _Facts) -> str:
    """What follows from a page that failed: a notice is no page, it is tried for a day."""
    data = facts.entry.data
    if facts.entry.what != "page_failed" or "permanent" not in data:
        return ""
    if data.get("again", not data["permanent"]):
        return "tried again"
    return "given up" if data["permanent"] else "not tried again"


def _unknown(facts: _Facts) -> str:
    """No answer came: it may have arrived, and may not."""
    if facts.entry.data.get("possible_repeat"):
        return "the possible repeat too"
    return "" if facts["notice"] else "looked for, and repeated once at most"


def _calling(facts: _Facts) -> Told:
    """A call is no message: it rings, and somebody takes it or not."""
    again = "possible repeat" if facts.entry.data.get("possible_repeat") else ""
    match facts.entry.what:
        case "page_sent":
            return Told(f"{facts.who}'s phone rings", again, "page")
        case "page_delivered":
            return Told(f"{facts.who} took the call", "no acknowledgment by that alone")
        case "page_failed":
            return Told(f"{facts.who} was not reached by a call", why(facts["reason"]), "warn")
        case _:
            return Told(f"Call to {facts.who}: outcome unknown", again, "warn")


_TELLING: Mapping[str, Callable[[_Facts], Told]] = {
    "triaged": lambda f: Told("Report received", f["rule"] and f"flagged by {f['rule']}"),
    "opened": lambda f: Told("Alert opened", f["category"], "alarm"),
    "owner": lambda f: Told(f"{f.who} owns it", f.role),
    "page_due": lambda f: Told(f"{f.who} is to be paged", f.channels),
    "step_due": lambda _: Told("No answer: the next step is due", "", "warn"),
    "reminder_due": lambda _: Told("No answer: a reminder is due", "", "warn"),
    "receipt_overdue": lambda f: Told(
        f"{f.channels} not delivered to {f.who} yet", "another channel of the same person", "warn"
    ),
    "expired": lambda _: Told("Window passed without an answer", "recorded as a miss", "alarm"),
    "unreachable": lambda f: Told(f"{f.who} cannot be reached", f.role, "warn"),
    "provider_unknown": lambda _: Told(
        "Ordering provider unknown", "not in the directory", "alarm"
    ),
    "nobody_reachable": lambda _: Told("Nobody can be reached", "tried again shortly", "alarm"),
    "radiologist_asked_to_phone": lambda f: Told(f"{f.who} is asked to phone", "radiologist"),
    "radiologist_unreachable": lambda _: Told("The radiologist cannot be told", "", "warn"),
    "stale_on_receipt": lambda _: Told("Too old on receipt", "only the coordinator is paged"),
    "acknowledged": _acknowledged,
    "call_recorded": _call_recorded,
    "acknowledgment_undone": lambda f: Told(f"{f.actor} took the acknowledgment back", "", "warn"),
    "declined": lambda f: Told(f"{f.actor} passed it on", DECLINES.get(f["reason"], ""), "warn"),
    "reassigned": lambda f: Told(f"{f.actor} handed it to {f.name(f['to'])}"),
    "finding_shown": lambda f: Told(f"{f.actor} was shown the finding", "in Slack"),
    "refused": lambda f: Told(f"{f.actor} was refused", _plain(f["reason"]), "warn"),
    "amended": _amended,
    "provider_corrected": lambda f: Told("Ordering provider corrected", f["person"] and f.who),
    "patient_corrected": lambda _: Told("Patient's identity corrected", "", "alarm"),
    "directory_changed": lambda f: Told(
        f"{f.who} is out of reach", OUT_OF_REACH.get(f["reason"], "no channel is left"), "warn"
    ),
    "provider_known": lambda _: Told("The ordering provider is in the directory now"),
    "address_changed": lambda f: Told(f"{f.who} has another number or account", "", "warn"),
    "joined": lambda f: Told("Goes on as another alert", f["into"], "warn"),
    "withdrawn": lambda _: Told("Result withdrawn", "deleted or marked wrong", "warn"),
    "downgraded": lambda _: Told("Result is routine now", "", "warn"),
    "older_version": lambda f: Told("An older version came late", f["category"], "warn"),
    "reopened": lambda f: Told("Open again", f.by, "alarm"),
}


def _plain(slug: str) -> str:
    return slug.replace("_", " ").replace("-", " ")

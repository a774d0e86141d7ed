"""A page or notice as Slack shows it: one header line, one line of context, two buttons. Pure.

Legible at 3 a.m. on a phone. ``text`` is what a lock screen shows, so it says the least.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from bot.domain.alert import UNDO_WITHIN
from bot.domain.events import ReadBack
from bot.domain.page import Notice, Page
from bot.domain.wording import local_time
from bot.slack import SlackSettings
from bot.slack.elements import Block, actions, button, context, header, section, verbatim
from bot.slack.words import (
    AGAIN,
    CHANGED,
    PRELIMINARY,
    PROVIDER_UNKNOWN,
    READ_BACK,
    STALE,
    clipped,
    due,
    due_at,
    escaped,
    late,
    title_case,
)

ACKNOWLEDGE, DECLINE, UNDO = "acknowledge", "decline", "undo"
ALREADY_CALLED, OPEN_IMAGES = "already_called", "open_images"
# A message has 50 blocks at most, and one that fills a phone's screen hides its own buttons.
FINDING_BLOCKS = 10
EXAM_MOST = 90


@dataclass(frozen=True, slots=True)
class Message:
    """What chat.postMessage and chat.update take."""

    text: str
    blocks: list[Block]


class Look(Enum):
    """How the alert stands, seen by the person whose message it is."""

    MINE = "mine"
    HANDED_OVER = "handed over"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    DOWNGRADED = "downgraded"
    NOT_MY_PATIENT = "not my patient"
    NOT_THEIRS = "another provider's"


def look(page: Page) -> Look:
    """An acknowledged alert keeps its state when it is withdrawn: then the notice decides."""
    if page.no_access:
        return Look.NOT_MY_PATIENT
    if page.not_theirs:
        return Look.NOT_THEIRS
    ended = {"acknowledged": Look.ACKNOWLEDGED, **_ENDED_BY_REPORT}
    if page.state in ended:
        said = page.slip.notice.value if page.slip.notice else ""
        return _ENDED_BY_REPORT.get(said, ended[page.state])
    return Look.MINE if page.owner_id in {page.person.id, ""} else Look.HANDED_OVER


_ENDED_BY_REPORT = {"withdrawn": Look.WITHDRAWN, "downgraded": Look.DOWNGRADED}


def page_message(page: Page, settings: SlackSettings) -> Message:
    """The page as it stands now. What was posted earlier is rewritten with the same function."""
    match look(page):
        case Look.MINE | Look.HANDED_OVER:
            return _open(page, settings)
        case Look.ACKNOWLEDGED:
            return _acknowledged(page)
        case Look.NOT_MY_PATIENT:
            return _not_my_patient(page)
        case Look.NOT_THEIRS:
            return _not_theirs(page)
        case ended:
            return _ended_by_report(page, ended)


def _open(page: Page, settings: SlackSettings) -> Message:
    mine = look(page) is Look.MINE
    overdue = page.expired_at is not None
    handed = not mine and page.handed_at is not None and not page.unreached
    icon = "➡️" if handed else ("⏰" if overdue else "🔔")
    finding = page.finding if settings.phi == "message" else ""
    call = f"call {escaped(settings.callback_number)}"
    where = call if finding else f"read it in the EHR or {call}"
    blocks = [
        header(f"{icon} {what(page)}{' · OVERDUE' if overdue else ''}"),
        context(
            "" if mine else _why_not_mine(page),
            _CORRECTED.get(page.slip.notice, "") if page.slip.notice else "",
            f"{due_line(page)} · ref *{page.ref}* · {where}",
            *_marks(page),
        ),
        *verbatim(finding, FINDING_BLOCKS),
        *actions(_buttons(page, mine=mine)),
    ]
    kind = f"{escaped(page.category)} imaging result, ref {page.ref}"
    return Message(f"READBACK: {kind}{' (handed over)' if handed else ''}", blocks)


def _why_not_mine(page: Page) -> str:
    """True for good: the message stays as it is until the alert ends."""
    if page.handed_at is None:
        return "Sent to several people: any one of them may acknowledge"
    at = local_time(page.handed_at, page.person.timezone, page.now)
    if page.unreached:
        return f"Passed on at {at}, but nobody else could be reached. Acknowledge it if you can"
    return f"Handed over at {at}" + (f" to *{escaped(page.handed_to)}*" if page.handed_to else "")


def _not_my_patient(page: Page) -> Message:
    said = "You passed this on: not your patient"
    blocks = [header(f"↩️ {said}"), context(f"Nothing more to do · ref *{page.ref}*")]
    return Message(f"READBACK: {page.ref} passed on", blocks)


def _not_theirs(page: Page) -> Message:
    said = f"No longer with you · {what(page)}"
    why = f"The report now names another ordering provider: nothing more to do · ref *{page.ref}*"
    return Message(f"READBACK: {page.ref} no longer with you", [header(f"↩️ {said}"), context(why)])


def collapsed(page: Page) -> Message:
    """What an older message of the same person shows once there is a newer one."""
    said = f"A newer message about {page.ref} is below"
    return Message(f"READBACK: {said}", [context(f"⤵️ {said}")])


_CORRECTED = {
    Notice.ANOTHER_PROVIDER: "The report now names another ordering provider",
    Notice.ANOTHER_PATIENT: "⚠️ The patient's identity was corrected: read the newer version",
}


def _buttons(page: Page, *, mine: bool) -> list[Block]:
    """Anyone who was paged may acknowledge; only the owner may pass it on. Whom the report itself
    says to have been called may answer so."""
    acknowledge = button("Acknowledge", ACKNOWLEDGE, page.alert_id, "primary")
    heard = button("I was already called", ALREADY_CALLED, page.alert_id)
    decline = button("I can't take this", DECLINE, page.alert_id)
    return [acknowledge, *([heard] if page.already_called else []), *([decline] if mine else [])]


def _marks(page: Page) -> tuple[str, ...]:
    return (
        f"⚠️ A person must look: {escaped(page.review)}" if page.review else "",
        PRELIMINARY if page.preliminary else "",
        CHANGED if page.changed else AGAIN if page.again else "",
        PROVIDER_UNKNOWN if page.provider_unknown else "",
        STALE if page.stale else "",
        late(page.late_by),
        f"Note: {escaped(page.note)}" if page.note else "",
        "Possible repeat of a page you already have" if page.slip.possible_repeat else "",
    )


def _acknowledged(page: Page) -> Message:
    when = local_time(page.ended_at, page.person.timezone, page.now) if page.ended_at else ""
    who = "you" if page.ended_by_id == page.person.id else escaped(page.ended_by)
    how = READ_BACK[ReadBack(page.read_back or "none")]
    blocks = [
        header(f"✅ Acknowledged · {what(page)}"),
        context(f"By *{who}* at {when} · {how} · ref *{page.ref}*"),
        *actions([button("Undo", UNDO, page.alert_id)] if _can_undo(page) else []),
    ]
    return Message(f"READBACK: {page.ref} acknowledged", blocks)


def _can_undo(page: Page) -> bool:
    """It stays on the message after 15 minutes; a click is then refused and removes it."""
    age = page.now - page.ended_at if page.ended_at else timedelta.max
    return page.ended_by_id == page.person.id and age <= UNDO_WITHIN


def _ended_by_report(page: Page, ended: Look) -> Message:
    icon, said, advice = {
        Look.WITHDRAWN: ("⛔", "Withdrawn", "The result was deleted or marked wrong"),
        Look.DOWNGRADED: ("⬇️", "Downgraded", "A newer version of the report is routine"),
    }[ended]
    if page.joined:
        icon, said, advice = "🔗", f"Goes on as {page.joined}", "It is the same report"
    blocks = [
        header(f"{icon} {said} · {what(page)}"),
        context(f"{advice}: nothing more to answer here. See the EHR · ref *{page.ref}*"),
    ]
    return Message(f"READBACK: {page.ref} {said[:1].lower()}{said[1:]}", blocks)


# What is worth a message of its own, besides the rewritten page, to somebody who is asleep.
_ALOUD = {
    Notice.WITHDRAWN: "withdrawn: the result was deleted or marked wrong. See the EHR.",
    Notice.DOWNGRADED: "downgraded: a newer version of the report is routine. See the EHR.",
    Notice.CHANGED: "the report has changed. Please read the newer version.",
    Notice.ANOTHER_PROVIDER: "is no longer with you: the report now names another ordering "
    "provider.",
    # Records that are merged look alike: nobody may read that the finding is not this patient's.
    Notice.ANOTHER_PATIENT: "the patient's identity was corrected: another patient, or the same "
    "one under another number. Please read the newer version.",
    Notice.REOPENED: "open again: it needs an answer.",
}


def aloud(page: Page) -> Message | None:
    """The short reply in the page's thread; None where rewriting the page says enough, or it has
    been told already."""
    said = _ALOUD.get(page.slip.notice) if page.slip.notice else None
    if said is None or page.said:
        return None
    if page.joined:
        said = f"goes on as {page.joined}, which is the same report. Nothing to answer here."
    return Message(f"READBACK: {page.ref} {said}", [section(f"*{page.ref}* {said}")])


def what(page: Page) -> str:
    """Its category and exam, as a heading has it."""
    return f"{title_case(page.category)} result · {clipped(page.exam or 'imaging', EXAM_MOST)}"


def due_line(page: Page) -> str:
    """With the time left only in a message of now: what is rewritten may be read hours later."""
    if page.due_at is None:
        return ""
    says = due_at if page.slip.notice and not page.slip.notice.alone else due
    return says(page.due_at, page.person.timezone, page.now)

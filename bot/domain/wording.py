"""What an SMS says. Every text is one segment of GSM-7 and names no patient and no finding.

Times are in the person's zone. Each text comes in several lengths, the first that fits is sent:
a long category or callback number shortens the sentence, never the reference or the code.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.domain.coverage import Role
from bot.domain.gsm import SEGMENT, clip, septets, to_gsm
from bot.domain.message import TOO_LARGE
from bot.domain.page import OF_OUTAGES, Notice, Page

LONGEST_NUMBER = 32
_LONGEST_REASON = 40
_DAYS_OF_A_WEEK = 7
_MINUTES_OF_AN_HOUR = 60
_COUNTED_IN_MINUTES = 120
_COUNTED_IN_HOURS = 48


def sms(page: Page, callback_number: str) -> str:
    """The text for this page or notice; empty where nobody's phone should ring for it."""
    call = or_call(callback_number)
    if page.slip.notice is Notice.ANSWER:
        return fitting([page.reason])
    if page.slip.notice is Notice.TEST:
        return fitting(_test_texts(page))
    if page.slip.notice is None:
        return fitting(_page_texts(page, call))
    if page.slip.notice is Notice.PLEASE_PHONE:
        return fitting(_please_phone(page))
    if page.slip.notice is Notice.BEFORE_FINAL:
        return fitting(_before_final(page))
    text = _notice_text(page, page.slip.notice, call)
    return fitting([f"READBACK: {text}"]) if text else ""


# ---- pages ----------------------------------------------------------------------------------


def _page_texts(page: Page, call: str) -> Iterable[str]:
    start = "READBACK (possible repeat)" if page.slip.possible_repeat else "READBACK"
    if command := _command(page.review):
        yield from _unread_texts(page, start, command, call)
    result = f"{'preliminary ' if page.preliminary else ''}imaging result"
    what = f"{_category(page)} {result}{_beside_it(page)}"
    by, code = _by(page), page.code
    ref = f"{_why_again(page)}ref {page.ref}"
    long, short = "", ""
    if _may_pass(page):
        long, short = f" Cannot? Reply PASS {code}.", f" Or PASS {code}."
    ask = f"{ref}. Read it in the EHR{call}, then reply ACK {code} {by}."
    yield f"{start}: {what}, {ask}{long}"
    yield f"{start}: {what}, {ask}{short}"
    ask = f"{ref}. See EHR{call}, reply ACK {code} {by}."
    yield f"{start}: {what}, {ask}{short}"
    yield f"{start}: {result}, {ask}{short}"
    yield f"{start}: {result}, {ref}. See EHR{call}, reply ACK {code}.{short}"
    yield f"{start}: {result}, ref {page.ref}. See EHR{call}, reply ACK {code}.{short}"


def _beside_it(page: Page) -> str:
    """A coordinator who is asked in the orderer's place has to know that nobody told them."""
    review = " to review" if page.review or page.stale else ""
    return f"{review}{', orderer unknown' if page.provider_unknown else ''}"


def _why_again(page: Page) -> str:
    if page.changed:
        return "report changed, "
    return "open again, " if page.again else ""


def _unread_texts(page: Page, start: str, command: str, call: str) -> Iterable[str]:
    """There is nothing to read in the EHR under a reference that no report has."""
    code = page.code
    short = f" Or PASS {code}." if _may_pass(page) else ""
    what = f"{_category(page)} imaging result that could not be read, ref {page.ref}"
    ask = f"{command}{call}, reply ACK {code} {_by(page)}."
    yield f"{start}: {what}. Run {ask}{short}"
    yield f"{start}: unreadable {_category(page)} result, ref {page.ref}. Run {ask}{short}"
    what = f"unreadable result, ref {page.ref}. {command}"
    yield f"{start}: {what}{call}, reply ACK {code}.{short}"
    yield f"{start}: {what}, reply ACK {code}."


def _by(page: Page) -> str:
    if page.due_at is None:
        return "now"
    at = local_time(page.due_at, page.person.timezone, page.now)
    return f"now: was due {at}" if page.due_at <= page.now else f"by {at}"


def _may_pass(page: Page) -> bool:
    """Only the owner can pass it on, while anybody is left to take it; who is paged beside them is
    not offered it."""
    return page.owner_id in {"", page.person.id} and not page.last


# ---- what could not be read ------------------------------------------------------------------

_LOOK = "Look at it: "
DOCUMENT_UNREAD = "A document in this report could not be read: see the EHR."
"""Stands with the finding, and as a note on the alert."""


def could_not_be_read(reason: str, entry_id: str) -> str:
    """Why a person must look at a flagged message, and the command that shows it."""
    show = f"readback quarantine show {short_id(entry_id)}"
    return f"flagged, but could not be read: {reason}. {_LOOK}{show}"


def short_id(entry_id: str) -> str:
    """As much of an entry's id as has to be typed: the ids of one process begin alike."""
    return entry_id[-8:]


def _command(review: str) -> str:
    return review.partition(_LOOK)[2]


# ---- notices --------------------------------------------------------------------------------


def _notice_text(page: Page, notice: Notice, call: str) -> str:
    ref = f"ref {page.ref}"
    look = f"see the EHR{call}."
    reason = clip(to_gsm(page.reason), _LONGEST_REASON)
    if notice in OF_OUTAGES:
        return page.reason
    texts = {
        Notice.ACKNOWLEDGED: f"{ref} was acknowledged{_at(page)}. Nothing more is needed from you.",
        Notice.HANDED_OVER: f"{ref} went to the next person. It is no longer with you.",
        Notice.WITHDRAWN: _withdrawn(page, ref, look),
        Notice.DOWNGRADED: f"{ref} is now routine by a newer report. Nothing to answer; {look}",
        Notice.CHANGED: f"{ref}: the report has changed. Please {look}",
        Notice.ANOTHER_PROVIDER: f"{ref}: the report now names another ordering provider. "
        "It is no longer with you.",
        Notice.ANOTHER_PATIENT: f"{ref}: the patient's identity was corrected. Please {look}",
        Notice.REOPENED: f"{ref} is open again and not yet answered. Please {look}",
        Notice.DIRECTORY_ENTRY: f"{ref}: the person paged says it is not their patient. "
        "Please check the order and the directory.",
        Notice.OLDER_VERSION: f"{ref}: an older version, received later, is more urgent than the "
        f"one that holds. Please {look}",
        Notice.QUARANTINE: _quarantined(page.reason, reason),
        Notice.OPTED_OUT: "somebody answered STOP: no SMS reaches them until START from that "
        "phone, or another number in the directory. See: readback check",
        Notice.WRONG_CODES: "ten wrong codes came from one phone of the directory. For an hour "
        "none from it counts; whoever has it can answer in Slack.",
        Notice.WRONG_NUMBER: "a number of the directory is somebody else's, they say. Please "
        "correct it. Whose it is: readback check",
        Notice.SHADOW: page.reason,
        Notice.SHADOW_OVER: page.reason,
    }
    return texts.get(notice, "")


def _withdrawn(page: Page, ref: str, look: str) -> str:
    if page.joined:
        return (
            f"{ref} goes on as ref {page.joined}, which is the same report. Nothing to answer here."
        )
    return f"{ref} was withdrawn: deleted or marked wrong. Please {look}"


def _quarantined(slug: str, reason: str) -> str:
    if slug == TOO_LARGE:
        what = "a message was too large, only its first 64 KB were kept: send it again, smaller"
    else:
        what = f"a message could not be used ({reason})"
    return f"{what}. See: readback quarantine list"


def _please_phone(page: Page) -> Iterable[str]:
    """Whom by their role: an SMS carries no name."""
    what = f"READBACK: imaging result, ref {page.ref}, is not answered"
    callee = next((callee for callee in page.callees if callee.number), None)
    if callee:
        role = callee.role.value.replace("_", " ")
        yield f"{what}{_due(page)}: please phone the {role}, {callee.number}."
    yield f"{what}{_due(page)}: please phone."


def _before_final(page: Page) -> Iterable[str]:
    """Asks for no answer: what was said by phone belongs into the report."""
    start, what = f"READBACK: {page.reason}", page.reason.partition(", preliminary")[0]
    if page.slip.role is Role.COORDINATOR:
        why, ask = "Its radiologist could not be asked.", "Nobody is paged before it is final."
    else:
        why, ask = "See your worklist.", "If you phoned, dictate whom and when."
        yield f"{start}. {why} {ask} Nobody is paged before it is final."
    yield f"{start}. {why} {ask}"
    yield f"READBACK: {what}, not final yet. {why} {ask}"
    yield f"READBACK: {what}, not final yet. {why}"


def _test_texts(page: Page) -> Iterable[str]:
    again = " (possible repeat)" if page.slip.possible_repeat else ""
    yield (
        f"TEST by READBACK{again}, about no patient: reply ACK {page.code} to show that pages "
        "reach you on this phone. Nothing else to do."
    )


def _at(page: Page) -> str:
    if page.ended_at is None:
        return ""
    return f" at {local_time(page.ended_at, page.person.timezone, page.now)}"


def _due(page: Page) -> str:
    if page.due_at is None:
        return ""
    word = "was due" if page.due_at <= page.now else "due"
    return f" ({word} {local_time(page.due_at, page.person.timezone, page.now)})"


# ---- times ----------------------------------------------------------------------------------


def local_time(at: datetime, zone: str, now: datetime) -> str:
    """``14:40`` in that IANA zone; ``Tue 14:40`` where it is not today there, with the date where
    a weekday would not tell. A zone that nobody knows is shown as UTC and says so; ``01:30 CST``
    says which, where a change of daylight saving makes it come twice."""
    place = _zone(zone)
    here, today = at.astimezone(place), now.astimezone(place).date()
    which = "" if zone and place is not _UTC else " UTC"
    if here.utcoffset() != here.replace(fold=1 - here.fold).utcoffset():
        which = f" {here:%Z}"
    if here.date() == today:
        return f"{here:%H:%M}{which}"
    if abs((here.date() - today).days) < _DAYS_OF_A_WEEK:
        return f"{here:%a %H:%M}{which}"
    return f"{here:%d %b %H:%M}{which}"


def duration(length: timedelta) -> str:
    """In its largest sensible unit, rounded down so that time left is never overstated."""
    minutes = int(abs(length).total_seconds() // _MINUTES_OF_AN_HOUR)
    if minutes < 1:
        return "less than 1 min"
    if minutes < _COUNTED_IN_MINUTES:
        return f"{minutes} min"
    hours, rest = divmod(minutes, _MINUTES_OF_AN_HOUR)
    if hours < _COUNTED_IN_HOURS:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} days"


_UTC = ZoneInfo("UTC")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return _UTC


def or_call(callback_number: str) -> str:
    """A number that is too long is left out: cut short it would be a wrong number."""
    number = to_gsm(callback_number)
    return f" or call {number}" if number and fits_beside_a_code(number) else ""


def fits_beside_a_code(callback_number: str) -> bool:
    """Whether an SMS has room for it beside the reference, the code and the time."""
    return septets(to_gsm(callback_number)) <= LONGEST_NUMBER


def _category(page: Page) -> str:
    return to_gsm(page.category.replace("_", " "))


def fitting(texts: Iterable[str]) -> str:
    """The first text that fits one segment; the last one is cut if none does."""
    text = ""
    for longest in texts:
        text = to_gsm(longest)
        if septets(text) <= SEGMENT:
            return text
    return clip(text, SEGMENT)

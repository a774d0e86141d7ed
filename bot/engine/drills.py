"""Test pages: asked for by an admin, sent like every notice, answered like a page."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.coverage import SMS, VOICE, Person, Role
from bot.domain.drills import Answered, Asked, Drill, Outcome
from bot.domain.effects import Record, SendNotice
from bot.domain.events import Acknowledged
from bot.domain.page import Notice, Page, Slip
from bot.engine.context import Engine
from storage import audit, codes, drills, locks, outbox, people, pins, proofs
from storage.database import after_commit
from storage.ids import new_id

# Tests leave after every page and every other notice.
_LAST = 1000


@dataclass(frozen=True, slots=True)
class Drilled:
    """What was done for one person: channels by which a test goes out now, and those on which an
    earlier one still waits for its answer. Both are empty where no channel reaches them."""

    person: Person
    sent: tuple[str, ...]
    waiting: tuple[str, ...]


def ask(c: Connection, engine: Engine, person: Person, only: Collection[str], by: str) -> Drilled:
    """Send this person a test on each of their channels, or ``only`` on some.

    One that still waits for an answer is used again: what was sent within ten minutes, or has not
    left yet, is not repeated, unless it has failed for good.
    """
    locks.lock(c, "drills", person.id)
    now = engine.clock.now()
    wanted = _wanted(c, person, only)
    drill = _waiting(c, person, wanted, now)
    asked = drills.asked(c, drill.id) if drill else {}
    open_ones = [one for one in wanted if one not in asked or asked[one].answered_at is None]
    known = [asked[one] for one in open_ones if one in asked]
    waiting = [one.channel for one in known if drill and _waits(c, drill, one, now)]
    sent = [one for one in open_ones if one not in waiting]
    if sent:
        _send(c, engine, drill or _new(c, engine, person, by, now), person, sent, by)
    return Drilled(person, tuple(sent), tuple(waiting))


def _waits(c: Connection, drill: Drill, asked: Asked, now: datetime) -> bool:
    """Whether an answer may still come to what was sent: to what has failed for good none can."""
    if drills.leaving(c, drill.id, asked.channel):
        return True
    return asked.waits(now) and not drills.failed(c, drill.id, asked.channel)


def _wanted(c: Connection, person: Person, only: Collection[str]) -> list[str]:
    """A call is answered with the code of the test's SMS, or a PIN: who has none gets both."""
    asked = set(only or person.channels)
    if VOICE in asked.intersection(person.channels) and not pins.has_pin(c, person.id):
        asked.add(SMS)
    return [one for one in person.channels if one in asked]


def _waiting(c: Connection, person: Person, wanted: list[str], now: datetime) -> Drill | None:
    """The last test, where one of these channels has not answered it and it went where the person
    is reached today."""
    drill = drills.latest(c, person.id)
    if drill is None or drill.expires_at <= now or drill.mobile != person.mobile:
        return None
    asked = drills.asked(c, drill.id)
    open_ones = [asked[one] for one in wanted if one in asked and asked[one].answered_at is None]
    same = all(one.address == person.address(one.channel) for one in open_ones)
    return drill if open_ones and same else None


def _new(c: Connection, engine: Engine, person: Person, by: str, now: datetime) -> Drill:
    mobile = person.mobile
    code = codes.code_for_test(c, mobile, now, engine.random) if mobile else ""
    drill = Drill(new_id(), person.id, by, now, mobile, code)
    drills.start(c, drill)
    return drill


def _send(
    c: Connection, engine: Engine, drill: Drill, person: Person, channels: list[str], by: str
) -> None:
    now, notices = engine.clock.now(), []
    for channel in channels:
        sent_before = drills.ask(c, drill.id, channel, person.address(channel), now)
        slip = Slip(person.id, Role.OWNER, channel, sent_before, notice=Notice.TEST)
        notices.append(SendNotice(slip, now))
    outbox.put(c, None, notices, now, version=0, data=drill.id, severity=_LAST)
    told = {"person": person.id, "channels": ",".join(channels), "about": drill.id}
    audit.append(c, audit.ADMIN, [Record("test_asked", by, told)], now)
    after_commit(c, engine.wake)


def answer(c: Connection, engine: Engine, drill_id: str, person: Person, channel: str) -> Answered:
    """This person answers the test by this channel, which is proven by it.

    Raises KeyError for no such test.
    """
    now, drill = engine.clock.now(), drills.load(c, drill_id)
    if drill is None:
        raise KeyError(drill_id)
    if drill.person_id != person.id:
        return Answered(Outcome.NOT_YOURS)
    asked = drills.asked(c, drill_id).get(channel)
    moved = asked is not None and asked.address != person.address(channel)
    if drill.expires_at <= now or moved:  # what another number answers proves nothing of this one
        return Answered(Outcome.EXPIRED)
    after = now - (asked.at if asked else drill.at)
    if not drills.answered(c, drill_id, channel, now):
        return Answered(Outcome.ALREADY)
    proofs.note(c, person, channel, now)
    seconds = round(after.total_seconds())
    told: dict[str, str | int | bool | None] = {
        "channel": channel,
        "seconds": seconds,
        "about": drill_id,
    }
    audit.append(c, audit.ADMIN, [Record("test_acknowledged", person.id, told)], now)
    return Answered(Outcome.TAKEN, after)


def marked(c: Connection, event: Acknowledged, now: datetime) -> Acknowledged:
    """The acknowledgment of an alert, with the mark where an unproven number gives it by SMS."""
    person = people.load(c, event.person_id) if event.channel == SMS else None
    if person is None or proofs.known(c, person, SMS, now):
        return event
    return replace(event, unproven=True)


def proved(c: Connection, event: Acknowledged, now: datetime) -> None:
    """Whoever has answered a page by a channel can answer by it."""
    person = people.load(c, event.person_id)
    if person and person.address(event.channel):
        proofs.note(c, person, event.channel, now)


def still_asks(c: Connection, engine: Engine, drill_id: str, channel: str) -> bool:
    """Whether a sending that failed is worth another try."""
    drill = drills.load(c, drill_id)
    if drill is None or drill.expires_at <= engine.clock.now():
        return False
    asked = drills.asked(c, drill_id).get(channel)
    return asked is not None and asked.answered_at is None


def worded(c: Connection, page: Page) -> Page:
    """The test with its code; ``reason`` stays its id, which a click brings back.

    Raises KeyError for no such test.
    """
    drill = drills.load(c, page.reason)
    if drill is None:
        raise KeyError(page.reason)
    code = drill.code if page.slip.channel == SMS else ""
    return replace(page, code=code, valid_until=drill.expires_at)

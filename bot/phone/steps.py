"""One request of a call's dialogue, and what every step of it shares."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot import metrics
from bot.domain.coverage import Person
from bot.domain.effects import Record
from bot.engine.context import Engine
from bot.phone.callbacks import Callback, note_in
from bot.phone.guesses import note_wrong
from storage import audit, inbound, wrong_codes
from storage.database import after_commit

PROVIDER = "twilio-keys"
MOST_WRONG = 3
"""Codes in one call; over all calls and SMS of a number storage/wrong_codes.py counts."""
MOST_ASKED = 3
KEY, CODE = "key", "code"
Address = Callable[[str, str, int], str]
"""From a step's name, the delivery id and ``nth`` to where Twilio asks for it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One request. ``nth`` counts from 0: how often this step was asked in vain before."""

    sid: str
    delivery_id: str
    keys: str = ""
    answered_by: str = ""
    nth: int = 0


def found_out(c: Connection, engine: Engine, heard: Heard, what: str) -> None:
    """Who is at the other end is known now: not only once the call is over."""
    note_in(c, engine, Callback(heard.sid, what, None, heard.delivery_id))


def acts(c: Connection, heard: Heard, step: str, now: datetime) -> bool:
    """Whether what this step asks for is still to be done: once for each call. Twilio's signature
    has no time, so that a request may come again, in a second or in a year."""
    return inbound.seen(c, PROVIDER, f"{heard.sid}:{step}:{heard.nth}", now)


def wrong_code(c: Connection, engine: Engine, heard: Heard, person: Person) -> None:
    """Counted and recorded once, however often Twilio asks."""
    now = engine.clock.now()
    if acts(c, heard, CODE, now):
        _refuse(c, person, "unknown_code", now)
        note_wrong(c, engine, person.mobile, f"{heard.sid}:{heard.nth}", now)


def stopped(c: Connection, engine: Engine, heard: Heard, person: Person) -> bool:
    """Whether no code and no PIN from their number counts now: then it is not looked at."""
    now = engine.clock.now()
    if not wrong_codes.refused(c, person.mobile, now):
        return False
    if acts(c, heard, CODE, now):
        _refuse(c, person, "too_many_wrong_codes", now)
    return True


def _refuse(c: Connection, person: Person, reason: str, now: datetime) -> None:
    after_commit(c, lambda: metrics.reply(reason))
    audit.append(c, audit.ADMIN, [Record("call_refused", person.id, {"reason": reason})], now)

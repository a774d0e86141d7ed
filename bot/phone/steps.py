"""One request of a call's dialogue, and what every step of it shares."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from bot import metrics
from bot.domain.coverage import Person
from bot.domain.events import Record
from bot.engine.context import Engine
from bot.phone.callbacks import Callback, note_in
from bot.phone.guesses import note_wrong
from storage import audit, inbound
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


def wrong_code(c: Connection, engine: Engine, heard: Heard, person: Person) -> None:
    """Counted and recorded once, however often Twilio asks."""
    now, step = engine.clock.now(), f"{heard.sid}:{heard.nth}"
    if not inbound.seen(c, PROVIDER, step, now):
        return
    after_commit(c, lambda: metrics.reply("unknown_code"))
    wrong = Record("call_refused", person.id, {"reason": "unknown_code"})
    audit.append(c, audit.ADMIN, [wrong], now)
    note_wrong(c, engine, person.mobile, step, now)

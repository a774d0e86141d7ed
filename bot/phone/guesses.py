"""Wrong codes, by SMS or typed into a call: whoever tries them all is stopped, and told of."""

from datetime import datetime

from sqlalchemy import Connection

from bot.domain.effects import Record
from bot.domain.page import Notice
from bot.engine.context import Engine
from bot.engine.coordinators import tell_coordinators
from storage import audit, people, wrong_codes


def note_wrong(c: Connection, engine: Engine, number: str, sid: str, now: datetime) -> None:
    """One more from this number (E.164), in the message or call ``sid``: the tenth within an hour
    stops all codes from it, and a person hears of it."""
    if not wrong_codes.note(c, number, sid, now):
        return
    holders = people.by_mobile(c, number)
    actor = holders[0].id if holders else "unknown"
    record = Record("sms_codes_stopped", actor, {"wrong": wrong_codes.MOST})
    audit.append(c, audit.ADMIN, [record], now)
    tell_coordinators(c, engine, Notice.WRONG_CODES, ", ".join(person.name for person in holders))

"""Twilio refuses a number for a reason that holds for every later SMS: a STOP that we have never
heard of (said before we had the number, while our door was shut, or to the carrier itself), or a
landline."""

from datetime import datetime

from sqlalchemy import Connection

from bot.domain.effects import Record
from bot.domain.page import SendFailed
from bot.engine.context import Engine
from bot.engine.numbers import landline, opt_out
from bot.log import log
from bot.phone.errors import Landline
from storage import audit, people
from storage.database import after_commit


async def note_refusal(engine: Engine, mobile: str, refused: SendFailed, as_of: datetime) -> None:
    """A STOP is as if it had come to us, at ``as_of`` (UTC) or before.

    In a unit of work of its own: it holds the directory while it passes alerts on, and whoever
    settles an attempt holds an alert already.
    """
    await engine.database.write(lambda c: _note(c, engine, mobile, refused, as_of))


def _note(c: Connection, engine: Engine, mobile: str, refused: SendFailed, as_of: datetime) -> None:
    is_landline = isinstance(refused, Landline)
    take_out = landline if is_landline else opt_out
    what = "sms_landline" if is_landline else "sms_stopped"
    if take_out(c, engine, mobile, as_of):
        (who, *_) = people.by_mobile(c, mobile)
        record = Record(what, who.id, {"reason": refused.reason})
        audit.append(c, audit.ADMIN, [record], engine.clock.now())
        after_commit(c, lambda: log.warning("number_taken_out", kind=what, reason=refused.reason))

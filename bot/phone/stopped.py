"""Twilio refuses a number because of a STOP that we have never heard of: before we had the number,
while our door was shut, or said to the carrier itself."""

from datetime import datetime

from sqlalchemy import Connection

from bot.domain.events import Record
from bot.engine.context import Engine
from bot.engine.directory import opt_out
from bot.log import log
from storage import audit, people
from storage.database import after_commit


async def note_stop(engine: Engine, mobile: str, reason: str, as_of: datetime) -> None:
    """It is as if the STOP had come to us, at ``as_of`` (UTC) or before. ``reason`` is a slug.

    In a unit of work of its own: it holds the directory while it passes alerts on, and whoever
    settles an attempt holds an alert already.
    """
    await engine.database.write(lambda c: _note_stop(c, engine, mobile, reason, as_of))


def _note_stop(c: Connection, engine: Engine, mobile: str, reason: str, as_of: datetime) -> None:
    if opt_out(c, engine, mobile, as_of):
        (who, *_) = people.by_mobile(c, mobile)
        record = Record("sms_stopped", who.id, {"reason": reason})
        audit.append(c, audit.ADMIN, [record], engine.clock.now())
        after_commit(c, lambda: log.warning("sms_stopped", reason=reason))

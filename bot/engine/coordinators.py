"""Notices that belong to no alert go to the coordinators, or to the operator's log."""

from sqlalchemy import Connection

from bot.domain.coverage import Person, Role, next_told
from bot.domain.effects import SendNotice
from bot.domain.page import Notice, Slip
from bot.engine.context import Engine
from bot.log import log
from storage import outbox, people
from storage.database import after_commit


def tell_coordinators(
    c: Connection, engine: Engine, notice: Notice, about: str, *, without: str = ""
) -> None:
    """Every coordinator who can be reached gets this notice, which belongs to no alert; by the
    channel ``without`` only who has no other. Where there is none the operator reads it."""
    now = engine.clock.now()
    notices = [
        SendNotice(Slip(person.id, Role.COORDINATOR, channels[0], 0, notice=notice), now)
        for person in people.coordinators(c)
        if (channels := sorted(person.written, key=lambda channel: channel == without))
    ]
    if not notices:
        _nobody_hears(c, notice)
    outbox.put(c, None, notices, now, version=0, data=about)
    after_commit(c, engine.wake)


def coordinator_to_tell(c: Connection, notice: Notice, *, instead_of: str = "") -> Person | None:
    """The first who can be reached, or the next after the one of this id, of whom that has turned
    out wrong. Where there is none the operator reads it."""
    somebody = next_told(people.coordinators(c), instead_of)
    if somebody is None:
        _nobody_hears(c, notice)
    return somebody


def _nobody_hears(c: Connection, notice: Notice) -> None:
    after_commit(c, lambda: log.error("no_coordinator_to_tell", what=notice.value))

"""Shadow mode: everything happens but sending. Only its own notices leave, to the coordinators."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain.coverage import Role
from bot.domain.effects import SendNotice
from bot.domain.events import ShadowEnded
from bot.domain.page import Notice, Slip
from bot.domain.shadow import Shadow
from bot.engine import unread
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from storage import alert_lists, cursors, locks, outbox, people, quarantine, shadow
from storage.database import after_commit

# Kept beside the sources that are polled: up to when the coordinators were told.
CURSOR = "shadow:notice"
# Copies' clocks are seconds apart. What was told later than that was told by a clock that was ahead
# and has been set: it would keep everybody quiet until its time comes.
AHEAD = timedelta(hours=1)


def end_all(c: Connection, engine: Engine) -> int:
    """Going live: what was opened in shadow ends, so that it wakes nobody. How many there were.
    Who believes from now on that people are paged has to hear at once when that ends again."""
    locks.lock(c, CURSOR)
    if cursors.load(c, CURSOR):
        cursors.forget(c, CURSOR)
        _tell_what_waits(c, engine.clock.now())
    found = alert_lists.open_in_shadow(c)
    for alert_id in found:
        apply_in(c, engine, alert_id, ShadowEnded())
    return len(found)


def _tell_what_waits(c: Connection, now: datetime) -> None:
    """A coordinator hears of each reason once, and in shadow nobody did: of a sender that cannot be
    read people would go on to hear nothing."""
    for reason in quarantine.waiting(c):
        unread.tell_coordinator(c, reason, now, shadow=False)


async def tell(engine: Engine) -> None:
    """Tell every coordinator that nobody is paged, where it is time to."""
    mode, now = engine.shadow, engine.clock.now()
    if mode is None:
        return
    last = await engine.database.read(lambda c: _told_at(c, now))
    if mode.notice_due(last, now):
        await engine.database.write(lambda c: tell_in(c, engine, mode))


def tell_in(c: Connection, engine: Engine, mode: Shadow) -> None:
    """The same inside the caller's unit of work."""
    locks.lock(c, CURSOR)
    now = engine.clock.now()
    last = _told_at(c, now)
    if not mode.notice_due(last, now):
        return  # another copy was faster
    text = mode.told(shadow.opened_since(c, last) if last else 0, last, now)
    notices = _notices(c, mode, now)
    outbox.put(c, None, notices, now, version=0, data=text)
    cursors.put(c, CURSOR, now)
    after_commit(c, engine.wake)


def _told_at(c: Connection, now: datetime) -> datetime | None:
    last = cursors.load(c, CURSOR)
    return None if last and last - now > AHEAD else last


def _notices(c: Connection, mode: Shadow, now: datetime) -> list[SendNotice]:
    """One a coordinator; past the end on every channel that they have."""
    over = mode.is_over(now)
    notice = Notice.SHADOW_OVER if over else Notice.SHADOW
    return [
        SendNotice(Slip(person.id, Role.COORDINATOR, channel, 0, notice=notice), now)
        for person in people.coordinators(c)
        for channel in (person.written if over else person.written[:1])
    ]

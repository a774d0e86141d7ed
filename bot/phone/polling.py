"""Without a way in, Twilio is asked: how messages fared, and what phones have answered. With one it
is asked for the receipts that should have been brought.

Often only while an answer or a receipt may come, and slower the longer it takes.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

from sqlalchemy import Connection
from twilio.rest.api.v2010.account.message import MessageInstance

from bot.domain.page import SendFailed, SendUncertain
from bot.engine.context import LONGEST_SLEEP, Engine, asleep
from bot.log import log
from bot.phone.callbacks import receipt_within
from bot.phone.inbound import receive_and_answer
from bot.phone.message import Message
from bot.phone.sms import SmsSender
from storage import alerts, cursors, looks, outbox
from storage.looks import Look

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Pauses:
    """Between two questions about one message: a ``share`` of its age, ``longest`` at most."""

    share: float
    longest: timedelta


WHERE_NOBODY_BRINGS = Pauses(1 / 10, timedelta(minutes=5))
WHERE_CALLBACKS_BRING = Pauses(1 / 2, timedelta(minutes=30))
"""Only a callback that got lost is found by asking."""
LAST_QUESTION = timedelta(seconds=3)
"""Before a receipt is late. Twilio answers within one, as a rule."""
LOOK_UNTIL = timedelta(hours=12)
"""Longer than any message stays valid at Twilio (ten hours)."""
SOURCE = "twilio-replies"
FIRST_LOOK_BACK = timedelta(days=1)
OVERLAP = timedelta(minutes=5)
"""Twilio lists a message some time after it came; what was seen already does nothing."""
QUICK_FOR = timedelta(minutes=15)
SLOWER_BY = 5
LONGEST_PAUSE = 10.0
LONGEST_LEFT_ALONE = 60.0
MOST_DOUBLINGS = 10
CATCH_UP_SECONDS = 5.0
IDLE_LOOK = timedelta(minutes=5)
"""Whoever has nothing to answer may still write STOP."""


class Asked(Protocol):
    """A sender that can ask its provider how a message fared."""

    async def look(self, look: Look) -> bool:
        """Ask, and take the answer into account. True where that was the message's end.

        Raises SendFailed or SendUncertain where the provider could not be asked.
        """


@dataclass
class Looks:
    """Asks for each receipt that nobody has brought. ``seconds`` is the shortest pause between two
    questions; they are longer on channels where callbacks bring receipts (``brought``).
    """

    engine: Engine
    senders: Mapping[str, Asked]
    seconds: float
    brought: Collection[str] = ()
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.ask()
            await self._sleep()

    async def ask(self) -> None:
        """For all that is due."""
        while due := await self.engine.database.read(self._due):
            await asyncio.gather(*map(self._look, due))
            if len(due) < AT_ONCE:
                return

    def _due(self, c: Connection) -> list[Look]:
        return looks.due(c, self.engine.clock.now(), AT_ONCE)

    async def _look(self, look: Look) -> None:
        done, asked_for = False, 0.0
        try:
            done = await self.senders[look.channel].look(look)
        except SendFailed as failed:
            done = failed.permanent and not failed.configuration
            asked_for = failed.retry_after or 0.0
        except SendUncertain:
            log.warning("receipt_not_asked", delivery=look.delivery_id, channel=look.channel)
        at = None if done else self._next(look, asked_for)
        await self.engine.database.write(lambda c: self._again(c, look, at, in_time=not asked_for))

    def _again(self, c: Connection, look: Look, at: datetime | None, *, in_time: bool) -> None:
        when = self._in_time(c, look, at) if in_time else at
        looks.again(c, look.delivery_id, when)

    def _in_time(self, c: Connection, look: Look, at: datetime | None) -> datetime | None:
        """That time, or the last moment before its receipt is late: no other channel is used for
        what Twilio has known for seconds."""
        page = outbox.by_delivery_id(c, look.delivery_id)
        if at and page and look.channel not in self.brought:
            last = look.sent_at + receipt_within(c, page) - LAST_QUESTION
            return last if self.engine.clock.now() < last < at else at
        return at

    def _next(self, look: Look, asked_for: float = 0.0) -> datetime | None:
        """``asked_for``: the seconds for which Twilio wants to be left alone."""
        now = self.engine.clock.now()
        age = now - look.sent_at
        if age > LOOK_UNTIL:
            return None
        pauses = WHERE_CALLBACKS_BRING if look.channel in self.brought else WHERE_NOBODY_BRINGS
        usual = min(max(timedelta(seconds=self.seconds), age * pauses.share), pauses.longest)
        return now + max(usual, timedelta(seconds=asked_for))

    async def _sleep(self) -> None:
        """Commits are many: whoever is woken by one looks at the clock only."""
        due = await self.engine.database.read(looks.next_at)
        until = monotonic() + LONGEST_SLEEP
        while (left := until - monotonic()) > 0:
            if due is not None:
                left = self.engine.clock.seconds_until(due, at_most=left)
            if left <= 0:
                return
            self.woken.clear()
            await asleep(self.woken, left)


@dataclass
class Replies:
    """Fetches what phones have answered, the oldest first. Where webhooks bring it (``brought``)
    only what came while our door was shut: Twilio brings a message once."""

    engine: Engine
    sms: SmsSender
    seconds: float
    brought: bool = False
    looked_at: datetime | None = None

    async def run(self) -> None:
        """Ask until cancelled, at once after the start; while nobody has anything to answer, or
        webhooks bring it, only now and then."""
        trouble = 0
        asked_for = 0.0
        while True:
            pause = None if self.brought else await self.engine.database.read(self._pause)
            try:
                if pause is not None or self._looked_long_ago():
                    await self.fetch()
                trouble, asked_for = 0, 0.0
            except (SendFailed, SendUncertain) as error:
                trouble += 1
                asked_for = _asked_for(error)
                log.warning("replies_not_fetched", reason=str(error))
            await asyncio.sleep(max(self._rest(pause, trouble), asked_for))

    def _rest(self, pause: float | None, trouble: int) -> float:
        """Seconds until the next look, after so many failures in a row."""
        usual = self.seconds if pause is None else pause
        longest = IDLE_LOOK.total_seconds() if self.brought else LONGEST_PAUSE
        # A power that grows with an outage of hours is no float any more.
        return min(usual * 2.0 ** min(trouble, MOST_DOUBLINGS), max(usual, longest))

    async def fetch(self) -> None:
        """What has come since the last look. Raises SendFailed or SendUncertain."""
        began = self.engine.clock.now()
        read_to = await self.engine.database.read(lambda c: self._read_to(c, began))
        since = min(read_to, began) - OVERLAP if read_to else began - FIRST_LOOK_BACK
        listed = await self.sms.received(self.engine.clock.real(since))
        for message in reversed(listed):
            if taken := self._message(message):
                await receive_and_answer(self.engine, taken)
        if read_to is None:
            await self.engine.database.write(lambda c: cursors.put(c, SOURCE, began))
        elif began - read_to > OVERLAP:
            await self.engine.database.write(lambda c: cursors.advance(c, SOURCE, began))
        self.looked_at = began

    def _read_to(self, c: Connection, now: datetime) -> datetime | None:
        """None where nothing was read yet, or a clock that was ahead has noted it: then nobody
        knows. Copies' clocks are a little apart."""
        noted = cursors.load(c, SOURCE)
        return noted if noted and noted <= now + OVERLAP else None

    def _looked_long_ago(self) -> bool:
        now = self.engine.clock.now()
        return self.looked_at is None or now - self.looked_at >= IDLE_LOOK

    def _pause(self, c: Connection) -> float | None:
        """Seconds until the next question; None while no SMS can be answered."""
        now = self.engine.clock.now()
        last = looks.last_answerable_sms(c, now)
        if last is None:
            return None
        return self.seconds if now - last < QUICK_FOR else self.seconds * SLOWER_BY

    def _message(self, listed: MessageInstance) -> Message | None:
        if str(listed.direction) != "inbound" or not listed.sid or not listed.from_:
            return None
        stamp = listed.date_sent or listed.date_created
        sent_at, text = self._ours(stamp), listed.body or ""
        return Message(listed.sid, str(listed.from_), text, sent_at=sent_at, stamp=stamp)

    def _ours(self, sent: datetime | None) -> datetime | None:
        """Twilio's time by our clock, to a second or two: it stamps whole ones."""
        if sent is None:
            return None
        now = self.engine.clock.now()
        return min(now - (self.engine.clock.real(now) - self.sms.ahead - sent), now)


async def catch_up(receipts: Looks, replies: Replies) -> None:
    """What Twilio was told while nobody was here, before time moves any alert: who has answered is
    not passed by, however many receipts are awaited, and none that is there counts as late. Whom
    Twilio keeps waiting, time moves all the same."""
    if await receipts.engine.database.read(alerts.next_due_at) is None:
        return
    try:
        async with asyncio.timeout(CATCH_UP_SECONDS):
            await replies.fetch()
            await receipts.ask()
    except (SendFailed, SendUncertain, TimeoutError) as error:
        log.warning("not_caught_up", reason=str(error) or "too slow")


def _asked_for(error: SendFailed | SendUncertain) -> float:
    """The seconds that Twilio wants to be left alone; a minute at most, as replies may wait."""
    asked = error.retry_after if isinstance(error, SendFailed) else None
    return min(asked or 0.0, LONGEST_LEFT_ALONE)

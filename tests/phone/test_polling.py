"""Receipts and replies that have to be asked for, and what happens where that does not work."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.page import SendFailed, SendUncertain
from bot.phone import polling
from bot.phone.polling import Looks, Replies
from storage import cursors, looks
from storage.looks import Look
from tests.phone.desk import Desk
from tests.phone.opening import open_desk

PAGE = "reply ACK"


@pytest.fixture
def closed_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Nobody outside can reach this one."""
    with open_desk(sqlite_url, tmp_path, public=False) as opened:
        opened.world.inbound_url = None
        yield opened


@contextmanager
def running(desk: Desk, loop: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
    running = asyncio.run_coroutine_threadsafe(loop(), desk.loop)
    try:
        yield
    finally:
        running.cancel()


@dataclass
class Slow:
    """A provider that does as it is told when it is asked how a message fared."""

    says: list[bool | Exception]
    asked: list[Look] = field(default_factory=list)

    async def look(self, look: Look) -> bool:
        self.asked.append(look)
        said = self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def paged(desk: Desk) -> None:
    desk.report()
    desk.ada.expect_sms(PAGE)
    desk.world.settle()
    desk.wait(lambda: bool(awaited(desk)), "the page is not settled")


def awaited(desk: Desk) -> list[Look]:
    later = desk.engine.clock.now() + timedelta(days=2)
    return desk.engine.database.look(lambda c: looks.due(c, later, 10))


def next_look(desk: Desk) -> float | None:
    at = desk.engine.database.look(looks.next_at)
    return None if at is None else (at - desk.engine.clock.now()).total_seconds()


def test_a_receipt_is_asked_for_until_it_is_there(closed_desk: Desk) -> None:
    paged(closed_desk)
    with running(closed_desk, Looks(closed_desk.engine, {"sms": closed_desk.sender}, 2.0).run):
        closed_desk.advance(seconds=3)
        closed_desk.wait(lambda: not awaited(closed_desk), "the receipt was not asked for")
    (page,) = closed_desk.pages()
    assert page.delivered_at is not None


@pytest.mark.parametrize(
    ("brought", "pauses"), [((), [2.0, 60.0, 300.0, None]), (("sms",), [2.0, 300.0, 1800.0, None])]
)
def test_the_longer_it_takes_the_rarer_it_is_asked_and_in_the_end_no_more(
    closed_desk: Desk, brought: tuple[str, ...], pauses: list[float | None]
) -> None:
    now = closed_desk.engine.clock.now()
    asking = Looks(closed_desk.engine, {}, 2.0, brought=brought)

    def pause(age: timedelta) -> float | None:
        at = asking._next(Look("d", "sms", "SM1", now - age))
        return None if at is None else round((at - now).total_seconds(), 1)

    ages = (timedelta(seconds=3), timedelta(minutes=10), timedelta(hours=6), timedelta(hours=13))
    assert [pause(age) for age in ages] == pauses


def test_what_callbacks_bring_is_asked_for_until_it_has_come_to_its_end(closed_desk: Desk) -> None:
    paged(closed_desk)
    slow = Slow([SendUncertain("twilio-no-answer"), False, True])
    with running(closed_desk, Looks(closed_desk.engine, {"sms": slow}, 2.0, brought={"sms"}).run):
        for passed, pause in ((70, 35), (36, 53)):
            closed_desk.advance(seconds=passed)
            closed_desk.wait(lambda: (next_look(closed_desk) or 0) > 0, "it was not asked")
            assert next_look(closed_desk) == pytest.approx(pause, abs=0.2)
        closed_desk.advance(seconds=54)
        closed_desk.wait(lambda: not awaited(closed_desk), "it was not asked again")
    assert len(slow.asked) == 3


def test_what_is_not_known_yet_is_asked_again(closed_desk: Desk) -> None:
    paged(closed_desk)
    slow = Slow([False, True])
    with running(closed_desk, Looks(closed_desk.engine, {"sms": slow}, 2.0).run):
        closed_desk.advance(seconds=3)
        closed_desk.wait(lambda: len(slow.asked) == 1, "it was not asked")
        closed_desk.advance(seconds=3)
        closed_desk.wait(lambda: not awaited(closed_desk), "it was not asked again")
    assert len(slow.asked) == 2


@pytest.mark.parametrize(
    ("error", "goes_on"),
    [
        (SendUncertain("twilio-no-answer"), True),
        (SendFailed("twilio-20429", permanent=False), True),
        (SendFailed("twilio-20003", permanent=True, configuration=True), True),
        (SendFailed("twilio-20404", permanent=True), False),
    ],
)
def test_a_question_that_fails_is_asked_again_unless_twilio_knows_nothing_of_it(
    closed_desk: Desk, error: Exception, goes_on: bool
) -> None:
    paged(closed_desk)
    slow = Slow([error])
    with running(closed_desk, Looks(closed_desk.engine, {"sms": slow}, 2.0).run):
        closed_desk.advance(seconds=3)
        closed_desk.wait(
            lambda: bool(slow.asked) and (next_look(closed_desk) or 1) > 0, "it was not asked"
        )
    assert bool(awaited(closed_desk)) is goes_on


def test_a_busy_twilio_is_asked_after_a_receipt_no_sooner_than_it_wants(
    closed_desk: Desk,
) -> None:
    paged(closed_desk)
    slow = Slow([SendFailed("twilio-20429", permanent=False, retry_after=90)])
    with running(closed_desk, Looks(closed_desk.engine, {"sms": slow}, 2.0).run):
        closed_desk.advance(seconds=3)
        closed_desk.wait(lambda: (next_look(closed_desk) or 0) > 0, "it was not asked")
    assert next_look(closed_desk) == pytest.approx(90, abs=0.1)


def test_each_reply_is_taken_once_and_strangers_hear_nothing(closed_desk: Desk) -> None:
    paged(closed_desk)
    replies = Replies(closed_desk.engine, closed_desk.sender, 0.1)
    closed_desk.ada.send("hello")
    closed_desk.world.phone("+13125550999").send("hello")
    for _ in range(3):
        closed_desk.call(replies.fetch())
    closed_desk.ada.expect_sms("Reply only ACK")
    refused = [entry.data["reason"] for entry in closed_desk.admin("sms_refused")]
    assert sorted(map(str, refused)) == ["unknown_number", "words"]


def heard(desk: Desk, body: str, ago: timedelta) -> bool:
    """Whether a message that was sent so long ago is taken when it is fetched now."""
    sent = desk.ada.send(body)
    sent.record.created -= ago
    sent.record.sent = sent.record.created
    desk.call(Replies(desk.engine, desk.sender, 0.1).fetch())
    return bool(desk.admin("sms_refused"))


def read_to(desk: Desk) -> timedelta:
    """How far ahead of now the mark stands."""
    mark = desk.engine.database.look(lambda c: cursors.load(c, polling.SOURCE))
    assert mark is not None
    return mark - desk.engine.clock.now()


@pytest.mark.parametrize(
    ("ahead", "ago", "left"),
    [
        (timedelta(hours=3), timedelta(hours=2), timedelta(0)),
        (timedelta(minutes=4), timedelta(minutes=3), timedelta(minutes=4)),
    ],
)
def test_a_mark_made_by_a_clock_that_was_ahead_hides_no_reply(
    closed_desk: Desk, ahead: timedelta, ago: timedelta, left: timedelta
) -> None:
    """Far ahead, nobody knows what was read, and the mark is made anew; by minutes, copies differ
    on several machines."""
    mark = closed_desk.engine.clock.now() + ahead
    closed_desk.engine.database.run(lambda c: cursors.advance(c, polling.SOURCE, mark))
    assert heard(closed_desk, "hello", ago)
    assert read_to(closed_desk) == left
    closed_desk.ada.expect_sms("Reply only ACK")


def test_while_twilio_is_away_the_pauses_grow_and_nothing_is_lost(
    closed_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "LONGEST_PAUSE", 0.3)
    paged(closed_desk)
    closed_desk.world.twilio_down()
    closed_desk.ada.send("hello")
    replies = Replies(closed_desk.engine, closed_desk.sender, 0.05)
    with running(closed_desk, replies.run):
        closed_desk.wait(lambda: "replies_not_fetched" in closed_desk.log.getvalue(), "no trouble")
        closed_desk.world.twilio_down(down=False)
        closed_desk.ada.expect_sms("Reply only ACK")


def test_a_busy_twilio_is_asked_for_replies_no_sooner_than_it_wants(
    closed_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "LONGEST_PAUSE", 0.1)
    paged(closed_desk)
    closed_desk.world.twilio.faults.fail_next("messages.list", status=429, retry_after=1)
    closed_desk.ada.send("hello")
    began = time.monotonic()
    with running(closed_desk, Replies(closed_desk.engine, closed_desk.sender, 0.05).run):
        closed_desk.wait(lambda: "replies_not_fetched" in closed_desk.log.getvalue(), "no trouble")
        closed_desk.ada.expect_sms("Reply only ACK")
    assert time.monotonic() - began >= 1.0


@pytest.mark.parametrize(("brought", "longest"), [(False, 10.0), (True, 300.0)])
def test_an_outage_of_days_makes_no_pause_that_cannot_be_computed(
    closed_desk: Desk, brought: bool, longest: float
) -> None:
    replies = Replies(closed_desk.engine, closed_desk.sender, 2.0, brought=brought)
    assert replies._rest(None, trouble=100_000) == longest


def test_old_alerts_are_asked_about_more_slowly(closed_desk: Desk) -> None:
    replies = Replies(closed_desk.engine, closed_desk.sender, 2.0)
    pause = closed_desk.engine.database.look(replies._pause)
    assert pause is None, "nobody has anything to answer"
    paged(closed_desk)
    assert closed_desk.engine.database.look(replies._pause) == 2.0
    closed_desk.advance(minutes=9)
    closed_desk.world.settle()
    assert closed_desk.engine.database.look(replies._pause) == 2.0


def test_while_nobody_has_anything_to_answer_it_is_asked_at_the_start_and_every_five_minutes(
    closed_desk: Desk,
) -> None:
    replies = Replies(closed_desk.engine, closed_desk.sender, 2.0)
    assert replies._looked_long_ago(), "it has never looked"
    closed_desk.call(replies.fetch())
    closed_desk.advance(minutes=4)
    assert not replies._looked_long_ago()
    closed_desk.advance(minutes=1)
    assert replies._looked_long_ago()


def test_a_wrong_number_is_out_on_every_way_and_the_coordinators_are_told(
    closed_desk: Desk,
) -> None:
    paged(closed_desk)
    closed_desk.ada.send("Wrong number, sorry")
    closed_desk.call(Replies(closed_desk.engine, closed_desk.sender, 0.1).fetch())
    closed_desk.ada.expect_sms("this number gets no more messages")
    closed_desk.carla.expect_sms("a number of the directory is somebody else's")
    closed_desk.ben.expect_sms(PAGE)
    assert closed_desk.alert().owner != closed_desk.pages()[0].slip.person_id

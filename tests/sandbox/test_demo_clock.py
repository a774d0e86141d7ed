"""The demo's clock: it leaps and runs, and stops at everything that falls due."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.demo.bot_time import BotTime


class Bot:
    """Does at once what is due, and notes when it was done."""

    def __init__(self, *due: timedelta) -> None:
        self.due = list(due)
        self.done: list[datetime] = []
        self.time: BotTime | None = None
        self.start = datetime.max.replace(tzinfo=UTC)

    def next_due(self) -> datetime | None:
        if self.time is None or not self.due:
            return None
        at = self.start + self.due[0]
        if at <= self.time.now():
            self.done.append(self.time.now())
            self.due.pop(0)
        return at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def clock_with(bot: Bot, folder: Path) -> BotTime:
    bot.time = BotTime(folder / "clock", bot.next_due, lambda: False)
    bot.start = bot.time.now()
    return bot.time


def test_a_leap_stops_at_everything_that_falls_due_on_the_way(folder: Path) -> None:
    bot = Bot(timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=50))
    time_of_bot = clock_with(bot, folder)
    time_of_bot.leap(timedelta(minutes=30))
    late = [at - bot.start for at in bot.done]
    assert [round(each / timedelta(minutes=1)) for each in late] == [10, 20]
    assert timedelta(minutes=30) <= time_of_bot.now() - bot.start < timedelta(minutes=31)


@pytest.mark.parametrize("minutes", [0, -5, 24 * 60 + 1])
def test_the_clock_leaps_forward_by_a_day_at_most(folder: Path, minutes: int) -> None:
    with pytest.raises(ValueError, match="forward by a day"):
        clock_with(Bot(), folder).leap(timedelta(minutes=minutes))


def test_it_knows_what_the_bot_showed_at_a_real_time(folder: Path) -> None:
    time_of_bot = clock_with(Bot(), folder)
    real = time_of_bot.last().real
    time_of_bot.leap(timedelta(hours=1))
    later = time_of_bot.last().real
    assert time_of_bot.shown(later) - time_of_bot.shown(real) >= timedelta(hours=1)
    assert time_of_bot.shown(real - 5) < time_of_bot.shown(real)


def test_the_clock_has_two_speeds(folder: Path) -> None:
    time_of_bot = clock_with(Bot(), folder)
    time_of_bot.run_at(60)
    assert time_of_bot.rate == 60
    with pytest.raises(ValueError, match="1, 60"):
        time_of_bot.run_at(3600)

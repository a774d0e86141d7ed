"""Readback's clock, which the sandbox moves and the bot of another process sees move."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SLOWEST, ClockControl, MovedClock, RawClock, Reading, SteadyClock, SystemClock

SECOND = timedelta(seconds=1)


@pytest.fixture
def control(tmp_path: Path) -> ClockControl:
    return ClockControl(tmp_path / "clock")


def near(one: datetime, other: datetime) -> bool:
    return abs(one - other) < 2 * SECOND


def test_the_system_clock_is_aware_and_in_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert near(now, datetime.now(UTC))


def test_a_new_moved_clock_shows_real_time(control: ClockControl) -> None:
    clock = control.create()
    assert near(clock.now(), SystemClock().now())
    assert clock.rate == 1


def test_a_jump_moves_every_reader_of_the_file(control: ClockControl, tmp_path: Path) -> None:
    first = control.create()
    second = MovedClock(tmp_path / "clock")
    control.advance(timedelta(hours=1))
    for clock in (first, second):
        assert near(clock.now(), SystemClock().now() + timedelta(hours=1))


def test_it_can_be_stepped_back(control: ClockControl) -> None:
    clock = control.create()
    control.step(timedelta(minutes=-30))
    assert near(clock.now(), SystemClock().now() - timedelta(minutes=30))


def test_time_that_passes_goes_forward(control: ClockControl) -> None:
    control.create()
    with pytest.raises(ValueError, match="stepped back"):
        control.advance(timedelta(minutes=-30))


def test_it_stands_still_at_rate_zero_and_a_jump_still_moves_it(control: ClockControl) -> None:
    clock = control.create()
    control.set_rate(0)
    stopped = clock.now()
    assert clock.now() == stopped
    control.advance(timedelta(minutes=10))
    assert clock.now() == stopped + timedelta(minutes=10)


def test_changing_the_rate_does_not_jump(control: ClockControl) -> None:
    clock = control.create()
    control.advance(timedelta(hours=3))
    before = clock.now()
    control.set_rate(60)
    assert clock.rate == 60
    assert timedelta(0) <= clock.now() - before < timedelta(minutes=2)


def test_it_does_not_run_backwards(control: ClockControl) -> None:
    control.create()
    with pytest.raises(ValueError, match="backwards"):
        control.set_rate(-1)


def test_another_process_reads_the_same_time(control: ClockControl, tmp_path: Path) -> None:
    clock = control.create()
    control.set_rate(0)
    control.advance(timedelta(days=2, hours=5))
    code = (
        "import sys; from pathlib import Path; from bot.clock import MovedClock; "
        "print(MovedClock(Path(sys.argv[1])).now().isoformat())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "clock"], capture_output=True, text=True, check=True
    )
    assert datetime.fromisoformat(done.stdout.strip()) == clock.now()


def test_sleep_is_in_real_seconds_and_bounded(control: ClockControl) -> None:
    clock = control.create()
    control.set_rate(60)
    assert clock.seconds_until(clock.now() + timedelta(minutes=1), 5.0) == pytest.approx(1, abs=0.2)
    assert clock.seconds_until(clock.now() + timedelta(hours=1), 5.0) == 5.0
    assert clock.seconds_until(clock.now() - timedelta(hours=1), 5.0) == 0.0
    control.set_rate(0)
    assert clock.seconds_until(clock.now() + timedelta(seconds=1), 5.0) == 5.0


def test_it_tells_at_which_real_time_it_showed_a_moment(control: ClockControl) -> None:
    clock = control.create()
    start = clock.now()
    control.advance(timedelta(hours=1))
    after_jump = clock.now()
    control.advance(timedelta(hours=1))
    real = SystemClock().now()
    assert near(clock.real(after_jump), real)
    assert near(clock.real(start), real)
    assert near(clock.real(start + timedelta(minutes=30)), real)
    assert near(clock.real(clock.now()), real)


def test_a_moment_before_the_clock_was_made_is_as_far_back_in_real_time(
    control: ClockControl,
) -> None:
    clock = control.create()
    control.advance(timedelta(hours=1))
    before = SystemClock().now() - timedelta(days=1)
    assert near(clock.real(before), before)


def test_the_system_clock_is_real() -> None:
    now = SystemClock().now()
    assert SystemClock().real(now) == now


def test_it_says_so_when_it_was_moved_too_often(
    control: ClockControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.clock.MOST_SEGMENTS", 2)
    control.create()
    control.advance(SECOND)
    with pytest.raises(ValueError, match="create it anew"):
        control.advance(SECOND)


def test_a_closed_clock_lets_go_of_its_file(control: ClockControl) -> None:
    clock = control.create()
    clock.close()
    with pytest.raises(ValueError, match="released"):
        clock.now()


# ---- a clock that goes on when it is set back ------------------------------------------------


class Watch(RawClock):
    """A clock to wait with and to set."""

    def __init__(self) -> None:
        self.wall, self.elapsed = datetime(2027, 1, 4, 12, tzinfo=UTC), 1000.0

    def read(self) -> Reading:
        return Reading(self.wall, self.elapsed)

    @property
    def rate(self) -> float:
        return 1.0

    def real(self, moment: datetime) -> datetime:
        return moment

    def wait(self, by: timedelta) -> None:
        self.wall += by
        self.elapsed += by.total_seconds()


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MOVES = st.lists(
    st.tuples(st.sampled_from(("wait", "set")), st.timedeltas(-2 * HOUR, 2 * HOUR)), max_size=30
)


@given(MOVES)
def test_a_steady_clock_never_goes_back_nor_slow_nor_behind(
    moves: list[tuple[str, timedelta]],
) -> None:
    raw = Watch()
    clock = SteadyClock(raw)
    for move, by in moves:
        before = clock.now()
        passed = abs(by) if move == "wait" else timedelta(0)
        if move == "wait":
            raw.wait(passed)
        else:
            raw.wall += by
        after = clock.now()
        assert after >= before + passed * SLOWEST - timedelta(microseconds=1)
        assert after >= raw.wall
        assert clock.ahead == after - raw.wall


def test_what_is_due_in_half_an_hour_comes_in_half_an_hour_though_the_clock_is_set_back() -> None:
    raw = Watch()
    clock = SteadyClock(raw)
    due = clock.now() + 30 * MINUTE
    raw.wall -= 2 * HOUR
    raw.wait(32 * MINUTE)
    assert clock.now() >= due


def test_it_agrees_again_after_twenty_times_the_step() -> None:
    raw = Watch()
    clock = SteadyClock(raw)
    raw.wall -= 30 * MINUTE
    assert clock.ahead == 30 * MINUTE
    raw.wait(9 * HOUR)
    assert timedelta(0) < clock.ahead < 4 * MINUTE
    raw.wait(HOUR)
    assert clock.now() == raw.wall


def test_a_step_forward_and_a_sleep_of_the_machine_are_followed_at_once() -> None:
    raw = Watch()
    clock = SteadyClock(raw)
    raw.wall += 3 * HOUR
    assert clock.now() == raw.wall
    assert clock.ahead == timedelta(0)


def test_a_step_that_is_taken_back_leaves_no_trace() -> None:
    raw = Watch()
    clock = SteadyClock(raw)
    raw.wall -= 30 * MINUTE
    clock.now()
    raw.wait(MINUTE)
    raw.wall += 30 * MINUTE
    assert clock.now() == raw.wall


def test_it_begins_no_earlier_than_its_floor_and_a_floor_long_past_changes_nothing() -> None:
    raw = Watch()
    floor = raw.wall + 30 * MINUTE
    assert SteadyClock(raw, floor).now() == floor
    assert SteadyClock(raw, raw.wall - HOUR).now() == raw.wall


def test_a_provider_whose_clock_is_right_had_what_was_stamped_ahead_when_the_raw_clock_says() -> (
    None
):
    raw = Watch()
    clock = SteadyClock(raw)
    raw.wall -= 30 * MINUTE
    assert clock.real(clock.now()) == raw.wall


def test_the_clock_of_the_sandbox_can_be_set_while_its_time_passes(control: ClockControl) -> None:
    raw = control.create()
    control.set_rate(0)
    clock = SteadyClock(raw)
    start = clock.now()
    control.advance(5 * MINUTE)
    control.step(-30 * MINUTE)
    assert raw.now() == start - 25 * MINUTE
    assert near(clock.now(), start + 5 * MINUTE * SLOWEST)
    control.advance(10 * MINUTE)
    assert near(clock.now(), start + 15 * MINUTE * SLOWEST)

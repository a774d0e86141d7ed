"""A hospital with the whole bot in it for each test, and what must hold at the end of every one."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from bot.app import rehearsal
from bot.phone import polling
from bot.sandbox.hospital import Hospital
from storage import audit
from tests.patience import patient
from tests.requirements import spread
from tests.scenarios.looking import nothing_waits_for_nothing
from tests.written import writing

HERE = Path(__file__).parent
DATABASES = ("sqlite", "postgresql")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where the run is spread over both databases, every scenario but the promises' is on one of
    them, always the same. What is about one database alone is left there."""
    if not spread():
        return
    there = {item.nodeid for item in items}
    left_out = {item for item in items if _is_beside(item) and _is_left_out(item.nodeid, there)}
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))


def _is_beside(item: pytest.Item) -> bool:
    return item.path.parent == HERE and not item.path.name.startswith("test_promise_")


def _is_left_out(name: str, there: set[str]) -> bool:
    """Whether the same is there on the other database, and that is the one for it."""
    for on, other in (DATABASES, DATABASES[::-1]):
        if on in name and name.replace(on, other) in there:
            return DATABASES[crc32(name.replace(on, "").encode()) % len(DATABASES)] == other
    return False


@pytest.fixture
def log_errors() -> set[str]:
    """The error events that a test provokes: it adds them, and each must then be in the log."""
    return set()


@pytest.fixture
def settings() -> dict[str, str]:
    """Settings other than the demo's, by their environment names; tests override it."""
    return {}


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """While Twilio is away it is asked more rarely, as long as the story needs it."""
    monkeypatch.setattr(polling, "LONGEST_PAUSE", 0.3)


@pytest.fixture
def hospital(
    database_url: str,
    log_errors: set[str],
    settings: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Hospital]:
    """The bot on a thread, on each database. A message that nobody expected, an error in the log
    or a broken audit trail fails the test."""
    patient(monkeypatch)
    with writing(), rehearsal.hospital(database_url, environment=settings) as there:
        try:
            yield there
            end_well(there, log_errors)
        finally:  # pytest shows it where the test failed
            sys.stderr.write(there.bot.log_text() if there.bot else "the bot is not running")


def end_well(hospital: Hospital, log_errors: set[str]) -> None:
    """What must hold at the end of every scenario."""
    nothing_waits_for_nothing(hospital)
    if not log_errors:
        hospital.verify()
        return
    assert hospital.bot is not None
    assert not hospital.world.unexpected()
    assert {json.loads(line)["event"] for line in hospital.bot.errors()} == log_errors
    assert hospital.database.look(audit.verify).ok

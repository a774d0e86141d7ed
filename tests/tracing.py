"""What coverage watches. To be watched takes a test twice as long again, and a child as well.

Each part has tests of its own, and those are watched, but for Hypothesis's: what chance reaches
today it may miss tomorrow, and a percentage that counts it comes and goes. A scenario runs the
whole bot through all of its parts once more, and on PostgreSQL the same again.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

import pytest
from coverage import Coverage

from tests.requirements import ROOT

CLI, SCENARIOS, STORAGE = (ROOT / "tests" / name for name in ("cli", "scenarios", "storage"))
# What these are about lies across so many parts that no test of a single one reaches it.
WATCHED = {
    "test_drills.py",
    "test_images_and_calls.py",
    "test_opt_out.py",
    "test_opt_out_last_coordinator.py",
    "test_opt_out_wrong_number.py",
    "test_shadow.py",
    "test_slack_http.py",
    "test_stories.py",
    "test_voice.py",
    "test_voice_checked.py",
    "test_voice_trouble.py",
}
FOR_CHILDREN = "COVERAGE_PROCESS_CONFIG"
"""The variable by which coverage reaches the processes that a test starts."""


def only_once() -> None:
    """In a worker three begin, one by each way that coverage knows into a child and one of
    pytest-cov's, and to stop the last leaves the others tracing: nothing would go unwatched."""
    while "PYTEST_XDIST_WORKER" in os.environ and (begun := Coverage.current()):
        begun.stop()
        begun.save()


@contextmanager
def collecting() -> Iterator[None]:
    """All workers import the same: one of them is watched."""
    watched = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    with nullcontext() if watched else _unwatched():
        yield


@contextmanager
def running(item: pytest.Item) -> Iterator[None]:
    """Children are watched where they are a command: what else they are is the bot once more."""
    watched = _is_watched(item)
    with (
        nullcontext() if watched else _unwatched(),
        nullcontext() if watched and CLI in item.path.parents else _children_unwatched(),
    ):
        yield


def unwatched(environment: Mapping[str, str]) -> dict[str, str]:
    """For a child that is a process of its own: watched it takes four seconds to import it all."""
    return {name: value for name, value in environment.items() if name != FOR_CHILDREN}


def _is_watched(item: pytest.Item) -> bool:
    if item.get_closest_marker("hypothesis"):
        return False
    if STORAGE in item.path.parents:  # it alone tells SQLite and PostgreSQL apart
        return True
    if SCENARIOS in item.path.parents and item.path.name not in WATCHED:
        return False
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("database_url") != "postgresql"


@contextmanager
def _unwatched() -> Iterator[None]:
    tracing = Coverage.current()
    if tracing is None:
        yield
        return
    tracing.stop()
    try:
        yield
    finally:
        tracing.stop()  # pytest-cov has started it after a test with `no_cover`
        tracing.start()


@contextmanager
def _children_unwatched() -> Iterator[None]:
    kept = os.environ.pop(FOR_CHILDREN, None)
    try:
        yield
    finally:
        if kept is not None:
            os.environ[FOR_CHILDREN] = kept

"""What some tests need of the machine and a newcomer may lack: such a test skips by name.

With `READBACK_REQUIRE_ALL=1`, as `.ci/run` sets it, it fails instead.
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from tests.postgres import find_postgres

ROOT = Path(__file__).parent.parent
ROOM_FOR_TESTS = 2 << 30


def missing(what: str) -> NoReturn:
    """Skip the test for want of `what`, or fail it where everything is required."""
    if os.environ.get("READBACK_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and READBACK_REQUIRE_ALL=1 asks for it", pytrace=False)
    pytest.skip(f"{what} is missing")


def spread() -> bool:
    """Whether the scenarios beside the promises share the two databases, as in `make test` where
    there are two."""
    return os.environ.get("READBACK_SPREAD") == "1" and find_postgres() is not None


def shared_folder() -> Path | None:
    """The folder of samples beside the repository, for tests that are collected from it."""
    folder = ROOT / os.environ.get("READBACK_SHARED", "../shared")
    return folder.resolve() if folder.is_dir() else None


def chromium_program() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def memory_folder() -> str | None:
    """A folder in memory with room for what the tests write; a container's often has too little."""
    folder = Path("/dev/shm")  # noqa: S108 - asked whether it is there
    fits = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM_FOR_TESTS
    return str(folder) if fits else None

"""What some tests need of the machine and a newcomer may lack: such a test skips by name.

With `READBACK_REQUIRE_ALL=1`, as `.ci/run` sets it, it fails instead.
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent


def missing(what: str) -> NoReturn:
    """Skip the test for want of `what`, or fail it where everything is required."""
    if os.environ.get("READBACK_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and READBACK_REQUIRE_ALL=1 asks for it", pytrace=False)
    pytest.skip(f"{what} is missing")


def shared_folder() -> Path | None:
    """The folder of samples beside the repository, for tests that are collected from it."""
    folder = ROOT / os.environ.get("READBACK_SHARED", "../shared")
    return folder.resolve() if folder.is_dir() else None


def chromium_program() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)

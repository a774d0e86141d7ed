"""Other people's programs, each installed once into a folder of its own that later runs find."""

import fcntl
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.requirements import missing

READY = ".ready"


def installed_once(home: Path, what: str, install: Callable[[], None]) -> None:
    """Run ``install`` where that was not done yet; of several workers one does, the others wait.

    Skips the test, naming ``what``, where it cannot be installed.
    """
    home.parent.mkdir(exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (home / READY).exists():
            return
        try:
            install()
        except (OSError, subprocess.SubprocessError):
            missing(what)
        (home / READY).touch()

"""The settings and the database, as every command opens them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.shown import stop

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.domain.policy import Policy
    from bot.settings import Settings
    from storage.database import Database

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The settings; else READBACK_CONFIG, else readback.toml here.",
        show_default=False,
    ),
]


def settings_from(file: Path | None) -> "Settings":
    """The site's settings, or every problem in them and the end of the command."""
    from bot.settings import BadSettings, load

    try:
        return load(file)
    except BadSettings as bad:
        stop(*(str(problem) for problem in bad.problems))


def clock_for(settings: "Settings") -> "Clock":
    """The system's clock; on stand-ins, the one that the demo or a test moves."""
    from bot.clock import MovedClock, SystemClock
    from bot.settings import BadSettings, sandbox_clock

    try:
        moved = sandbox_clock(settings)
    except BadSettings as bad:
        stop(*(str(problem) for problem in bad.problems))
    return MovedClock(moved) if moved else SystemClock()


def policy_or_stop(settings: "Settings") -> "Policy":
    """The site's policy, or the line and the reason why it cannot be used."""
    from bot.app import policy_of
    from bot.domain.policy_file import BadPolicy

    file = settings.site.policy or "the packaged policy"
    try:
        return policy_of(settings)
    except BadPolicy as bad:
        stop(*(f"{file}: {line}" for line in str(bad).splitlines()))
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}. See site.policy.")


@contextmanager
def database_of(settings: "Settings", *, create: bool = False) -> Iterator["Database"]:
    """The site's database for one command. Without ``create`` it must be there and up to date."""
    from sqlalchemy.exc import DBAPIError

    from storage.database import Database

    _require_file(settings.database.url, create=create)
    database = Database(settings.database.url)
    try:
        yield database
    except DBAPIError as error:
        stop(
            f"The database cannot be used ({type(error.orig).__name__}). "
            "`readback check` says what is wrong; `readback migrate` brings its tables up to date."
        )
    finally:
        database.close()


def _require_file(url: str, *, create: bool) -> None:
    """SQLite would make an empty file of whatever name a typo gives it."""
    from sqlalchemy.engine import make_url

    parts = make_url(url)
    file = parts.database or ""
    if parts.get_backend_name() == "sqlite" and not create and not Path(file).is_file():
        stop(f"There is no database {file} here. `readback migrate` or `readback serve` makes it.")


def operator() -> str:
    """Who runs the command, for the audit trail: the account, whatever the environment says."""
    import os
    import pwd

    number = os.getuid()
    try:
        return f"os:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # containers run numbers that have no name
        return f"os:{number}"

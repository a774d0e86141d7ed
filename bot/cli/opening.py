"""The settings and the database, as every command opens them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.shown import say, stop

if TYPE_CHECKING:
    from bot.clock import RawClock
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


class Without(StrEnum):
    """What can be done without, by the names that people know."""

    @property
    def channel(self) -> str:
        """As people's channels are called."""
        return "sms" if self is Without.TWILIO else "slack"

    SLACK = "slack"
    TWILIO = "twilio"


LeftOut = Annotated[
    list[Without] | None,
    typer.Option(
        "--without",
        metavar="slack|twilio",
        help="Do without it on purpose; may be given twice.",
        show_default=False,
    ),
]


def settings_from(file: Path | None) -> "Settings":
    """The site's settings, or every problem in them and the end of the command."""
    from bot.log import configure
    from bot.settings import BadSettings, load

    # A command tells by itself what went wrong. Of libraries only what breaks is heard beside it,
    # on standard error and without what they quote.
    configure(least=logging.ERROR)
    try:
        return load(file)
    except BadSettings as bad:
        stop(*(str(problem) for problem in bad.problems))


def clock_for(settings: "Settings") -> "RawClock":
    """The system's clock; on stand-ins, the one that the demo or a test moves."""
    from bot.clock import MovedClock, SystemClock
    from bot.settings import BadSettings, sandbox_clock

    try:
        moved = sandbox_clock(settings)
    except BadSettings as bad:
        stop(*(str(problem) for problem in bad.problems))
    return MovedClock(moved) if moved else SystemClock()


def say_mode(settings: "Settings") -> None:
    """In shadow: until when, and that nobody is paged."""
    if settings.shadow:
        say(settings.shadow.standing(clock_for(settings).now()))


def policy_or_stop(settings: "Settings") -> "Policy":
    """The site's policy, or the line and the reason why it cannot be used."""
    from bot.app import policy_of
    from bot.domain.policy_file import BadPolicy
    from bot.settings import unknown_categories

    file = settings.site.policy or "the packaged policy"
    try:
        policy = policy_of(settings)
    except BadPolicy as bad:
        stop(*(f"{file}: {line}" for line in str(bad).splitlines()))
    except UnicodeDecodeError:
        stop(f"{file} is not UTF-8 text. See site.policy.")
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}. See site.policy.")
    unknown = unknown_categories(settings.hl7.profile, policy)
    if unknown:
        stop(*unknown)
    return policy


@contextmanager
def database_of(settings: "Settings", *, create: bool = False) -> Iterator["Database"]:
    """The site's database for one command. Without ``create`` it must be there. What a later
    release has used is left alone: nobody knows what we would read from it, or break in it."""
    from storage.database import Database
    from storage.migrating import refuse_later

    _require_file(settings.database.url, create=create)
    with trouble_told():
        database = Database(settings.database.url, calls=settings.calls)
        try:
            database.look(refuse_later)
            yield database
        finally:
            database.close()


@contextmanager
def trouble_told() -> Iterator[None]:
    """What keeps the database from being used, as a sentence; DBAPI's own texts quote values."""
    from sqlalchemy.exc import DBAPIError

    from storage.migrating import DatabaseTooNew
    from storage.trouble import BEHIND, why

    try:
        yield
    except DatabaseTooNew as newer:
        stop(f"{newer}")
    except FileNotFoundError as error:
        stop(f"{error.filename} cannot be made: its folder does not exist.")
    except DBAPIError as error:
        reason = why(error)
        migrate = "`readback migrate` brings them up to date."
        cure = migrate if reason == BEHIND else "`readback check` tells more."
        stop(f"The database cannot be used: {reason}. {cure}")


def _require_file(url: str, *, create: bool) -> None:
    """SQLite would make an empty file of whatever name a typo gives it."""
    if not create and not is_there(url):
        stop(f"There is no database {file_of(url)} here. {cure_for_no_file(url)}")


def is_there(url: str) -> bool:
    """Whether the file is there. Of a server's database only the server could tell."""
    file = file_of(url)
    return file is None or file.is_file()


def file_of(url: str) -> Path | None:
    """SQLite's file."""
    from sqlalchemy.engine import make_url

    parts = make_url(url)
    return Path(parts.database or "") if parts.get_backend_name() == "sqlite" else None


def cure_for_no_file(url: str) -> str:
    """What makes it, once there is a folder to make it in."""
    folder = (file_of(url) or Path()).parent
    first = "" if folder.is_dir() else f"Make the folder {folder} first. "
    return f"{first}`readback migrate` or `readback serve` makes it."


def operator() -> str:
    """Who runs the command, for the audit trail: the account, whatever the environment says."""
    import os
    import pwd

    number = os.getuid()
    try:
        return f"os:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # containers run numbers that have no name
        return f"os:{number}"

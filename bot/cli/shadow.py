"""`readback shadow report`: what would have been paged, what was, and what could not have been."""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.flags import Command, Group
from bot.cli.opening import ConfigFile, clock_for, database_of, say_mode, settings_from
from bot.cli.shown import say, stop

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.cli.shadow_shown import Found
    from bot.settings import Settings
    from storage.database import Database
    from storage.shadow import Period

app = typer.Typer(
    help="Run beside the live process, paging nobody.", no_args_is_help=True, cls=Group
)
DAYS = 45


@app.callback()
def _shadow() -> None:
    """Run beside the live process, paging nobody."""


def _day(told: str) -> date:
    from bot.domain.shadow import is_meant

    with suppress(ValueError):
        if is_meant(day := date.fromisoformat(told)):
            return day
    raise typer.BadParameter(f"{told} is no day. Write year, month and day: 2026-12-31.")


@app.command(cls=Command)
def report(
    first: Annotated[
        date | None,
        typer.Option("--from", parser=_day, metavar="DATE", help="First day; else 45 days ago."),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", parser=_day, metavar="DATE", help="Last day; else today."),
    ] = None,
    config: ConfigFile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON on standard output, one object a line.")
    ] = False,
) -> None:
    """Say what would have been paged, to whom, by when, and what could not have been."""
    from bot.cli import shadow_shown

    settings = settings_from(config)
    say_mode(settings)
    today = clock_for(settings).now().astimezone(settings.site.timezone).date()
    last_day = last or today
    first_day = first or last_day - timedelta(days=DAYS)
    if first_day > last_day:
        stop(f"--from {first_day} lies after --to {last_day}. Exchange them.")
    with database_of(settings) as database:
        found = _found(database, settings, first_day, last_day)
    if as_json:
        shadow_shown.print_lines(found)
    elif found.opened or found.counts or found.lags:
        shadow_shown.show(found, settings.site.timezone)
    elif found.removed_before:
        say(shadow_shown.removed(found.removed_before, settings.site.timezone))
    else:
        say(f"No report was received from {first_day} to {last_day}.")


def _found(database: "Database", settings: "Settings", first: date, last: date) -> "Found":
    from bot.cli.shadow_shown import Found
    from bot.domain.measures import unknown_providers
    from storage import people, retention, shadow

    period = _period(settings, first, last)

    def look(c: "Connection") -> Found:
        opened = shadow.opened(c, period)
        unknown = [
            (one, people.by_identifiers(c, one.provider.identifiers) is not None)
            for one in unknown_providers(opened)
        ]
        counted, lags = shadow.counts(c, period), shadow.lags(c, period)
        gone = retention.removed_before(c)
        cut = gone if gone and gone > period.begin else None
        return Found(first, last, opened, counted, lags, unknown, cut)

    return database.look(look)


def _period(settings: "Settings", first: date, last: date) -> "Period":
    """Both days whole, as the site counts them."""
    from storage.shadow import Period

    zone = settings.site.timezone
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    return Period(datetime.combine(first, time(), zone), end)

"""`readback people import`: the directory is replaced by a file, all of it or nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.flags import Command, Group
from bot.cli.opening import ConfigFile, database_of, is_there, operator, settings_from
from bot.cli.shown import FOUND_PROBLEMS, AsJson, count, print_json, say, stop, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.domain.people_file import PersonRow
    from bot.engine.context import Engine
    from bot.settings import Settings
    from storage.database import Database
    from storage.people_import import Change
    from storage.pins import Hashes

app = typer.Typer(help="Keep the directory of people.", no_args_is_help=True, cls=Group)


@app.callback()
def _people() -> None:
    """Keep the directory of people."""


@app.command("import", cls=Command)
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="CSV; see docs/reference.md."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, change nothing.")
    ] = False,
    slack_team: Annotated[
        str,
        typer.Option(
            metavar="T…",
            help="The workspace of member IDs without one; else SLACK_BOT_TOKEN tells it.",
        ),
    ] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Replace the directory by FILE, all of it or nothing.

    Whoever is not in it any more is paged no more; their open alerts go to the next person at once.
    """
    settings = settings_from(config)
    rows = _with_team(_read(file, settings, as_json=as_json), settings, slack_team)
    done = _apply(settings, rows, dry_run=dry_run)
    if as_json:
        print_json({"ok": True, "dry_run": dry_run, **_facts(done)})
    else:
        _show(done, dry_run=dry_run)


def _read(file: Path, settings: "Settings", *, as_json: bool) -> "tuple[PersonRow, ...]":
    from bot.domain.people_file import BadPeople
    from bot.domain.people_rules import read_people

    try:
        return read_people(file.read_bytes(), settings.site.timezone.key)
    except BadPeople as bad:
        if as_json:
            told = [
                {"line": p.line, "column": p.column, "what": p.what, "cure": p.cure}
                for p in bad.problems
            ]
            print_json({"ok": False, "problems": told})
            raise typer.Exit(FOUND_PROBLEMS) from None
        number = count(len(bad.problems), "problem")
        stop(*map(str, bad.problems), f"Nothing was imported: {number}.", code=FOUND_PROBLEMS)


def _with_team(
    rows: "tuple[PersonRow, ...]", settings: "Settings", team: str
) -> "tuple[PersonRow, ...]":
    """Without its workspace a member ID may be somebody else's in another one."""
    if not any(row.slack and not row.slack[0] for row in rows):
        return rows
    home = _named_team(team) if team else _home_team(settings)
    return tuple(
        replace(row, slack=(row.slack[0] or home, row.slack[1])) if row.slack else row
        for row in rows
    )


def _named_team(team: str) -> str:
    """Under a team that is none nobody's click would ever be known."""
    from bot.domain.person_fields import slack_team

    try:
        return slack_team(team)
    except ValueError as error:
        what, cure = error.args
        stop(f"--slack-team {what}. {cure}")


def _home_team(settings: "Settings") -> str:
    from bot.app.channels import slack_settings
    from bot.slack.checking import check_bot

    cure = "Write them as T…/U…, or name the workspace: --slack-team T…"
    if settings.secrets.slack_bot_token is None:
        stop(f"Some Slack IDs have no workspace, and SLACK_BOT_TOKEN is not set. {cure}")
    found = check_bot(slack_settings(settings))
    if not found.team_id:
        stop(f"Slack does not say whose SLACK_BOT_TOKEN is. {found.problems[0].what} {cure}")
    return found.team_id


@dataclass(frozen=True, slots=True)
class _Done:
    """What an import has done; ``passed_on`` are the open alerts whose owner it put out of
    reach, ``pins`` how many PINs the file has, ``stopped`` who has a number that answered STOP."""

    change: "Change"
    passed_on: int
    pins: int
    stopped: tuple[str, ...]


class _NotKept(Exception):
    """Ends the unit of work without a commit; ``done`` is what it would have done."""

    def __init__(self, done: _Done) -> None:
        super().__init__()
        self.done = done


class _NobodyToPage(Exception):
    """Every coordinator of the file has answered STOP, or none has a channel."""


@contextmanager
def _directory(settings: "Settings", *, dry_run: bool) -> "Iterator[Database]":
    """The site's database, made where there is none: for a dry run as one that goes again."""
    with ExitStack() as stack:
        if dry_run and not is_there(settings.database.url):
            folder = stack.enter_context(TemporaryDirectory(prefix="readback-dry-run-"))
            nowhere = {"url": f"sqlite:///{folder}/readback.db"}
            elsewhere = settings.database.model_copy(update=nowhere)
            settings = settings.model_copy(update={"database": elsewhere})
            dry_run = False
        database = stack.enter_context(database_of(settings, create=True))
        if not dry_run:
            database.migrate()
        yield database


def _apply(settings: "Settings", rows: "tuple[PersonRow, ...]", *, dry_run: bool) -> _Done:
    from bot.cli.engines import engine_for
    from storage import pins

    who, hashes = operator(), pins.hashes(rows)
    with _directory(settings, dry_run=dry_run) as database:
        engine = engine_for(database, settings)
        try:
            return database.run(lambda c: _import(c, engine, rows, hashes, who, dry_run=dry_run))
        except _NotKept as dry:
            return dry.done
        except _NobodyToPage:
            stop(
                "Nothing was imported: no coordinator in this file can be paged. "
                "All of them answered STOP to an SMS. Give one a Slack ID, or add another.",
                code=FOUND_PROBLEMS,
            )


def _import(
    c: "Connection",
    engine: "Engine",
    rows: "tuple[PersonRow, ...]",
    hashes: "Hashes",
    who: str,
    *,
    dry_run: bool,
) -> _Done:
    from bot.domain.coverage import NoSms
    from bot.domain.effects import Record
    from bot.engine.directory import pass_on
    from storage import alerts, audit, people
    from storage.people_import import apply_import

    now, before = engine.clock.now(), alerts.reach_of_owners(c)
    change = apply_import(c, rows, now, hashes)
    if not any(person.channels for person in people.coordinators(c)):
        raise _NobodyToPage
    stopped = tuple(p.name for p in people.everybody(c) if p.no_sms is NoSms.STOPPED)
    done = _Done(change, pass_on(c, engine, before), sum(map(bool, hashes.values())), stopped)
    if dry_run:
        raise _NotKept(done)
    counts: dict[str, str | int | bool | None] = {
        "people": len(rows),
        "added": len(change.added),
        "changed": len(change.changed),
        "removed": len(change.removed),
        "alerts_passed_on": done.passed_on,
        "pins": done.pins,
    }
    audit.append(c, audit.ADMIN, [Record("people_imported", who, counts)], now)
    return done


def _facts(done: _Done) -> dict[str, object]:
    change = done.change
    return {
        "added": list(change.added),
        "changed": [{"name": name, "fields": list(fields)} for name, fields in change.changed],
        "removed": list(change.removed),
        "unchanged": change.unchanged,
        "alerts_passed_on": done.passed_on,
        "pins": done.pins,
        "stopped": list(done.stopped),
    }


def _show(done: _Done, *, dry_run: bool) -> None:
    change = done.change
    rows = [
        *(("added", name, "") for name in change.added),
        *(("changed", name, ", ".join(fields)) for name, fields in change.changed),
        *(("removed", name, "is paged no more") for name in change.removed),
    ]
    if rows:
        table("", ("", "name", "what"), rows)
    numbers = (
        f"{len(change.added)} added, {len(change.changed)} changed, "
        f"{len(change.removed)} removed, {change.unchanged} unchanged."
    )
    say(f"Nothing was written (--dry-run): {numbers}" if dry_run else numbers)
    if done.pins:
        say(f"{count(done.pins, 'PIN')} in the file; only a hash of each is kept.")
    if done.stopped:
        who = ", ".join(done.stopped)
        say(f"No SMS goes to {who}: their number answered STOP, and has to send START itself.")
    if done.passed_on:
        what = count(done.passed_on, "open alert")
        would = "would go" if dry_run else "went"
        say(f"{what} {would} to the next person: the owner cannot be paged any more.")

"""`readback audit`: is the trail as it was written?"""

import re
from typing import TYPE_CHECKING

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from bot.cli.flags import Command, Group
from bot.cli.opening import ConfigFile, database_of, settings_from
from bot.cli.shown import FOUND_PROBLEMS, AsJson, count, err, print_json, say, stop

if TYPE_CHECKING:
    from sqlalchemy import Connection

app = typer.Typer(help="Verify the audit trail.", no_args_is_help=True, cls=Group)


@app.callback()
def _audit() -> None:
    """Verify the audit trail."""


@app.command(cls=Command)
def verify(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Check every entry, chain and seal; the first that is broken is named."""
    from storage import audit

    settings = settings_from(config)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} entries looked at"))
    hidden = as_json or not err.is_terminal
    bar = Progress(*columns, console=err, transient=True, disable=hidden)
    with database_of(settings) as database, bar:
        task = bar.add_task("verify", total=None)
        verdict = database.look(lambda c: audit.verify(c, lambda n: bar.update(task, completed=n)))
        whose = database.look(lambda c: _whose(c, verdict.first_broken or ""))
    if as_json:
        print_json(
            {
                "ok": verdict.ok,
                "entries": verdict.entries,
                "seals": verdict.seals,
                "first_broken": verdict.first_broken,
            }
        )
        raise typer.Exit(0 if verdict.ok else FOUND_PROBLEMS)
    if verdict.first_broken:
        stop(
            f"The audit trail is broken. First: {verdict.first_broken}.{whose}",
            "Stop Readback, keep the database as it is, and compare it with your backups.",
            code=FOUND_PROBLEMS,
        )
    entries, seals = count(verdict.entries, "entry", "entries"), count(verdict.seals, "seal")
    say(f"The audit trail is whole: {entries}, {seals}.")


def _whose(c: "Connection", broken: str) -> str:
    """The reference of the alert whose chain it is: by its id nobody knows one."""
    from storage import alert_lists

    found = re.match(r"chain (\w+)[,:]", broken)
    ref = alert_lists.ref_of(c, found[1]) if found else None
    return f" That is the chain of alert {ref}." if ref else ""

"""`readback alerts`: what is open, the next to act first; `readback alerts show` one of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.flags import Command, Group
from bot.cli.opening import (
    ConfigFile,
    clock_for,
    database_of,
    operator,
    say_mode,
    settings_from,
)
from bot.cli.shown import (
    AsJson,
    local,
    print_json,
    say,
    stop,
    table,
    utc,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from storage.alert_lists import AlertRow

ALL_STATES = ("open", "acknowledged", "withdrawn", "downgraded", "shadow")


app = typer.Typer(
    help="List the open alerts with who owns each and what happens next.",
    invoke_without_command=True,
    cls=Group,
)


@app.callback()
def alerts(
    ctx: typer.Context,
    every: Annotated[
        bool, typer.Option("--all", help="Also those that ended, the latest first.")
    ] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 1000,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List the open alerts with who owns each and what happens next."""
    from storage import alert_lists

    if ctx.invoked_subcommand:
        return
    settings = settings_from(config)
    states = ALL_STATES if every else ("open",)
    with database_of(settings) as database:
        rows = database.look(lambda c: alert_lists.listing(c, states, limit))
    say_mode(settings)
    if as_json:
        print_json([_facts(row) for row in rows])
    elif rows:
        _show(rows, settings.site.timezone)
    else:
        say("No alert is open." if not every else "There is no alert.")
    if len(rows) == limit:
        say(f"There may be more than these {limit}: --limit shows them.")


@app.command(cls=Command)
def show(
    ref: Annotated[str, typer.Argument(metavar="REF", help="As a page or the list has it.")],
    reveal: Annotated[
        bool,
        typer.Option(
            "--reveal",
            help="Print the finding, and a documented call. That is PHI: the trail records it.",
        ),
    ] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show one alert with its pages and notices."""
    from bot.cli import alert_shown

    settings = settings_from(config)
    with database_of(settings) as database:
        now = clock_for(settings).now()
        found = alert_shown.found(database, ref, operator(), now, reveal=reveal)
    if found is None:
        stop(f"There is no alert {ref}. `readback alerts --all` lists them.")
    if as_json:
        alert_shown.print_shown(found)
    else:
        alert_shown.show(found, settings.site.timezone)


def _facts(row: "AlertRow") -> dict[str, str | bool | None]:
    return {
        "ref": row.ref,
        "category": row.category,
        "state": row.state,
        "owner": row.owner_name or None,
        "window_opens_at": utc(row.window_opens_at),
        "due_at": utc(row.due_at),
        "next_action_at": utc(row.next_action_at),
        "accession": row.accession,
        **({"shadow": True} if row.shadow else {}),
    }


def _show(rows: list["AlertRow"], zone: "ZoneInfo") -> None:
    """Without the accession number: a screen is seen by others, and the reference is enough."""
    columns = ("ref", "category", "state", "owner", "due", "next action")
    table(
        "",
        columns,
        (
            (
                row.ref,
                row.category,
                f"SHADOW {row.state}" if row.shadow and row.state != "shadow" else row.state,
                row.owner_name,
                local(row.due_at, zone),
                local(row.next_action_at, zone),
            )
            for row in rows
        ),
    )

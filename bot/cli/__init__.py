"""The command line. Each command is a module; it imports what it needs when it runs."""

import errno
import gc
import sys
from contextlib import suppress
from importlib.metadata import version as version_of
from typing import Annotated

import typer

from bot.cli import (
    alerts,
    audit,
    check,
    demo,
    directory,
    explain,
    fhir,
    migrate,
    people,
    quarantine,
    send,
    serve,
    shadow,
    testing,
)
from bot.cli.flags import Command, Group
from bot.cli.shown import FOUND_PROBLEMS, speak_as_it_can

ORDER = (
    "serve",
    "demo",
    "send",
    "explain",
    "alerts",
    "people",
    "migrate",
    "check",
    "fhir",
    "audit",
    "quarantine",
    "shadow",
)


class _InOrder(Group):
    """What a newcomer needs first comes first; typer would put groups last."""

    def list_commands(self, _ctx: object) -> list[str]:
        return list(ORDER)


app = typer.Typer(
    name="readback",
    help="Readback pages the ordering provider about a critical imaging result until somebody "
    "acknowledges it. It is a second line behind the phone, never a replacement.",
    epilog="Exit codes: 0 all is well, 1 something was found, "
    "2 the command or the settings are wrong.",
    cls=_InOrder,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks quote source lines and values
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"readback {version_of('readback')}")
        raise typer.Exit


@app.callback()
def _readback(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """The options before the command."""


app.command(cls=Command)(serve.serve)
app.command(cls=Command)(demo.demo)
app.command(cls=Command)(send.send)
app.command(cls=Command)(explain.explain)
app.add_typer(alerts.app, name="alerts")
people.app.command("list", cls=Command)(directory.list_people)
people.app.command("test", cls=Command)(testing.send_tests)
app.add_typer(people.app, name="people")
app.command(cls=Command)(migrate.migrate)
app.command(cls=Command)(check.check)
app.add_typer(fhir.app, name="fhir")
app.add_typer(audit.app, name="audit")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(shadow.app, name="shadow")


def main() -> None:
    """The console script."""
    speak_as_it_can(sys.stdout)
    try:
        app()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        with suppress(OSError):
            sys.stderr.write("✗ The disk is full: what was to be written is not complete.\n")
        sys.exit(FOUND_PROBLEMS)
    finally:
        # Python looks through all that is there once more as it ends: long beside a short command.
        gc.freeze()

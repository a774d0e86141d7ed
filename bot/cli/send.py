"""`readback send`: play HL7 files over MLLP, as a sender would."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from bot.cli.shown import FOUND_PROBLEMS, AsJson, count, err, print_json, say, stop, table

if TYPE_CHECKING:
    from bot.sources.mllp_client import Played

# CA is the commit accept of the enhanced mode (HL7 table 0008).
ACCEPTED = frozenset({"AA", "CA"})
MOST_SHOWN = 50


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) <= 65535):  # noqa: PLR2004 - the last port
        raise typer.BadParameter("write HOST:PORT, as in 127.0.0.1:2575", param_hint="--to")
    return host.strip("[]"), int(port)


def send(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="HL7 files.")
    ],
    to: Annotated[str, typer.Option(metavar="HOST:PORT", help="The MLLP listener.")] = (
        "127.0.0.1:2575"
    ),
    patience: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long to wait for an ACK."),
    ] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Send each message of each FILE and print its ACK; exit code 1 if any is not AA or CA."""
    answers = asyncio.run(_played(files, *_address(to), patience))
    refused = [played for played in answers if played.code not in ACCEPTED]
    if as_json:
        told = [
            {"file": str(p.file), "message": p.index, "ack": p.code or None, "text": p.text}
            for p in answers
        ]
        print_json(told)
    else:
        _show(answers, refused)
    if refused or not answers:
        raise typer.Exit(FOUND_PROBLEMS)


async def _played(
    files: list[Path],
    host: str,
    port: int,
    patience: float,
) -> "list[Played]":
    from bot.sources.mllp_client import play

    answers: list[Played] = []
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("Sending", total=None)
        try:
            async for played in play(files, host, port, patience=patience):
                answers.append(played)
                bar.update(task, completed=len(answers))
        except OSError as error:
            sent = f" {count(len(answers), 'message')} had been sent." if answers else ""
            stop(f"{host}:{port} cannot be reached: {error.strerror or error}.{sent}", code=1)
    return answers


def _show(answers: "list[Played]", refused: "list[Played]") -> None:
    """Everything of a few; of many, what was not accepted."""
    shown = answers if len(answers) <= MOST_SHOWN else refused
    if shown:
        rows = ((p.file.name, str(p.index), p.code or "none", p.text) for p in shown)
        table("", ("file", "message", "ACK", "text"), rows)
    say(f"{len(answers) - len(refused)} of {count(len(answers), 'message')} accepted.")

"""`readback send`: play HL7 files over MLLP, as a sender would."""

import asyncio
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bot.cli.shown import FOUND_PROBLEMS, AsJson, count, err, print_json, say, stop, table

if TYPE_CHECKING:
    from bot.sources.mllp.client import Played

# CA is the commit accept of the enhanced mode (HL7 table 0008).
ACCEPTED = frozenset({"AA", "CA"})
MOST_SHOWN = 50


# By their bytes: how many messages there are is known only once all files are read.
_FAR = (
    TextColumn("[progress.description]{task.description}"),
    BarColumn(),
    TextColumn("[progress.percentage]{task.percentage:>3.0f}%"),
    TimeRemainingColumn(),
)


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
    *,
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt; so do the next three.")] = False,
    ca: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trust this CA (PEM), and not this machine's list."),
    ] = None,
    cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Our certificate (PEM), for mutual TLS.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its key, where it is in another file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send each message of each FILE and print its ACK; exit code 1 if any is not AA or CA."""
    context = _tls(ca, cert, key) if tls or ca or cert or key else None
    answers = asyncio.run(_played(files, *_address(to), patience, context))
    refused = [played for played in answers if played.code not in ACCEPTED]
    if as_json:
        told = [
            {
                "file": str(p.file),
                "message": p.index,
                "ack": p.code or None,
                "text": p.text,
                "detail": p.detail or None,
            }
            for p in answers
        ]
        print_json(told)
    else:
        _show(answers, refused)
        if not cert:
            _say_what_it_wants(answers, tls=context is not None)
    if refused or not answers:
        raise typer.Exit(FOUND_PROBLEMS)


def _tls(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    from bot.sources.mllp.tls import BadTls, client_context

    if key and not cert:
        stop("--key stands without --cert: name the certificate as well.")
    options = {"certificate": cert or "", "key": key or cert, "ca": ca}
    try:
        return client_context(ca, cert, key)
    except BadTls as bad:
        stop(f"{options[bad.which]} {bad.what}. {bad.cure}")


async def _played(
    files: list[Path], host: str, port: int, patience: float, tls: ssl.SSLContext | None
) -> "list[Played]":
    from bot.sources.mllp.client import play

    answers: list[Played] = []
    with Progress(*_FAR, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("Sending", total=sum(file.stat().st_size for file in files))
        try:
            async for played in play(files, host, port, patience=patience, tls=tls):
                answers.append(played)
                bar.advance(task, played.size)
                bar.update(task, description=count(len(answers), "message"))
        except ssl.SSLError as error:
            stop(f"{host}:{port} and we could not agree on TLS: {_why(error)}.", code=1)
        except OSError as error:
            sent = f" {count(len(answers), 'message')} had been sent." if answers else ""
            stop(f"{host}:{port} cannot be reached: {_reason(error)}.{sent}", code=1)
    return answers


def _reason(error: OSError) -> str:
    """In the system's words: asyncio has its own. A name that is not found has no errno of it."""
    if error.errno is None or error.errno < 0:
        return error.strerror or str(error) or _HUNG_UP
    return os.strerror(error.errno)


_HUNG_UP = "it hung up before TLS was agreed on, as a listener does that speaks none"
"""Of whoever closes while it is agreed on, asyncio says nothing at all."""


def _why(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); --ca names its CA"
    return (error.reason or "the connection was closed").replace("_", " ").lower()


def _say_what_it_wants(answers: "list[Played]", *, tls: bool) -> None:
    """Where a listener hung up: it tells nobody why."""
    from bot.sources.mllp.client import CLOSED

    if not any(played.text == CLOSED for played in answers):
        return
    if tls:
        say("A listener that wants a certificate of ours ends so: --cert and --key name it.")
    else:
        say("A listener that speaks TLS alone (--tls), or does not allow our address, ends so.")


def _said(played: "Played") -> str:
    return ". ".join(text for text in (played.text, played.detail) if text)


def _show(answers: "list[Played]", refused: "list[Played]") -> None:
    """Everything of a few; of many, what was not accepted."""
    shown = answers if len(answers) <= MOST_SHOWN else refused
    if shown:
        rows = ((p.file.name, str(p.index), p.code or "none", _said(p)) for p in shown)
        table("", ("file", "message", "ACK", "text"), rows)
    say(f"{len(answers) - len(refused)} of {count(len(answers), 'message')} accepted.")

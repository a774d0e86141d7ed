"""`readback serve`: the bot itself, until it is told to stop."""

import asyncio
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from bot.cli.opening import (
    ConfigFile,
    LeftOut,
    clock_for,
    policy_or_stop,
    say_mode,
    settings_from,
    trouble_told,
)
from bot.cli.shown import SLACK_PLAN, err, say, stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.app import Running
    from bot.settings import Settings


def serve(
    without: LeftOut = None,
    config: ConfigFile = None,
    until_input_ends: Annotated[bool, typer.Option("--until-input-ends", hidden=True)] = False,
) -> None:
    """Run Readback: receive reports, page people, until Ctrl-C or SIGTERM."""
    from bot import log, metrics
    from bot.app import CannotStart
    from bot.app import serve as run

    settings = settings_from(config)
    policy_or_stop(settings)
    left_out = frozenset(name.channel for name in without or [])
    log.configure(settings.log.format, on_drop=metrics.log_key_dropped)
    _say_what_holds(settings, left_out)
    clock = clock_for(settings)
    if until_input_ends:
        threading.Thread(target=_end_with_input, name="input", daemon=True).start()

    def greet(running: "Running") -> None:
        _greet(settings, running, left_out)

    try:
        with trouble_told():
            asyncio.run(run(settings, clock, without=left_out, ready=greet))
    except CannotStart as reason:
        stop(*str(reason).splitlines())


def _end_with_input() -> None:
    """Stop as SIGTERM does once nobody holds the other end any more: the demo that started this
    was killed, and nobody would ever stop what is left of it."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _say_what_holds(settings: "Settings", left_out: frozenset[str]) -> None:
    """In sentences; where every line has to be JSON, as events."""
    if settings.log.format == "json":
        from bot.log import log

        for event, _ in _what_holds(settings, left_out):
            log.warning("started_with", notice=event)
        return
    say_mode(settings)
    for _, sentence in _what_holds(settings, left_out):
        say(sentence)


def _what_holds(settings: "Settings", left_out: frozenset[str]) -> "Iterator[tuple[str, str]]":
    if settings.slack.phi != "none" and "slack" not in left_out:
        yield "slack_needs_enterprise_plan_and_baa", SLACK_PLAN.format(settings.slack.phi)
    if "sms" not in left_out and not settings.web.public_url:
        said = "web.public_url is not set: Twilio is asked for replies and receipts."
        yield "twilio_is_asked_for_replies_and_receipts", said
        if settings.calls:
            said = "Calls announce only: without web.public_url nobody can answer them by a key."
            yield "calls_announce_only", said


def _mode(running: "Running") -> dict[str, str]:
    engine = running.engine
    return {"mode": engine.shadow.standing(engine.clock.now())} if engine.shadow else {}


def _calls(settings: "Settings", left_out: frozenset[str]) -> str:
    if "sms" in left_out:
        return "left out"
    return f"from {settings.twilio.call_from}" if settings.calls else "none: no twilio.call_from"


def _greet(settings: "Settings", running: "Running", left_out: frozenset[str]) -> None:
    """What a person at a terminal wants to see; a supervisor reads the log instead."""
    if settings.log.format == "json" or not err.is_terminal:
        return
    policy = running.engine.policy
    facts = {
        **_mode(running),
        "reports": f"MLLP on {settings.hl7.host}:{running.hl7_port}",
        "web": f"http://{settings.web.host}:{running.web_port}/readyz",
        "database": running.engine.database.dialect,
        "Slack": "left out" if "slack" in left_out else f"connected, phi = {settings.slack.phi}",
        "SMS": "left out" if "sms" in left_out else f"from {settings.twilio.sender}",
        "calls": _calls(settings, left_out),
        "policy": f"version {policy.version}, approved by {policy.approved_by}",
    }
    shown = Table.grid(padding=(0, 2))
    for name, fact in facts.items():
        shown.add_row(f"[dim]{name}[/]", escape(fact))
    title = f"[bold]Readback[/] · {escape(settings.site.name)}"
    foot = "a second line behind the phone, never a replacement · Ctrl-C stops it"
    with suppress(OSError):  # a full log is no reason to page nobody
        err.print(Panel(shown, title=title, subtitle=foot, expand=False, border_style="blue"))

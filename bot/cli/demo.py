"""`readback demo`: Readback on this machine, with stand-ins for Slack and Twilio."""

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from bot.cli.shown import AsJson, out, stop

PROGRAM = (sys.executable, "-m", "bot")
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(
    script: Annotated[
        bool, typer.Option("--script", help="Play the stories without a browser, then end.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help="Of the page; without it 8090 or a free one.",
            show_default=False,
        ),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show Readback without any account: reports to send, Slack, phones, and a clock to move."""
    _refuse_real_tokens()
    if as_json and not script:
        stop("--json goes with --script: the page has nothing to print.")
    for number in ENDINGS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, _end)
    raise typer.Exit(_script(as_json=as_json) if script else _page(port, browser=browser))


def _end(_number: int, _frame: FrameType | None) -> None:
    """The first signal ends the demo in good order; a second must not leave half of it behind."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _refuse_real_tokens() -> None:
    from bot.settings import tokens_in_environment

    found = tokens_in_environment()
    if found:
        stop(
            f"{', '.join(found)} {'is' if len(found) == 1 else 'are'} set. The demo does not run "
            "beside real tokens: unset them, or open another shell."
        )


def _script(*, as_json: bool) -> int:
    from bot.cli.stories import play_all

    return play_all(as_json=as_json)


def _page(port: int | None, *, browser: bool) -> int:
    from bot.sandbox.demo import run
    from bot.sources.mllp.client import ask

    return run(PROGRAM, ask, port=port, browser=browser, tell=_tell)


def _tell(line: str) -> None:
    out.print(line, markup=False, soft_wrap=True)

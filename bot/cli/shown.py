"""How commands speak: tables and sentences for people, JSON alone on stdout for programs.

Exit codes: 0 all is well, 1 something was found, 2 the command or the settings are wrong.
"""

import codecs
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from io import TextIOWrapper
from typing import Annotated, NoReturn, TextIO
from zoneinfo import ZoneInfo

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table

from bot.domain.legible import STEERING, legible

FOUND_PROBLEMS, WRONG_USE = 1, 2

SLACK_PLAN = (
    'phi = "{}" puts findings into Slack: that needs a Slack Enterprise plan with a signed BAA.'
)

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON on standard output, nothing else.")
]


_PLAIN = {"✓": "+", "✗": "x", "→": "->", "…": "...", "·": "-", "–": "-", "“": '"', "”": '"'}


def speak_as_it_can(output: TextIO) -> None:
    """Where standard output takes no Unicode, the nearest stands for each of our signs. Standard
    error never fails for them, and must not be touched: it may be full."""
    codecs.register_error("nearest", _nearest)
    if isinstance(output, TextIOWrapper):
        output.reconfigure(errors="nearest")


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    said = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in said), error.end


class _Terminal(Console):
    """Reports and senders bring text of any kind: none of it steers the terminal it is shown on."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """The segments before rich adds the styles, which are sequences of our own."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else legible(text), style, control)


out = _Terminal(highlight=False)
err = _Terminal(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """One JSON document on standard output; what would steer a terminal is written as JSON may."""
    unicode = "utf" in (sys.stdout.encoding or "").lower()
    text = json.dumps(value, ensure_ascii=not unicode)
    typer.echo(STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def say(text: str) -> None:
    """A sentence for a person, on standard error: standard output holds results alone. Where it
    cannot be written, because the disk is full, the command does its work all the same."""
    with suppress(OSError):
        err.print(escape(text), soft_wrap=True)


def stop(*lines: str, code: int = WRONG_USE) -> NoReturn:
    """Say what is wrong, a line each, and end the command."""
    with suppress(OSError):
        for line in lines:
            err.print(f"[bold red]✗[/] {escape(line)}", soft_wrap=True)
    raise typer.Exit(code)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A table on standard output; a cell is text, never markup."""
    # Legible before its width is taken: what steers a terminal has none, and the mark for it one.
    names = tuple(columns)
    cells = [tuple(escape(legible(cell)) for cell in row) for row in rows]
    shown = Table(header_style="bold")
    for number, name in enumerate(names):
        # Where room is short what can be broken gives way, and a single word loses no letter.
        words = any(" " in row[number] for row in cells)
        shown.add_column(name, no_wrap=not words)
    for row in cells:
        shown.add_row(*row)
    if title:  # rich's own would be broken at the width of the table
        out.print(f"[italic]{title}[/]")
    # Asked for the window's own width it would answer with that.
    if Measurement.get(out, out.options.update(max_width=10_000), shown).minimum <= out.width:
        out.print(shown)
    else:
        _stack(names, cells)


def _stack(names: tuple[str, ...], cells: Iterable[tuple[str, ...]]) -> None:
    """A window too narrow for the table's longest words gets a paragraph a row: broken words,
    references among them, would be read wrongly."""
    for row in cells:
        grid = Table.grid(padding=(0, 1))
        for name, cell in zip(names, row, strict=True):
            grid.add_row(f"[bold]{name}[/]", cell)
        out.print(grid)
        out.print()


def utc(at: datetime | None) -> str | None:
    """For programs: ISO 8601 in UTC."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def local(at: datetime | None, zone: ZoneInfo) -> str:
    """For people: date and minute in the site's zone."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z") if at else ""


def gone(days: int) -> str:
    """Why a message has no bytes any more; ``days`` as the site has it set now."""
    after = f" after {days} days" if days else ""
    return f"the message itself was removed{after} by [retention]"


def count(number: int, one: str, many: str = "") -> str:
    """``1 person``, ``2,000 people``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

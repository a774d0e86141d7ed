"""`readback demo --script`: the stories, each played on a hospital of its own."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.markup import escape

from bot.app import CannotStart
from bot.app.rehearsal import hospital
from bot.cli.shown import FOUND_PROBLEMS, count, err, out, print_json, say, utc
from bot.sandbox.demo.bot_process import BotDied
from bot.sandbox.demo.place import TIMEZONE
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import KILLS, STORIES, Story, environment_of


class Played(NamedTuple):
    """What happened in one story, and the promise that it broke, if any."""

    events: list[tuple[datetime, str]]
    broken: str


def play_all(stories: Mapping[str, Story] = STORIES, *, as_json: bool) -> int:
    """Play every story; the exit code."""
    failed = 0
    with ThreadPoolExecutor() as beside:
        # Most of such a story is to wait until a process has started, twice.
        apart = {n: beside.submit(_play, story) for n, story in stories.items() if story in KILLS}
        for name, story in stories.items():
            with err.status(f"Playing: {name}"):
                played = apart[name].result() if name in apart else _play(story)
            failed += bool(played.broken)
            if as_json:
                _print_lines(name, played)
            else:
                _tell(name, played)
    if not as_json:
        say(f"{len(stories) - failed} of {count(len(stories), 'story', 'stories')} went well.")
    return FOUND_PROBLEMS if failed else 0


def _play(story: Story) -> Played:
    try:
        with hospital(as_child=story in KILLS, environment=environment_of(story)) as there:
            broken = _broken(story, there)
            return Played(there.timeline(), broken)
    except (AssertionError, BotDied, CannotStart) as failed:  # or its bot did not end
        return Played([], _said(failed))


def _broken(story: Story, there: Hospital) -> str:
    try:
        story(there)
        there.verify()
    except (AssertionError, BotDied) as failed:
        return _said(failed)
    return ""


def _said(failed: AssertionError | BotDied | CannotStart) -> str:
    lines = failed.lines if isinstance(failed, BotDied) else ()
    return "\n".join((str(failed) or "a promise was broken", *lines))


def _print_lines(name: str, played: Played) -> None:
    for at, event in played.events:
        print_json({"story": name, "at": utc(at), "event": event})
    if played.broken:
        print_json({"story": name, "ok": False, "broken": played.broken})
    else:
        print_json({"story": name, "ok": True})


def _tell(name: str, played: Played) -> None:
    sign = "[bold red]✗[/]" if played.broken else "[green]✓[/]"
    out.print(f"\n{sign} [bold]{escape(name)}[/]")
    zone = ZoneInfo(TIMEZONE)
    for at, event in played.events:
        out.print(f"  [dim]{at.astimezone(zone):%H:%M:%S}[/] {escape(event)}", soft_wrap=True)
    for line in played.broken.splitlines():
        out.print(f"  [red]{escape(line)}[/]", soft_wrap=True)

"""``make bench``: measure, print, and write results/latest.json."""

import gc
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import acks, engine, pages, parsing
from benchmarks.goals import GOALS
from bot import log

RESULTS = Path(__file__).parent / "results" / "latest.json"
MEASURES: dict[str, Callable[[], dict[str, float]]] = {
    "parsing": parsing.measure,
    "acks": acks.measure,
    "pages": pages.measure,
    "burst": engine.burst_claim,
    "channels": engine.channel_calls,
    "timers": engine.step_lateness,
}


def main(wanted: list[str]) -> int:
    """Measure all, or what is named."""
    gc.freeze()  # as serve does, whose imports would be gone through as well
    console = Console()
    # Its lines are written as ever, which is part of what is measured, but not between the rows.
    values: dict[str, float] = {}
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        log.configure("json", stream=nowhere)
        for name in wanted or MEASURES:
            # No spinner: the thread that turns it moves ours to another core, and whatever is
            # measured meanwhile takes an eighth longer.
            console.print(f"[dim]Measuring {name} …[/]")
            values.update(MEASURES[name]())
    console.print(_table(values))
    _keep(values)
    console.print("[dim]written to benchmarks/results/latest.json[/]")
    return 0


def _keep(values: dict[str, float]) -> None:
    """Into the results; what was not measured this time stays as it was."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for name, value in values.items():
        goal = GOALS[name]
        known[name] = {"value": round(value, 3), "goal": goal.goal, "unit": goal.unit}
    ordered = {name: known[name] for name in GOALS if name in known}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")


def _table(values: dict[str, float]) -> Table:
    table = Table(title="Readback beside its references", title_justify="left")
    for heading in ("", "what", "value", "goal", ""):
        table.add_column(heading, justify="right" if heading in {"value", "goal"} else "left")
    for name, value in values.items():
        goal = GOALS[name]
        met = "[green]✓ met[/]" if goal.met(value) else "[red]✗ missed[/]"
        table.add_row(name, goal.what, f"{value:.2f} {goal.unit}".strip(), goal.goal, met)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

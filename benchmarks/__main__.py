"""``make bench``: measure, print, and write results/latest.json."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import acks, engine, pages, parsing
from benchmarks.goals import GOALS

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
    """Measure all, or what is named; 1 where a goal was missed."""
    console = Console()
    values: dict[str, float] = {}
    for name in wanted or MEASURES:
        with console.status(f"Measuring {name} …"):
            values.update(MEASURES[name]())
    console.print(_table(values))
    if not wanted:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(_rows(values), indent=2) + "\n", encoding="utf-8")
        console.print("[dim]written to benchmarks/results/latest.json[/]")
    return 0


def _rows(values: dict[str, float]) -> dict[str, dict[str, object]]:
    return {
        name: {"value": round(values[name], 3), "goal": goal.goal, "unit": goal.unit}
        for name, goal in GOALS.items()
        if name in values
    }


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

"""Reading a report: ours, a bare split(), and python-hl7."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from zoneinfo import ZoneInfo

import hl7

from benchmarks.messages import report
from bot.sources.hl7 import read

ROUNDS, CALLS = 7, 300


def measure() -> dict[str, float]:
    """parse_vs_split and parse_vs_python_hl7: medians of interleaved rounds."""
    data = report(1, flagged=True)
    now, zone = datetime.now(UTC), ZoneInfo("America/Chicago")
    text = data.decode()
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: read(data, source="bench", timezone=zone, now=now),
        "split": lambda: _split(data),
        "python-hl7": lambda: hl7.parse(text),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append(_seconds(way, CALLS if name != "python-hl7" else 20))
    ours = median(times["ours"])
    return {
        "parse_vs_split": ours / median(times["split"]),
        "parse_vs_python_hl7": median(times["python-hl7"]) / ours,
    }


def _split(data: bytes) -> list[list[list[str]]]:
    """Segments, fields, components: the least that a parser has to hand out."""
    segments = [segment.split("|") for segment in data.decode().split("\r")]
    return [[field.split("^") for field in fields] for fields in segments]


def _seconds(way: Callable[[], object], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        way()
    return (time.perf_counter() - began) / calls

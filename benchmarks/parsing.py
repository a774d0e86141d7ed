"""Reading a report: ours, a bare split(), and python-hl7.

Ours reads everything that the bot needs, a digest, macros and documented calls included; the other
two only cut. All three read the same mix of reports, one in twelve of them flagged and dictated.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from zoneinfo import ZoneInfo

import hl7

from benchmarks.full_reports import full_mix
from benchmarks.messages import reading_mix
from bot.sources.hl7.reader import read

ROUNDS = 15
CALLS = {"ours": 25, "split": 100, "python-hl7": 3}
"""Of the whole mix, each about a tenth of a second: so they meet the same machine."""


def measure() -> dict[str, float]:
    """parse_vs_split and parse_vs_python_hl7, on the 2 KB that the goals are set for, and the same
    on reports as full as a RIS sends them."""
    mixes = {"parse": reading_mix(), "parse_full": full_mix()}
    return {
        f"{name}_vs_{other}": ratio
        for name, mix in mixes.items()
        for other, ratio in _ratios(mix).items()
    }


def _ratios(mix: Sequence[bytes]) -> dict[str, float]:
    """Medians over rounds, in time of the CPU. Each round compares what it has measured itself: a
    machine that others use is slower for seconds."""
    now, zone = datetime.now(UTC), ZoneInfo("America/Chicago")
    ways: dict[str, Callable[[bytes], object]] = {
        "ours": lambda data: read(data, source="bench", timezone=zone, now=now),
        "split": _split,
        "python-hl7": lambda data: hl7.parse(data.decode()),
    }
    rounds = [
        {name: _seconds(way, mix, CALLS[name]) for name, way in ways.items()} for _ in range(ROUNDS)
    ]
    return {
        "split": median(one["ours"] / one["split"] for one in rounds),
        "python_hl7": median(one["python-hl7"] / one["ours"] for one in rounds),
    }


def _split(data: bytes) -> list[list[list[str]]]:
    """Segments, fields, components: the least that a parser has to hand out."""
    segments = [segment.split("|") for segment in data.decode().split("\r")]
    return [[field.split("^") for field in fields] for fields in segments]


def _seconds(way: Callable[[bytes], object], mix: Sequence[bytes], calls: int) -> float:
    began = time.process_time()
    for _ in range(calls):
        for data in mix:
            way(data)
    return (time.process_time() - began) / calls / len(mix)

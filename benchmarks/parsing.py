"""Reading a report: ours, a bare split(), and python-hl7.

Ours reads everything that the bot needs, a digest, macros and documented calls included; the other
two only cut. All three read the same mix of reports, one in twelve of them flagged and dictated.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from zoneinfo import ZoneInfo

import hl7

from benchmarks.messages import reading_mix
from bot.sources.hl7.reader import read

ROUNDS, CALLS, CALLS_OF_PYTHON_HL7 = 9, 25, 2


def measure() -> dict[str, float]:
    """parse_vs_split and parse_vs_python_hl7: medians of interleaved rounds, in time of the CPU."""
    now, zone = datetime.now(UTC), ZoneInfo("America/Chicago")
    ways: dict[str, Callable[[bytes], object]] = {
        "ours": lambda data: read(data, source="bench", timezone=zone, now=now),
        "split": _split,
        "python-hl7": lambda data: hl7.parse(data.decode()),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append(
                _seconds(way, CALLS if name != "python-hl7" else CALLS_OF_PYTHON_HL7)
            )
    ours = median(times["ours"])
    return {
        "parse_vs_split": ours / median(times["split"]),
        "parse_vs_python_hl7": median(times["python-hl7"]) / ours,
    }


def _split(data: bytes) -> list[list[list[str]]]:
    """Segments, fields, components: the least that a parser has to hand out."""
    segments = [segment.split("|") for segment in data.decode().split("\r")]
    return [[field.split("^") for field in fields] for fields in segments]


def _seconds(way: Callable[[bytes], object], calls: int) -> float:
    mix = reading_mix()
    began = time.process_time()
    for _ in range(calls):
        for data in mix:
            way(data)
    return (time.process_time() - began) / calls / len(mix)

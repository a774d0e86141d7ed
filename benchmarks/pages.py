"""From a report to the first request on a channel, and how many pages leave in a second."""

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median, quantiles

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.channels import Seen
from benchmarks.load import at_rate
from benchmarks.messages import report
from benchmarks.site import Provider, child, providers, readback

ROUNDS = 5
RATES = {20: 200, 100: 400}
"""Reports a second, and how many in a round: 1,000 and 2,000 in all."""


def measure() -> dict[str, float]:
    """first_request_p50_20 and its kin: medians of the rounds' ratios to the reference."""
    people = providers(max(RATES.values()))
    found: dict[str, list[float]] = {}
    numbers = count(1)
    with tempfile.TemporaryDirectory() as folder, child("benchmarks.channels") as port:
        channels = f"http://127.0.0.1:{port}"
        bare = str(Path(folder) / "reference.db"), f"{channels}/bare"
        with (
            readback(Path(folder), channels, people) as ours,
            child("benchmarks.reference", *bare) as reference,
        ):
            for _ in range(ROUNDS):
                for rate, messages in RATES.items():
                    some = people[:messages]
                    floor = _delays(reference, rate, some, numbers, channels)
                    real = _delays(ours, rate, some, numbers, channels)
                    for name, of in (("p50", _p50), ("p99", _p99)):
                        ratio = of(real) / of(floor)
                        found.setdefault(f"first_request_{name}_{rate}", []).append(ratio)
    return {name: median(ratios) for name, ratios in found.items()}


def _delays(
    port: int, rate: int, people: Sequence[Provider], numbers: "count[int]", channels: str
) -> list[float]:
    """Seconds from sending each report to the first request for its provider."""
    messages = [report(next(numbers), flagged=True, provider=p.npi) for p in people]
    _seen(channels)
    sent = asyncio.run(at_rate(port, messages, rate))
    deadline, first = time.monotonic() + 20, dict[str, float]()
    while time.monotonic() < deadline and len(_matched(first, people)) < len(people):
        time.sleep(0.05)
        first = {**_seen(channels), **first}
    arrived = _matched(first, people)
    assert len(arrived) == len(people), f"{len(people) - len(arrived)} were never paged"
    return [arrived[p.npi] - at for p, at in zip(people, sent, strict=True)]


def _matched(first: Seen, people: Sequence[Provider]) -> dict[str, float]:
    """The earliest request for each provider, on whichever channel."""
    found = {}
    for person in people:
        times = [first[k] for k in (person.slack, person.mobile, person.npi) if k in first]
        if times:
            found[person.npi] = min(times)
    return found


def _seen(channels: str) -> Seen:
    host = channels.removeprefix("http://")
    connection = HTTPConnection(host)
    connection.request("GET", "/seen")
    seen: Seen = json.load(connection.getresponse())["first"]
    connection.close()
    return seen


def _p50(values: list[float]) -> float:
    return median(values)


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


async def bare_sdk(url: str, pages: int, at_once: int) -> float:
    """Messages a second that slack_sdk itself posts on one shared session."""
    places = asyncio.Semaphore(at_once)
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient("xoxb-bench", base_url=url, session=session, retry_handlers=[])

        async def post(number: int) -> None:
            async with places:
                await client.chat_postMessage(channel=f"U{number}", text="a page")

        began = time.perf_counter()
        await asyncio.gather(*(post(number) for number in range(pages)))
        return pages / (time.perf_counter() - began)

"""MLLP → durable commit → ACK, beside the reference, with everything switched on."""

import asyncio
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.load import as_fast_as_answered
from benchmarks.messages import FLAGGED_EVERY, report
from benchmarks.site import Provider, child, providers, readback

ROUNDS = 5
MESSAGES = {1: 400, 16: 3_200}


def measure() -> dict[str, float]:
    """ack_ratio_1 and ack_ratio_16: the median of the rounds' ratios.

    One report in twelve is flagged and pages its provider, as in a large hospital.
    """
    people = providers(200)
    numbers = count(1)
    ratios: dict[int, list[float]] = {senders: [] for senders in MESSAGES}
    with tempfile.TemporaryDirectory() as folder, child("benchmarks.channels") as port:
        at = Path(folder)
        channels = f"http://127.0.0.1:{port}"
        with (
            readback(at, channels, people) as ours,
            child("benchmarks.reference", str(at / "reference.db")) as reference,
        ):
            for _ in range(ROUNDS):
                for senders, messages in MESSAGES.items():
                    bare = _rate(reference, senders, messages, numbers, people)
                    real = _rate(ours, senders, messages, numbers, people)
                    ratios[senders].append(real / bare)
    return {f"ack_ratio_{senders}": median(found) for senders, found in ratios.items()}


def _rate(
    port: int, senders: int, messages: int, numbers: "count[int]", people: Sequence[Provider]
) -> float:
    batches = [
        [_message(next(numbers), people) for _ in range(messages // senders)]
        for _ in range(senders)
    ]
    return asyncio.run(as_fast_as_answered(port, batches))


def _message(number: int, people: Sequence[Provider]) -> bytes:
    provider = people[number % len(people)].npi
    return report(number, flagged=number % FLAGGED_EVERY == 0, provider=provider)

"""Versions in every order and repetition end alike: the listener and the intake alone."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from tests.scenarios.intake import NOW, end_of, intake_alone, play
from tests.scenarios.looking import DISSECTION, version

Spec = tuple[float, str, str, str]
"""Minutes before now, OBR-25, OBX-8, impression."""

HEMATOMA = "Acute left subdural hematoma."
SETS: dict[str, Sequence[Spec]] = {
    "ends routine": (
        (40, "F", "AA", HEMATOMA),
        (30, "C", "", HEMATOMA),
        (20, "C", "AA", DISSECTION),
        (10, "C", "RID50261", HEMATOMA),
    ),
    "ends withdrawn": (
        (40, "F", "RID49482", HEMATOMA),
        (30, "C", "AA", HEMATOMA),
        (20, "C", "RID50261", HEMATOMA),
        (10, "X", "", HEMATOMA),
    ),
    "flagged again after a withdrawal": (
        (40, "F", "AA", HEMATOMA),
        (30, "X", "", HEMATOMA),
        (20, "C", "RID49482", DISSECTION),
        (10, "C", "", DISSECTION),
    ),
    "all at the same second": (
        (10, "F", "AA", HEMATOMA),
        (10, "C", "RID49482", HEMATOMA),
        (10, "X", "", HEMATOMA),
    ),
    "preliminary and unknown code among them": (
        (40, "P", "AA", DISSECTION),
        (30, "F", "RID49482", HEMATOMA),
        (20, "C", "RID49489", HEMATOMA),
        (10, "F", "RID49482", HEMATOMA),
    ),
}


def versions(accession: str, specs: Sequence[Spec], order: Sequence[int]) -> Iterator[bytes]:
    for place, index in enumerate(order):
        ago, status, flag, impression = specs[index]
        about = {"status": status, "flag": flag, "impression": impression}
        final = NOW - timedelta(minutes=ago)
        yield version(accession, final, control=f"{accession}-{place}", **about)


@pytest.mark.parametrize("specs", SETS.values(), ids=SETS)
def test_every_order_and_repetition_of_the_versions_ends_alike(
    database_url: str, specs: Sequence[Spec]
) -> None:
    dice = Random(1)
    orders = list(permutations(range(len(specs))))
    with intake_alone(database_url) as engine:
        messages = [
            message
            for number, order in enumerate(orders)
            for message in versions(f"V{number}", specs, [*order, dice.choice(order)])
        ]
        answers = asyncio.run(play(engine, messages))
        ends = {end_of(engine, f"V{number}"): orders[number] for number in range(len(orders))}
    assert all("MSA|AA|" in answer for answer in answers)
    assert len(ends) == 1, ends


def test_versions_of_the_same_second_and_rank_end_alike_in_either_order(tmp_path: Path) -> None:
    specs = ((10, "C", "AA", HEMATOMA), (10, "C", "AA", DISSECTION), (10, "C", "RID50261", "None."))
    ends = set()
    for number, order in enumerate(permutations(range(len(specs)))):
        with intake_alone(f"sqlite:///{tmp_path / str(number)}.db") as engine:
            asyncio.run(play(engine, list(versions("V1", specs, order))))
            ends.add(end_of(engine, "V1"))
    assert len(ends) == 1, ends

"""Other orders on the accession, and machines, silence nothing that a radiologist wrote."""

from collections.abc import Iterator
from itertools import permutations

import pytest
from sqlalchemy import select

from storage import tables
from tests.scenarios.test_promise_02_numbers import Desk, desk_on, oru

ROUTINE, SIGNIFICANT = "RID50261", "RID49482"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with desk_on(database_url) as there:
        yield there


def ends(desk: Desk, number: int) -> tuple[str, str]:
    """State and category of the alert of this accession."""
    columns = tables.alerts.c
    query = select(columns.state, columns.category).where(columns.accession == f"ACC{number:05d}")
    (row,) = desk.engine.database.look(lambda c: c.execute(query).all())
    return row.state, row.category


def chest(number: int, minutes: float, flag: str = "AA", status: str = "F", of: str = "F") -> bytes:
    """A version of one of the orders on an accession."""
    filler, accession = f"{of}{number}^RIS", f"ACC{number:05d}"
    return oru(filler=filler, accession=accession, minutes=minutes, flag=flag, status=status)


def by_machine(message: bytes) -> bytes:
    return message.replace(b"|RIS|", b"|CAD|", 1)


def test_a_sibling_order_ends_nothing_and_its_own_order_does(desk: Desk) -> None:
    for number, order in enumerate(permutations(range(4))):
        told = [
            chest(number, 1),
            chest(number, 2, of="G", flag=ROUTINE),
            chest(number, 3, of="G", status="X"),
            chest(number, 4, of="H", flag=SIGNIFICANT),
        ]
        for place in order:
            desk.take(told[place])
        assert ends(desk, number) == ("open", "critical"), order
        desk.take(chest(number, 5, status="X"))
        assert ends(desk, number) == ("open", "significant"), order


def test_a_machine_may_raise_and_neither_lowers_nor_withdraws(desk: Desk) -> None:
    told = [
        chest(1, 1, flag=SIGNIFICANT),
        by_machine(chest(1, 2, status="X")),
        by_machine(chest(1, 3, flag=ROUTINE)),
    ]
    for message in told:
        desk.take(message)
        assert ends(desk, 1) == ("open", "significant")
    desk.take(by_machine(chest(1, 4)))
    assert ends(desk, 1) == ("open", "critical")
    desk.take(chest(1, 5, flag=ROUTINE, status="C"))
    desk.take(by_machine(chest(1, 6)))
    assert ends(desk, 1) == ("downgraded", "significant")

"""Where the demo's bot, and each bot of a test, listens."""

from itertools import combinations

import pytest

from bot.sandbox.demo.place import port_of

BOTS = 500


@pytest.mark.parametrize("first", [1, 17_000, 4_194_300])
def test_processes_started_together_take_no_port_of_each_other(first: int) -> None:
    """Between the choice of a port and its opening there is time to lose it."""
    taken = [{port_of(first + n, turn) for turn in range(2 * BOTS)} for n in range(8)]
    assert all(not one & other for one, other in combinations(taken, 2))
    assert all(15_000 <= port < 32_000 for ports in taken for port in ports)

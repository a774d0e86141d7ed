"""Two orders that a later message shows to be one: one alert, whichever message comes first."""

from collections.abc import Iterator
from itertools import permutations

import pytest

from bot.sandbox.hospital import EVERY_STATE, Hospital
from storage import alert_lists, audit
from tests.scenarios.looking import acknowledge_by_sms, code_in, paged
from tests.scenarios.test_promise_02_numbers import Desk, desk_on, oru


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with desk_on(database_url) as there:
        yield there


def test_two_alerts_that_a_third_message_shows_to_be_one_go_on_as_the_older(
    hospital: Hospital,
) -> None:
    hospital.send(oru(accession="ACC10001^RIS", minutes=0, now=hospital.now))
    first = hospital.alert()
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=1)
    hospital.send(oru(filler="F10001^RIS", minutes=1, now=hospital.now))
    second = hospital.alert()
    _, other = paged(hospital.ada)
    joined = oru(accession="ACC10001^RIS", filler="F10001^RIS", minutes=2, status="C")
    hospital.send(joined)
    (entry,) = [e for e in hospital.trail(second) if e.what == "joined"]
    assert entry.data == {"into": first.ref}
    hospital.ada.slack.expect_new(f"goes on as {first.ref}")
    other.reply(f"ACK {code_in(other)}")
    hospital.ada.phone.expect_sms(first.ref)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    states = hospital.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 9))
    assert {row.ref: row.state for row in states} == {
        first.ref: "acknowledged",
        second.ref: "withdrawn",
    }


LINKED: dict[str, tuple[tuple[dict[str, str], ...], tuple[str, str]]] = {
    "the link is silent": (
        (
            {"accession": "ACC1000$"},
            {"filler": "F1000$"},
            {"accession": "ACC1000$", "filler": "F1000$", "flag": ""},
        ),
        ("open", "critical"),
    ),
    "withdrawn by the filler's number": (
        (
            {"accession": "ACC1000$"},
            {"accession": "ACC1000$", "filler": "F1000$", "flag": "RID49482"},
            {"filler": "F1000$", "status": "X", "flag": ""},
        ),
        ("withdrawn", "significant"),
    ),
    "one of them never had an alert": (
        (
            {"accession": "ACC1000$", "flag": ""},
            {"filler": "F1000$", "flag": "RID49482"},
            {"accession": "ACC1000$", "filler": "F1000$", "flag": "RID50261", "status": "C"},
        ),
        ("downgraded", "significant"),
    ),
}


@pytest.mark.parametrize("case", LINKED)
def test_the_version_that_links_two_numbers_may_come_first_or_last(desk: Desk, case: str) -> None:
    told, end = LINKED[case]
    for number, order in enumerate(permutations(range(len(told)))):
        before = {row.ref for row in desk.rows()}
        for place in order:
            named = {name: value.replace("$", str(number)) for name, value in told[place].items()}
            desk.take(oru(**named, minutes=place))  # type: ignore[arg-type]  # all of them are text
        rows = [row for row in desk.rows() if row.ref not in before]
        live = [row for row in rows if not desk.joined(row)]
        assert [(row.state, row.category) for row in live] == [end], order
    assert desk.engine.database.look(audit.verify).ok

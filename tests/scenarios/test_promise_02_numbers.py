"""One alert for one order, whichever of its numbers a version brings and however it writes them."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import DEFAULT_POLICY
from bot.clock import SystemClock
from bot.domain.policy_file import parse_policy
from bot.domain.profile import Feeds
from bot.engine import intake
from bot.engine.context import Engine, Site
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.hospital import EVERY_STATE, Hospital
from bot.sources.hl7 import reader as hl7
from storage import alert_lists, alerts, audit
from storage.alert_lists import AlertRow
from storage.database import Database
from tests.scenarios.looking import acknowledge_by_sms, deliver, examples, paged

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FEEDS = Feeds(machines=frozenset({"CAD"}))
JANET, OTHER = "DEMO0001^^^MAIN^MR", "DEMO0002^^^MAIN^MR"


def oru(
    *,
    placer: str = "",
    filler: str = "",
    accession: str = "",
    minutes: float = 0,
    patient: str = JANET,
    facility: str = "MAIN",
    flag: str = "AA",
    status: str = "F",
    now: datetime = NOW,
) -> bytes:
    """A version of a report that brings only these of its order's numbers."""
    final = (now - timedelta(minutes=30 - minutes)).strftime("%Y%m%d%H%M%S+0000")
    control = abs(hash((placer, filler, accession, minutes, patient, facility, flag, status)))
    lines = (
        f"MSH|^~\\&|RIS|{facility}|READBACK|MAIN|{final}||ORU^R01^ORU_R01|{control}|P|2.5.1",
        f"PID|1||{patient}||DEMO^JANET",
        f"OBR|1|{placer}|{filler}|CT^CT HEAD^MAIN||||||||||||1001^OSEI^ADA^^^DR^^^MAIN||{accession}"
        f"||||{final}||CT|{status}",
        f"OBX|1|TX|REPORT&IMP^Report^MAIN|1|Acute subdural hematoma.|||{flag}|||F",
    )
    return "\r".join(lines).encode() + b"\r"


# ---- the whole bot --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"filler": "F10001", "accession": "ACC10001"}, {"filler": "F10001"}),
        ({"filler": "F10001"}, {"filler": "F10001", "accession": "ACC10001"}),
        ({"accession": "ACC10001^RIS"}, {"accession": "ACC10001"}),
        ({"filler": "ACC10001"}, {"filler": "ACC10001^RIS"}),
        ({"filler": "acc10001^RIS"}, {"filler": " ACC10001 ^ris"}),
    ],
)
def test_a_correction_with_fewer_or_other_numbers_is_the_same_alerts(
    hospital: Hospital, first: dict[str, str], second: dict[str, str]
) -> None:
    hospital.send(oru(**first, minutes=0, now=hospital.now))
    _, sms = paged(hospital.ada)
    hospital.send(oru(**second, minutes=9, status="C", now=hospital.now))
    assert hospital.alerts() == 1
    acknowledge_by_sms(hospital, hospital.ada, sms)


def test_copies_with_other_numbers_on_eight_connections_at_once_are_one_alert(
    hospital: Hospital,
) -> None:
    now = hospital.now
    shapes = (
        {"filler": "F10001", "accession": "ACC10001"},
        {"filler": "F10001", "placer": "P1"},
        {"accession": "ACC10001", "placer": "P1"},
        {"filler": "F10001", "accession": "ACC10001", "placer": "P1"},
    )
    hospital.send(oru(**shapes[3], minutes=0, flag="", now=now))
    copies = [oru(**shape, minutes=m, now=now) for m in (1, 2) for shape in shapes]

    async def at_once() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(deliver, hospital, c) for c in copies))

    assert all("MSA|AA|" in answer for answer in asyncio.run(at_once()))
    hospital.settle()
    _, sms = paged(hospital.ada)
    assert hospital.alerts() == 1
    acknowledge_by_sms(hospital, hospital.ada, sms)


# ---- the intake alone -----------------------------------------------------------------------


class _At(SystemClock):
    """Stands still."""

    def now(self) -> datetime:
        return NOW


class Desk:
    """Takes messages in and counts alerts."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def take(self, data: bytes) -> None:
        raw = hl7.read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=FEEDS)
        self.engine.database.run(lambda c: intake.receive_in(c, self.engine, raw))

    def rows(self) -> list[AlertRow]:
        return self.engine.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000))

    def joined(self, row: AlertRow) -> bool:
        alert = self.engine.database.look(lambda c: alerts.by_ref(c, row.ref))
        return alert is not None and bool(alert.joined)

    def more(self, *messages: bytes) -> int:
        """How many alerts these messages open."""
        before = len(self.rows())
        for message in messages:
            self.take(message)
        assert self.engine.database.look(audit.verify).ok
        return len(self.rows()) - before


@contextmanager
def desk_on(database_url: str) -> Iterator[Desk]:
    database = Database(database_url)
    people_move_in(database, _At())
    policy = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))
    site = Site("General", CHICAGO, "312-555-0100")
    yield Desk(Engine(database, _At(), policy, site, lambda: None, 1))
    database.close()


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with desk_on(database_url) as there:
        yield there


def test_the_same_number_of_another_authority_is_another_order(desk: Desk) -> None:
    assert desk.more(oru(filler="ACC1^RIS"), oru(filler="ACC1^EAST", minutes=1)) == 2


def test_a_number_of_two_authorities_and_none_is_not_guessed(desk: Desk) -> None:
    ours = oru(filler="ACC1^WEST", facility="A", patient="1^^^W")
    theirs = oru(filler="ACC1^EAST", facility="B", patient="2^^^E", minutes=1)
    assert desk.more(ours, theirs, oru(filler="ACC1", facility="C", patient="", minutes=2)) == 3


def test_of_two_authorities_the_patient_tells_which(desk: Desk) -> None:
    ours = oru(filler="ACC1^WEST", patient=JANET)
    theirs = oru(filler="ACC1^EAST", patient=OTHER, minutes=1)
    assert desk.more(ours, theirs, oru(filler="ACC1", patient=OTHER, minutes=2, status="C")) == 2


def test_the_same_number_of_two_facilities_that_name_no_authority_is_two_orders(
    desk: Desk,
) -> None:
    here, there = oru(filler="ACC1", patient=""), oru(filler="ACC1", facility="EAST", patient="")
    assert desk.more(here, there) == 2


def test_a_filler_number_used_again_for_another_patient_is_another_order(desk: Desk) -> None:
    mine = oru(filler="F1^RIS", accession="ACC10001")
    theirs = oru(filler="F1^RIS", patient=OTHER, minutes=1)
    assert desk.more(mine, theirs) == 2


def test_the_patient_corrected_on_the_same_number_is_the_same_alert(desk: Desk) -> None:
    corrected = oru(filler="F1^RIS", patient=OTHER, minutes=1, status="C")
    assert desk.more(oru(filler="F1^RIS"), corrected) == 1


def test_two_patients_with_the_same_text_in_obr_18_are_two_alerts(desk: Desk) -> None:
    """A room, a telephone number: the first one's correction reaches the first one's alert."""
    mine = oru(filler="F1", accession="5551234")
    theirs = oru(filler="F2", accession="5551234", patient=OTHER, minutes=1)
    assert desk.more(mine, theirs) == 2
    gone = oru(filler="F2", accession="5551234", patient=OTHER, minutes=2, status="X")
    corrected = oru(filler="F1", accession="5551234", minutes=3, status="C")
    assert desk.more(corrected, gone) == 0
    assert sorted(row.state for row in desk.rows()) == ["open", "withdrawn"]


def test_two_patients_in_one_message_are_two_alerts(desk: Desk) -> None:
    _, rest = oru(filler="F2", accession="5551234", patient=OTHER).split(b"\r", 1)
    assert desk.more(oru(filler="F1", accession="5551234") + rest) == 2


def test_a_fillers_number_that_begins_anew_does_not_end_another_patients_alert(desk: Desk) -> None:
    assert desk.more(oru(filler="F1^RIS")) == 1
    for number, about in enumerate(({"flag": "RID50261"}, {"status": "X"}), 1):
        desk.take(oru(filler="F1^RIS", patient=OTHER, minutes=number, **about))  # type: ignore[arg-type]  # all of them are text
        assert "open" in {row.state for row in desk.rows()}
    desk.take(oru(filler="F1^RIS", patient=OTHER, minutes=3))
    assert [row.state for row in desk.rows()] == ["open", "open"]


def test_after_a_correction_of_the_patient_each_number_finds_the_alert(desk: Desk) -> None:
    corrected = {"patient": OTHER, "status": "C"}
    first = oru(filler="F1^RIS", accession="ACC10001")
    both = oru(filler="F1^RIS", accession="ACC10001", minutes=1, **corrected)  # type: ignore[arg-type]  # all of them are text
    assert desk.more(first, both, oru(filler="F1^RIS", minutes=2, **corrected)) == 1  # type: ignore[arg-type]  # all of them are text


def test_two_exams_on_one_placer_order_are_two_orders(desk: Desk) -> None:
    chest = oru(placer="P1", filler="F1", accession="ACC10001")
    abdomen = oru(placer="P1", filler="F2", accession="ACC10002", minutes=1)
    assert desk.more(chest, abdomen) == 2
    left, right = oru(placer="P2", filler="F3"), oru(placer="P2", filler="F4", minutes=1)
    assert desk.more(left, right.replace(b"Acute", b"Right")) == 2


def test_two_orders_on_one_accession_are_one(desk: Desk) -> None:
    chest = oru(filler="F1", accession="ACC10001")
    abdomen = oru(filler="F2", accession="ACC10001", minutes=1)
    assert desk.more(chest, abdomen, oru(filler="F2", minutes=2, status="C")) == 1


NAMES = ("placer", "filler", "accession")
SUBSETS = st.sets(st.sampled_from(NAMES), min_size=1)
Order = dict[str, str]


def linked(subsets: Sequence[set[str]]) -> list[set[str]]:
    """Those of them that share a number with one before, in an order in which each does."""
    known, waiting = set(subsets[0]), list(subsets[1:])
    taken = [subsets[0]]
    while found := next((s for s in waiting if s & known), None):
        waiting.remove(found)
        taken.append(found)
        known |= found
    return taken


def written(draw: st.DrawFn, number: str) -> str:
    """As some sender writes it."""
    value = draw(st.sampled_from((number, number.lower(), f" {number} ", f"{number} ")))
    return value + draw(st.sampled_from(("", "^RIS", "^ris")))


@st.composite
def of_one_order(draw: st.DrawFn, order: int) -> list[Order]:
    versions = linked(draw(st.lists(SUBSETS, min_size=1, max_size=6)))
    return [
        {name: written(draw, f"{name[:3].upper()}{order:06d}") for name in names}
        for names in versions
    ]


@pytest.mark.long
def test_any_subset_of_an_orders_numbers_finds_its_alert_and_no_others(database_url: str) -> None:
    counter = iter(range(1, 10**6))

    with desk_on(database_url) as desk:

        @settings(
            max_examples=examples(database_url, 60),
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )
        @given(st.data())
        def holds(data: st.DataObject) -> None:
            first = data.draw(of_one_order(next(counter)))
            second = data.draw(of_one_order(next(counter)))
            mixed = data.draw(st.permutations([0] * len(first) + [1] * len(second)))
            queues = (iter(first), iter(second))
            messages = [
                oru(**next(queues[turn]), minutes=minute, status="C", now=NOW)
                for minute, turn in enumerate(mixed)
            ]
            assert desk.more(*messages) == 2

        holds()


def test_a_number_that_no_database_could_index_is_none(desk: Desk) -> None:
    endless = "".join(f"{n:04x}" for n in range(4000))
    assert desk.more(oru(filler=endless, accession="ACC10001"), oru(accession="ACC10001")) == 1
    assert desk.more(oru(filler=endless, minutes=2), oru(filler=f"F2^{endless}", minutes=3)) == 2

"""Two orders that a later message shows to be one: one alert, whichever message comes first."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.message import RawMessage
from bot.engine import intake
from bot.sandbox.hospital import EVERY_STATE, Hospital
from bot.sources.fhir import reader as fhir
from bot.sources.fhir.numbers import Origin
from bot.sources.hl7 import reader as hl7
from storage import alert_lists, alerts, audit, reports
from tests.scenarios.looking import acknowledge_by_sms, code_in, examples, paged
from tests.scenarios.test_promise_02_numbers import (
    CHICAGO,
    NOW,
    SUBSETS,
    Desk,
    desk_on,
    linked,
    oru,
)
from tests.scenarios.test_shadow import go_live, shadow_for, told
from tests.sources.fhir_samples import RADLEX, bundle, concept, identifier, resource


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


class TestOneOfThemInShadow:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return shadow_for(30)

    def test_what_people_are_paged_for_goes_on_and_not_what_was_opened_in_shadow(
        self, hospital: Hospital
    ) -> None:
        told(hospital)
        hospital.send(oru(accession="ACC10001^RIS", minutes=0, now=hospital.now))
        first = hospital.alert()
        go_live(hospital)
        hospital.pass_time(minutes=1)
        hospital.send(oru(filler="F10001^RIS", minutes=1, now=hospital.now))
        second = hospital.alert()
        _, sms = paged(hospital.ada)
        joined = {"accession": "ACC10001^RIS", "filler": "F10001^RIS"}
        hospital.send(oru(**joined, minutes=2, status="C", now=hospital.now))
        assert [e.data for e in hospital.trail(first) if e.what == "joined"] == [
            {"into": second.ref}
        ]
        acknowledge_by_sms(hospital, hospital.ada, sms)
        assert hospital.alert("ACC10001").id == second.id


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
    "withdrawn by the placer's number alone": (
        (
            {"accession": "ACC1000$^RIS"},
            {"accession": "ACC1000$^RIS", "placer": "P1000$^CPOE", "flag": "RID49482"},
            {"placer": "P1000$^CPOE", "status": "X", "flag": ""},
        ),
        ("withdrawn", "significant"),
    ),
    "flagged by the placer's number alone, and the link is silent": (
        (
            {"filler": "F1000$", "flag": ""},
            {"placer": "P1000$", "flag": "RID49480", "status": "C"},
            {"filler": "F1000$", "placer": "P1000$", "flag": ""},
        ),
        ("open", "critical"),
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


def test_two_exams_on_one_placers_order_stay_two_and_what_names_only_that_ends_neither(
    desk: Desk,
) -> None:
    chest = oru(placer="P1", accession="ACC10001")
    abdomen = oru(placer="P1", accession="ACC10002", minutes=1)
    gone = oru(placer="P1", status="X", flag="", minutes=2)
    assert desk.more(chest, abdomen, gone) == 2
    assert [row.state for row in desk.rows()] == ["open", "open"]


def test_an_addendum_that_names_its_report_by_obr_29_is_part_of_it_in_any_order(
    desk: Desk,
) -> None:
    for number, order in enumerate(permutations(range(3))):
        told = [
            oru(filler=f"F1000{number}^RIS"),
            oru(filler=f"F1000{number}^RIS", flag="RID49482", minutes=1, status="C"),
            _addendum(number, minutes=2),
        ]
        before = {row.ref for row in desk.rows()}
        assert desk.more(*(told[place] for place in order)) == 1
        (row,) = (row for row in desk.rows() if row.ref not in before)
        assert (row.state, row.category) == ("open", "significant"), order


def _addendum(number: int, minutes: int) -> bytes:
    data = oru(filler=f"F1000{number}-1^RIS", flag="", minutes=minutes)
    parent = f"||CT|F||||^F1000{number}&RIS\r".encode()
    return data.replace(b"||CT|F\r", parent).replace(b"REPORT&IMP^", b"&ADT^")


# ---- any of its numbers, by either source, in any order -----------------------------------------

ORIGIN = Origin("ehr", {"urn:oid:1.2.840.1.2": "RIS", "urn:oid:5.5": "MAIN"}, CHICAGO)
TYPES = {"accession": "ACSN", "filler": "FILL", "placer": "PLAC"}
STATUSES = {"F": "final", "C": "corrected", "X": "entered-in-error"}


@dataclass(frozen=True)
class Said:
    """One version: what it names the order by, and whether it says by whose number."""

    names: frozenset[str]
    status: str
    flag: str
    stated: bool
    by_fhir: bool


def message(said: Said, number: int, minute: int) -> RawMessage:
    """As it arrives; every version was sent in another minute."""
    told = {name: f"{name[:3].upper()}{number:06d}" for name in said.names}
    if said.by_fhir:
        return _fhir(said, told, number, minute)
    authority = "^RIS" if said.stated else ""
    values = {name: value + authority for name, value in told.items()}
    data = oru(**values, minutes=minute, status=said.status, flag=said.flag)  # type: ignore[arg-type]  # all of them are text
    return hl7.read(data, source="hl7", timezone=CHICAGO, now=NOW)


def _fhir(said: Said, told: dict[str, str], number: int, minute: int) -> RawMessage:
    at = (NOW - timedelta(minutes=30 - minute)).isoformat()
    patient = {"identifier": [identifier("DEMO0001", "MR", "urn:oid:5.5")]}
    body = resource(
        "report",
        id=f"d-{number}",
        meta={"versionId": str(minute), "lastUpdated": at},
        status=STATUSES[said.status],
        issued=at,
        basedOn=None,
        identifier=[identifier(value, TYPES[name]) for name, value in told.items()],
        conclusion="Acute subdural hematoma.",
        presentedForm=None,
        conclusionCode=[concept(said.flag, RADLEX)] if said.flag else None,
        resultsInterpreter=None,
    )
    whole = bundle(body, resource("patient", **patient))
    return fhir.read(json.dumps(whole).encode(), origin=ORIGIN, now=NOW)


@st.composite
def of_one_order(draw: st.DrawFn) -> list[Said]:
    """Versions that hang together by their numbers, in whichever order."""
    subsets = linked(draw(st.lists(SUBSETS, min_size=2, max_size=5)))
    flags = st.sampled_from(["", "RID50261", "RID49482", "RID49480"])
    return [
        Said(
            frozenset(names),
            draw(st.sampled_from("FCCX")),
            draw(flags),
            draw(st.booleans()),
            draw(st.booleans()),
        )
        for names in subsets
    ]


def end_of(desk: Desk, arriving: Sequence[tuple[int, Said]], number: int) -> list[object]:
    """Of each alert that is left: its state and category, and the version that holds."""
    before = {row.ref for row in desk.rows()}
    for minute, said in arriving:
        raw = message(said, number, minute)
        desk.engine.database.run(lambda c, raw=raw: intake.receive_in(c, desk.engine, raw))  # type: ignore[misc]  # mypy cannot type a lambda with a default
    new = [row for row in desk.rows() if row.ref not in before and not desk.joined(row)]
    return [_end(desk, row.ref) for row in new]


def _end(desk: Desk, ref: str) -> tuple[object, ...]:
    alert = desk.engine.database.look(lambda c: alerts.by_ref(c, ref))
    assert alert is not None
    shown = desk.engine.database.look(lambda c: reports.load(c, alert.report_id))
    return alert.state, alert.category, shown.status, shown.status_at


@pytest.mark.long
def test_any_order_and_repetition_of_versions_that_name_it_otherwise_ends_in_one_alert(
    database_url: str,
) -> None:
    numbers = count(1)
    with desk_on(database_url) as desk:

        @settings(max_examples=examples(database_url, 60), deadline=None)
        @given(of_one_order(), st.data())
        def ends_alike(told: list[Said], data: st.DataObject) -> None:
            sent = list(enumerate(told))
            shuffled = data.draw(st.permutations([*sent, *sent[:2]]))
            ends = [end_of(desk, some, next(numbers)) for some in (sent, shuffled)]
            assert ends[0] == ends[1]
            assert len(ends[0]) <= 1

        ends_alike()

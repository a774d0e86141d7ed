"""Whose result it is and who is to be told, by all versions together, however they arrive."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations

import pytest
from sqlalchemy import event

from storage import alerts, people, reports
from storage.loaded import AlertFacts
from tests.engine.conftest import NOON, Bench
from tests.scenarios.looking import version

ADA, TESS = "1001^OSEI^ADA^^^DR^^^MAIN", "1004^WOLF^TESS^^^DR^^^MAIN"
NPI_OF_ADA = "1234567893^OSEI^ADA^^^DR^^^NPI^^^^NPI"
NPI_OF_NOBODY = "1999999984^NOBODY^^^^^^^&2.16.840.1.113883.4.6&ISO^^^^NPI"
NOBODY, ELSEWHERE = "9999^NOBODY^^^^^^^MAIN", "77^NOBODY^^^^^^^EAST"
ROE = "DEMO0002^^^MAIN^MR||ROE^RICHARD||19710203|M"


@dataclass(frozen=True)
class Said:
    """One version: minutes before noon, and what differs from a plain critical one."""

    ago: int
    about: dict[str, str] = field(default_factory=dict)

    @property
    def final(self) -> datetime:
        return NOON - timedelta(minutes=self.ago)


SETS: dict[str, tuple[tuple[Said, ...], str]] = {
    "the newest names another": ((Said(9), Said(5, {"provider": TESS})), "Dr. Tess Wolf"),
    "the newest names nobody": (
        (Said(9, {"provider": TESS}), Said(5), Said(1, {"provider": ""})),
        "Dr. Ada Osei",
    ),
    "a withdrawal says nothing": (
        (Said(9), Said(5, {"status": "X", "provider": TESS}), Said(1, {"provider": ""})),
        "Dr. Ada Osei",
    ),
    "the newest names a stranger": ((Said(9), Said(5, {"provider": NOBODY})), ""),
    "a number of another house says nothing": (
        (Said(9), Said(5, {"provider": ELSEWHERE})),
        "Dr. Ada Osei",
    ),
    "an NPI is an NPI however its authority is written": (
        (Said(9, {"provider": NPI_OF_ADA}), Said(5, {"provider": NPI_OF_NOBODY})),
        "",
    ),
    "a number of no authority says nothing": (
        (Said(9), Said(5, {"provider": "9999^NOBODY"})),
        "Dr. Ada Osei",
    ),
    "a stranger, and then nobody": (
        (Said(9), Said(5, {"provider": NOBODY}), Said(1, {"provider": ""})),
        "",
    ),
    "unflagged and preliminary ones among them": (
        (Said(9, {"provider": TESS}), Said(5, {"flag": ""}), Said(1, {"status": "P"})),
        "Dr. Ada Osei",
    ),
}


def facts(bench: Bench, accession: str) -> AlertFacts:
    alert = bench.alert(accession)
    return bench.database.look(lambda c: alerts.facts(c, alert.id))


def ordering(bench: Bench, accession: str) -> str:
    known = facts(bench, accession).ordering_person
    found = bench.database.look(lambda c: people.load(c, known or ""))
    return found.name if found else ""


@pytest.mark.parametrize(("versions", "name"), SETS.values(), ids=SETS)
def test_every_order_of_arrival_ends_with_the_same_provider(
    bench: Bench, versions: tuple[Said, ...], name: str
) -> None:
    for number, order in enumerate(permutations(versions)):
        accession = f"H{number}"
        for place, said in enumerate((*order, order[0])):
            control = f"{accession}-{place}"
            bench.take(version(accession, said.final, control=control, **said.about))
        assert ordering(bench, accession) == name, order


def test_in_every_order_the_alert_shows_the_patient_of_the_version_that_holds(
    bench: Bench,
) -> None:
    roe = {"patient": ROE, "status": "C"}
    versions = (Said(9), Said(5, roe), Said(1, {**roe, "flag": ""}))
    for number, order in enumerate(permutations(versions)):
        for place, said in enumerate(order):
            about = version(f"P{number}", said.final, control=f"P{number}-{place}", **said.about)
            bench.take(about)
        alert = bench.alert(f"P{number}")
        assert alert.is_open
        shown = bench.database.look(partial(reports.load, report_id=alert.report_id))
        assert shown.patient.name == "ROE, RICHARD"


def test_the_exam_follows_and_an_empty_one_does_not(bench: Bench) -> None:
    bench.report()
    bench.pass_time(minutes=1)
    bench.report(status="C", exam="CTNECK^CT NECK W CONTRAST^MAIN")
    bench.pass_time(minutes=1)
    bench.report(status="C", exam="")
    assert facts(bench, "E1").exam == "CT NECK W CONTRAST"


def test_an_unflagged_report_costs_no_look_at_its_other_versions(
    bench: Bench,
) -> None:
    asked: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(bench.database._engine, "before_cursor_execute", listen)
    bench.report(flag="")
    bench.pass_time(minutes=1)
    bench.report(status="C", flag="", provider="")
    bodies = [s for s in asked if s.startswith("SELECT reports.body")]
    assert bodies == []
    bench.pass_time(minutes=1)
    bench.report(status="C", provider="")
    assert [s for s in asked if s.startswith("SELECT reports.body")] != []

"""Versions by HL7 and FHIR, in any order and repetition, with status times that stand still."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.message import RawMessage
from bot.domain.profile import Feeds, Profile
from bot.domain.report import KeyKind, Preliminary, ReportKey
from bot.engine import intake
from bot.engine.context import Engine
from bot.sandbox.hospital import EVERY_STATE
from bot.sandbox.samples import hl7_time
from bot.sources.fhir import reader as fhir
from bot.sources.fhir.numbers import Origin
from bot.sources.hl7 import reader as hl7
from storage import alert_lists, alerts, reports
from tests.scenarios.intake import CHICAGO, NOW, intake_alone
from tests.scenarios.looking import examples, version
from tests.sources.fhir_samples import RADLEX, Json, bundle, concept, identifier, others, resource

ORIGIN = Origin("ehr", {"urn:oid:1.2.840.1.2": "RIS"}, CHICAGO)
FIRST = NOW - timedelta(minutes=40)
HEMATOMA, DISSECTION = "Acute left subdural hematoma.", "Acute dissection of the aorta."
STATUSES = {"F": "final", "C": "corrected", "X": "entered-in-error", "P": "preliminary"}


@dataclass(frozen=True)
class Said:
    """One version as its sender has it. ``moved``: its status time says when it was reached, else
    that of the first; None where HL7 leaves it out. ``minute`` is when it was sent."""

    minute: int
    status: str
    code: str
    impression: str
    moved: bool | None = False
    by_fhir: bool = False

    @property
    def sent(self) -> datetime:
        return FIRST + timedelta(minutes=self.minute)

    @property
    def reached(self) -> datetime:
        return self.sent if self.moved else FIRST


def message(said: Said, accession: str, number: int, mode: Preliminary) -> RawMessage:
    """As it arrives: every message has a number of its own."""
    if said.by_fhir:
        return _fhir(said, accession, mode)
    data = as_hl7(said, accession, number)
    feeds = Feeds(standard=Profile(preliminary=mode))
    return hl7.read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds)


def as_hl7(said: Said, accession: str, number: int) -> bytes:
    return version(
        accession,
        said.reached,
        control=f"{accession}-{number}",
        status=said.status,
        flag=said.code,
        impression=said.impression,
        sent=hl7_time(said.sent),
        stated="" if said.moved is None else None,
    )


def as_fhir(said: Said, accession: str) -> Json:
    return resource(
        "report",
        id=f"d-{accession}",
        meta={"versionId": str(said.minute), "lastUpdated": said.sent.isoformat()},
        status=STATUSES[said.status],
        issued=said.reached.isoformat(),
        identifier=[identifier(accession, "ACSN")],
        conclusion=said.impression,
        presentedForm=None,
        conclusionCode=[concept(said.code, RADLEX)] if said.code else None,
    )


def _fhir(said: Said, accession: str, mode: Preliminary) -> RawMessage:
    body = as_fhir(said, accession)
    origin = replace(ORIGIN, preliminary=mode)
    return fhir.read(json.dumps(bundle(body, *others())).encode(), origin=origin, now=NOW)


def end_of(
    engine: Engine,
    accession: str,
    arriving: Sequence[Said],
    mode: Preliminary = Preliminary.IGNORE,
) -> tuple[object, ...]:
    """State, category, the version that holds, and whether time still runs."""
    key = ReportKey("RIS", KeyKind.ACCESSION, accession)
    for number, said in enumerate(arriving):
        raw = message(said, accession, number, mode)
        engine.database.run(lambda c, raw=raw: intake.receive_in(c, engine, raw))  # type: ignore[misc]  # mypy cannot type a lambda with a default
    alert = engine.database.look(lambda c: alerts.by_key(c, key))
    if alert is None:
        return ()
    shown = engine.database.look(lambda c: reports.load(c, alert.report_id))
    runs = alert.next_action_at is not None
    return alert.state, alert.category, shown.status.name, shown.impression, runs


said = st.builds(
    Said,
    st.integers(0, 5),
    st.sampled_from("FFCCXPP"),
    st.sampled_from(["", "RID50261", "RID49482", "RID49480"]),
    st.sampled_from([HEMATOMA, DISSECTION, ""]),
    st.sampled_from([False, False, True, None]),
    st.booleans(),
)
# Of two sent in the same instant the content hash decides, and each order's numbers are part of it.
versions = st.lists(said, min_size=2, max_size=5, unique_by=lambda v: v.minute)


@pytest.mark.long
@pytest.mark.parametrize("mode", Preliminary)
def test_any_order_and_repetition_over_both_sources_ends_alike(
    database_url: str, mode: Preliminary
) -> None:
    """Whatever a preliminary version does; one never holds beside a final."""
    numbers = count(10_000)
    with intake_alone(database_url) as engine:

        @settings(max_examples=examples(database_url, 40), deadline=None)
        @given(versions, st.data())
        def ends_alike(told: list[Said], data: st.DataObject) -> None:
            shuffled = data.draw(st.permutations([*told, *told[:2]]))
            ends = [end_of(engine, f"N{next(numbers)}", some, mode) for some in (told, shuffled)]
            assert ends[0] == ends[1]
            if mode is not Preliminary.OPEN or any(one.status in "FC" for one in told):
                assert "PRELIMINARY" not in ends[0]

        ends_alike()


def by_fhir(*told: Said) -> list[Said]:
    return [replace(one, by_fhir=True) for one in told]


FINAL = Said(0, "F", "RID49482", HEMATOMA)
SEVERE = Said(2, "C", "RID49480", DISSECTION)
WITHDRAWN = Said(2, "X", "", HEMATOMA)


EARLY = Said(0, "P", "RID49480", HEMATOMA)
SIGNED = Said(2, "F", "RID49482", HEMATOMA, moved=True)


@pytest.mark.parametrize("by_fhir_first", [False, True])
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([EARLY], ("open", "critical", "PRELIMINARY")),
        ([EARLY, SIGNED], ("open", "significant", "FINAL")),
        ([EARLY, replace(SIGNED, code="")], ("open", "critical", "FINAL")),
        ([EARLY, replace(SIGNED, code="RID50261")], ("downgraded", "critical", "FINAL")),
        ([replace(EARLY, minute=5, moved=True), SIGNED], ("open", "significant", "FINAL")),
        ([EARLY, WITHDRAWN], ("withdrawn", "critical", "WITHDRAWN")),
        (
            [EARLY, replace(WITHDRAWN, moved=True), replace(EARLY, minute=4, moved=True)],
            ("open", "critical", "PRELIMINARY"),
        ),
        (
            [EARLY, SIGNED, Said(3, "X", "", HEMATOMA, moved=True), replace(EARLY, minute=4)],
            ("withdrawn", "significant", "WITHDRAWN"),
        ),
    ],
)
def test_a_preliminary_that_opens_holds_until_there_is_a_final(
    database_url: str, told: list[Said], expected: tuple[str, str, str], by_fhir_first: bool
) -> None:
    """In whichever order they come, the first of them by HL7 or by FHIR."""
    versions = [replace(told[0], by_fhir=by_fhir_first), *told[1:]]
    with intake_alone(database_url) as engine:
        for number, order in enumerate(permutations(versions)):
            assert end_of(engine, f"P{number}0000", order, Preliminary.OPEN)[:3] == expected, order


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([FINAL, Said(1, "C", "RID49482", HEMATOMA), SEVERE], ("open", "critical", "CORRECTED")),
        ([FINAL, SEVERE, replace(FINAL, minute=3)], ("open", "critical", "CORRECTED")),
        ([FINAL, WITHDRAWN, replace(FINAL, minute=3)], ("open", "significant", "FINAL")),
        (
            [FINAL, Said(2, "C", "RID50261", HEMATOMA), replace(FINAL, minute=3)],
            ("open", "significant", "FINAL"),
        ),
        ([FINAL, WITHDRAWN], ("withdrawn", "significant", "WITHDRAWN")),
    ],
)
def test_fhir_versions_whose_issued_stands_still_are_ordered_by_the_server_s_time(
    database_url: str, told: list[Said], expected: tuple[str, str, str]
) -> None:
    with intake_alone(database_url) as engine:
        for number, order in enumerate(permutations(by_fhir(*told))):
            assert end_of(engine, f"R{number}0000", order)[:3] == expected, order


def test_a_resource_that_its_server_only_touches_does_not_go_before_a_correction_by_hl7(
    database_url: str,
) -> None:
    first, touched = by_fhir(FINAL, replace(FINAL, minute=9))
    corrected = replace(SEVERE, moved=True)
    with intake_alone(database_url) as engine:
        ends = {
            end_of(engine, f"T{number}0000", order)
            for number, order in enumerate(permutations([first, touched, corrected]))
        }
    assert ends == {("open", "critical", "CORRECTED", DISSECTION, True)}


@pytest.mark.parametrize("fhir_first", [True, False])
def test_a_fhir_report_for_several_orders_and_the_second_one_s_by_hl7_are_one_alert(
    database_url: str, fhir_first: bool
) -> None:
    requests = [
        resource("order", id=f"o{n}", identifier=[identifier(f"A1000{n}", "ACSN")]) for n in (7, 8)
    ]
    based = [{"reference": f"ServiceRequest/o{n}"} for n in (7, 8)]
    body = {**as_fhir(FINAL, "A10007"), "basedOn": based}
    data = json.dumps(bundle(body, *others(), *requests)).encode()
    told = [
        fhir.read(data, origin=ORIGIN, now=NOW),
        message(FINAL, "A10008", 1, Preliminary.IGNORE),
    ]
    with intake_alone(database_url) as engine:
        for raw in told if fhir_first else reversed(told):
            engine.database.run(lambda c, raw=raw: intake.receive_in(c, engine, raw))  # type: ignore[misc]  # mypy cannot type a lambda with a default
        assert len(engine.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 9))) == 1

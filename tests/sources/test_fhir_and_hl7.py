"""One alert for one order's result, whichever of the two sources its versions come by."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from bot.domain.fold import settle
from bot.domain.message import RawMessage
from bot.domain.report import KeyKind, ReportKey
from bot.engine import intake
from bot.sources.fhir import reader as fhir
from bot.sources.hl7 import reader as hl7
from storage import alerts, reports
from tests.sources.fhir_samples import (
    NOW,
    ORIGIN,
    RADLEX,
    bundle,
    concept,
    form,
    identifier,
    others,
    resource,
)
from tests.sources.fhir_server import Reading

EMBOLISM, NODULE = "Acute pulmonary embolism.", "Nodule of 9 mm."
FIRST = NOW - timedelta(minutes=40)


def by_hl7(accession: str, minutes: int, status: str, code: str, finding: str) -> RawMessage:
    at = (FIRST + timedelta(minutes=minutes)).strftime("%Y%m%d%H%M%S+0000")
    segments = [
        f"MSH|^~\\&|PS|RIS|||{at}||ORU^R01|{accession}-{minutes}|P|2.5.1",
        "PID|1||MRN-1",
        f"OBR|1||{accession}^RIS|CT^CT chest|||||||||||1245319599^Okafor^Ada^^^^^^NPI^^^^NPI||||||"
        f"{at}|||{status}",
        f"OBX|1|TX|19005-8^Impression||{finding}|||{code}|||{status}",
    ]
    data = "\r".join(segments).encode()
    return hl7.read(data, source="hl7", timezone=ORIGIN.timezone, now=NOW)


def by_fhir(accession: str, minutes: int, status: str, code: str, finding: str) -> RawMessage:
    at = (FIRST + timedelta(minutes=minutes)).isoformat()
    body = resource(
        "report",
        id=f"d-{accession}",
        meta={"versionId": str(minutes), "lastUpdated": at},
        status=status,
        issued=at,
        identifier=[identifier(accession, "ACSN")],
        conclusion=finding,
        presentedForm=[form(f"IMPRESSION: {finding}")],
        conclusionCode=[concept(code, RADLEX)] if code else None,
    )
    return fhir.read(json.dumps(bundle(body, *others())).encode(), origin=ORIGIN, now=NOW)


def versions(accession: str) -> list[RawMessage]:
    """Final by both, made less urgent by one, upgraded again by the other, and marked wrong."""
    return [
        by_hl7(accession, 0, "F", "RID49480", EMBOLISM),
        by_fhir(accession, 0, "final", "RID49480", EMBOLISM),
        by_fhir(accession, 10, "amended", "RID49481", NODULE),
        by_hl7(accession, 20, "C", "RID49480", EMBOLISM),
        by_fhir(accession, 20, "corrected", "", EMBOLISM),
    ]


def outcome(reading: Reading, accession: str, arriving: Sequence[RawMessage]) -> tuple[object, ...]:
    """What the versions in this order of arrival end in."""
    key = ReportKey("RIS", KeyKind.ACCESSION, accession)
    for raw in arriving:
        reading.engine.database.run(lambda c, r=raw: intake.receive_in(c, reading.engine, r))  # type: ignore[misc]  # mypy cannot type a lambda with a default

    found = reading.engine.database.look(lambda c: alerts.by_key(c, key))
    told = reading.engine.database.look(lambda c: reports.versions(c, key))
    settled = settle(told, reading.engine.policy)
    assert settled is not None
    if found is None:
        return None, settled.category, settled.newest.status_at
    return found.state, found.policy.name, settled.category, settled.newest.status_at


@pytest.mark.long
def test_every_order_of_arrival_over_both_sources_ends_in_the_same_alert(reading: Reading) -> None:
    found = set()
    for number, order in enumerate(permutations(range(5))):
        made = versions(f"P{number:06d}")
        found.add(outcome(reading, f"P{number:06d}", [made[i] for i in order]))
    assert found == {("open", "critical", "critical", _at(20))}
    assert len(reading.alerts()) == 120


def test_marked_wrong_on_the_server_ends_the_alert_that_hl7_opened(reading: Reading) -> None:
    made = [*versions("W000001"), by_fhir("W000001", 30, "entered-in-error", "", EMBOLISM)]
    expected = ("withdrawn", "critical", "critical", _at(30))
    assert outcome(reading, "W000001", made) == expected
    made = [*versions("W000002"), by_fhir("W000002", 30, "entered-in-error", "", EMBOLISM)]
    assert outcome(reading, "W000002", [made[3], *reversed(made)])[0] == "withdrawn"


def test_the_same_report_by_both_sources_changes_nothing_the_second_time(reading: Reading) -> None:
    first, second = versions("S000001")[:2]
    once = outcome(reading, "S000001", [first])
    assert outcome(reading, "S000001", [second, first, second]) == once
    assert len(reading.alerts()) == 1


def _at(minutes: int) -> datetime:
    return FIRST + timedelta(minutes=minutes)

"""Conclusions that are resources of their own, as in R5 and IHE's Imaging Diagnostic Report."""

import pytest

from bot.domain.message import Reports
from tests.sources.fhir_samples import RADLEX, Json, bundle, concept, others, read, report, resource

SILENT = {"presentedForm": None, "conclusion": None}


def stated(kind: str, **says: object) -> tuple[Json, dict[str, object]]:
    """A conclusion, and what the report says of it."""
    found: Json = {"resourceType": kind, "id": "c1", **says}
    referred: dict[str, object] = {"conclusionCode": [{"reference": {"reference": f"{kind}/c1"}}]}
    return found, referred


@pytest.mark.parametrize(
    "says",
    [
        {"category": [concept("imaging"), concept("RID49480", RADLEX)]},
        {"actionable": concept("RID49480", RADLEX)},
        {"extension": [{"url": "x", "valueCodeableConcept": concept("RID49480", RADLEX)}]},
    ],
)
@pytest.mark.parametrize("kind", ["Observation", "Condition"])
def test_how_soon_somebody_has_to_act_is_found_on_a_conclusion(kind: str, says: Json) -> None:
    found, referred = stated(kind, status="final", **says)
    assert "RID49480" in {flag.value for flag in report(found, **referred).flags}
    gone, referred = stated(kind, status="entered-in-error", **says)
    assert "RID49480" not in {flag.value for flag in report(gone, **referred).flags}


def test_an_observation_that_is_the_conclusion_is_the_impression() -> None:
    finding = {"resourceType": "Observation", "id": "b1", "valueString": "Clot."}
    found, referred = stated("Observation", valueString="Acute embolism.")
    read_ = report(
        found, finding, **{**SILENT, **referred, "result": [{"reference": "Observation/b1"}]}
    )
    assert (read_.text, read_.impression) == ("Clot.\nAcute embolism.", "Acute embolism.")


def test_a_conclusion_that_did_not_come_is_missed() -> None:
    _, referred = stated("Condition")
    reading = read(bundle(resource("report", **referred), *others())).reading
    assert isinstance(reading, Reports)
    assert [left.reason for left in reading.left] == ["unread-results"]

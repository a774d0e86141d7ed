"""Servers that have no form for a report send all of it as its conclusion."""

import pytest

from tests.sources.fhir_samples import Json, concept, form, report

QUOTES = """FINDINGS: No bleeding.
IMPRESSION:
No acute abnormality.

PRIOR REPORT
CT HEAD, last year
IMPRESSION:
CRITICAL RESULT: Subdural hematoma."""


@pytest.mark.parametrize(
    "says",
    [
        {"conclusion": QUOTES},
        {"conclusion": "", "note": [{"text": QUOTES}]},
        {"conclusion": QUOTES, "presentedForm": [form("CT HEAD\nSee the impression.")]},
    ],
)
def test_the_macro_of_an_earlier_report_that_it_quotes_flags_nothing(says: Json) -> None:
    found = report(**{"conclusionCode": None, "presentedForm": None, **says})
    assert found.flags == ()
    assert "Subdural" in found.text


def test_a_macro_in_an_addendum_counts_though_a_report_is_spoken_of() -> None:
    said = "Clear.\n\nADDENDUM: The report was amended.\nCRITICAL RESULT: Pneumothorax."
    found = report(conclusionCode=None, presentedForm=[form("FINDINGS: Lungs.")], conclusion=said)
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


def test_its_addendum_is_one() -> None:
    said = "Clear.\n\nADDENDUM: CRITICAL RESULT: Pneumothorax."
    found = report(conclusionCode=None, presentedForm=None, conclusion=said)
    assert (found.text, found.impression, found.flags) == ("Clear.", "Clear.", ())
    assert [addendum.text for addendum in found.addenda] == ["CRITICAL RESULT: Pneumothorax."]
    assert [flag.where for flag in found.addenda[0].flags] == ["conclusion"]


def test_a_note_that_is_coded_as_the_impression_is_the_impression() -> None:
    """HL7 Europe's imaging report says so of a note."""
    coded = [{"url": "annotation-type", "valueCodeableConcept": concept("19005-8")}]
    notes = [{"text": "Lungs clear."}, {"extension": coded, "text": "No pneumothorax."}]
    found = report(conclusionCode=None, presentedForm=None, conclusion=None, note=notes)
    assert found.text == "Lungs clear.\nNo pneumothorax."
    assert found.impression == "No pneumothorax."


def test_a_form_beside_it_is_found_under_an_address_that_begins_with_a_dot() -> None:
    binary = {"resourceType": "Binary", "id": "f", **form("IMPRESSION: Clear.")}
    found = report(binary, presentedForm=[{"url": "./Binary/f"}], conclusion=None)
    assert found.impression == "Clear."

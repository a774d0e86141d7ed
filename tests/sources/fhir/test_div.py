"""The narrative (text.div) that a resource has for people."""

import pytest

from tests.sources.fhir_samples import Json, form, report

WHOLE = "<p>FINDINGS: Blood.</p><p>IMPRESSION:</p><p>CRITICAL RESULT: Hematoma.</p>"
PLAIN = "<p>FINDINGS: Blood.</p><p>IMPRESSION:</p><p>Hematoma.</p>"


def narrative(said: str, status: str = "generated") -> Json:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'
    return {"text": {"status": status, "div": div}, "conclusionCode": None, "presentedForm": None}


def test_a_macro_that_stands_in_the_narrative_alone_counts() -> None:
    """Programs exist that put all of a report there, and a few words into its conclusion."""
    found = report(**narrative(WHOLE), conclusion="Abnormal.")
    assert [flag.where for flag in found.flags] == ["text.div"]
    assert found.impression == "CRITICAL RESULT: Hematoma."
    assert found.text.endswith("Abnormal.")


def test_a_narrative_that_is_said_to_say_more_is_the_text() -> None:
    found = report(**narrative(PLAIN, "additional"), conclusion="Abnormal.")
    assert found.text == "FINDINGS: Blood.\nIMPRESSION:\nHematoma.\nAbnormal."
    assert found.impression == "Hematoma."


@pytest.mark.parametrize(
    "says",
    [
        {**narrative(PLAIN), "conclusion": "Abnormal."},
        {**narrative("<p>No critical result.</p>"), "conclusion": "Abnormal."},
        {**narrative(WHOLE), "conclusion": "CRITICAL RESULT: Hematoma."},
        {**narrative(WHOLE), "presentedForm": [form("Abnormal.")], "conclusion": None},
    ],
)
def test_one_that_repeats_the_rest_is_left_out(says: Json) -> None:
    found = report(**says)
    assert found.text in {"Abnormal.", "CRITICAL RESULT: Hematoma."}

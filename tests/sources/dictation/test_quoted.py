"""Earlier reports that are quoted below or above today's. "~" begins a new line."""

import pytest

from bot.domain.report import Report
from tests.sources.oru import report, sample


def told(text: str) -> Report:
    return report(sample(f"OBX|1|TX|R^Report||{text}||||||F"))


ABOVE = "PRIOR REPORT:~IMPRESSION: CRITICAL RESULT: PE~FINDINGS: No residue.~IMPRESSION:~Resolved."
BELOW = "IMPRESSION: Resolved.~---PRIOR REPORTS---~CT 5/3~IMPRESSION: CRITICAL RESULT: PE"


BELOW_A_GAP = "IMPRESSION: Resolved.~PRIOR REPORTS:~CT~IMPRESSION:~~1. CRITICAL RESULT: PE~~Signed."


@pytest.mark.parametrize("text", [ABOVE, BELOW, BELOW_A_GAP])
def test_an_earlier_reports_macro_and_impression_are_not_todays(text: str) -> None:
    found = told(text)
    assert (found.impression, found.flags) == ("Resolved.", ())
    assert "CRITICAL RESULT: PE" in found.text


@pytest.mark.parametrize(
    "text",
    [
        "PRIOR REPORT:~IMPRESSION: Old clot.~FINDINGS: New.~IMPRESSION: CRITICAL RESULT: PE",
        "PRIOR REPORT:~FINDINGS: Clot.~IMPRESSION: CRITICAL RESULT: PE",
        "PRIOR REPORT: none.~IMPRESSION: CRITICAL RESULT: PE~IMPRESSION: No fracture.",
        "PRIOR REPORT:~CRITICAL RESULT: PE",
        "IMPRESSION: Clot.~PRIOR REPORTS:~None.~CRITICAL RESULT: PE called to Dr. Ito.",
        "CRITICAL RESULT: PE~PRIOR REPORT:~IMPRESSION: Clear.~FINDINGS: x~IMPRESSION: Clot.",
        f"{BELOW}~~CRITICAL RESULT: PE called to Dr. Ito.",
        f"{BELOW} Wells 5.~old~~Signed.~CRITICAL RESULT: PE called to Dr. Ito.",
    ],
)
def test_a_macro_of_today_counts_beside_an_earlier_report(text: str) -> None:
    assert [flag.value for flag in told(text).flags] == ["CRITICAL RESULT"]


def test_an_addendum_ends_the_quotation() -> None:
    (addendum,) = told(f"{BELOW}~ADDENDUM:~CRITICAL RESULT: air.").addenda
    assert [flag.value for flag in addendum.flags] == ["CRITICAL RESULT"]


def test_who_was_told_and_who_signed_is_none_of_the_impression() -> None:
    found = told("IMPRESSION:~SDH.~COMMUNICATION: Voicemail left.~ATTESTATION: I have reviewed.")
    assert found.impression == "SDH."


def test_an_attestation_with_the_code_of_its_text_is_none_of_the_impression() -> None:
    signed = "ATTENDING PHYSICIAN ATTESTATION [ATT05]: I have reviewed the images."
    assert told(f"IMPRESSION:~SDH.~{signed}").impression == "SDH."


def test_in_an_addendum_who_was_told_belongs_to_it() -> None:
    found = told("ADDENDUM: Air.~COMMUNICATION: Dr. Ito told.~ORIGINAL REPORT:~IMPRESSION: Clear.")
    assert found.addenda[0].text.endswith("Dr. Ito told.")


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL RESULT: missed air. Discussed with Dr. Ito at 14:10.",
        "New air. CRITICAL RESULT: called to Dr. Ito.",
        "There is also a clot. Critical result discussed with Dr. Ito at 14:10.",
        "On further review there is air.~CRITICAL RESULT called to Dr. Ito.",
    ],
)
def test_a_new_finding_in_an_addendum_that_documents_a_call_is_the_addendums(text: str) -> None:
    found = told(f"IMPRESSION: Clear.~ADDENDUM: {text}")
    assert (len(found.flags), len(found.addenda[0].flags)) == (0, 1)


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL RESULT. Called to Dr. Lee at 10:00.",
        "CRITICAL RESULT called to Dr. Lee.",
        "CRITICAL RESULT called to Dr. Lee. The remainder of the report is unchanged.",
        "CRITICAL RESULT called to Dr. Lee. See original report.~Electronically signed by: Roe",
        "This is to document a call. CRITICAL RESULT called to Dr. Lee at 10:00.",
        "Critical results were communicated to Dr. Lee.~Time: 10:15~Method: phone",
    ],
)
def test_the_call_alone_flags_the_report_that_it_is_about(text: str) -> None:
    found = told(f"IMPRESSION: Air.~ADDENDUM: {text}")
    assert (len(found.flags), found.addenda[0].flags) == (1, ())

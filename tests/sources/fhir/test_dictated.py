"""What HL7 v2 reports are read for beyond their codes is read from FHIR by the same rules."""

import json
from dataclasses import replace

import pytest

from bot.domain.message import Reports
from bot.domain.report import Report
from bot.sources.fhir import reader as fhir
from tests.sources.fhir_samples import (
    NOW,
    ORIGIN,
    TEXT,
    Json,
    bundle,
    concept,
    form,
    identifier,
    others,
    report,
    resource,
)

UID = "1.2.840.113619.2.55.3"


def flags(found: Report) -> list[tuple[str, str, str, str]]:
    return [(flag.value, flag.system, flag.where, flag.category) for flag in found.flags]


def unflagged(*extra: Json, **changes: object) -> Report:
    return report(*extra, **{"conclusionCode": None, **changes})


def observed(number: int, **changes: object) -> Json:
    return {"resourceType": "Observation", "id": f"b{number}", "status": "final", **changes}


RESULTS = [{"reference": "Observation/b1"}]

# ---- macros ---------------------------------------------------------------------------------


def test_a_macro_in_the_presented_form_flags_the_report() -> None:
    text = "FINDINGS: Clot.\nIMPRESSION:\nCRITICAL RESULT: Pulmonary embolism."
    found = unflagged(presentedForm=[form(text)])
    assert flags(found) == [("CRITICAL RESULT", "dictated", "presentedForm", "*")]


def test_a_macro_in_the_conclusion_or_an_observation_flags_the_report() -> None:
    found = unflagged(presentedForm=None, conclusion="ACR category 2: new nodule.")
    assert flags(found) == [("RID49481", "dictated", "conclusion", "")]
    said = observed(1, valueString="Clot.\nACR category 1.", note=[{"text": "Seen."}])
    found = unflagged(said, presentedForm=None, conclusion=None, result=RESULTS)
    assert flags(found) == [("RID49480", "dictated", "Observation[1]", "")]
    said = observed(1, note=[{"text": "CRITICAL FINDING: free air"}])
    found = unflagged(said, presentedForm=None, conclusion=None, result=RESULTS)
    assert flags(found) == [("CRITICAL RESULT", "dictated", "Observation[1]", "*")]


def test_a_macro_in_an_observation_flags_the_report_though_it_has_a_whole_form() -> None:
    whole = form("FINDINGS: Filling defects.\nIMPRESSION: Large embolus in both lungs.\n" * 9)
    said = observed(1, valueString="CRITICAL RESULT: called to Dr. Park.")
    found = unflagged(said, presentedForm=[whole], conclusion=None, result=RESULTS)
    assert flags(found) == [("CRITICAL RESULT", "dictated", "Observation[1]", "*")]
    assert found.text.count("CRITICAL RESULT") == 1
    said = observed(1, valueString="Filling defects.")
    found = unflagged(said, presentedForm=[whole], conclusion=None, result=RESULTS)
    assert found.text.count("Filling defects.") == 9


def test_a_category_code_behind_or_before_a_statement_counts_as_it_does_in_hl7() -> None:
    found = unflagged(presentedForm=None, conclusion="Acute embolism (RID49480).")
    assert flags(found) == [("RID49480", "", "conclusion", "")]
    found = unflagged(presentedForm=[form("FINDINGS: Clot.\nIMPRESSION:\nrid49481: nodule")])
    assert flags(found) == [("RID49481", "", "presentedForm", "")]
    assert unflagged(conclusion="RID49480 is the code of category 1.").flags == ()


def test_one_in_an_addendum_is_the_addendums() -> None:
    found = unflagged(presentedForm=[form(f"{TEXT}\nADDENDUM 1:\nFree air [RID49480]")])
    assert found.flags == ()
    assert [flag.value for flag in found.addenda[0].flags] == ["RID49480"]


def test_a_macro_that_is_denied_or_a_coded_answer_is_none() -> None:
    assert unflagged(presentedForm=[form("IMPRESSION: Normal.\nCRITICAL RESULT: none")]).flags == ()
    answer = observed(
        1, code={"text": "CRITICAL RESULT"}, valueCodeableConcept={"text": "see below"}
    )
    found = unflagged(answer, presentedForm=None, conclusion=None, result=RESULTS)
    assert "CRITICAL RESULT: see below" in found.text
    assert found.flags == ()


def test_an_addendum_s_macro_is_its_own_unless_it_tells_of_a_call() -> None:
    plain = "IMPRESSION: Normal.\nADDENDUM:\nCRITICAL RESULT: Free air."
    found = unflagged(presentedForm=[form(plain)], conclusion=None)
    (addendum,) = found.addenda
    assert [flag.value for flag in addendum.flags] == ["CRITICAL RESULT"]
    assert found.flags == ()


# ---- calls ----------------------------------------------------------------------------------


def test_a_call_in_the_text_is_quoted() -> None:
    call = "Discussed with Dr. Okafor at 14:20."
    assert unflagged(presentedForm=[form(f"IMPRESSION: Clot.\n{call}")]).called.endswith(call)
    assert unflagged(presentedForm=None, conclusion=f"Clot. {call}").called == call
    tried = "Attempted to call Dr. Okafor, left a message."
    assert unflagged(presentedForm=[form(f"IMPRESSION: Clot.\n{tried}")]).called == ""


def test_an_observation_that_is_about_the_call_is_quoted() -> None:
    said = observed(
        1, code=concept("73568-8", "http://loinc.org"), valueString="Dr. Okafor, by phone, 14:20"
    )
    assert unflagged(said, result=RESULTS).called == "Dr. Okafor, by phone, 14:20"


# ---- study ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [UID, f"urn:oid:{UID}"])
def test_the_study_is_known_by_imaging_study_reference_or_identifier(value: str) -> None:
    uid = identifier(value, system="urn:dicom:uid")
    study = {"resourceType": "ImagingStudy", "id": "s1", "identifier": [uid]}
    assert report(study, imagingStudy=[{"reference": "ImagingStudy/s1"}]).study_uid == UID
    assert report(imagingStudy=[{"identifier": uid}]).study_uid == UID
    own = [identifier("A1000001", "ACSN"), uid]
    found = report(identifier=own)
    assert (found.study_uid, found.key.value) == (UID, "A1000001")
    assert report(imagingStudy=[{"identifier": {**uid, "value": "none"}}]).study_uid == ""


# ---- machines -------------------------------------------------------------------------------

DEVICE = {"resourceType": "Device", "id": "v1", "deviceName": [{"name": "Aidoc"}]}
BY_DEVICE, BY_PERSON = {"reference": "Device/v1"}, {"reference": "Practitioner/d2"}


@pytest.mark.parametrize(
    ("interpreters", "performers", "machine"),
    [
        ([BY_DEVICE], None, True),
        ([BY_DEVICE, BY_PERSON], None, False),
        ([BY_PERSON], [BY_DEVICE], False),
        (None, [BY_DEVICE, {"reference": "Organization/o9"}], True),
        (None, [{"reference": "Organization/o9"}], False),
        (None, None, False),
    ],
)
def test_what_only_a_device_interpreted_no_human_has_signed(
    interpreters: list[Json] | None, performers: list[Json] | None, machine: bool
) -> None:
    found = report(DEVICE, resultsInterpreter=interpreters, performer=performers)
    assert found.machine is machine


@pytest.mark.parametrize("named", ["READER", "77", "9.9:77"])
def test_a_practitioner_of_the_machines_list_is_a_machine(named: str) -> None:
    origin = replace(ORIGIN, machines=frozenset({named}))
    data = json.dumps(bundle(resource("report"), *others())).encode()
    reading = fhir.read(data, origin=origin, now=NOW).reading
    assert isinstance(reading, Reports)
    assert reading.reports[0].machine
    assert not report().machine


RADLEX = {"system": "http://www.radlex.org", "code": "RID49480"}


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        (
            {"extension": [{"url": "u", "extension": [{"url": "v", "valueCoding": RADLEX}]}]},
            "RID49480",
        ),
        ({"codedDiagnosis": [{"coding": [RADLEX]}]}, "RID49480"),
        ({"conclusion": "CRITICAL RESULT SDH"}, "CRITICAL RESULT"),
        ({"note": [{"text": "CRITICAL RESULT: SDH"}]}, "CRITICAL RESULT"),
    ],
)
def test_a_flag_counts_in_older_and_newer_releases_and_deep_inside(
    changes: dict[str, object], value: str
) -> None:
    assert value in {flag.value for flag in unflagged(**changes).flags}


def test_a_local_code_is_what_its_display_says() -> None:
    coded = [{"coding": [{"system": "urn:x", "code": "1", "display": "ACR Category 1"}]}]
    assert "RID49480" in {flag.value for flag in report(conclusionCode=coded).flags}


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ({"valueString": "Yes"}, 1),
        ({"valueBoolean": True}, 1),
        ({"valueCodeableConcept": {"text": "Yes"}}, 1),
        ({"valueString": "No"}, 0),
        ({"valueBoolean": False}, 0),
    ],
)
def test_an_observation_that_asks_is_a_flag_by_its_answer(answer: Json, count: int) -> None:
    asked = observed(1, code={"text": "Critical result"}, **answer)
    found = unflagged(asked, presentedForm=None, conclusion="SDH.", result=RESULTS)
    assert len(found.flags) == count

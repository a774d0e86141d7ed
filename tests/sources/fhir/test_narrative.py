"""Where a FHIR report's words and its impression come from, where no form has them."""

import json
import time

import pytest

from bot.domain.message import Reports
from bot.sources.fhir import reader as fhir
from bot.sources.fhir.places import read_from
from tests.sources.fhir_samples import Json, bundle, concept, form, read, report, resource

LOINC = "http://loinc.org"


def observation(number: str, code: str, said: str) -> Json:
    body = {"resourceType": "Observation", "id": number, "status": "final"}
    return body | {"code": concept(code, LOINC), "valueString": said}


SAID = (observation("n", "59776-5", "Clots."), observation("i", "19005-8", "CRITICAL RESULT: PE"))
RESULT = [{"reference": "Observation/n"}, {"reference": "Observation/i"}]


def test_an_observation_coded_as_the_impression_is_it() -> None:
    """Epic sends narrative and impression so."""
    found = report(*SAID, presentedForm=None, conclusion=None, result=RESULT)
    assert (found.text, found.impression) == ("Clots.\nCRITICAL RESULT: PE", "CRITICAL RESULT: PE")


def test_an_impression_that_the_form_lacks_is_added_to_it() -> None:
    forms = [form("FINDINGS: Clots.")]
    found = report(*SAID, presentedForm=forms, conclusion=None, conclusionCode=None, result=RESULT)
    assert found.text == "FINDINGS: Clots.\nCRITICAL RESULT: PE"
    assert [(flag.value, flag.where) for flag in found.flags] == [
        ("CRITICAL RESULT", "Observation[2]")
    ]


NARRATIVE = (
    "FINDINGS: Large left pneumothorax, mediastinum moved to the right.\nCRITICAL RESULT: PTX."
)
STUB = "See attached report."


def test_a_few_words_in_the_form_hide_no_report_in_the_observations() -> None:
    said = observation("n", "18782-3", NARRATIVE)
    told = {"conclusion": None, "conclusionCode": None, "result": RESULT[:1]}
    found = report(said, presentedForm=[form(STUB)], **told)
    assert found.text == f"{NARRATIVE}\n{STUB}"
    [flag] = found.flags
    assert (flag.value, flag.where) == ("CRITICAL RESULT", "Observation[1]")
    unflagged = observation("n", "18782-3", NARRATIVE.partition("\n")[0])
    whole = report(unflagged, presentedForm=[form("IMPRESSION: Embolus.")], **told)
    assert (whole.text, whole.impression) == ("IMPRESSION: Embolus.", "Embolus.")


def test_nor_do_they_hide_the_sections_of_its_document() -> None:
    section = {"title": "Findings", "text": {"div": f"<div>{NARRATIVE}</div>"}}
    document = {"resourceType": "Composition", "id": "c", "section": [section]}
    stubby = {"presentedForm": [form(STUB)], "conclusion": None, "conclusionCode": None}
    data = json.dumps(bundle(resource("report", **stubby), document)).encode()
    reading = read(data).reading
    assert isinstance(reading, Reports)
    assert "Large left pneumothorax" in reading.reports[0].text
    assert [flag.value for flag in reading.reports[0].flags] == ["CRITICAL RESULT"]
    [places] = read_from(data, reading.reports)
    assert places["text"] == "Composition.section"


MARKED_UP = {
    "html": "<p><b>FINDINGS:</b> Air.</p><p><b>IMPRESSION:</b> CRITICAL RESULT: PTX.</p>",
    "masked": "&lt;p&gt;FINDINGS: Air.&lt;/p&gt;IMPRESSION: CRITICAL RESULT: PTX.",
    "entities": "FINDINGS: Air.&#10;IMPRESSION: CRITICAL&#32;RESULT: PTX.",
    "escaped": r"FINDINGS: Air.\nIMPRESSION: CRITICAL RESULT: PTX.",
    "breaks": "FINDINGS: Air.<br/>IMPRESSION: CRITICAL RESULT: PTX.",
    "rtf": r"{\rtf1\ansi FINDINGS: Air.\par IMPRESSION: CRITICAL RESULT: PTX.}",
}


@pytest.mark.parametrize("said", MARKED_UP.values(), ids=MARKED_UP)
@pytest.mark.parametrize("where", ["conclusion", "note", "result", "presentedForm"])
def test_a_text_with_markup_in_it_is_read_wherever_it_stands(where: str, said: str) -> None:
    """As in HL7: the macro in it was not found, and people would have seen the tags."""
    told = {"conclusion": said, "note": [{"text": said}], "result": RESULT[:1]}
    told |= {"presentedForm": [form(said)]}
    others = {"presentedForm": None, "conclusion": None, "conclusionCode": None}
    found = report(observation("n", "18782-3", said), **{**others, where: told[where]})
    assert found.text == "FINDINGS: Air.\nIMPRESSION: CRITICAL RESULT: PTX."
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]
    if where != "note":
        assert found.impression == "CRITICAL RESULT: PTX."


def test_what_only_looks_like_markup_stays_as_it_is() -> None:
    for said in (r"{\rtf1 {\*\x}}", "Nodule <4 mm, <CRITICAL RESULT> none.", "<p></p>"):
        assert report(presentedForm=None, conclusion=said).text == said


def test_a_coded_impression_is_told_without_its_question() -> None:
    """As in IHE's IMR."""
    coded = observation("i", "19005-8", "") | {"valueCodeableConcept": {"text": "Embolus"}}
    del coded["valueString"]
    result = [{"reference": "Observation/i"}]
    found = report(coded, presentedForm=None, conclusion=None, result=result)
    assert (found.text, found.impression) == ("Embolus", "Embolus")


def test_of_a_whole_report_in_the_conclusion_the_impression_is_what_its_heading_says() -> None:
    whole = "EXAMINATION: CHEST\n\nFINDINGS: Clear.\n\nIMPRESSION:\n\nNo acute process.\n"
    found = report(presentedForm=None, conclusion=whole)
    assert (found.text, found.impression) == (whole.strip(), "No acute process.")


def test_a_conclusion_goes_before_a_comment_in_the_text() -> None:
    forms = [form("FINDINGS: Clots.\nCOMMENT: Moved.")]
    alone = {"presentedForm": forms, "result": None}
    assert report(**alone, conclusion="Embolus.").impression == "Embolus."
    assert report(**alone, conclusion=None).impression == "Moved."


def dose(**more: object) -> Json:
    body = observation("d", "113813-2", "")
    del body["valueString"]
    return body | {"valueQuantity": {"value": 455, "unit": "mGy.cm"}, **more}


def test_a_figure_below_a_conclusion_is_none_of_it() -> None:
    said = observation("n", "11502-2", "FINDINGS: Clots.\nIMPRESSION: Embolus.")
    result = [{"reference": "Observation/n"}, {"reference": "Observation/d"}]
    found = report(said, dose(), presentedForm=None, conclusion=None, result=result)
    assert (found.impression, found.figures) == ("Embolus.", False)
    assert found.text.endswith("IMPRESSION: Embolus.\n113813-2: 455 mGy.cm")


def test_figures_alone_are_told_as_such() -> None:
    """A dose that is sent later under the order's number says nothing of the finding."""
    alone = {"presentedForm": None, "conclusion": None, "result": [{"reference": "Observation/d"}]}
    assert report(dose(), **alone).figures
    assert not report(dose(note=[{"text": "High."}]), **alone).figures
    assert not report(dose(), **(alone | {"conclusion": "Embolus."})).figures
    assert not report(dose(), **(alone | {"presentedForm": [form("Embolus.")]})).figures
    unreadable = [{"contentType": "application/pdf", "data": "AAAA"}]
    assert not report(dose(), **(alone | {"presentedForm": unreadable})).figures
    assert not report(**(alone | {"result": None})).figures


def section(title: str, code: str, said: str) -> Json:
    return {"title": title, "code": concept(code, LOINC), "text": {"div": f"<div>{said}</div>"}}


COMPOSITION = {
    "resourceType": "Composition",
    "id": "c1",
    "section": [
        {"title": "Report", "section": [section("Findings", "59776-5", "Clots.")]},
        section("Závěr", "19005-8", "CRITICAL RESULT: Embolus"),
    ],
}
BARE = resource("report", presentedForm=None, conclusion=None, conclusionCode=None)


def test_the_sections_of_the_document_that_it_stands_in_are_its_text() -> None:
    """So do Europe's imaging reports come: the DiagnosticReport itself has no words."""
    body = bundle(COMPOSITION, BARE)
    reading = read(body).reading
    assert isinstance(reading, Reports)
    (found,) = reading.reports
    assert found.text == "Findings:\nClots.\nImpression:\nCRITICAL RESULT: Embolus"
    assert found.impression == "CRITICAL RESULT: Embolus"
    assert [flag.where for flag in found.flags] == ["Composition.section"]
    (places,) = read_from(json.dumps(body).encode(), [found])
    assert (places["text"], places["impression"]) == ("Composition.section",) * 2


@pytest.mark.parametrize(
    ("kind", "history", "coded"),
    [
        ("60591-5", "30954-2", "51848-0"),
        ("18842-5", "30954-2", "19005-8"),  # as in Taiwan
        ("", "10160-0", "51848-0"),
    ],
)
def test_of_a_summary_of_the_patient_only_what_refers_to_the_report_is_its_text(
    kind: str, history: str, coded: str
) -> None:
    """All of it was: the impression of a CT read "Discharged well"."""
    about = section("Results", "30954-2", "CT chest: nodule.")
    summary = {
        "resourceType": "Composition",
        "id": "c1",
        "type": concept(kind, LOINC),
        "section": [
            section("History", history, "Anastrozole."),
            section("Impression", coded, "CRITICAL RESULT: discharged well."),
            {**about, "entry": [{"reference": "DiagnosticReport/r1"}]},
        ],
    }
    reading = read(bundle(summary, BARE | {"conclusion": "It has grown."})).reading
    assert isinstance(reading, Reports)
    (found,) = reading.reports
    assert found.text == "Results:\nCT chest: nodule.\nIt has grown."
    assert (found.impression, found.flags) == ("It has grown.", ())


def test_a_section_about_the_call_is_quoted_and_one_of_problems_makes_no_summary() -> None:
    sections = [
        section("Problems", "11450-4", "Cough."),
        section("Findings", "59776-5", "Clots."),
        section("Komunikace", "73568-8", "Dr. Okafor, by phone, 14:20"),
    ]
    reading = read(bundle({**COMPOSITION, "section": sections}, BARE)).reading
    assert isinstance(reading, Reports)
    assert reading.reports[0].called == "Dr. Okafor, by phone, 14:20"
    assert reading.reports[0].text.startswith("Problems:\nCough.\nFindings:\nClots.")


def test_an_imaging_report_that_tells_allergies_is_no_summary() -> None:
    allergies = section("Allergies", "48765-2", "None known.")
    conclusion = section("Conclusion", "51848-0", "CRITICAL RESULT: Embolus")
    reading = read(bundle({**COMPOSITION, "section": [allergies, conclusion]}, BARE)).reading
    assert isinstance(reading, Reports)
    assert [flag.value for flag in reading.reports[0].flags] == ["CRITICAL RESULT"]


def test_each_document_of_a_batch_is_the_text_of_its_own_report() -> None:
    sections = [section("Impression", "19005-8", said) for said in ("Normal.", "CRITICAL RESULT")]
    documents = [
        bundle({**COMPOSITION, "section": [said]}, BARE | {"id": f"r{number}", "identifier": []})
        for number, said in enumerate(sections)
    ]
    for piece in (bundle(*documents), *fhir.split(json.dumps(bundle(*documents)).encode())):
        reading = read(piece).reading
        assert isinstance(reading, Reports)
        for found in reading.reports:
            said = "Normal." if found.resource.endswith("r0") else "CRITICAL RESULT"
            assert found.impression == said


def test_a_document_of_several_reports_is_of_none() -> None:
    other = BARE | {"id": "r2", "identifier": []}
    reading = read(bundle(COMPOSITION, BARE, other)).reading
    assert isinstance(reading, Reports)
    assert [found.text for found in reading.reports] == ["", ""]


def noted(said: str) -> Json:
    """R5's note as Europe's imaging report has it in R4."""
    url = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.note"
    return {"url": url, "valueAnnotation": {"text": said}}


def test_findings_in_notes_that_are_extensions_stand_before_the_conclusion() -> None:
    notes = [noted("**Vessels** Clots."), noted("CRITICAL RESULT: dissection")]
    found = report(presentedForm=None, conclusion="Embolus.", conclusionCode=None, extension=notes)
    assert found.text == "**Vessels** Clots.\nCRITICAL RESULT: dissection\nEmbolus."
    assert found.impression == "Embolus."
    assert [flag.where for flag in found.flags] == ["note"]


def test_the_notes_of_a_section_are_its_text_where_it_has_no_other() -> None:
    findings = {"title": "Findings", "extension": [noted("Clots."), noted("No fracture.")]}
    composition = COMPOSITION | {"section": [findings, section("End", "19005-8", "Embolus.")]}
    reading = read(bundle(composition, BARE)).reading
    assert isinstance(reading, Reports)
    assert reading.reports[0].text == "Findings:\nClots.\nNo fracture.\nImpression:\nEmbolus."


def test_thousands_of_observations_with_a_macro_hold_up_no_page() -> None:
    said = [observation(f"o{n}", "1-8", f"Critical result: finding {n}") for n in range(10_000)]
    results = [{"reference": f"Observation/o{n}"} for n in range(10_000)]
    forms = [form("FINDINGS: " + "Clots in both lower lobes. " * 20)]
    began = time.thread_time()
    found = report(*said, presentedForm=forms, conclusion=None, result=results)
    assert time.thread_time() - began < LONGEST
    assert found.text.startswith("FINDINGS: Clots in both lower lobes.")
    assert found.text.endswith("finding 9999")


LONGEST = 4.0
"""Seconds; put together anew for each of them the text took eight."""

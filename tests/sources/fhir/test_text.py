"""The words of a report, whichever format they were attached in."""

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import DEFAULT_POLICY
from bot.domain.message import Reports
from bot.domain.policy_file import parse_policy
from bot.domain.report import Report
from bot.domain.triage import finding_hash, triage
from bot.sources.fhir.places import read_from
from bot.sources.hl7 import reader as hl7
from tests.sources.fhir_samples import NOW, ORIGIN, TEXT, concept, form, read, report, resource
from tests.sources.pdf_samples import pdf

POLICY = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))
LINES = TEXT.split("\n")
HTML = (
    "<html><head><title>CT</title><style>p {color: red}</style></head><body>"
    f"<p>{LINES[0]}</p><p><b>IMPRESSION:</b> Acute&nbsp;pulmonary\nembolism.</p></body></html>"
)
RTF = rf"{{\rtf1\ansi {LINES[0]}\par {LINES[1]}\par}}"

WIDE = ("utf-16", "utf-16-le", "utf-16-be")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (TEXT, "text/plain"),
        (TEXT.replace("\n", "\r\n"), "text/plain; charset=us-ascii"),
        (HTML, "text/html"),
        (RTF, "application/rtf"),
        (RTF, "text/rtf; charset=utf-8"),
        (pdf(LINES), "application/pdf"),
    ],
)
def test_every_format_yields_text_and_impression(data: str | bytes, kind: str) -> None:
    found = report(presentedForm=[form(data, kind)], conclusion=None)
    assert " ".join(found.text.split()) == " ".join(LINES)
    assert " ".join(found.impression.split()) == "Acute pulmonary embolism."


@pytest.mark.parametrize("extended", [False, True])
def test_a_document_that_is_the_value_of_an_observation_is_a_form(extended: bool) -> None:
    value = {"valueAttachment": form(RTF, "application/rtf")}
    held = {"extension": [{"url": "x", **value}]} if extended else value
    said = {"resourceType": "Observation", "id": "b1", "status": "final", **held}
    inside = {"contained": [said], "result": [{"reference": "#b1"}]}
    found = report(presentedForm=None, conclusion=None, **inside)
    assert " ".join(found.text.split()) == " ".join(LINES)
    said["valueAttachment"] = form(b"\xff\xd8", "image/jpeg")
    said["extension"] = []
    assert report(presentedForm=None, conclusion=None, **inside).unread == "unread-text"


@pytest.mark.parametrize(
    "deleted",
    [r"{\deleted CRITICAL RESULT: bleed. }", r"\deleted CRITICAL RESULT: bleed. \deleted0 "],
)
def test_what_was_deleted_from_an_rtf_is_no_part_of_it(deleted: str) -> None:
    """Word keeps it for its tracking of changes, and shows it struck out."""
    rtf = rf"{{\rtf1\ansi IMPRESSION: {deleted}No bleed.\par}}"
    found = report(presentedForm=[form(rtf, "text/rtf")], conclusion=None, conclusionCode=None)
    assert (found.impression, found.flags) == ("No bleed.", ())


def test_the_plainest_format_is_read_where_there_are_several() -> None:
    forms = [form(pdf(["printed"]), "application/pdf"), form("<p>shown</p>", "text/html")]
    assert report(presentedForm=forms, conclusion=None).text == "shown"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (TEXT.replace("\n", "<br>"), "text/plain"),
        (TEXT.replace("\n", "<BR />"), "text/html"),
        (HTML, "text/plain; charset=utf-8"),
        (TEXT, 'TEXT/PLAIN; Charset="UTF-8"; format=flowed'),
        (TEXT, "text/markdown"),
        (TEXT, "txt"),
        (TEXT, ""),
        (TEXT.encode("utf-16"), "text/plain"),
        *((HTML.encode(wide), kind) for wide in WIDE for kind in ("text/html", "")),
        *((RTF.encode(wide), "application/rtf") for wide in WIDE),
        (TEXT.encode("utf-16-le"), "text/plain; charset=utf-16le"),
        (TEXT.encode("utf-16-be"), ""),
        (TEXT, "text/plain; charset=utf-8"),
        *((said, kind) for said in (TEXT, HTML) for kind in ("application/pdf", "text/rtf")),
        (pdf(LINES), "application/octet-stream"),
        (
            f"<ClinicalDocument><text>{LINES[0]}</text><text>{LINES[1]}</text></ClinicalDocument>",
            "text/xml",
        ),
    ],
)
def test_a_format_is_what_it_is_and_lines_end_where_html_ends_them(
    data: str | bytes, kind: str
) -> None:
    found = report(presentedForm=[form(data, kind)], conclusion=None)
    assert found.text.split("\n")[:1] == LINES[:1]
    assert " ".join(found.impression.split()) == "Acute pulmonary embolism."


@pytest.mark.parametrize("inside", [TEXT, HTML, RTF, pdf(LINES), "5 µm. " + TEXT])
def test_what_was_put_into_base64_twice_is_read(inside: str | bytes) -> None:
    for kind in ("text/plain", "application/pdf"):
        found = report(presentedForm=[form(form(inside)["data"], kind)], conclusion=None)
        assert " ".join(found.impression.split()) == "Acute pulmonary embolism."
    assert report(presentedForm=[form("A" * 60)], conclusion=None).text == "A" * 60


def test_a_stub_in_plain_text_hides_no_report() -> None:
    forms = [form("See attached PDF report."), form(pdf(LINES), "application/pdf")]
    assert report(presentedForm=forms, conclusion=None).impression == "Acute pulmonary embolism."


@pytest.mark.parametrize(
    "said", ["CRITICAL RESULT large pulmonary embolism", "IMPRESSION\nCRITICAL RESULT\nPE"]
)
def test_plain_text_whose_letters_could_be_base64_is_read_as_it_is(said: str) -> None:
    found = report(presentedForm=[{"contentType": "text/plain", "data": said}], conclusion=None)
    assert found.text == said
    assert "CRITICAL RESULT" in {flag.value for flag in found.flags}


@pytest.mark.parametrize("given", ["unpadded", "of the other alphabet", "plain text"])
def test_data_that_is_not_quite_base64_is_read(given: str) -> None:
    words = "IMPRESSION: ÿÿÿ Clot ~~~???."
    encoded = base64.urlsafe_b64encode(words.encode()).decode()
    data = {"unpadded": encoded.rstrip("="), "of the other alphabet": encoded, "plain text": words}
    told = [{"contentType": "text/plain", "data": data[given]}]
    assert report(presentedForm=told, conclusion=None).text == words


@pytest.mark.parametrize("write", [str.lower, str.upper])
def test_data_in_hexadecimal_is_read(write: Callable[[str], str]) -> None:
    """As a program writes it that took one for the other: its letters are base64's, too."""
    words = "IMPRESSION: Pneumothorax.\nCRITICAL RESULT: called."
    data = write(words.encode().hex())
    told = {"presentedForm": [{"contentType": "text/plain", "data": data}], "conclusionCode": None}
    found = report(**told, conclusion=None)
    assert found.text == words
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


def test_the_narrative_is_read_where_nothing_else_says_a_word() -> None:
    div = "<div><p>IMPRESSION: Clot.</p><p>CRITICAL RESULT</p></div>"
    found = report(presentedForm=None, conclusion=None, text={"div": div}, conclusionCode=None)
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]
    plain = {"div": "<div><p>IMPRESSION: Clot.</p></div>"}  # with a macro: see test_div
    assert report(presentedForm=None, text=plain).text == "Acute pulmonary embolism."


def test_a_resource_without_meta_is_read() -> None:
    assert report(meta=None).impression == report(meta=None, id=None).impression


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7 broken", "application/pdf"),
        (b"", "application/pdf"),
        (b"\x89PNG", "image/png"),
        (b"\xff\xd8\xff\xe0 a picture", "text/plain"),
        (b"PK\3\4 of Word", "text/html"),
    ],
)
def test_a_form_without_words_leaves_the_conclusion(data: bytes, kind: str) -> None:
    found = report(presentedForm=[form(data, kind)])
    assert found.text == found.impression == "Acute pulmonary embolism."


def test_bytes_of_windows_are_read_as_such() -> None:
    assert (
        report(presentedForm=[form("5\xa0µm".encode("cp1252"))], conclusion=None).text == "5\xa0µm"
    )


def test_a_form_that_the_report_contains_is_read() -> None:
    inside = {"resourceType": "Binary", "id": "b", **form(TEXT)}
    found = report(presentedForm=[{"url": "#b"}], contained=[inside], conclusion=None)
    assert found.impression == "Acute pulmonary embolism."


def test_a_form_behind_an_address_is_read_where_it_came_along() -> None:
    for field in ("data", "content"):  # of STU3
        binary = {"resourceType": "Binary", "id": "7", field: form(TEXT)["data"]}
        told = [{"contentType": "text/plain", "url": "Binary/7"}]
        assert report(binary, presentedForm=told).text == TEXT


def test_a_conclusion_that_the_text_lacks_is_added_to_it() -> None:
    found = report(presentedForm=[form("FINDINGS: Clots.")])
    assert found.text == "FINDINGS: Clots.\nAcute pulmonary embolism."
    assert found.impression == "Acute pulmonary embolism."


def test_without_a_form_the_observations_speak() -> None:
    observation = {
        "resourceType": "Observation",
        "id": "b1",
        "code": {"text": "Score"},
        "valueQuantity": {"value": 3, "unit": "mm"},
        "component": [{"valueString": "IMPRESSION: Small."}],
    }
    result = [{"reference": "Observation/b1"}]
    found = report(observation, presentedForm=None, conclusion=None, result=result)
    assert found.text == "Score: 3 mm\nIMPRESSION: Small."
    assert found.impression == "Small."


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        [(HTML.encode(), "text/html"), (RTF.encode(), "text/rtf"), (pdf(LINES), "application/pdf")]
    ),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    st.integers(0, 10_000),
)
def test_no_broken_document_makes_reading_raise(
    document: tuple[bytes, str], changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(document[0])
    for place, byte in changes:
        data[place % len(data)] = byte
    found = report(presentedForm=[form(bytes(data[:length]), document[1])])
    finding_hash(found, POLICY)
    assert "acutepulmonaryembolism." in "".join(found.text.split()).casefold()


# ---- HL7 v2 and FHIR say the same -----------------------------------------------------------


def _by_hl7() -> Report:
    at, issued = "20260302140000", "20260302143000"
    segments = [
        f"MSH|^~\\&|PS|RIS|||{issued}||ORU^R01|1|P|2.5.1",
        "PID|1||MRN-1",
        f"OBR|1||A1000001^RIS|CT^CT angiogram chest|||{at}|||||||||||||||{issued}|||F",
        f"OBX|1|TX|59776-5^Findings||{LINES[0].removeprefix('FINDINGS: ')}||||||F",
        "OBX|2|TX|19005-8^Impression||Acute pulmonary embolism.|||AA|||F",
    ]
    raw = hl7.read("\r".join(segments).encode(), source="hl7", timezone=ORIGIN.timezone, now=NOW)
    assert isinstance(raw.reading, Reports)
    return raw.reading.reports[0]


def test_the_same_report_by_hl7_and_fhir_has_one_key_and_one_finding() -> None:
    one, other = _by_hl7(), report()
    assert one.key == other.key
    assert finding_hash(one, POLICY) == finding_hash(other, POLICY)


@pytest.mark.parametrize("code", ["AA", "HH", "LL"])
def test_a_critical_interpretation_is_as_critical_as_an_abnormal_flag(code: str) -> None:
    observation = {
        "resourceType": "Observation",
        "id": "b1",
        "interpretation": [concept(code)],
    }
    by_fhir = report(observation, conclusionCode=None, result=[{"reference": "Observation/b1"}])
    assert triage(by_fhir, POLICY).category == triage(_by_hl7(), POLICY).category == "critical"


@pytest.mark.parametrize("code", ["A", "H", "L", "N"])
def test_a_plain_interpretation_is_silent(code: str) -> None:
    observation = {"resourceType": "Observation", "id": "b1", "interpretation": [concept(code)]}
    found = report(observation, conclusionCode=None, result=[{"reference": "Observation/b1"}])
    assert triage(found, POLICY).category is None


def test_a_critical_code_outside_the_interpretation_is_no_abnormal_flag() -> None:
    assert triage(report(conclusionCode=[concept("AA")]), POLICY).category is None


def test_the_narrative_is_named_where_it_was_read() -> None:
    told = {"div": "<div><p>IMPRESSION: Embolus.</p><p>CRITICAL RESULT: called</p></div>"}
    body = resource("report", presentedForm=None, conclusion=None, conclusionCode=None, text=told)
    reading = read(body).reading
    assert isinstance(reading, Reports)
    (found,) = reading.reports
    assert [flag.where for flag in found.flags] == ["text.div"]
    (places,) = read_from(json.dumps(body).encode(), [found])
    assert (places["text"], places["impression"]) == ("text.div", "text.div")


@pytest.mark.parametrize("field", ["data", "url"])
def test_a_form_in_an_address_of_its_own_is_read(field: str) -> None:
    data = "data:text/plain;base64," + base64.b64encode(b"IMPRESSION: CRITICAL RESULT: PE").decode()
    attachment = {"contentType": "text/plain", field: data}
    found = report(presentedForm=[attachment], conclusion=None, conclusionCode=None)
    assert found.impression == "CRITICAL RESULT: PE"
    assert triage(found, POLICY).category == "critical"

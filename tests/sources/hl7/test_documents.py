"""A report that comes as a document alone is read all the same."""

import base64
import time

import pytest

from bot.domain.message import Reports, Unusable
from bot.domain.profile import MOST_SEVERE
from bot.domain.report import Flag
from bot.sources import documents
from bot.sources.documents import words_in
from bot.sources.hl7.places import read_from
from tests.sources.oru import message, obr, raw, report, reports, sample, unusable
from tests.sources.pdf_samples import endless_pdf, pdf

LINES = ["FINDINGS: Clots.", "IMPRESSION: Acute pulmonary embolism.", "CRITICAL RESULT: called."]
TEXT = "\n".join(LINES)
RTF = r"{\rtf1\ansi " + r"\par ".join(LINES) + r"\par}"
HTML = "<html><body>" + "".join(f"<p>{line}</p>" for line in LINES) + "</body></html>"


def encoded(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def ed(data: str, kind: str = "^text^plain^Base64^") -> str:
    return f"OBX|1|ED|PDF^Report||{kind}{data}||||||F"


@pytest.mark.parametrize(
    "obx",
    [
        ed(encoded(TEXT)),
        ed(encoded(RTF), "RIS^application^rtf^Base64^"),
        ed(encoded(HTML), "^text^html^Base64^"),
        ed(encoded(HTML), "^TEXT^XML^Base64^"),  # a CDA, in France and Belgium
        ed(encoded(pdf(LINES)), "^application^pdf^Base64^"),
        ed(encoded(pdf(LINES)), "PDF^Base64^"),
        ed(encoded(RTF), "^AP^Octet-stream^Base64^"),
        ed(encoded(TEXT), ""),
        ed(encoded(encoded(TEXT))),
        ed(encoded(encoded(pdf(LINES))), "^application^pdf^Base64^"),
        ed(r"\.br\ ".join(encoded(TEXT)[n : n + 76] for n in range(0, 200, 76))),
        ed(TEXT.replace("\n", r"\.br" + "\\"), "^text^plain^A^"),
        ed(TEXT.replace("\n", "~"), "^text^plain^A^"),
        ed("~".join(encoded(TEXT)[n : n + 76] for n in range(0, 200, 76))),
        ed(HTML, "^TEXT^HTML^A^"),
        ed(HTML.replace("html>", "ClinicalDocument>"), "^multipart^x-hl7-cda-level-one^A^"),
        ed(HTML, ""),
        ed(HTML.replace("<html>", "<ClinicalDocument>"), "^TEXT^XML^A^"),
        ed(RTF, "^TEXT^RTF^A^"),
        ed(RTF.replace("\\", "\\E\\"), "^APPLICATION^RTF^A^"),
    ],
)
def test_its_words_are_the_report(obx: str) -> None:
    found = report(sample(obx))
    assert found.impression.split("\n")[0] == "Acute pulmonary embolism."
    assert found.flags == (Flag("CRITICAL RESULT", "dictated", "OBX[1]-5", MOST_SEVERE),)


STAB = "OBX|2|TX|{}||{}||||||F"


@pytest.mark.parametrize(
    "said",
    [
        STAB.format("RPT", "See attached document."),
        "OBX|2|ST|113014^Study Instance UID^DCM||1.2.840.113619.2.1||||||F",
        "OBX|2|ST|110180^Study Instance UID^DCM||1.2.840.113619.2.1||||||F",
        STAB.format("RPT", "CT CHEST"),
    ],
)
def test_a_few_words_beside_it_are_no_report(said: str) -> None:
    for segments in ([ed(encoded(RTF)), said], [said, ed(encoded(RTF))]):
        found = report(sample(*segments))
        assert LINES[1].removeprefix("IMPRESSION: ") in found.impression
        assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


PLAIN = STAB.format(
    "RPT", "FINDINGS: Clots in both. IMPRESSION: Acute pulmonary embolism. " + "x " * 99
)


def test_beside_a_report_in_text_it_is_the_same_once_more_and_not_read() -> None:
    data = encoded("General Hospital\nFINDINGS: Clots in\nboth.\nIMPRESSION: Acute\nembolism.")
    alone = report(sample(PLAIN))
    found = report(sample(ed(data), PLAIN))
    assert (found.text, found.impression, found.flags) == (alone.text, alone.impression, ())


def test_what_only_the_document_says_of_its_urgency_counts() -> None:
    found = report(sample(ed(encoded(RTF)), PLAIN))
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]
    assert "Clots.\n" not in found.text


def test_a_pointer_to_a_document_without_words_waits_for_a_person_besides() -> None:
    picture = ed(encoded(b"\x89PNG\x1a\0\0\0 no words"), "^image^png^Base64^")
    (one,) = lacking(sample(STAB.format("RPT", "See attached scan."), picture))
    assert one.reason == "unread-text"
    number = "OBX|1|ST|113014^Study UID^DCM||1.2.840.113619.2.1||||||F"
    for segments in ([number, picture], [picture, number]):
        (one,) = lacking(sample(*segments))
        assert one.reason == "unread-text"
    (one,) = lacking(sample("OBX|1|RP|RPT||http://x/y^PACS^TEXT^PDF|||AA|||F"))
    assert one.reason == "unread-text"


def test_a_coded_answer_beside_a_scan_is_a_report() -> None:
    answer = "OBX|1|CWE|24604-1^Assessment^LN||2^Benign^BIRADS||||||F"
    picture = ed(encoded(b"\x89PNG\x1a\0\0\0 no words"), "^image^png^Base64^")
    assert report(sample(answer, picture)).unread == ""


@pytest.mark.parametrize(
    "obx",
    [
        f"OBX|1|TX|RPT||{encoded(RTF)}||||||F",
        f"OBX|1|TX|RPT||^TEXT^RTF^Base64^{encoded(RTF)}||||||F",
        f"OBX|1|TX|RPT||^^^^{encoded(RTF)}||||||F",
        f"OBX|1||RPT||application^pdf^{encoded(pdf(LINES))}||||||F",
        f"OBX|1|ed|RPT||^TEXT^RTF^Base64^{encoded(RTF)}||||||F",
        f"OBX|1|ED|RPT||^TEXT^PLAIN^Hex^{TEXT.encode().hex()}||||||F",
        "OBX|1|FT|RPT||" + RTF.replace("\\", "\\E\\") + "||||||F",
        f"OBX|1|FT|RPT||{RTF}||||||F",
        f"OBX|1|FT|RPT||{HTML}||||||F",
        "OBX|1|FT|RPT||" + "".join(f"<p>{line}</p>" for line in LINES) + "||||||F",
        "OBX|1|TX|RPT||" + "".join(f"&lt;p&gt;{line}&lt;/p&gt;" for line in LINES) + "||||||F",
        "OBX|1|TX|RPT||"
        + "".join(rf"\T\lt;p\T\gt;{line}\T\lt;/p\T\gt;" for line in LINES)
        + "||||||F",
    ],
)
def test_whatever_its_type_is_called_its_words_are_read(obx: str) -> None:
    found = report(sample(obx))
    assert found.text.split("\n")[:2] == LINES[:2]
    assert found.impression.split("\n")[0] == "Acute pulmonary embolism."
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


@pytest.mark.parametrize("begins", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_a_picture_that_is_called_a_text_is_none_of_it(begins: bytes) -> None:
    picture = encoded(begins + bytes(60))
    found = report(
        sample(
            "OBX|1|FT|X^Text||Clear.~IMPRESSION: Normal.||||||F",
            f"OBX|2|ST|MJPG^Thumbnail|1|{picture}||||||F",
        )
    )
    assert (found.text, found.impression) == ("Clear.\nIMPRESSION: Normal.", "Normal.")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("5 &lt; 6 &amp; co&#39;s", "5 < 6 & co's"),
        ("a < b and c > d", "a < b and c > d"),
        ("Lesion <5 mm & stable", "Lesion <5 mm & stable"),
        ("A&W; &notanentity; R&D", "A&W; &notanentity; R&D"),
    ],
)
def test_entities_are_written_out_and_signs_stay(said: str, read: str) -> None:
    assert report(sample(f"OBX|1|TX|RPT||{said}||||||F")).text == read


def test_brackets_that_are_no_tags_are_not_dropped_as_such() -> None:
    said = "&lt;CRITICAL RESULT&gt; &lt;b&gt;Acute embolism&lt;/b&gt;"
    found = report(sample(f"OBX|1|TX|RPT||{said}||||||F"))
    assert "CRITICAL RESULT" in found.text
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


@pytest.mark.parametrize("data", ["", "!!", encoded(b"\x89PNG\x1a\0\0\0 more of it, no words")])
def test_one_without_words_is_empty_and_no_error(data: str) -> None:
    assert report(sample(ed(data, "^image^png^Base64^"))).text == ""


def lacking(data: bytes) -> list[Unusable]:
    """What waits for a person beside the one report that is used."""
    reading = raw(data).reading
    assert isinstance(reading, Reports), reading
    assert len(reading.reports) == 1
    assert all(one.used for one in reading.left)
    return list(reading.left)


@pytest.mark.parametrize(
    "obx",
    [
        ed(encoded(b"\x89PNG\x1a\0\0\0 more of it, no words"), "^image^png^Base64^"),
        ed(encoded(b"\xff\xd8\xff\xe0 more of it, no words")),
        ed(encoded(b"\xd0\xcf\x11\xe0 more of it, no words"), "^TEXT^RTF^Base64^"),
        ed(encoded(pdf([])), "^application^pdf^Base64^"),
        ed(encoded(b"%PDF-1.7 broken off in the middle"), "^application^pdf^Base64^"),
    ],
    ids=["a picture", "called text", "of Word", "a scan", "a broken PDF"],
)
def test_a_report_without_any_other_text_waits_for_a_person_besides(obx: str) -> None:
    (one,) = lacking(sample(obx))
    assert (one.reason, one.place, one.flags) == ("unread-text", "OBX-5", ())
    assert report(sample(obx)).unread == "unread-text"
    assert lacking(sample(obx, fields={25: "P"})) == []
    assert lacking(sample(obx, fields={25: "X"})) == []
    assert lacking(sample(obx, "OBX|2|TX|&IMP||Clear.||||||F")) == []


def test_one_that_takes_too_long_is_named_and_the_flags_beside_it_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 0.5)
    slow = ed(encoded(endless_pdf("hl7")), "^application^pdf^Base64^")
    data = sample(slow.replace("||||||F", "|||HH|||F"), ed(encoded(TEXT)))
    (one,) = lacking(data)
    assert (one.reason, one.place) == ("too-slow-to-read", "OBX-5")
    found = report(data)
    assert found.unread == "too-slow-to-read"
    assert {flag.value for flag in found.flags} == {"HH", "CRITICAL RESULT"}


def test_what_could_not_be_read_and_then_can_is_another_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = sample(ed(encoded(pdf(LINES)), "PDF^Base64^"))
    whole = report(data)
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 0.0)
    assert report(data).unread == "too-slow-to-read"
    assert report(data).content_hash != whole.content_hash


def test_its_flags_are_those_of_the_segment_and_its_place_is_shown() -> None:
    data = message(obr(), ed(encoded(TEXT)).replace("||||||F", "|||AA|||F"))
    (found,) = reports(data)
    assert [flag.value for flag in found.flags] == ["AA", "CRITICAL RESULT"]
    assert read_from(data, [found])[0]["impression"] == "OBX[1]-5"


def test_a_macro_in_the_document_of_an_unreadable_message_is_salvaged() -> None:
    data = sample("OBX|2|TX|&IMP||Clear.||||||F", ed(encoded(TEXT)), fields={25: "?"})
    assert [flag.value for flag in unusable(data).flags] == ["CRITICAL RESULT"]


@pytest.mark.parametrize("unit", ["<a b='", "<style>", "<!--", "<head><p>", "&#1", "<"])
def test_html_that_does_not_end_costs_what_its_length_does(unit: str) -> None:
    assert "Clot" in words_in(f"<html>Clot {unit * 40_000}".encode(), "text/html")


def test_what_html_does_not_show_is_not_read() -> None:
    hidden = "<!-- no --><head><title>CT</title></head><STYLE>p {}</STYLE>"
    page = f"<html>{hidden}a &lt; b<br/>2 < 3</html>"
    assert words_in(page.encode(), "text/html") == "a < b\n2 < 3"


def test_a_long_report_beside_its_print_holds_up_no_page() -> None:
    lines = [f"OBX|{n}|TX|&GDT||Nodule {n} is unchanged.||||||F" for n in range(2, 2500)]
    print_ = ed(encoded("Nodule 7 is unchanged.\nCRITICAL RESULT: embolism."))
    began = time.thread_time()
    found = report(sample(print_, *lines))
    assert time.thread_time() - began < LONGEST
    assert [flag.where for flag in found.flags] == ["OBX[1]-5"]


LONGEST = 1.0
"""Seconds; compared with the whole text for each of its lines it took ten."""


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("XCN", "4711^ROE^RICHARD^^^DR", "Billing Provider: 4711 ROE RICHARD DR"),
        ("PN", "ROE^RICHARD", "Billing Provider: ROE RICHARD"),
        ("CX", "77^^^MAIN", "Billing Provider: 77 MAIN"),
    ],
)
def test_a_person_or_a_number_beside_a_scan_is_not_its_text(
    kind: str, value: str, shown: str
) -> None:
    person = f"OBX|2|{kind}|BP^Billing Provider||{value}||||||F"
    scan = ed(encoded(b"\x00\x01" * 50), "^image^tiff^Base64^")
    assert report(sample(person)).text == shown
    assert report(sample(scan, person)).unread == "unread-text"


@pytest.mark.parametrize("value", ["70450^CT Head^CPT4", "70450^CT Head^C4~G0297^^HCPCS"])
def test_a_code_for_the_bill_beside_a_scan_is_not_its_text(value: str) -> None:
    bill = f"OBX|2|CE|BILL^Billing code||{value}||||||F"
    scan = ed(encoded(b"\x00\x01" * 50), "^image^tiff^Base64^")
    assert report(sample(bill)).text.startswith("Billing code: CT Head")
    assert report(sample(scan, bill)).unread == "unread-text"
    answer = "OBX|2|CE|ASSESS^Assessment||4^Suspicious^BIRADS||||||F"
    assert report(sample(scan, answer)).unread == ""
    assert report(sample(scan, bill, answer)).unread == ""


def test_words_are_shown_as_they_stand_though_they_are_called_a_person() -> None:
    assert report(sample("OBX|1|CN|RPT||Large pneumothorax.||||||F")).text == "Large pneumothorax."

"""A report that comes as a document alone is read all the same."""

import base64

import pytest

from bot.domain.message import Reports, Unusable
from bot.domain.profile import MOST_SEVERE
from bot.domain.report import Flag
from bot.sources import documents
from bot.sources.documents import words_in
from bot.sources.hl7_places import read_from
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
        ed(encoded(pdf(LINES)), "^application^pdf^Base64^"),
        ed(encoded(pdf(LINES)), "PDF^Base64^"),
        ed(encoded(RTF), "^AP^Octet-stream^Base64^"),
        ed(encoded(TEXT), ""),
        ed(r"\.br\ ".join(encoded(TEXT)[n : n + 76] for n in range(0, 200, 76))),
        ed(TEXT.replace("\n", r"\.br" + "\\"), "^text^plain^A^"),
    ],
)
def test_its_words_are_the_report(obx: str) -> None:
    found = report(sample(obx))
    assert found.impression.split("\n")[0] == "Acute pulmonary embolism."
    assert found.flags == (Flag("CRITICAL RESULT", "dictated", "OBX[1]-5", MOST_SEVERE),)


def test_beside_text_it_is_the_same_once_more_and_not_read() -> None:
    found = report(sample(ed(encoded(TEXT)), "OBX|2|TX|&IMP||Clear.||||||F"))
    assert (found.text, found.impression, found.flags) == ("Clear.", "Clear.", ())


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
        ed(encoded(pdf([])), "^application^pdf^Base64^"),
        ed(encoded(b"%PDF-1.7 broken off in the middle"), "^application^pdf^Base64^"),
    ],
    ids=["a picture", "a scan", "a broken PDF"],
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

"""A report that comes as a CDA: its body's words, or the document that it wraps."""

import base64

import pytest

from bot.sources.cda import is_cda, wrapped
from bot.sources.documents import Documents, words_in
from tests.sources.oru import report, sample
from tests.sources.pdf_samples import pdf

SECTIONS = (
    "<component><structuredBody>"
    "<component><section><title>Résultats</title><text>Embolie.</text></section></component>"
    "<component><section><title>Conclusion :</title><text><paragraph>Embolie bilatérale."
    "</paragraph><paragraph>CRITICAL RESULT: called.</paragraph></text></section></component>"
    "</structuredBody></component>"
)
HEADER = (
    "<title>Compte rendu</title><recordTarget><patientRole><id extension='1'/><patient><name>"
    "<given>Ann</given><family>EXAMPLE</family></name></patient></patientRole></recordTarget>"
)


def cda(body: str, prefix: str = "") -> bytes:
    root = f"{prefix}ClinicalDocument"
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="urn:hl7-org:v3">{HEADER}{body}'
    return f"{text}</{root}>".encode()


def non_xml(
    data: bytes, attributes: str = 'mediaType="application/pdf" representation="B64"'
) -> str:
    said = base64.b64encode(data).decode()
    return f"<component><nonXMLBody><text {attributes}>{said}</text></nonXMLBody></component>"


def obx(data: bytes) -> str:
    return f"OBX|1|ED|CR^Compte rendu||^TEXT^XML^Base64^{base64.b64encode(data).decode()}||||||F"


def test_its_sections_are_told_by_their_titles_and_its_header_is_no_text() -> None:
    found = report(sample(obx(cda(SECTIONS))))
    assert found.impression == "Embolie bilatérale.\nCRITICAL RESULT: called."
    assert found.text.startswith("Résultats:\nEmbolie.\n")
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


def test_prefixes_of_its_elements_change_nothing() -> None:
    prefixed = SECTIONS.replace("</", "\0").replace("<", "<cda:").replace("\0", "</cda:")
    assert words_in(cda(prefixed, "cda:"), "text/xml") == words_in(cda(SECTIONS), "text/xml")


@pytest.mark.parametrize(
    ("inner", "attributes"),
    [
        (pdf(["IMPRESSION: Air.", "CRITICAL RESULT: called."]), None),
        (b"IMPRESSION: Air.\nCRITICAL RESULT: called.", 'representation="B64"'),
        (b"{\\rtf1 IMPRESSION: Air.\\par CRITICAL RESULT: called.}", 'representation="B64"'),
    ],
)
def test_the_document_that_one_of_level_1_wraps_is_the_report(
    inner: bytes, attributes: str | None
) -> None:
    body = non_xml(inner, attributes) if attributes else non_xml(inner)
    found = report(sample(obx(cda(body))))
    assert found.impression == "Air.\nCRITICAL RESULT: called."
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


def test_a_scan_that_one_wraps_is_a_report_without_text() -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(200)
    found = report(sample(obx(cda(non_xml(picture, 'mediaType="image/png" representation="B64"')))))
    assert (found.text, found.unread) == ("", "unread-text")


def test_words_that_are_not_in_base64_are_read_where_they_stand() -> None:
    plain = cda("<component><nonXMLBody><text>Air in the chest.</text></nonXMLBody></component>")
    assert wrapped(plain) is None
    assert "Air in the chest." in words_in(plain, "text/xml")


def test_what_is_broken_wraps_nothing() -> None:
    assert wrapped(cda('<nonXMLBody><text representation="B64">A===</text>')) is None
    assert wrapped(cda("<nonXMLBody>")) is None
    assert not is_cda(b"<html>")
    assert Documents().words_in(cda("<nonXMLBody>"), "text/xml")

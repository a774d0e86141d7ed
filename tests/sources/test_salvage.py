"""What cannot be read may be flagged all the same, and then a person must see it."""

import base64
import json
from dataclasses import replace

import pytest

from bot.domain.message import Unusable
from bot.domain.profile import Feeds, Profile, Rule
from bot.domain.report import Flag
from bot.sources.fhir import reader as fhir
from bot.sources.hl7 import reader as hl7
from bot.sources.salvage import unread_flags
from tests.sources.fhir_samples import NOW, ORIGIN
from tests.sources.oru import CHICAGO

MACRO = "CRITICAL RESULT"
RULES = (Rule("critical", "RED1"),)
SITE = Profile(rules=RULES)


def values(data: bytes, profile: Profile = SITE) -> list[str]:
    return [flag.value for flag in unread_flags(data, profile)]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WORDS = "CT chest with contrast. Large embolus of both main arteries.\nCRITICAL RESULT: called."
RTF = r"{\rtf1\ansi CT chest with contrast, large embolus.\par CRITICAL RESULT\par}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"resourceType": "DiagnosticReport", "code": "AA"', "AA"),
        ('{"interpretation": ["rid49480"', "RID49480"),
        ('{"code": "Red1"', "RED1"),
        ('{"conclusion": "Clot.\\nCRITICAL RESULT: called.", ', MACRO),
        ('{"conclusion": "Critical result', MACRO),
        (f'{{"data": "{encoded(WORDS)}"}}', MACRO),
        (f'{{"data": "{encoded(WORDS)[:-3]}', MACRO),
        (f'{{"data": "{encoded(RTF)}"}}', MACRO),
        ('<DiagnosticReport><code value="RID49481"/></DiagnosticReport>', "RID49481"),
        ("<ORU_R01><OBX><OBX.8>HH</OBX.8></OBX></ORU_R01>", "HH"),
        ("<code value='RED1'/>", "RED1"),
        ('<conclusion value="Clot.&#10;CRITICAL RESULT"/>', MACRO),
        ("<p>Clot.</p><p>CRITICAL RESULT</p>", MACRO),
        ("CT chest\r\nIMPRESSION: Clot.\r\nCRITICAL RESULT\r\n", MACRO),
        ("Clot, ACR actionable RID49480.", "RID49480"),
    ],
)
def test_a_flag_is_seen_in_whatever_it_comes(text: str, value: str) -> None:
    assert value in values(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "IMPRESSION: No critical result. Blood group AA.",
        '{"code": "A", "text": "no critical finding", "data": "' + "A" * 80 + '!"}',
        "<code value='N'/><conclusion value='CRITICAL FINDING: None'/>",
    ],
)
def test_what_is_not_flagged_is_not(text: str) -> None:
    assert values(text.encode()) == []


def test_no_pdf_is_read_there_it_could_take_hours() -> None:
    said = encoded("%PDF-1.7 and so on, long enough to be looked at. CRITICAL RESULT")
    assert values(f'{{"data": "{said}"}}'.encode()) == []


def test_a_code_that_the_site_calls_routine_wakes_nobody() -> None:
    assert values(b'{"code": "RED1"}', Profile(rules=(Rule("routine", "RED1"),))) == []


def test_the_macro_of_a_fhir_report_without_a_status_is_not_lost() -> None:
    body = {"resourceType": "DiagnosticReport", "conclusion": "CRITICAL RESULT: clot."}
    raw = fhir.read(json.dumps(body).encode(), origin=replace(ORIGIN, rules=RULES), now=NOW)
    assert isinstance(raw.reading, Unusable)
    assert [flag.value for flag in raw.reading.flags] == [MACRO]


@pytest.mark.parametrize(
    "data", [b"CT chest\rCRITICAL RESULT\r", b"<ORU_R01><OBX.5>CRITICAL RESULT</OBX.5></ORU_R01>"]
)
def test_text_and_xml_on_an_hl7_line_are_no_exception(data: bytes) -> None:
    raw = hl7.read(data, source="hl7", timezone=CHICAGO, now=NOW)
    assert isinstance(raw.reading, Unusable)
    assert raw.reading.reason == "no-msh"
    assert [flag.value for flag in raw.reading.flags] == [MACRO]


def test_the_site_s_code_in_a_message_without_a_number_is_seen() -> None:
    data = b"MSH|^~\\&|RIS\rOBR|1\rOBX|1|CWE|X^Y^Z^RED1||a||||||F\r"
    feeds = Feeds(standard=Profile(rules=RULES))
    raw = hl7.read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds)
    assert isinstance(raw.reading, Unusable)
    assert raw.reading.flags == (Flag("RED1", "", "OBX[1]-3", "critical"),)

"""What is kept of fields that were read before is theirs alone: by delimiters, and by profile."""

import html

import pytest

from bot.domain.message import Reports
from bot.domain.profile import NO_PROFILES, Feeds, Profile
from bot.domain.report import Provider
from bot.sources.hl7.reader import read
from tests.sources.oru import CHICAGO, NOW, report, sample, unusable

ORDERER = "1003^PARK^SAM"


def orderers(data: bytes, feeds: Feeds = NO_PROFILES) -> tuple[Provider, ...]:
    reading = read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds).reading
    assert isinstance(reading, Reports), reading
    return reading.reports[0].ordering


def test_the_same_words_between_other_delimiters_are_another_field() -> None:
    usual = sample(fields={16: ORDERER})
    assert orderers(usual)[0].name == "PARK, SAM"
    other = usual.replace(rb"|^~\&|", rb"|$~\&|", 1)
    assert orderers(other)[0].identifiers[0].value == ORDERER
    assert orderers(usual)[0].name == "PARK, SAM"


def test_the_same_orderer_is_of_the_authority_that_each_senders_profile_names() -> None:
    data = sample(fields={16: ORDERER})
    told = [
        orderers(data, Feeds((Profile(authority=authority),)))[0].identifiers[0].authority
        for authority in ("NORTH", "SOUTH", "NORTH")
    ]
    assert told == ["NORTH", "SOUTH", "NORTH"]


def test_a_field_that_is_too_long_to_be_kept_is_read_all_the_same() -> None:
    many = "~".join(f"{number}^DOE{number}^JO" for number in range(100))
    read_twice = [orderers(sample(fields={16: many})) for _ in range(2)]
    assert [len(found) for found in read_twice] == [100, 100]


@pytest.mark.parametrize("delimiters", [r"^~\\&", r"^\~\&", r"^~\\\&"])
def test_a_backslash_that_a_program_doubled_in_msh_2_makes_no_other_delimiters(
    delimiters: str,
) -> None:
    results = [r"OBX|1|FT|RPT&IMP||Fat \T\ water.\.br\CRITICAL RESULT||||||F"]
    data = sample(*results, fields={16: "1003^PARK^SAM^^^^^^MAIN&1.2&ISO"})
    one = report(data.replace(rb"|^~\&|", f"|{delimiters}|".encode(), 1))
    assert one.impression == "Fat & water.\nCRITICAL RESULT"
    assert one.ordering == report(data).ordering
    assert one.radiologist == report(data).radiologist


def test_a_message_that_was_escaped_for_xml_is_read_as_before() -> None:
    results = ["OBX|1|TX|RPT&GDT||Fat & water, <5 mm.||||||F", "OBX|2|TX|RPT&IMP||Air.||||||F"]
    data = sample(*results, fields={16: "1003^PARK^SAM^^^^^^MAIN&1.2&ISO"})
    escaped = html.escape(data.decode()).encode()
    told, other = report(data), report(escaped)
    assert (other.text, other.impression) == (told.text, "Air.")
    assert (other.ordering, other.radiologist) == (told.ordering, told.radiologist)


@pytest.mark.parametrize("without", [rb"|^~\&", rb"|"])
def test_where_msh_2_has_no_delimiters_the_usual_ones_are_meant(without: bytes) -> None:
    data = sample("OBX|1|CWE|C^Category^L||RID49480^ACR category 1^RADLEX||||||F")
    null = data.replace(rb"|^~\&|", b'|""|', 1)
    assert report(null).flags == report(data).flags
    left_out = unusable(data.replace(rb"|^~\&|", b"|", 1))
    assert [flag.value for flag in left_out.flags] == ["RID49480"]

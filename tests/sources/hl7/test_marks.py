"""What is kept of fields that were read before is theirs alone: by delimiters, and by profile."""

from bot.domain.message import Reports
from bot.domain.profile import NO_PROFILES, Feeds, Profile
from bot.domain.report import Provider
from bot.sources.hl7.reader import read
from tests.sources.oru import CHICAGO, NOW, sample

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

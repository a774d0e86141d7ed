"""Which profile is a sender's."""

import pytest

from bot.domain.profile import STANDARD, Feeds, Place, Profile

FEEDS = Feeds((Profile("east", "PS", "EAST"), Profile("any", "PS")))


@pytest.mark.parametrize(
    ("application", "facility", "found"),
    [("ps", "East", "east"), ("PS", "WEST", "any"), ("RIS", "EAST", "standard")],
)
def test_the_first_profile_that_fits_is_the_senders_whatever_its_case(
    application: str, facility: str, found: str
) -> None:
    assert FEEDS.of(application, facility).name == found


def test_who_has_no_profile_gets_what_the_site_takes_for_standard() -> None:
    of_site = Profile("of the site")
    assert Feeds(standard=of_site).of("RIS", "") is of_site
    assert Feeds().of("RIS", "") is STANDARD


def test_a_place_is_written_as_hl7_counts() -> None:
    assert str(Place("OBR", 25)) == "OBR-25"

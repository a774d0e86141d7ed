import pytest

from bot.domain.person_fields import local_ids, mobile, pin, slack_team, timezone
from bot.domain.report import Identifier


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+44 20 7946 0958", "+442079460958"),
        ("(312) 555-0101", "+13125550101"),
        ("312.555.0101", "+13125550101"),
        ("+1 312 555 0101", "+13125550101"),
    ],
)
def test_a_number_is_read_however_it_is_grouped(written: str, number: str) -> None:
    assert mobile(written) == number


@pytest.mark.parametrize("written", ["", "555-0101", "+1 312 555", "+0123456789", "ext. 12"])
def test_what_cannot_be_dialled_is_refused_with_the_cure(written: str) -> None:
    with pytest.raises(ValueError, match="is no mobile number"):
        mobile(written)


def test_a_zero_that_is_dialled_at_home_only_is_refused_with_the_cure() -> None:
    with pytest.raises(ValueError, match=r"holds \(0\)"):
        mobile("+44 (0)20 7946 0958")


def test_a_workspace_has_an_id_and_no_name() -> None:
    assert slack_team("T024BE7LD") == "T024BE7LD"
    with pytest.raises(ValueError, match="is no id of a Slack workspace"):
        slack_team("general hospital")


def test_a_pin_has_four_to_eight_digits() -> None:
    assert [pin(text) for text in ("2718", "0000001", "13579135")] == [
        "2718",
        "0000001",
        "13579135",
    ]


@pytest.mark.parametrize("written", ["271", "271828182", "27a8", "1111", "1234", "87654321"])
def test_a_pin_that_is_none_or_that_anybody_would_guess_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is") as refused:
        pin(written)
    assert written not in str(refused.value.args[0])


@pytest.mark.parametrize(
    "written",
    ["MAIN:1001,NORTH:7", "MAIN:1001, 1002", "MAIN:1001 NORTH:7", "RIS:1;MAIN:1001 | NORTH:7"],
)
def test_several_ids_that_no_semicolon_parts_are_refused(written: str) -> None:
    """One id of all of it would be that of no report, and nobody would hear of it."""
    with pytest.raises(ValueError, match='has several ids without ";" between them'):
        local_ids(written)


@pytest.mark.parametrize(
    "authority", ["http://ids.example.org/staff", "Main Campus", "urn:oid:1.2.3", "A|B"]
)
def test_an_authority_with_blanks_or_an_address_is_one(authority: str) -> None:
    assert local_ids(f"{authority}:77") == (Identifier("77", authority),)


@pytest.mark.parametrize("written", ["localtime", "Factory"])
def test_a_file_beside_the_zones_is_none(written: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        timezone(written)

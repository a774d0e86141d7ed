import pytest

from bot.domain.person_fields import mobile


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

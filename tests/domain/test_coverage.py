"""By which channels somebody can answer a page."""

import pytest

from bot.domain.coverage import Person


@pytest.mark.parametrize(
    ("channels", "pin", "can"),
    [
        ((), False, False),
        (("voice",), False, False),
        (("voice",), True, True),
        ((), True, False),
        (("sms",), False, True),
        (("slack", "voice"), False, True),
    ],
)
def test_a_call_alone_is_answered_with_a_pin(
    channels: tuple[str, ...], pin: bool, can: bool
) -> None:
    person = Person("ada", "Dr. Ada", "UTC", channels, pin=pin)
    assert person.can_answer(channels) is can


def test_only_hears_is_whose_phone_rings_and_who_could_not_answer() -> None:
    assert Person("ada", "Dr. Ada", "UTC", (), rings=True).only_hears
    assert not Person("ada", "Dr. Ada", "UTC", (), rings=False).only_hears
    assert not Person("ada", "Dr. Ada", "UTC", ("voice",), rings=True).only_hears

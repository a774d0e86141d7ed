"""By which channels somebody can answer a page."""

import pytest

from bot.domain.coverage import OUT_OF_REACH, NoSms, Person, next_told, out_of_reach


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


@pytest.mark.parametrize(
    ("no_sms", "holds"),
    [(None, True), (NoSms.STOPPED, True), (NoSms.LANDLINE, True), (NoSms.WRONG_NUMBER, False)],
)
def test_a_phone_is_theirs_until_its_holder_says_that_it_is_somebody_elses(
    no_sms: NoSms | None, *, holds: bool
) -> None:
    ada = Person("ada", "Ada", "UTC", (), mobile="+13125550101", no_sms=no_sms)
    assert ada.holds("+13125550101") is holds
    assert not ada.holds("+13125550102")


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (None, "left"),
        (Person("ada", "Ada", "UTC", (), no_sms=NoSms.STOPPED, active=False), "left"),
        (Person("ada", "Ada", "UTC", (), no_sms=NoSms.STOPPED), "stopped"),
        (Person("ada", "Ada", "UTC", (), no_sms=NoSms.LANDLINE, rings=True), "landline"),
        (Person("ada", "Ada", "UTC", (), no_sms=NoSms.WRONG_NUMBER), "wrong_number"),
        (Person("ada", "Ada", "UTC", (), rings=True), "cannot_answer"),
        (Person("ada", "Ada", "UTC", ()), "no_channel"),
    ],
)
def test_why_nobody_is_reached_has_a_word_and_a_sentence(person: Person | None, why: str) -> None:
    assert out_of_reach(person) == why
    assert OUT_OF_REACH[why]


def test_after_the_last_coordinator_nobody_is_told_and_after_whoever_left_the_first() -> None:
    cole, eve = Person("cole", "C", "UTC", ("slack",)), Person("eve", "E", "UTC", ("sms",))
    dee = Person("dee", "D", "UTC", ("voice",))
    everybody = [cole, dee, eve]
    assert [next_told(everybody, of) for of in ("gone", "cole", "dee", "eve")] == [
        cole,
        eve,
        eve,
        None,
    ]

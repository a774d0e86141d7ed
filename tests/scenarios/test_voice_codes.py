"""A call's request acts once, and codes that do not count are no wrong ones."""

import pytest

from bot.domain.alert import State
from bot.sandbox.demo.place import CALL_FROM, CALLER
from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.stories import code_in, paged
from tests.scenarios.looking import (
    acknowledge_by_sms,
    entries,
    expect_everything,
    import_people,
    operate,
)
from tests.scenarios.receiving import administration
from tests.scenarios.ringing import PIN, WITH_PIN, critical, picked_up

GUESSES = [code for digit in "23456789" for code in (digit * 4, f"{digit}1{digit}1")]


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return {CALL_FROM: CALLER}


def came_again(hospital: Hospital, step: str) -> str:
    """The same signed request once more, as it was recorded; what was answered."""
    hooks = hospital.world.twilio.carrier.hooks
    sent = next(one for one in hooks.posted if step in one.url)
    return hospital.world.stage.run(hooks.post(sent.url, sent.params)).body


def too_many_guesses(hospital: Hospital, right: str) -> None:
    """Ten wrong codes by SMS from Ada's number; it can be forged."""
    for guess in [one for one in GUESSES if one != right][:10]:
        hospital.ada.phone.send(f"ACK {guess}")
    hospital.settle()


def told_of_guesses(hospital: Hospital) -> int:
    return len([m for m in hospital.carla.slack.messages if "Wrong codes" in m.plain])


def test_a_recorded_request_acknowledges_nothing_after_the_acknowledgment_was_undone(
    hospital: Hospital,
) -> None:
    hospital.ada.phone.answers("picks up")
    code = critical(hospital)
    picked_up(hospital.ada).press("1").press(f"{code}#")
    hospital.settle()
    hospital.ada.phone.send(f"UNDO {code}")
    hospital.settle()
    assert "Nothing was acknowledged" in came_again(hospital, "/call/code")
    assert hospital.alert().state is State.OPEN
    assert len(entries(hospital, "acknowledged")) == 1
    expect_everything(hospital)


def test_a_code_counts_no_more_once_the_phone_has_said_that_it_is_the_wrong_number(
    hospital: Hospital,
) -> None:
    """Its holder has the code, and still listens."""
    hospital.ada.phone.answers("picks up")
    code = critical(hospital)
    call = picked_up(hospital.ada)
    call.press("1")
    hospital.ada.phone.send("Wrong number")
    hospital.settle()
    call.press(f"{code}#")
    hospital.settle()
    assert hospital.alert().is_open
    expect_everything(hospital)


def test_three_says_it_again_however_often(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    code = critical(hospital)
    call = picked_up(hospital.ada)
    for _ in range(4):
        assert "press 1" in call.press("3").last_heard
    call.press("1").press(f"{code}#")
    hospital.settle()
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


def test_while_codes_do_not_count_a_pin_is_no_further_wrong_one(hospital: Hospital) -> None:
    import_people(hospital, (PEOPLE_CSV, WITH_PIN))
    hospital.ada.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    too_many_guesses(hospital, code_in(sms))
    hospital.pass_time(minutes=5)
    call = picked_up(hospital.ada).press("1").press(f"{PIN}#")
    assert call.over
    assert "no PIN from this phone counts" in call.last_heard
    hospital.settle()
    assert told_of_guesses(hospital) == 1
    (refused,) = administration(hospital, "call_refused")
    assert refused.data == {"reason": "too_many_wrong_codes"}
    hospital.pass_time(minutes=56)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


def test_a_test_by_voice_alone_brings_the_code_that_it_asks_for(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    operate(hospital, "people", "test", hospital.ada.name, "--channel", "voice")
    hospital.settle()
    code = code_in(hospital.ada.phone.expect_sms("TEST"))
    call = hospital.ada.phone.expect_call("a test of Readback").press("1")
    assert "the test's text message" in call.last_heard
    assert "calls reach you" in call.press(f"{code}#").last_heard


def test_who_has_a_pin_gets_no_sms_with_a_test_by_voice(hospital: Hospital) -> None:
    import_people(hospital, (PEOPLE_CSV, WITH_PIN))
    hospital.ada.phone.answers("picks up")
    operate(hospital, "people", "test", hospital.ada.name, "--channel", "voice")
    hospital.settle()
    call = hospital.ada.phone.expect_call("a test of Readback").press("1").press(f"{PIN}#")
    assert "calls reach you" in call.last_heard
    assert not hospital.ada.phone.sms


def test_a_test_call_says_so_as_well(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    operate(hospital, "people", "test", hospital.ada.name)
    hospital.settle()
    code = code_in(hospital.ada.phone.expect_sms("TEST"))
    too_many_guesses(hospital, code)
    call = hospital.ada.phone.expect_call("a test of Readback").press("1").press(f"{code}#")
    assert call.over
    assert "no PIN from this phone counts" in call.last_heard
    assert told_of_guesses(hospital) == 1
    expect_everything(hospital)

"""Whose phone can ring: what check says of it, and a test call that proves it."""

import pytest

from bot.domain import spoken
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import code_in
from storage import drills
from tests.scenarios.looking import checked, expect_everything, import_people, operate
from tests.scenarios.ringing import CAN_RING


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return CAN_RING


def test_check_names_whom_no_phone_can_wake(hospital: Hospital) -> None:
    import_people(hospital, ("+13125550101", ""), ("+13125550105", ""))
    said = checked(hospital, "advice")
    silent = f"{hospital.ada.name}, {hospital.rosa.name}"
    assert f"can get critical pages and have no phone that rings: {silent}" in said


class TestWithoutANumberThatCalls:
    """No phone rings for anybody, and check says so with the cure."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {}

    def test_check_says_so_and_whom_a_number_would_not_help(self, hospital: Hospital) -> None:
        import_people(hospital, ("+13125550101", ""))
        said = checked(hospital, "advice")
        (nobody,) = [what for what in said if what.startswith("no twilio.call_from: no phone")]
        assert "Set it to a number" in said[nobody]
        still = [what for what in said if "would still have no phone that rings" in what]
        assert still == [
            "can get critical pages and would still have no phone that rings: " + hospital.ada.name
        ]


def test_a_test_call_is_answered_like_a_page_and_proves_the_channel(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    operate(hospital, "people", "test", hospital.ada.name)
    hospital.settle()
    call = hospital.ada.phone.expect_call("a test of Readback")
    assert "critical" not in call.heard
    code = code_in(hospital.ada.phone.expect_sms("TEST"))
    call.press("1").press("9999#")
    assert "PIN" in call.last_heard
    assert "calls reach you" in call.press(f"{code}#").last_heard
    hospital.settle()
    tested = hospital.database.look(drills.results)
    assert [one.drill.channel for one in tested if one.drill.answered_at] == ["voice"]
    expect_everything(hospital)


def test_a_test_call_that_nobody_takes_rings_once_more(hospital: Hospital) -> None:
    hospital.ada.phone.answers("voicemail")
    operate(hospital, "people", "test", hospital.ada.name)
    hospital.settle()
    hospital.pass_time(hours=2)
    left = hospital.ada.phone.calls
    assert [call.heard for call in left] == [spoken.TEST_LEFT] * 2
    expect_everything(hospital)

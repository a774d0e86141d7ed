"""A phone that has rung in the place of a failed page rings at its own time too."""

import pytest

from bot.sandbox.demo.place import CALL_FROM, CALLER
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import expect_everything, owner, pages

NOBODY_ANSWERED = ["no-answer"] * 4


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return {CALL_FROM: CALLER}


def test_who_slept_through_the_calls_in_place_of_an_sms_is_called_at_five_minutes_too(
    hospital: Hospital,
) -> None:
    hospital.ada.phone.landline()
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    hospital.pass_time(minutes=9.5)
    assert [hospital.ada.phone.expect_call().status for _ in range(4)] == NOBODY_ANSWERED
    calls = [row for row in pages(hospital) if row.slip.channel == "voice"]
    opened = hospital.alert().opened_at
    assert [round((row.not_before - opened).total_seconds() / 60) for row in calls] == [0, 1, 5, 6]
    assert owner(hospital) == hospital.ada.name, "her Slack message stands"
    expect_everything(hospital)

"""A call asks for a code, which only an SMS brings, or for a PIN: whom it is no use to wait for."""

from dataclasses import replace

import pytest

from bot.domain.coverage import Roster
from bot.domain.events import PageFailed
from bot.domain.paging import waits_for_retry
from tests.domain.loop import ADA, CARLA, CHRIS, Loop, new_alert
from tests.domain.test_calls import ALL, PHONES, RINGS, calls, last_call

VOICE_ALONE = replace(
    RINGS, steps=(replace(RINGS.steps[0], channels=("voice",), call_after=None), *RINGS.steps[1:])
)


def test_a_step_that_only_rings_brings_the_code_that_the_call_asks_for() -> None:
    loop = Loop(new_alert(PHONES, VOICE_ALONE)).open()
    assert loop.pages == [(0, "ada", "slack"), (0, "ada", "sms"), (0, "ada", "voice")]


def test_who_has_a_pin_is_only_called_where_the_step_says_so() -> None:
    knows = replace(PHONES, ordering=replace(ADA, channels=ALL, pin=True))
    assert Loop(new_alert(knows, VOICE_ALONE)).open().pages == [(0, "ada", "voice")]


@pytest.mark.parametrize(("pin", "owner", "rang"), [(False, "ben", []), (True, "ada", ["ada"])])
def test_whom_only_a_call_is_left_for_is_asked_where_they_could_answer_it(
    pin: bool, owner: str, rang: list[str]
) -> None:
    """Ada has answered STOP, and her Slack account is gone: nothing brings her a code."""
    stopped = replace(PHONES, ordering=replace(ADA, channels=("slack", "voice"), pin=pin))
    loop = Loop(new_alert(stopped, RINGS), broken={("ada", "slack")}).open()
    assert (loop.alert.owner, [who for _, who in calls(loop)]) == (owner, rang)


def test_a_call_beside_a_written_page_that_fails_is_not_waited_for_either() -> None:
    carla = replace(CARLA, channels=("slack", "voice"))
    roster = replace(PHONES, coordinators=(carla, replace(CHRIS, channels=ALL)))
    loop = Loop(new_alert(roster, RINGS), broken={("carla", "slack")}).open().pass_to(45)
    assert calls(loop)[-2:] == [(45, "carla"), (45, "chris")]
    assert loop.alert.owner == "chris"


def test_who_cannot_be_reached_is_recorded_once_also_where_the_phone_rings_on() -> None:
    carla = replace(CARLA, channels=("slack", "voice"))
    roster = Roster(coordinators=(carla, replace(CHRIS, channels=ALL)))
    loop = Loop(new_alert(roster, RINGS), held=True).open()
    call = last_call(loop)
    loop.do(PageFailed(loop.slip(carla, "slack"), "gone", permanent=True))
    loop.do(PageFailed(call, "voice-no-answer", permanent=True))
    assert [record.data["person"] for _, record in loop.entries("unreachable")] == ["carla"]
    assert loop.alert.owner == "chris"


def test_a_call_that_nobody_hears_gives_nobody_up_a_second_time() -> None:
    """Everybody is to be tried again, and Carla owns it in name while her phone still rings."""
    carla = replace(CARLA, channels=("slack", "voice"))
    roster = Roster(coordinators=(carla, replace(CHRIS, channels=ALL)))
    loop = Loop(new_alert(roster, RINGS), held=True).open()
    call = last_call(loop)
    loop.do(PageFailed(loop.slip(carla, "slack"), "gone", permanent=True))
    for channel in ALL:
        loop.do(PageFailed(loop.slip(CHRIS, channel), "gone", permanent=True))
    assert loop.alert.owner == "carla"
    again = loop.alert.plan
    loop.do(PageFailed(call, "voice-no-answer", permanent=True))
    assert waits_for_retry(loop.alert)
    assert (loop.alert.owner, loop.alert.plan) == ("carla", again)

"""A call asks for a code, which only an SMS brings, or for a PIN."""

from pathlib import Path

import pytest

from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import code_in, paged
from tests.scenarios.looking import (
    acknowledge_by_sms,
    asked_by,
    expect_everything,
    import_people,
    owner,
)
from tests.scenarios.ringing import CAN_RING, acknowledgment, picked_up


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return CAN_RING


class TestWhereTheStepOnlyRings:
    """The ordering provider is asked by a call alone."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> dict[str, str]:
        return {**CAN_RING, **asked_by("voice", tmp_path)}

    def test_the_code_comes_with_the_call_and_answers_it(self, hospital: Hospital) -> None:
        hospital.ada.phone.answers("picks up")
        hospital.send(hospital.report("ct-head-hemorrhage"))
        _, sms = paged(hospital.ada)
        picked_up(hospital.ada).press("1").press(f"{code_in(sms)}#")
        assert acknowledgment(hospital).channel == "voice"


def test_whom_nothing_else_reaches_any_more_gives_way_at_once(hospital: Hospital) -> None:
    """STOP, and a Slack account that is gone: she could hear the call and not answer it."""
    hospital.ada.phone.answers("picks up")
    hospital.ada.phone.send("STOP")
    hospital.ada.slack.deactivate("user_disabled")
    hospital.settle()
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ben)
    assert (owner(hospital), hospital.now) == (hospital.ben.name, began)
    assert not hospital.ada.phone.calls
    expect_everything(hospital)


def test_the_last_one_who_cannot_take_it_hears_no_command(hospital: Hospital) -> None:
    for member in (hospital.carla, hospital.chris):
        member.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=45)
    picked_up(hospital.carla).press("2")
    hospital.settle()
    said = picked_up(hospital.chris).press("2").last_heard
    assert "Nobody is left to take it" in said
    assert "/readback" not in said
    assert owner(hospital) == hospital.chris.name
    expect_everything(hospital)


def test_who_passes_it_on_where_nobody_can_be_reached_hears_so(
    hospital: Hospital, log_errors: set[str]
) -> None:
    log_errors.add("no_coordinator_to_tell")
    alone = ("America/Chicago,,1245319599", "America/Chicago,,")
    import_people(hospital, ("U0CARLA", ""), ("U0CHRIS", ""), alone)
    for member in (hospital.carla, hospital.chris):
        member.phone.send("STOP")
    expect_everything(hospital)
    hospital.ada.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=5)
    said = picked_up(hospital.ada).press("2").last_heard
    assert "Nobody else can be reached at the moment" in said
    expect_everything(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    sms.reply(f"PASS {code_in(sms)}")
    told = hospital.ada.phone.expect_sms("nobody else can be reached at the moment").body
    assert f"If you can after all, reply ACK {code_in(sms)}." in told
    hospital.ada.slack.expect_now(message, "nobody else could be reached")
    assert "anded over" not in message.plain
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)

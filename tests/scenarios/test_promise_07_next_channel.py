"""With a ladder that uses one channel at a time, a failure uses the next one at once."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.page import Notice
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import CODE, acknowledge_by_sms, asked_by, attempts, owner, pages


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """The ordering provider is asked in Slack alone."""
    return asked_by("slack", tmp_path)


def channels_in_order(hospital: Hospital) -> list[str]:
    return [row.slip.channel for row in pages(hospital)]


def test_a_page_that_arrives_uses_the_one_channel(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    assert channels_in_order(hospital) == ["slack"]


@pytest.mark.parametrize("error", ["channel_not_found", "user_disabled", "account_inactive"])
def test_a_page_that_fails_uses_the_other_at_once(
    hospital: Hospital, error: str, log_errors: set[str]
) -> None:
    """The post fails, the user is deactivated, or the workspace has no place for us any more."""
    if error == "account_inactive":
        log_errors.add("channel_misconfigured")
        hospital.world.slack.faults.fail_next("chat.postMessage", error=error)
    else:
        hospital.ada.slack.deactivate(error)
    began = hospital.now
    hospital.send(hospital.report("ct-head-hemorrhage"))
    sms = hospital.ada.phone.expect_sms(CODE)
    assert (channels_in_order(hospital), hospital.now) == (["slack", "sms"], began)
    assert owner(hospital) == hospital.ada.name
    acknowledge_by_sms(hospital, hospital.ada, sms)


def test_a_page_whose_fate_is_unknown_twice_uses_the_other(hospital: Hospital) -> None:
    hospital.world.slack_down()
    hospital.send(hospital.report("ct-head-hemorrhage"))
    sms = hospital.ada.phone.expect_sms(CODE)
    slack = [row for row in pages(hospital) if row.slip.channel == "slack"]
    assert [row.slip.possible_repeat for row in slack] == [False, True]
    assert {row.state for row in slack} == {"uncertain"}
    hospital.world.slack_down(down=False)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    assert not hospital.ada.slack.messages


def test_whom_only_the_phone_reached_hears_there_that_it_is_acknowledged(
    hospital: Hospital,
) -> None:
    hospital.ada.slack.deactivate("channel_not_found")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.phone.expect_sms(CODE)
    at = hospital.now.astimezone(ZoneInfo("America/Chicago"))
    call = f"called {hospital.alert().ref} Dr. Osei at {at:%H:%M} on 312-555-0101 repeated yes"
    assert "is recorded" in hospital.carla.slack.command("/readback", call).ephemeral.plain
    hospital.ada.phone.expect_sms("was acknowledged")
    hospital.settle()
    told = [row for row in attempts(hospital) if row.slip.notice is Notice.ACKNOWLEDGED]
    assert [(row.slip.channel, row.state) for row in told] == [("slack", "failed"), ("sms", "sent")]

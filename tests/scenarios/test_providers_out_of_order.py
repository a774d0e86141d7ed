"""Both providers away for an hour, and answers that nobody can read: no page is lost or doubled."""

from typing import Literal

import pytest

from bot.domain.alert import State
from bot.engine import proof
from bot.sandbox.faults import UNREADABLE, How
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import (
    CODE,
    acknowledge_by_sms,
    entries,
    expect_everything,
    nothing_waits_for_nothing,
    paged,
    pages,
)

POST = {"slack": "chat.postMessage", "twilio": "messages.create"}


@pytest.mark.parametrize("how", UNREADABLE)
@pytest.mark.parametrize("provider", POST)
def test_an_answer_that_cannot_be_read_is_looked_up_and_the_page_not_repeated(
    hospital: Hospital, provider: Literal["slack", "twilio"], how: How
) -> None:
    faults = getattr(hospital.world, provider).faults
    faults.fail_next(POST[provider], how)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    assert "ossible repeat" not in message.plain + sms.body
    assert [row.state for row in pages(hospital)] == ["sent", "sent"]
    acknowledge_by_sms(hospital, hospital.ada, sms)
    assert len(hospital.ada.slack.messages) == 1
    expect_everything(hospital)


@pytest.mark.parametrize("how", UNREADABLE)
def test_where_the_look_up_cannot_be_read_either_it_is_asked_again(
    hospital: Hospital, how: How
) -> None:
    world = hospital.world
    world.twilio.faults.fail_next("messages.create", how)
    world.twilio.faults.fail_next("messages.list", how)
    world.slack.faults.fail_next("chat.postMessage", how)
    world.slack.faults.fail_next("conversations.history", how)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    assert [row.state for row in pages(hospital)] == ["sent", "sent"]
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


def test_where_the_look_up_can_never_be_read_the_page_goes_out_once_more_and_marked(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0,))
    faults = hospital.world.slack.faults
    faults.fail_next("chat.postMessage", "lost_reply")
    faults.fail_next("conversations.history", "hollow", times=10)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.phone.expect_sms(CODE)
    outcomes = [
        (r.state, r.slip.possible_repeat) for r in pages(hospital) if r.slip.channel == "slack"
    ]
    assert outcomes == [("uncertain", False), ("sent", True)]
    expect_everything(hospital)


def test_both_providers_away_for_an_hour_lose_no_page_and_send_no_storm(
    hospital: Hospital,
) -> None:
    slack, twilio = providers = (hospital.world.slack.faults, hospital.world.twilio.faults)
    slack.fail_next(error="service_unavailable", times=10**6)
    twilio.fail_next(error=20503, times=10**6)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    for _ in range(6):
        hospital.pass_time(minutes=10)
        nothing_waits_for_nothing(hospital)
    assert hospital.alert().state is State.OPEN
    assert len(entries(hospital, "expired")) == 1
    assert not entries(hospital, "page_sent")
    for faults in providers:
        faults.clear()
    hospital.pass_time(minutes=10)
    for member in (hospital.ada, hospital.ben, hospital.carla, hospital.chris):
        assert len(member.phone.sms) == 1, "one page each, and none of those that failed"
        assert len(member.slack.messages) == 1
    acknowledge_by_sms(hospital, hospital.carla, hospital.carla.phone.expect_sms(CODE))
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


def test_where_nobody_can_say_what_became_of_any_page_the_first_one_after_it_is_one_page(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in front of both says 503, and so to every question."""
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0,))
    for faults in (hospital.world.slack.faults, hospital.world.twilio.faults):
        faults.fail_next(status=503, times=10**6)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=20)
    nothing_waits_for_nothing(hospital)
    assert not entries(hospital, "page_sent")
    for faults in (hospital.world.slack.faults, hospital.world.twilio.faults):
        faults.clear()
    hospital.pass_time(minutes=5)
    _, sms = paged(hospital.ada)
    assert (len(hospital.ada.phone.sms), len(hospital.ada.slack.messages)) == (1, 1)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)

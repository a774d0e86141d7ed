"""The bot was down: what Twilio was told meanwhile counts before time moves any alert."""

from datetime import timedelta

import pytest

from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import code_in, paged
from tests.scenarios.looking import ACKNOWLEDGED, expect_everything

OUTBOUND_ALONE = {"READBACK_WEB__PUBLIC_URL": ""}


@pytest.fixture(params=["webhooks", "outbound alone"])
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    return {} if request.param == "webhooks" else OUTBOUND_ALONE


@pytest.fixture
def shut(hospital: Hospital, settings: dict[str, str]) -> Hospital:
    """Nobody brings anything: no address of ours is known, or nobody was there to open."""
    hospital.world.twilio.carrier.lose_callbacks = True
    if settings:
        hospital.world.inbound_url = None
    return hospital


def come_back(hospital: Hospital, after: timedelta) -> None:
    hospital.clock.advance(after)
    hospital.open()
    hospital.settle()


def test_who_answered_while_nobody_was_here_is_not_passed_by(shut: Hospital) -> None:
    """The designee would own it by now, and the window is over soon."""
    hospital = shut
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.close()
    sms.reply(f"ACK {code_in(sms)}")
    come_back(hospital, timedelta(minutes=31))
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    assert not hospital.alert().is_open
    assert not hospital.ben.slack.messages
    assert not hospital.ben.phone.sms
    expect_everything(hospital)


def test_a_receipt_that_came_while_nobody_was_here_is_not_overdue(shut: Hospital) -> None:
    hospital = shut
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.close()
    come_back(hospital, timedelta(minutes=3))
    assert not [e for e in hospital.trail(hospital.alert()) if e.what == "receipt_overdue"]
    expect_everything(hospital)

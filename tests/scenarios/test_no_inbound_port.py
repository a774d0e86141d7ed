"""Outbound HTTPS alone: no public URL, so that Twilio is asked for replies and receipts."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import CODE, code_in, paged
from tests.scenarios.looking import (
    ACKNOWLEDGED,
    asked_by,
    expect_everything,
    import_people,
    left_out,
    pages,
)
from tests.scenarios.outbound import OUTBOUND_ALONE, behind_the_firewall, lists
from tests.web.served import get

pytestmark = pytest.mark.usefixtures("short_pauses")


@pytest.fixture
def settings() -> dict[str, str]:
    return OUTBOUND_ALONE


def test_the_whole_loop_runs_without_anybody_reaching_us(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=1)
    (page,) = [row for row in pages(hospital) if row.slip.channel == "sms"]
    assert page.delivered_at is not None, "the receipt was asked for"
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    assert hospital.alert().state == "acknowledged"
    assert not [entry for entry in hospital.world.journal.entries if entry.method == "webhook"]


def test_no_webhook_is_served_that_could_not_be_verified(hospital: Hospital) -> None:
    at = f"http://127.0.0.1:{hospital.place.ports.web}"
    for path in ("/twilio/sms", "/twilio/status", "/twilio/call", "/twilio/call-status"):
        assert get(f"{at}{path}")[0] == 404
    assert get(f"{at}/readyz")[0] == 200


class TestByOneChannelAfterTheOther:
    """The ordering provider is asked by SMS alone."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> dict[str, str]:
        return {**asked_by("sms", tmp_path), **OUTBOUND_ALONE}

    def test_a_receipt_that_does_not_come_uses_slack_after_ninety_seconds(
        self, hospital: Hospital
    ) -> None:
        behind_the_firewall(hospital)
        hospital.ada.phone.state("held")
        hospital.send(hospital.report("ct-head-hemorrhage"))
        hospital.pass_time(minutes=1.4)
        assert not hospital.ada.slack.messages
        hospital.pass_time(minutes=0.2)
        hospital.ada.slack.expect_new("Critical")
        expect_everything(hospital)

    def test_one_that_came_in_the_last_seconds_is_asked_for_in_time(
        self, hospital: Hospital
    ) -> None:
        behind_the_firewall(hospital)
        hospital.ada.phone.state("held")
        hospital.send(hospital.report("ct-head-hemorrhage"))
        hospital.pass_time(minutes=85 / 60)
        hospital.ada.phone.on()
        hospital.world.settle()
        hospital.pass_time(minutes=10 / 60)
        assert [row.slip.channel for row in pages(hospital)] == ["sms"]
        expect_everything(hospital)

    def test_one_that_came_uses_nothing_else(self, hospital: Hospital) -> None:
        behind_the_firewall(hospital)
        hospital.send(hospital.report("ct-head-hemorrhage"))
        hospital.ada.phone.expect_sms(CODE)
        hospital.pass_time(minutes=3)
        assert not hospital.ada.slack.messages


def test_passing_on_taking_back_and_mistyping_are_answered_too(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    sms.reply("ACK 2222")
    hospital.ada.phone.expect_sms("not open on this phone")
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    sms.reply(f"UNDO {code_in(sms)}")
    hospital.ada.phone.expect_sms("open again")
    hospital.ada.slack.expect_new("open again")
    hospital.settle()
    sms.reply(f"PASS {code_in(sms)}")
    hospital.ada.phone.expect_sms("went to the next person")
    hospital.settle()
    _, sms = paged(hospital.ben)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ben.phone.expect_sms(ACKNOWLEDGED)


def test_whoever_was_paged_and_has_left_the_directory_is_told_so(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms = hospital.sam.phone.expect_sms(CODE)
    import_people(hospital, left_out(hospital.sam.name))
    sms.reply(f"ACK {code_in(sms)}")
    hospital.sam.phone.expect_sms("not in the directory any more")
    hospital.settle()
    assert hospital.alert().is_open
    expect_everything(hospital)


def test_a_page_that_is_undelivered_goes_out_again_and_is_recorded(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.ada.phone.off()
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    hospital.pass_time(minutes=2)
    lost = [row for row in pages(hospital) if row.lost_at]
    assert [row.slip.tries for row in lost] == [1, 2]
    assert {row.reason for row in lost} == {"twilio-30003"}


def test_a_page_whose_answer_was_lost_is_found_in_twilios_list_and_not_repeated(
    hospital: Hospital,
) -> None:
    """No callback can prove it."""
    behind_the_firewall(hospital)
    hospital.world.twilio.faults.fail_next("messages.create", "lost_reply")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    found = [row for row in pages(hospital) if row.slip.channel == "sms"]
    assert [(row.state, row.slip.possible_repeat) for row in found] == [("sent", False)]
    (taken,) = hospital.world.twilio.carrier.of_number(hospital.ada.phone.number)
    assert found[0].provider_id == taken.sid
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)


def test_twilio_is_left_alone_while_nobody_has_anything_to_answer(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    hospital.pass_time(minutes=16)
    asked = lists(hospital)
    time.sleep(1.0)
    assert lists(hospital) <= asked + 1, "one that was under way"


def test_a_code_in_the_answer_is_the_only_text_that_leaves(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    sms = hospital.ada.phone.expect_sms(CODE)
    hospital.ada.slack.expect_new("Critical")
    sms.reply("what is this about?")
    answer = hospital.ada.phone.expect_sms("Reply only ACK")
    assert answer.segments == 1
    assert hospital.now - hospital.alert().opened_at < timedelta(minutes=1)

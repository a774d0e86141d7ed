"""Replies to a site without a public URL: each counts, however late and by whose clock."""

from datetime import timedelta

import pytest

from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import CODE, code_in, paged
from storage import codes
from tests.scenarios.looking import ACKNOWLEDGED, expect_everything, pages
from tests.scenarios.outbound import OUTBOUND_ALONE, behind_the_firewall

pytestmark = pytest.mark.usefixtures("short_pauses")


@pytest.fixture
def settings() -> dict[str, str]:
    return OUTBOUND_ALONE


def test_replies_sent_while_we_were_down_count_after_the_start(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.close()
    sms.reply(f"ACK {code_in(sms)}")
    hospital.open()
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    assert hospital.alert().state == "acknowledged"


def test_a_reply_sent_while_we_were_down_counts_before_time_moves_on_though_no_receipt_is_told(
    hospital: Hospital,
) -> None:
    behind_the_firewall(hospital)
    hospital.sam.phone.state("no receipt")
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    sms = hospital.sam.phone.expect_sms(CODE)
    hospital.close()
    sms.reply(f"ACK {code_in(sms)}")
    hospital.clock.advance(timedelta(hours=2))
    hospital.world.twilio.faults.fail_next("messages.fetch", "hang", times=10**6)
    hospital.open()
    hospital.sam.phone.expect_sms(ACKNOWLEDGED)
    hospital.world.twilio.faults.clear()
    hospital.settle()
    assert len(pages(hospital)) == 1, "nobody else is asked what is answered"


def test_an_sms_of_which_nothing_is_known_is_answered_all_the_same(hospital: Hospital) -> None:
    """Twilio took it, and its answers were lost: the page, and its repeat."""
    behind_the_firewall(hospital)
    faults = hospital.world.twilio.faults
    faults.fail_next("messages.create", "lost_reply", times=2)
    faults.fail_next("messages.list", status=503, times=10**6)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    hospital.settle()
    assert {row.state for row in pages(hospital) if row.slip.channel == "sms"} == {"uncertain"}
    faults.clear()
    sms, _ = hospital.ada.phone.expect_sms(CODE), hospital.ada.phone.expect_sms(CODE)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    assert hospital.alert().state == "acknowledged"
    expect_everything(hospital)


@pytest.mark.parametrize("seconds", [30, 720])
def test_a_clock_that_is_ahead_of_twilios_loses_no_answer(hospital: Hospital, seconds: int) -> None:
    behind_the_firewall(hospital)
    hospital.world.twilio.carrier.behind = timedelta(seconds=seconds)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    assert hospital.alert().state == "acknowledged"


class TestALateReply:
    """It is fetched long after it was sent, when its code means another alert."""

    @pytest.fixture(autouse=True)
    def _one_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each number has one code, which is free again as soon as its alert has ended."""
        monkeypatch.setattr(codes, "_FOUR_DIGITS", 1)
        monkeypatch.setattr(codes, "NOT_REUSED_FOR", timedelta(0))

    def test_answers_what_it_was_sent_for_and_nothing_else(self, hospital: Hospital) -> None:
        behind_the_firewall(hospital)
        faults = hospital.world.twilio.faults
        hospital.send(hospital.report("ct-head-hemorrhage", accession="1"))
        message, sms = paged(hospital.ada)
        faults.fail_next("messages.list", status=503, times=10**6)
        late = sms.reply(f"ACK {code_in(sms)}").record
        modal = hospital.ada.slack.click("Acknowledge", message).modal
        assert hospital.ada.slack.submit(modal, {"words": "subdural"}).outcome == "closed"
        hospital.pass_time(minutes=5)
        hospital.send(hospital.report("ct-head-hemorrhage", accession="2"))
        _, other = paged(hospital.ada)
        assert code_in(other) == code_in(sms)
        late.created -= timedelta(minutes=3)
        late.sent = late.created
        faults.clear()
        hospital.ada.phone.expect_sms(f"{hospital.alert('1').ref}")
        hospital.settle()
        assert hospital.alert("2").is_open
        other.reply(f"ACK {code_in(other)}")
        hospital.ada.phone.expect_sms(ACKNOWLEDGED)
        hospital.settle()
        assert hospital.alert("2").state == "acknowledged"
        expect_everything(hospital)

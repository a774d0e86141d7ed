"""Who was paged hears of what became of it, however long a provider is away; and no more often."""

import re

import pytest

from bot.domain.alert import State
from bot.domain.page import Notice
from bot.sandbox.hospital import Hospital
from bot.sandbox.people import SlackMessage
from storage import claims
from tests.scenarios.looking import (
    acknowledge_by_sms,
    code_in,
    deliver,
    entries,
    expect_everything,
    paged,
    version,
)
from tests.scenarios.noticing import LONGEST_BACKOFF, OUTAGE, notices, slack_is_away, withdraw


@pytest.fixture
def settings() -> dict[str, str]:
    """With the finding in the messages."""
    return {"READBACK_SLACK__PHI": "message"}


A_WHILE = 0.6  # seconds that Slack takes: long enough for a correction to overtake the page


def posts(hospital: Hospital) -> int:
    """How often a phone has rung, or is about to, for a message in Slack."""
    return [entry.method for entry in hospital.world.log].count("chat.postMessage")


# ---- outages --------------------------------------------------------------------------------


def test_slack_says_acknowledged_after_an_outage_of_twenty_minutes(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    hospital.world.slack_down()
    acknowledge_by_sms(hospital, hospital.ada, sms)
    slack_is_away(hospital)
    hospital.ada.slack.expect_now(message, "Acknowledged")
    tries = notices(hospital, Notice.ACKNOWLEDGED)
    assert [row.state for row in tries] == ["failed"] * (len(tries) - 1) + ["sent"]
    assert 8 < len(tries) < 16


def test_a_withdrawal_during_an_outage_is_told_by_sms_at_once_and_in_slack_afterwards(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage", accession="W1"))
    message, _ = paged(hospital.ada)
    hospital.world.slack_down()
    began = hospital.now
    withdraw(hospital, "W1")
    hospital.ada.phone.expect_sms("withdrawn")
    assert hospital.now == began
    slack_is_away(hospital)
    hospital.ada.slack.expect_now(message, "Withdrawn")
    hospital.ada.slack.expect("withdrawn: the result was deleted")
    assert len(hospital.ada.phone.sms) == 2


def test_who_is_asked_to_phone_hears_of_it_by_sms_when_slack_is_away(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=44)
    hospital.world.slack_down()
    hospital.pass_time(minutes=1)
    hospital.rosa.phone.expect_sms("please phone")
    hospital.world.slack_down(down=False)
    hospital.pass_time(minutes=9)
    assert not hospital.rosa.slack.messages, "told once, wherever it was first"
    expect_everything(hospital)


def test_a_rate_limit_of_an_hour_is_honoured_and_then_the_message_is_updated(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    hospital.world.slack.faults.fail_next("chat.update", status=429, retry_after=3600)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.pass_time(minutes=59)
    assert "Acknowledged" not in message.plain
    hospital.pass_time(minutes=1)
    hospital.ada.slack.expect_now(message, "Acknowledged")


def test_a_quarantine_notice_outlives_an_outage_of_both_providers(hospital: Hospital) -> None:
    hospital.world.slack_down()
    hospital.world.twilio_down()
    assert hospital.bot
    hospital.bot.send(b"MSH|^~\\&|RIS|MAIN|||20260302||ORU^R01|Q1|P|2.5\r")
    hospital.settle()
    hospital.pass_time(minutes=OUTAGE)
    hospital.world.twilio_down(down=False)
    hospital.pass_time(minutes=LONGEST_BACKOFF)
    hospital.carla.phone.expect_sms("could not be used")
    hospital.world.slack_down(down=False)
    hospital.pass_time(minutes=LONGEST_BACKOFF)
    assert not hospital.carla.slack.messages, "told once, wherever it was first"


@pytest.mark.parametrize("answered", [False, True])
def test_a_withdrawn_result_that_is_issued_again_as_routine_is_told_as_both(
    hospital: Hospital, answered: bool
) -> None:
    hospital.send(version("W3", hospital.now, control="W3-1"))
    message, sms = paged(hospital.ada)
    if answered:
        acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.pass_time(minutes=1)
    hospital.send(version("W3", hospital.now, control="W3-2", status="X"))
    hospital.ada.slack.expect("withdrawn: the result was deleted")
    hospital.pass_time(minutes=1)
    hospital.send(version("W3", hospital.now, control="W3-3", status="C", flag="RID50261"))
    hospital.ada.slack.expect("downgraded: a newer version of the report is routine")
    hospital.ada.slack.expect_now(message, "Downgraded")
    expect_everything(hospital)


@pytest.mark.parametrize("how", [{"status": "X"}, {"status": "C", "flag": "RID50261"}])
def test_who_is_paged_while_the_result_is_taken_back_hears_of_that_once(
    hospital: Hospital, how: dict[str, str]
) -> None:
    hospital.world.slack.faults.latency = A_WHILE
    deliver(hospital, version("W4", hospital.now, control="W4-1"))
    hospital.world.wait_until(lambda: posts(hospital))
    deliver(hospital, version("W4", hospital.now, control="W4-2", **how))
    hospital.settle()
    said = "Withdrawn" if how["status"] == "X" else "Downgraded"
    assert [said in message.plain for message in hospital.ada.slack.messages] == [True, True]
    assert posts(hospital) == 2, "the page, and what became of it"
    expect_everything(hospital)


# ---- never the older truth after the newer --------------------------------------------------


def test_a_notice_that_waits_is_cancelled_by_one_that_tells_more(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage", accession="W2"))
    message, sms = paged(hospital.ada)
    hospital.world.slack_down()
    acknowledge_by_sms(hospital, hospital.ada, sms)
    withdraw(hospital, "W2")
    hospital.ada.phone.expect_sms("withdrawn")
    slack_is_away(hospital)
    assert notices(hospital, Notice.ACKNOWLEDGED)[-1].state == "cancelled"
    hospital.ada.slack.expect_now(message, "Withdrawn")
    hospital.ada.slack.expect("withdrawn: the result was deleted")
    assert not any("Acknowledged" in v for v in texts(message)), "that came after it"


def test_a_request_to_phone_that_waits_is_cancelled_by_the_acknowledgment(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=44)
    hospital.world.slack_down()
    hospital.world.twilio_down()
    hospital.pass_time(minutes=1)
    hospital.world.twilio_down(down=False)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms("acknowledged")
    hospital.settle()
    slack_is_away(hospital)
    assert hospital.alert().state is State.ACKNOWLEDGED
    assert not hospital.rosa.phone.sms
    assert not hospital.rosa.slack.messages
    expect_everything(hospital)


def texts(message: SlackMessage) -> list[str]:
    return [str(version.blocks) for version in message.versions]


# ---- whom to phone --------------------------------------------------------------------------


def test_who_is_asked_to_phone_is_told_whom_and_on_which_number(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=45)
    asked = hospital.rosa.slack.expect("Please phone")
    assert "Dr. Ada Osei (ordering provider): +13125550101" in asked.plain
    assert "Carla Reyes RN (coordinator): +13125550103" in asked.plain
    expect_everything(hospital)


def test_the_number_to_phone_stands_in_the_sms_too(hospital: Hospital) -> None:
    hospital.rosa.slack.deactivate("channel_not_found")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(minutes=45)
    sms = hospital.rosa.phone.expect_sms("please phone")
    assert "the ordering provider, +13125550101" in sms.body
    expect_everything(hospital)


def test_who_reads_what_they_ordered_themselves_is_asked_to_phone_somebody_else(
    hospital: Hospital,
) -> None:
    rosa = "3001^LIND^ROSA^^^DR^^^MAIN"
    hospital.send(version("A1", hospital.now, control="1", provider=rosa))
    hospital.pass_time(minutes=45)
    asked = hospital.rosa.slack.expect("Please phone")
    assert "Carla Reyes RN (coordinator): +13125550103" in asked.plain
    assert "+13125550105" not in asked.plain
    expect_everything(hospital)


def test_the_last_who_passes_it_on_is_told_what_works(hospital: Hospital) -> None:
    hospital.send(hospital.report("unknown-provider"))
    for member in (hospital.carla, hospital.chris):
        _, sms = paged(member)
        sms.reply(f"PASS {code_in(sms)}")
        member.phone.expect_sms(re.compile("next person|Nobody is left"))
        hospital.settle()
    told = hospital.chris.phone.sms[-1].body
    ref = hospital.alert().ref
    assert f"/readback assign {ref}" in told
    answer = hospital.chris.slack.command("/readback", f"assign {ref} <@U0TESS>")
    assert f"{ref} is with Dr. Tess Wolf now" in answer.ephemeral.plain
    hospital.settle()
    _, sms = paged(hospital.tess)
    acknowledge_by_sms(hospital, hospital.tess, sms)
    assert entries(hospital, "reassigned")
    expect_everything(hospital)


def test_outbox_rows_of_a_notice_are_bounded_by_its_longest_pause(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.world.slack_down()
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.pass_time(hours=3)
    assert len(notices(hospital, Notice.ACKNOWLEDGED)) <= 9 + 3 * 60 / LONGEST_BACKOFF
    assert hospital.database.look(claims.next_to_leave) is not None
    hospital.world.slack_down(down=False)
    hospital.pass_time(minutes=LONGEST_BACKOFF)
    assert hospital.database.look(claims.next_to_leave) is None
    expect_everything(hospital)

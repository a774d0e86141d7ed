"""Outbound HTTPS alone: no public URL, so that Twilio is asked for replies and receipts."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.phone import polling
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import CODE, code_in, paged
from storage import audit, codes, people
from tests.scenarios.looking import (
    ACKNOWLEDGED,
    asked_by,
    expect_everything,
    import_people,
    left_out,
    pages,
)
from tests.web.served import get

PATIENCE = 20.0
OUTBOUND_ALONE = {"READBACK_WEB__PUBLIC_URL": "", "READBACK_TWILIO__POLL_SECONDS": "0.2"}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """While Twilio is away it is asked more rarely, as long as the story needs it."""
    monkeypatch.setattr(polling, "LONGEST_PAUSE", 0.3)


@pytest.fixture
def settings() -> dict[str, str]:
    return OUTBOUND_ALONE


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def channels_of_ada(hospital: Hospital) -> tuple[str, ...]:
    everybody = hospital.database.look(people.everybody)
    return next(person.channels for person in everybody if person.name == hospital.ada.name)


def behind_the_firewall(hospital: Hospital) -> None:
    """Nothing at Twilio knows an address of ours."""
    hospital.world.inbound_url = None


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


def test_stop_is_noticed_and_the_alert_moves_on(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage", accession="1"))
    paged(hospital.ada)
    hospital.ada.phone.send("STOP")
    hospital.carla.slack.expect_new("Opted out")
    hospital.chris.slack.expect_new("Opted out")
    until(lambda: "sms" not in channels_of_ada(hospital))


def test_stop_is_noticed_though_nobody_has_anything_to_answer(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    until(lambda: _lists(hospital) > 0)  # the look after the start
    hospital.ada.phone.send("STOP")
    hospital.pass_time(minutes=5)
    hospital.carla.slack.expect_new("Opted out")
    hospital.chris.slack.expect_new("Opted out")
    assert channels_of_ada(hospital) == ("slack",)


def test_stop_sent_while_we_were_down_is_noticed_at_the_start(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.close()
    hospital.ada.phone.send("STOP")
    hospital.open()
    hospital.carla.slack.expect_new("Opted out")
    hospital.chris.slack.expect_new("Opted out")
    assert channels_of_ada(hospital) == ("slack",)


def test_a_stop_that_is_listed_after_a_newer_start_changes_nothing(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    listed, faults = hospital.world.twilio.carrier.messages, hospital.world.twilio.faults
    faults.fail_next("messages.list", status=503, times=10**6)
    stop = hospital.ada.phone.send("STOP").record
    listed.pop(stop.sid)
    stop.created = stop.sent = stop.created - timedelta(seconds=3)
    hospital.ada.phone.send("START")
    faults.clear()
    until(lambda: len(_keywords(hospital)) == 1)
    listed[stop.sid] = stop
    until(lambda: len(_keywords(hospital)) == 2)
    assert _keywords(hospital) == ["start", "stop"]
    assert channels_of_ada(hospital) == ("slack", "sms")
    expect_everything(hospital)


def _keywords(hospital: Hospital) -> list[object]:
    trail = hospital.database.look(lambda c: audit.chain(c, audit.ADMIN))
    return [entry.data["keyword"] for entry in trail if entry.what == "sms_keyword"]


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


def test_twilio_is_left_alone_while_nobody_has_anything_to_answer(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    hospital.pass_time(minutes=16)
    asked = _lists(hospital)
    time.sleep(1.0)
    assert _lists(hospital) <= asked + 1, "one that was under way"


def _lists(hospital: Hospital) -> int:
    return sum(entry.method == "messages.list" for entry in hospital.world.journal.entries)


def test_a_code_in_the_answer_is_the_only_text_that_leaves(hospital: Hospital) -> None:
    behind_the_firewall(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    sms = hospital.ada.phone.expect_sms(CODE)
    hospital.ada.slack.expect_new("Critical")
    sms.reply("what is this about?")
    answer = hospital.ada.phone.expect_sms("Reply only ACK")
    assert answer.segments == 1
    assert hospital.now - hospital.alert().opened_at < timedelta(minutes=1)

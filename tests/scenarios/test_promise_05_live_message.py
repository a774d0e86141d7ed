"""Who was paged has one live message of an alert, and it holds nothing that they may not see."""

import csv
import io
import re
from zoneinfo import ZoneInfo

import pytest

from bot.domain.page import Notice
from bot.sandbox.demo.place import people_move_in
from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.samples import PEOPLE_CSV
from tests.scenarios.looking import acknowledge_by_sms, code_in, expect_everything, paged
from tests.scenarios.noticing import notices

# ---- one live message a person --------------------------------------------------------------


def four_coordinators(hospital: Hospital) -> list[Member]:
    rows = list(csv.DictReader(io.StringIO(PEOPLE_CSV)))
    chosen = {"Carla Reyes RN", "Chris Novak RN", "Dr. Tess Wolf", "Dr. Ben Ito"}
    for row in rows:
        row["roles"] = "coordinator" if row["name"] in chosen else row["roles"]
        row["designee_npi"] = ""
    written = io.StringIO()
    writer = csv.DictWriter(written, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    people_move_in(hospital.database, hospital.watch, written.getvalue())
    return [hospital.carla, hospital.chris, hospital.tess, hospital.ben]


def slack_calls(hospital: Hospital, method: str) -> int:
    return [entry.method for entry in hospital.world.log].count(method)


def test_eight_hours_of_repeats_rewrite_at_most_two_messages_for_each_new_page(
    hospital: Hospital,
) -> None:
    coordinators = four_coordinators(hospital)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.pass_time(hours=8)
    posted, updated = (slack_calls(hospital, f"chat.{m}") for m in ("postMessage", "update"))
    assert posted > 45
    assert updated <= 2 * posted
    everybody = [hospital.ada, *coordinators]
    for member in everybody:
        live = [m for m in member.slack.messages if m.buttons]
        assert live == member.slack.messages[-1:], "only the newest can be answered"
        assert all("A newer message" in m.plain for m in member.slack.messages[:-1])
        assert all(len(m.versions) <= 3 for m in member.slack.messages)
    before = slack_calls(hospital, "chat.update")
    sms = hospital.carla.phone.sms[-1]
    sms.reply(f"ACK {code_in(sms)}")
    hospital.carla.phone.expect_sms("is acknowledged")
    hospital.settle()
    assert slack_calls(hospital, "chat.update") - before == len(everybody)
    for member in everybody:
        assert "✅ Acknowledged" in member.slack.messages[-1].plain
    expect_everything(hospital)


def test_who_has_handed_it_over_reads_when_and_to_whom_and_nothing_that_gets_old(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    for _ in range(3):
        hospital.pass_time(minutes=10)
    message = hospital.ada.slack.messages[-1]
    hospital.ada.slack.expect_now(message, f"to {hospital.ben.name}")
    at = hospital.now.astimezone(ZoneInfo("America/Chicago")).strftime("%H:%M")
    # With the day, once the day is over.
    handed_over = re.compile(rf"Handed over at (\w{{3}} )?{at} to {hospital.ben.name}")
    assert handed_over.search(message.plain)
    for hours in (0, 3):
        hospital.pass_time(hours=hours)
        assert handed_over.search(message.plain)
        assert not re.search(r"now with|\d (min|h|days)\b", message.plain)
    assert len(message.versions) == 3, "the page, the hand-over, the miss"
    sms = hospital.carla.phone.sms[-1]
    sms.reply(f"ACK {code_in(sms)}")
    hospital.settle()
    hospital.ada.slack.expect_now(message, "Acknowledged")
    expect_everything(hospital)


def test_a_collapsed_message_says_so_once_and_has_no_buttons(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    first, _ = paged(hospital.ada)
    hospital.pass_time(minutes=10)
    newest, _ = paged(hospital.ada)
    hospital.ada.slack.expect_now(first, "A newer message")
    assert (first.buttons, len(first.versions)) == ([], 2)
    assert newest.buttons == ["Acknowledge", "I can't take this"]
    hospital.pass_time(minutes=10)
    paged(hospital.ada)
    hospital.ada.slack.expect_now(newest, "A newer message")
    assert len(first.versions) == 2


def test_a_collapse_that_slack_refuses_is_made_up_for(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    first, _ = paged(hospital.ada)
    hospital.world.slack.faults.fail_next("chat.update", status=500, times=3)
    hospital.pass_time(minutes=10)
    paged(hospital.ada)
    hospital.pass_time(minutes=1)
    hospital.ada.slack.expect_now(first, "A newer message")
    assert [row.state for row in notices(hospital, Notice.SUPERSEDED)] == [
        "failed",
        "failed",
        "failed",
        "sent",
    ]


# ---- not my patient -------------------------------------------------------------------------


@pytest.fixture
def settings() -> dict[str, str]:
    """With the finding in the messages, to see that it goes."""
    return {"READBACK_SLACK__PHI": "message"}


def test_after_not_my_patient_the_message_has_neither_buttons_nor_finding(
    hospital: Hospital,
) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, _ = paged(hospital.ada)
    assert "subdural" in message.plain
    modal = hospital.ada.slack.click("I can't take this", message).modal
    hospital.ada.slack.submit(modal, {"Why can't you take it?": "Not my patient"})
    hospital.settle()
    hospital.ada.slack.expect_now(message, "You passed this on: not your patient")
    assert message.buttons == []
    assert "subdural" not in message.plain
    assert "CT HEAD" not in message.plain
    answer = hospital.ada.slack.command("/readback", f"ack {hospital.alert().ref}")
    assert "You said that this is not your patient" in answer.ephemeral.plain
    _, sms = paged(hospital.ben)
    acknowledge_by_sms(hospital, hospital.ben, sms)
    assert "not your patient" in message.plain
    assert len(message.versions) == 2
    expect_everything(hospital)

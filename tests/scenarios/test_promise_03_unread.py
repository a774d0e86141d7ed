"""A flagged report that could not be read is one alert, says what to do, and finds its order."""

import json
import re
import socket
from pathlib import Path

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import EVERY_STATE, Hospital
from bot.sandbox.samples import hl7_time
from storage import alert_lists, quarantine
from tests.scenarios.looking import (
    acknowledge_by_sms,
    entries,
    expect_everything,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
    version,
)
from tests.scenarios.receiving import hl7_port, readback
from tests.scenarios.test_quarantine import unread_by_an_older_reader


def unknown_status(hospital: Hospital, control: str, flag: str = "AA") -> bytes:
    """Order V1's report with a status that no table knows."""
    return version("V1", hospital.now, control=control, status="?", flag=flag)


def command_in(text: str) -> str:
    found = re.search(r"readback quarantine show ([0-9a-f]{8})", text)
    assert found, text
    return found[1]


def test_whoever_is_woken_is_told_the_command_that_shows_it(
    hospital: Hospital, database_url: str, tmp_path: Path
) -> None:
    hospital.send(hospital.report("no-order-number"))
    message, sms = paged(hospital.carla)
    modal = hospital.carla.slack.click("Acknowledge", message).modal
    ref = hospital.alert().ref
    (told,) = {command_in(text) for text in (message.plain, sms.body, modal.text)}
    site = {"READBACK_DATABASE__URL": database_url}
    shown = readback(tmp_path, "quarantine", "show", told, "--json", **site)
    assert json.loads(shown.stdout)["reason"] == "no-order-identifier"
    answer = hospital.carla.slack.command("/readback", f"show {ref}")
    assert told in answer.ephemeral.plain
    acknowledge_by_sms(hospital, hospital.carla, sms)


@pytest.mark.parametrize("name", ["no-order-number", "unknown status"])
def test_an_unreadable_message_sent_again_under_another_control_id_is_one_alert(
    hospital: Hospital, name: str
) -> None:
    first = unknown_status(hospital, "U1")
    if name == "no-order-number":
        first = hospital.report(name)
    control = first.split(b"|")[9]
    for number in range(3):
        hospital.send(first.replace(control, b"Z%d" % number, 1))
    paged_until_acknowledged(hospital, hospital.carla)
    assert (hospital.alerts(), len(pages(hospital))) == (1, 2)
    assert len(hospital.database.look(quarantine.listing)) == 3


def test_the_corrected_resend_takes_the_same_alert_to_the_ordering_provider(
    hospital: Hospital,
) -> None:
    hospital.send(unknown_status(hospital, "U1"))
    assert owner(hospital) == hospital.carla.name
    paged(hospital.carla)
    hospital.send(version("V1", hospital.now, control="U2"))
    alert = hospital.alert()
    assert (hospital.alerts(), alert.review, alert.category) == (1, "", "critical")
    assert owner(hospital) == hospital.ada.name
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


def test_a_readable_version_without_a_flag_stays_with_the_coordinator(hospital: Hospital) -> None:
    hospital.send(unknown_status(hospital, "U1"))
    paged(hospital.carla)
    hospital.send(version("V1", hospital.now, control="U2", flag=""))
    alert = hospital.alert()
    assert (hospital.alerts(), owner(hospital)) == (1, hospital.carla.name)
    assert alert.review.startswith("flagged, but could not be read")
    expect_everything(hospital)


def test_an_unreadable_version_of_a_known_order_is_its_alerts_and_the_coordinators(
    hospital: Hospital,
) -> None:
    hospital.send(version("V1", hospital.now, control="U1"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.pass_time(minutes=1)
    hospital.send(unknown_status(hospital, "U2"))
    assert (hospital.alerts(), hospital.alert().state) == (1, State.OPEN)
    assert owner(hospital) == hospital.carla.name
    message, _ = paged(hospital.carla)
    command_in(message.plain)
    expect_everything(hospital)


@pytest.mark.parametrize(("minutes", "state"), [(1, State.OPEN), (-1, State.DOWNGRADED)])
def test_only_what_was_sent_later_takes_back_what_could_not_be_read(
    hospital: Hospital, minutes: int, state: State
) -> None:
    """In whichever order they arrive; where it is taken back already, the coordinator is told."""
    routine = {"control": "U2", "flag": "RID50261", "sent": hl7_time(hospital.now)}
    hospital.pass_time(minutes=2)
    unread = {"control": "U1", "status": "?", "sent": hl7_time(hospital.now)}
    if minutes < 0:
        routine["sent"], unread["sent"] = unread["sent"], routine["sent"]
    for accession, order in (("V1", (routine, unread)), ("V2", (unread, routine))):
        for about in order:
            hospital.send(version(accession, hospital.now, stated="", **about))
        states = hospital.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 9))
        assert {row.state for row in states} == {state.value}, accession
    expect_everything(hospital)


def test_an_unreadable_message_made_out_anew_with_other_times_wakes_nobody_again(
    hospital: Hospital,
) -> None:
    hospital.send(unknown_status(hospital, "U1"))
    paged_until_acknowledged(hospital, hospital.carla)
    hospital.pass_time(minutes=1)
    anew = unknown_status(hospital, "U2").replace(b"ORC|RE|", b"ORC|SC|")
    hospital.send(anew.replace(b"|F\r", b"|F|||20260101\r"))
    assert (hospital.alerts(), hospital.alert().state) == (1, State.ACKNOWLEDGED)
    assert len(hospital.database.look(quarantine.listing)) == 2


def test_a_second_unreadable_version_reopens_what_was_acknowledged(hospital: Hospital) -> None:
    hospital.send(unknown_status(hospital, "U1"))
    paged_until_acknowledged(hospital, hospital.carla)
    hospital.pass_time(minutes=1)
    hospital.send(unknown_status(hospital, "U2", flag="RID49480"))
    assert (hospital.alerts(), hospital.alert().state) == (1, State.OPEN)
    expect_everything(hospital)


def test_a_frame_that_broke_off_and_the_whole_message_after_it_are_one_alert(
    hospital: Hospital,
) -> None:
    whole = version("V1", hospital.now, control="U1")
    with socket.create_connection(("127.0.0.1", hl7_port(hospital))) as line:
        line.sendall(b"\v" + whole[:-3])
    hospital.carla.slack.expect("Critical")
    hospital.settle()
    assert "cut-off" in hospital.alert().review
    hospital.send(whole)
    assert (hospital.alerts(), owner(hospital)) == (1, hospital.ada.name)
    assert entries(hospital, "amended")
    expect_everything(hospital)


def test_half_a_number_is_not_taken_for_a_number(hospital: Hospital) -> None:
    other = version("V12", hospital.now, control="U1")
    hospital.send(other)
    paged(hospital.ada)
    flag_first = b"OBX|1|TX|X&IMP^Report||Hemorrhage.|||AA|||F\rORC|RE\rOBR|1||V1"
    header = other.split(b"OBR|")[0].replace(b"U1", b"U2")
    header = b"\r".join(line for line in header.split(b"\r") if not line.startswith(b"ORC"))
    with socket.create_connection(("127.0.0.1", hl7_port(hospital))) as line:
        line.sendall(b"\v" + header.rstrip(b"\r") + b"\r" + flag_first)
    hospital.carla.slack.expect("Critical")
    hospital.settle()
    hospital.send(version("V1", hospital.now, control="U3"))
    assert hospital.alerts() == 3
    expect_everything(hospital)


def test_a_replay_that_can_be_read_now_takes_over_the_alert_that_stood_in(
    hospital: Hospital, database_url: str, tmp_path: Path
) -> None:
    unread_by_an_older_reader(hospital, version("V1", hospital.now, control="U1"))
    hospital.settle()
    paged(hospital.carla)
    site = {"READBACK_DATABASE__URL": database_url}
    replayed = readback(tmp_path, "quarantine", "replay", "--all", **site)
    assert replayed.returncode == 0, replayed.stdout
    hospital.pass_time(minutes=1)
    assert (hospital.alerts(), owner(hospital)) == (1, hospital.ada.name)
    expect_everything(hospital)


def test_sent_again_once_it_can_be_read_it_takes_over_the_alert_that_stood_in(
    hospital: Hospital,
) -> None:
    """By a sender who knows of no replay: there were two alerts, and one led to an empty place."""
    message = version("V1", hospital.now, control="U1")
    unread_by_an_older_reader(hospital, message)
    hospital.settle()
    paged(hospital.carla)
    assert "MSA|AA|U1" in hospital.send(message)
    assert (hospital.alerts(), owner(hospital)) == (1, hospital.ada.name)
    assert hospital.database.look(quarantine.listing) == []
    expect_everything(hospital)


def too_large(hospital: Hospital, accession: str, control: str, flag: str = "AA") -> bytes:
    """A report with a document over the limit in it, and the flag behind the document."""
    *before, impression = version(accession, hospital.now, control=control, flag=flag).splitlines()
    document = b"OBX|2|ED|PDF^Report||^application^pdf^Base64^" + b"JVBERi0x" * 1_320_000
    return b"\r".join([*before, document + b"||||||F", impression, b""])


def test_a_flag_behind_a_document_that_is_too_large_is_an_alert_for_each_order(
    hospital: Hospital,
) -> None:
    for accession, control in (("L1", "C1"), ("L2", "C2")):
        message = too_large(hospital, accession, control)
        for _ in range(2):
            assert "too-large" in hospital.send(message)
    hospital.send(too_large(hospital, "L1", "C3"))
    assert (hospital.alerts(), owner(hospital)) == (2, hospital.carla.name)
    expect_everything(hospital)


def test_of_two_orders_in_a_message_one_is_paged_and_the_other_is_the_coordinators(
    hospital: Hospital,
) -> None:
    good = version("V1", hospital.now, control="M1")
    bad = version("V2", hospital.now, control="M1", status="?")
    answer = hospital.send(good + bad[bad.index(b"\rOBR") + 1 :])
    assert "AA|M1" in answer
    assert "kept in quarantine: unknown-status" in answer
    assert hospital.alerts() == 2
    expect_everything(hospital)


def test_of_each_message_that_is_too_large_the_coordinator_is_told(hospital: Hospital) -> None:
    for number in range(2):
        message = too_large(hospital, f"L{number}", f"C{number}", flag="")
        for _ in range(2):
            hospital.send(message)
        told = hospital.carla.slack.expect_new("too large").plain
        assert "first 64 KB were kept" in told
        assert "Nothing is lost" not in told
    assert hospital.alerts() == 0

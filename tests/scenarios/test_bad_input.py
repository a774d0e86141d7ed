"""Bad input over MLLP, and what it gets: one test for each row of the table in docs/reference.md,
in its order, on the whole bot; test_bad_input_from_people.py has the rest. tests/test_reference.py
holds them together.

conftest.py checks after each test that nobody got a message for which there was no reason, that
the log has no error that the test does not name, and that the audit trail is whole.
"""

import socket
from datetime import timedelta

from sqlalchemy import text

from bot.app import rehearsal
from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import hl7_time
from storage import quarantine
from tests.scenarios.looking import owner, paged, paged_until_acknowledged, pages
from tests.scenarios.receiving import (
    KEPT_OF_LONGER_ONES,
    Ack,
    ack,
    asked,
    expect_quarantined,
    hl7_port,
    kept,
    logged,
    send_what_cannot_be_used,
    spoiled,
)
from tests.written import writing

LIMIT = 10_000_000
FULL = {
    "sqlite": [
        "CREATE TRIGGER full_disk BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'full'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'full'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON messages EXECUTE FUNCTION full_disk()",
    ],
}
EMPTY = {
    "sqlite": ["DROP TRIGGER full_disk"],
    "postgresql": ["DROP TRIGGER full_disk ON messages"],
}


# ---- over MLLP: what cannot be used ---------------------------------------------------------


def test_a_byte_of_no_character(hospital: Hospital) -> None:
    declared = spoiled(hospital, ("|P|2.5.1", "|P|2.5.1||||||BIG-5"))
    message = declared.replace(b"No acute", b"No \xff acute")
    send_what_cannot_be_used(hospital, message, "undecodable", "MSH^1^18", "102")
    expect_notice(hospital, "undecodable")


def test_a_frame_over_the_limit(hospital: Hospital) -> None:
    document = b"OBX|3|ED|PDF||" + b"A" * LIMIT
    message = hospital.report("ct-abdomen-routine") + document
    send_what_cannot_be_used(hospital, message, "too-large", "", "207")
    assert len(kept(hospital)[0].data) == KEPT_OF_LONGER_ONES
    expect_notice(hospital, "too-large")


def test_a_frame_that_breaks_off(hospital: Hospital) -> None:
    message = hospital.report("ct-abdomen-routine")[:300]
    assert without_a_frames_end(hospital, b"\x0b" + message) == b""
    hospital.world.wait_until(lambda: kept(hospital), why="what had come was not kept")
    hospital.settle()
    expect_quarantined(hospital, message, "cut-off")
    expect_notice(hospital, "cut-off")


def test_bytes_outside_of_a_frame(hospital: Hospital) -> None:
    request = b"GET / HTTP/1.1\r\nHost: readback\r\n\r\n"
    assert without_a_frames_end(hospital, request) == b""
    assert [line["size"] for line in logged(hospital, "mllp_stray_bytes")] == [28]
    assert "MSA|AA|" in hospital.send(hospital.report("ct-abdomen-routine"))


def test_an_empty_frame(hospital: Hospital) -> None:
    send_what_cannot_be_used(hospital, b"", "no-segments", "", "100")
    expect_notice(hospital, "no-segments")


def test_no_msh(hospital: Hospital) -> None:
    message = hospital.report("ct-abdomen-routine").split(b"\r", 1)[1]
    send_what_cannot_be_used(hospital, message, "no-msh", "MSH", "100")
    expect_notice(hospital, "no-msh")


def test_several_messages_in_a_frame(hospital: Hospital) -> None:
    first, second = (hospital.report("ct-abdomen-routine") for _ in range(2))
    bad = spoiled(hospital, ("|CT|F|", "|CT|?|"))
    told = ack(hospital.send(first + bad + second))
    assert (told.code, told.control_id) == ("AA", asked(first))
    assert told.text == "kept in quarantine: unknown-status"
    assert [stored.data for stored in kept(hospital)] == [first, bad, second]
    expect_notice(hospital, "unknown-status")


def test_an_msh_that_is_no_header(hospital: Hospital) -> None:
    message = hospital.report("ct-abdomen-routine") + b"MSH\r"
    send_what_cannot_be_used(hospital, message, "several-messages", "MSH^2", "100")
    expect_notice(hospital, "several-messages")


def test_no_message_type(hospital: Hospital) -> None:
    message = spoiled(hospital, ("ORU^R01^ORU_R01", ""))
    send_what_cannot_be_used(hospital, message, "no-message-type", "MSH^1^9", "101")
    expect_notice(hospital, "no-message-type")


def test_no_obr(hospital: Hospital) -> None:
    message = spoiled(hospital, ("OBR|1|", "ZBR|1|"))
    send_what_cannot_be_used(hospital, message, "no-obr", "OBR", "100")
    expect_notice(hospital, "no-obr")


def test_no_identifier_of_the_order(hospital: Hospital) -> None:
    message = spoiled(hospital, ("|AA|", "|N|"), name="no-order-number")
    send_what_cannot_be_used(hospital, message, "no-order-identifier", "OBR^1^3", "101")
    expect_notice(hospital, "no-order-identifier")


def test_an_unknown_status(hospital: Hospital) -> None:
    message = spoiled(hospital, ("|CT|F|", "|CT|?|"))
    send_what_cannot_be_used(hospital, message, "unknown-status", "OBR^1^25", "103")
    expect_notice(hospital, "unknown-status")


def test_flagged_and_not_usable(hospital: Hospital) -> None:
    message = hospital.report("no-order-number")
    send_what_cannot_be_used(hospital, message, "no-order-identifier", "OBR^1^3", "101")
    alert = hospital.alert()
    assert (owner(hospital), hospital.alerts()) == ("Carla Reyes RN", 1)
    (entry,) = hospital.database.look(quarantine.listing)
    assert alert.review == (
        "flagged, but could not be read: no-order-identifier. "
        f"Look at it: readback quarantine show {entry.id[-8:]}"
    )
    paged_until_acknowledged(hospital, hospital.carla)


def test_a_listener_that_rejects(database_url: str) -> None:
    rejecting = {"READBACK_HL7__ON_UNUSABLE": "reject"}
    with writing(), rehearsal.hospital(database_url, environment=rejecting) as there:
        content = spoiled(there, ("|CT|F|", "|CT|?|"))
        unsupported = spoiled(there, ("ORU^R01^ORU_R01", "report"))
        answers = [ack(there.send(message)) for message in (content, unsupported)]
        assert [(answer.code, answer.severity) for answer in answers] == [("AE", "E"), ("AR", "E")]
        assert [message.data for message in kept(there)] == [content, unsupported]
        assert len(there.database.look(quarantine.listing)) == 2
        for reason in ("unknown-status", "no-message-type"):
            expect_notice(there, reason)
        there.verify()


# ---- over MLLP: what is only odd ------------------------------------------------------------


def test_an_unknown_category_code(hospital: Hospital) -> None:
    message = hospital.report("unknown-category-code")
    assert ack(hospital.send(message)) == plain(message)
    alert = hospital.alert()
    assert (owner(hospital), alert.state) == ("Carla Reyes RN", State.OPEN)
    assert "code" in alert.review
    paged_until_acknowledged(hospital, hospital.carla)


def test_an_impossible_date(hospital: Hospital) -> None:
    message = spoiled(hospital, ("$FINAL", "20261345990000"), name="ct-head-hemorrhage")
    assert ack(hospital.send(message)) == plain(message)
    alert = hospital.alert()
    assert alert.window_opens_at == hospital.now
    seen, _ = paged(hospital.ada)
    assert "Note: no usable finalization time: the window opens at receipt" in seen.plain


def test_a_date_in_the_future(hospital: Hospital) -> None:
    ahead = hl7_time(hospital.now + timedelta(minutes=6))
    message = spoiled(hospital, ("$FINAL", ahead), name="ct-head-hemorrhage")
    assert ack(hospital.send(message)) == plain(message)
    assert hospital.alert().window_opens_at == hospital.now
    seen, _ = paged(hospital.ada)
    assert "Note: the sender's time lies in the future: the window opens at receipt" in seen.plain


def test_a_type_without_a_report(hospital: Hospital) -> None:
    message = spoiled(hospital, ("ORU^R01^ORU_R01", "ADT^A01"), name="ct-head-hemorrhage")
    assert ack(hospital.send(message)) == plain(message)
    (stored,) = kept(hospital)
    assert (stored.outcome, stored.reason, stored.data) == ("set_aside", "adt-a01", message)
    assert hospital.alerts() == 0


def test_not_for_production(hospital: Hospital) -> None:
    message = spoiled(hospital, ("|P|2.5.1", "|T|2.5.1"), name="ct-head-hemorrhage")
    told = "kept, pages nobody: its processing id is not one that may"
    assert ack(hospital.send(message)) == plain(message, told)
    (stored,) = kept(hospital)
    assert (stored.outcome, stored.data) == ("not_production", message)
    assert hospital.alerts() == 0


def test_the_same_again(hospital: Hospital) -> None:
    message = hospital.report("ct-head-hemorrhage")
    assert ack(hospital.send(message)) == plain(message)
    paged_until_acknowledged(hospital, hospital.ada)
    assert ack(hospital.send(message)) == plain(message, "received before")
    assert [stored.copies for stored in kept(hospital)] == [2]
    assert (hospital.alerts(), len(pages(hospital))) == (1, 2)


def test_not_stored(hospital: Hospital, database_url: str, log_errors: set[str]) -> None:
    kind = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    message = hospital.report("ct-head-hemorrhage")
    statements(hospital, FULL[kind])
    told = ack(hospital.send(message))
    assert (told.code, told.severity) == ("AE", "E")
    assert (told.text, told.control_id) == ("not stored, send again", asked(message))
    assert (kept(hospital), hospital.alerts()) == ([], 0)
    statements(hospital, EMPTY[kind])
    assert ack(hospital.send(message)) == plain(message)
    paged_until_acknowledged(hospital, hospital.ada)
    log_errors.add("message_not_stored")


# ---- short words for the above --------------------------------------------------------------


def plain(message: bytes, said: str = "") -> Ack:
    """AA, and nothing to complain of."""
    return Ack("AA", asked(message), said, "", "", "", "")


def expect_notice(hospital: Hospital, reason: str) -> None:
    """The first coordinator hears of it."""
    hospital.carla.slack.expect_new(f"It waits in quarantine: {reason.replace('-', ' ')}.")


def without_a_frames_end(hospital: Hospital, data: bytes) -> bytes:
    """All that is answered to a sender who sends this and hangs up."""
    address = ("127.0.0.1", hl7_port(hospital))
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(100)


def statements(hospital: Hospital, wanted: list[str]) -> None:
    hospital.database.run(lambda c: [c.execute(text(each)) for each in wanted])

"""Bad input, and what it gets: one test for each row of the table in docs/reference.md, in its
order, on the whole bot. tests/test_reference.py holds the two together.

conftest.py checks after each test that nobody got a message for which there was no reason, that
the log has no error that the test does not name, and that the audit trail is whole.
"""

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import text

from bot.app import DEFAULT_POLICY, rehearsal
from bot.domain.alert import State
from bot.sandbox.hospital import EVERY_STATE, Hospital
from bot.sandbox.samples import PEOPLE_CSV, hl7_time
from bot.sandbox.twilio_hooks import signature_of
from storage import alert_lists, people, quarantine
from tests.scenarios.looking import (
    acknowledge_by_sms,
    code_in,
    entries,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
)
from tests.scenarios.receiving import (
    KEPT_OF_LONGER_ONES,
    SETTINGS,
    Ack,
    ack,
    administration,
    asked,
    expect_quarantined,
    hl7_port,
    kept,
    logged,
    refused,
    send_what_cannot_be_used,
    spoiled,
)
from tests.written import writing

LIMIT = 5_000_000
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


# ---- from phones ----------------------------------------------------------------------------


def test_a_code_of_another_alert(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.send(hospital.report("cr-chest-pneumothorax"))
    theirs, mine = paged(hospital.ada)[1], hospital.sam.phone.expect_sms(re.compile(r"ACK \d+"))
    mine.reply(f"ACK {code_in(theirs)}")
    hospital.sam.phone.expect_sms(
        "this code is not open on this phone. Please check it or call 312-555-0100."
    )
    (refusal,) = administration(hospital, "sms_refused")
    assert refusal.data == {"reason": "unknown_code"}
    assert refusal.actor == person_id(hospital, "Dr. Sam Park")
    assert states(hospital) == [State.OPEN, State.OPEN]


def test_two_codes_in_one_sms(hospital: Hospital) -> None:
    codes = []
    for _ in range(2):
        hospital.send(hospital.report("ct-head-hemorrhage"))
        codes.append(code_in(paged(hospital.ada)[1]))
    hospital.ada.phone.send(f"ACK {codes[0]} {codes[1]}")
    hospital.ada.phone.expect_sms("One code at a time.")
    assert [e.data for e in administration(hospital, "sms_refused")] == [
        {"reason": "several_codes"}
    ]
    assert states(hospital) == [State.OPEN, State.OPEN]


def test_words_instead_of_a_code(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    sms.reply("Thanks, on my way")
    hospital.ada.phone.expect_sms("Reply only ACK and the code of the message")
    assert [e.data for e in administration(hospital, "sms_refused")] == [{"reason": "words"}]
    assert states(hospital) == [State.OPEN]


def test_a_forged_signature(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    fields = {
        "MessageSid": "SM" + "5" * 32,
        "From": hospital.ada.phone.number,
        "Body": f"ACK {code_in(sms)}",
    }
    status, said = post(hospital, fields, signature_of("forged", webhook(hospital), fields))
    assert (status, "The signature does not fit" in said) == (403, True)
    (refusal,) = administration(hospital, "webhook_refused")
    assert refusal.data == {"reason": "signature", "door": "sms", "count": 1}
    assert [line["reason"] for line in logged(hospital, "webhook_refused")] == ["signature"]
    assert states(hospital) == [State.OPEN]


def test_a_repeated_webhook(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    first = hospital.world.twilio.carrier.hooks.posted[-1]
    assert "acknowledged" in first.body
    before = hospital.trail(hospital.alert())
    token, url = hospital.world.twilio_token, webhook(hospital)
    status, said = post(hospital, first.params, signature_of(token, url, first.params))
    assert (status, "<Message>" in said) == (200, False)
    assert hospital.trail(hospital.alert()) == before
    assert [line["kind"] for line in logged(hospital, "webhook_repeated")] == ["sms"]


# ---- in Slack -------------------------------------------------------------------------------


def test_a_click_on_an_alert_that_ended(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    buttons = list(message.record.blocks)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.slack.expect_now(message, "Acknowledged")
    now, message.record.blocks = message.record.blocks, buttons  # on a phone that is behind
    answer = hospital.ada.slack.click("Acknowledge", message)
    assert "was acknowledged by you at " in answer.ephemeral.plain
    message.record.blocks = now
    (refusal,) = entries(hospital, "refused")
    assert refusal.data == {"reason": "ended"}
    assert states(hospital) == [State.ACKNOWLEDGED]


def test_a_click_by_somebody_who_was_not_paged(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, _ = paged(hospital.ada)
    answer = hospital.tess.slack.click("Acknowledge", message)
    assert "This alert was not sent to you" in answer.ephemeral.plain
    (refusal,) = entries(hospital, "refused")
    assert (refusal.data, refusal.actor) == (
        {"reason": "not_paged"},
        person_id(hospital, "Dr. Tess Wolf"),
    )
    assert states(hospital) == [State.OPEN]


# ---- files of the site ----------------------------------------------------------------------


def test_a_row_of_the_people_file(hospital: Hospital, database_url: str, tmp_path: Path) -> None:
    wrong = PEOPLE_CSV.replace("+13125550101", "+1312555").replace("America/Chicago", "Chicago", 1)
    assert wrong != PEOPLE_CSV
    file = tmp_path / "people.csv"
    file.write_text(wrong, encoding="utf-8")
    database = {"READBACK_DATABASE__URL": database_url}
    said = refused(tmp_path, "people", "import", str(file), **database)
    assert "line 2" in said
    assert "mobile" in said
    assert "Nothing was imported" in said
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged_until_acknowledged(hospital, hospital.ada)


def test_a_wrong_setting(tmp_path: Path) -> None:
    wrong = SETTINGS + '[hl7]\nprot = 2575\non_unusable = "drop"\n'
    said = refused(tmp_path, "serve", settings=wrong)
    assert "hl7.prot" in said
    assert "port" in said.replace("hl7.prot", "")
    assert "hl7.on_unusable" in said


def test_a_policy_that_cannot_be_kept(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    sound = DEFAULT_POLICY.read_text(encoding="utf-8")
    policy.write_text(sound.replace('"60 min"', '"20 min"'), encoding="utf-8")
    site = SETTINGS + f'policy = "{policy}"\n'
    said = refused(tmp_path, "serve", settings=site)
    assert re.search(r"policy\.toml: line \d+: .*window", said)


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


def webhook(hospital: Hospital) -> str:
    url = hospital.world.inbound_url
    assert url
    return url


def post(hospital: Hospital, fields: Mapping[str, str], signature: str) -> tuple[int, str]:
    """What the bot answers to a webhook with this signature."""
    url = webhook(hospital)
    headers = {"X-Twilio-Signature": signature}
    request = urllib.request.Request(url, urlencode(fields).encode(), headers)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as no:
        with no:
            return no.code, no.read().decode()


def person_id(hospital: Hospital, name: str) -> str:
    (found,) = [p.id for p in hospital.database.look(people.everybody) if p.name == name]
    return found


def states(hospital: Hospital) -> list[State]:
    rows = hospital.database.look(lambda c: alert_lists.listing(c, EVERY_STATE, 1000))
    return [State(row.state) for row in rows]

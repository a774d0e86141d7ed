"""No name, number, birth date or finding leaves but through the doors that the site opened.

A report whose every field is a marker goes through the whole loop; then everything that left the
process is searched: requests, SMS, webhook answers, ACKs, the log, metrics, what was printed, argv.
"""

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from sqlalchemy import Engine, create_engine, text

from bot.app import rehearsal
from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from storage import quarantine
from tests.scenarios.looking import ACKNOWLEDGED, CODE, code_in, deliver, entries, expect_everything
from tests.scenarios.marked import MARK, leaks, marked
from tests.written import writing

NUMBERS = re.compile(r"\+1312555010\d")
ADDENDUM = "OBX|9|TX|REPORT&ADT^Addendum^MAIN|9|ADDENDUM: ZQXADDENDUM as well.|||AA|||F"
UNUSABLE = {
    "an unknown status": {"_CT_F_": "|CT|ZQXSTATUS|"},
    "an impossible date": {"final": "ZQXTIME"},
    "no order number": {"ZQXACCESSION": "", "ZQXPLACER": ""},
    "an unknown code": {"_AA_": "|RID4948X|", "ZQXIMPRESSION": "ZQXIMPRESSION two"},
    "no order at all": {"OBR_1": "ZQXSEGMENT|1"},
    "another kind of message": {"ORU^R01^ORU_R01": "ZQXTYPE"},
}


def web(hospital: Hospital, path: str, data: bytes | None = None) -> str:
    """What the bot's web server says, whatever the status."""
    base = (hospital.world.inbound_url or "").removesuffix("/twilio/sms")
    request = urllib.request.Request(base + path, data)  # noqa: S310 - the bot on loopback
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return f"{answer.headers}{answer.read().decode()}"
    except HTTPError as refused:
        return f"{refused.headers}{refused.read().decode()}"


def acknowledged_amended_and_withdrawn(hospital: Hospital, phi: str) -> Iterator[str]:
    """One alert from its page to the withdrawal of the result; the ACKs."""
    yield hospital.send(marked(hospital.now, "M1"))
    ada = hospital.ada.slack
    message, sms = ada.expect_new("Critical"), hospital.ada.phone.expect_sms(CODE)
    assert ("ZQXIMPRESSION" in message.plain) is (phi == "message")
    modal = ada.click("Acknowledge", message).modal
    assert ("ZQXIMPRESSION" in modal.text) is (phi != "none")
    ada.submit(modal, {})
    hospital.pass_time(minutes=1)
    yield hospital.send(marked(hospital.now, "M2", _CT_F_="|CT|C|") + ADDENDUM.encode() + b"\r")
    _acknowledge(hospital, modal.fields)
    assert hospital.alert().state is State.ACKNOWLEDGED
    ref = hospital.alert().ref
    for member in (hospital.ada, hospital.carla, hospital.rosa, hospital.tess):
        member.slack.command("/readback", f"show {ref}")
        member.slack.command("/readback", "open")
    sms.reply(f"UNDO {code_in(sms)}")
    hospital.settle()
    yield hospital.send(marked(hospital.now, "M3", _CT_F_="|CT|X|"))
    hospital.pass_time(hours=1)


def _acknowledge(hospital: Hospital, fields: list[str]) -> None:
    """On the older version first, which is shown the newer one instead; then for good."""
    ada = hospital.ada.slack
    top = ada.modals[-1]
    given: dict[str, object] = {"confirm": "I have read the report in the EHR"}
    if any("own words" in field for field in fields):
        given = {"words": "ZQXIMPRESSION ZQXADDENDUM"}
    answer = ada.submit(top, given)
    assert answer.outcome == "updated"
    assert answer.view is not None
    assert ada.submit(answer.view, given).outcome == "closed"
    hospital.settle()


def declined_and_expired(hospital: Hospital) -> None:
    """Not my patient, then nobody answers for two hours."""
    other = {"ZQXACCESSION": "ZQXACCESSIONB", "ZQXPLACER": "ZQXPLACERB"}
    hospital.send(marked(hospital.now, "D1", **other))
    ada = hospital.ada.slack
    modal = ada.click("I can't take this").modal
    ada.submit(modal, {"Why can't you take it?": "Not my patient"})
    hospital.settle()
    sms = hospital.ada.phone.sms[-1]
    sms.reply("ZQXSTRANGEWORDS what is this about?")
    hospital.pass_time(hours=2)


def providers_fail(hospital: Hospital) -> None:
    """Refusals that quote the number, and errors of several kinds."""
    for code in (21211, 21614, 20003):
        hospital.sam.phone.refuse(code)
        hospital.world.slack.faults.fail_next("chat.postMessage", error="msg_too_long")
        n = str(code)
        other = {"ZQXACCESSION": f"ZQXACCESSION{n}", "ZQXPLACER": f"ZQXPLACER{n}"}
        hospital.send(marked(hospital.now, f"P{n}", **other).replace(b"|1001^", b"|1003^"))
    hospital.world.twilio.faults.fail_next("messages.create", status=503)
    hospital.pass_time(minutes=5)
    hospital.sam.phone.refuse(None)


def webhooks_are_forged(hospital: Hospital) -> Iterator[str]:
    """Requests that nobody signed, with markers in path, query and body."""
    form = b"From=%2B13125550101&Body=ZQXBODY&MessageSid=ZQXSID&MessageStatus=ZQXSTATUS"
    for path in ("/twilio/sms", "/twilio/status?d=ZQXDELIVERY", "/ZQXPATH?q=ZQXQUERY"):
        yield web(hospital, path, form)


@pytest.fixture
def trouble(database_url: str) -> Iterator[Engine]:
    """The database, from outside: it can be made to refuse, in words that quote a patient."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def database_refuses(hospital: Hospital, trouble: Engine) -> Iterator[str]:
    """An error of the database that quotes markers, while a report comes in and a modal opens."""
    with trouble.begin() as connection:
        for statement in _REFUSING[trouble.dialect.name]:
            connection.execute(text(statement))
    other = {"ZQXACCESSION": "ZQXACCESSIONR", "ZQXPLACER": "ZQXPLACERR"}
    yield deliver(hospital, marked(hospital.now, "R1", **other))
    hospital.tess.slack.command("/readback", f"show {hospital.alert().ref}")
    hospital.world.wait_until(
        lambda: hospital.bot is not None and "slack_listener_failed" in hospital.bot.log_text()
    )
    with trouble.begin() as connection:
        for statement in _ACCEPTING[trouble.dialect.name]:
            connection.execute(text(statement))


_REFUSING = {
    "sqlite": [
        f"CREATE TRIGGER zqx_{table} BEFORE INSERT ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'ZQXLAST is in the way'); END"
        for table in ("reports", "audit")
    ],
    "postgresql": [
        "CREATE FUNCTION zqx() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'ZQXLAST is in the way: %', NEW; END $$",
        *(
            f"CREATE TRIGGER zqx BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION zqx()"
            for table in ("reports", "audit")
        ),
    ],
}
_ACCEPTING = {
    "sqlite": ["DROP TRIGGER zqx_reports", "DROP TRIGGER zqx_audit"],
    "postgresql": ["DROP TRIGGER zqx ON reports", "DROP TRIGGER zqx ON audit"],
}


@pytest.mark.parametrize(
    ("settings", "phi"),
    [({"READBACK_SLACK__PHI": phi}, phi) for phi in ("none", "modal", "message")],
    ids=["none", "modal", "message"],
)
def test_nothing_that_left_the_process_names_the_patient_or_the_finding(
    hospital: Hospital,
    phi: str,
    trouble: Engine,
    log_errors: set[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert hospital.bot is not None
    answers = list(acknowledged_amended_and_withdrawn(hospital, phi))
    declined_and_expired(hospital)
    for number, changes in enumerate(UNUSABLE.values()):
        answers.append(hospital.send(marked(hospital.now, f"Q{number}", **changes)))
    providers_fail(hospital)
    answers += webhooks_are_forged(hospital)
    answers += database_refuses(hospital, trouble)
    answers += [web(hospital, path) for path in ("/metrics", "/livez", "/readyz")]
    hospital.settle()

    assert not leaks(hospital, phi)
    assert not MARK.findall("\n".join(answers))
    for body in (
        m.body for m in hospital.world.twilio.carrier.messages.values() if m.direction != "inbound"
    ):
        assert not MARK.search(body)
    log = hospital.bot.log_text()
    assert len(log.splitlines()) > 10
    assert not MARK.findall(log)
    assert not NUMBERS.findall(log)
    assert '"dropped"' not in log
    assert len(hospital.database.look(quarantine.listing)) > 2
    assert not MARK.findall("".join(capfd.readouterr()))
    assert "readback_messages_total" in "".join(answers)
    expect_everything(hospital)
    log_errors.update({"message_not_stored", "slack_listener_failed", "channel_misconfigured"})


def test_a_process_shows_no_patient_in_its_arguments_or_its_pretty_log(tmp_path: Path) -> None:
    settings = {"READBACK_LOG__FORMAT": "pretty", "READBACK_SLACK__PHI": "message"}
    url = f"sqlite:///{tmp_path / 'readback.db'}"
    with writing(), rehearsal.hospital(url, as_child=True, environment=settings) as there:
        there.send(marked(there.now, "A1"))
        there.ada.slack.expect_new("ZQXIMPRESSION")
        there.send(marked(there.now, "A2", _CT_F_="|CT|ZQXSTATUS|"))
        assert there.bot is not None
        log = there.bot.log_text()
        commands = [
            path.read_bytes().decode(errors="replace")
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if path.exists()
        ]
    assert "quarantined" in log
    assert not MARK.findall(log)
    assert any("serve" in command for command in commands)
    assert not any("ZQXM" in command or "ZQXI" in command for command in commands)


def test_what_slack_gets_to_keep_with_a_message_is_opaque(hospital: Hospital) -> None:
    hospital.send(marked(hospital.now, "K1"))
    message = hospital.ada.slack.expect_new("Critical")
    assert message.metadata is not None
    (delivery,) = message.metadata["event_payload"].values()
    assert re.fullmatch(r"[0-9a-f]{32}", delivery)
    values = re.findall(r"'value': '([^']*)'", str(message.blocks))
    assert set(values) == {hospital.alert().id}
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    metadata = str(modal.data["private_metadata"])
    assert re.fullmatch(r'\{"alert": "[0-9a-f]{32}", "version": \d+\}', metadata)
    hospital.ada.phone.expect_sms(CODE)


def test_the_audit_trail_says_who_saw_the_finding(hospital: Hospital) -> None:
    hospital.send(marked(hospital.now, "S1"))
    message, sms = hospital.ada.slack.expect_new("Critical"), hospital.ada.phone.expect_sms(CODE)
    assert hospital.ada.slack.click("Acknowledge", message).modal.is_open
    assert "not sent" in hospital.tess.slack.click("Acknowledge", message).ephemeral.plain
    alert = hospital.alert()
    shown = [alert.roster.person(e.actor) for e in entries(hospital, "finding_shown")]
    assert [person and person.name for person in shown] == [hospital.ada.name]
    assert not MARK.findall(str([e.data for e in hospital.trail(alert)]))
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    hospital.ada.slack.expect_now(message, "Acknowledged")

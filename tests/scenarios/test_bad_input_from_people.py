"""Bad input from phones, from Slack, and in the files of a site, and what it gets: as
test_bad_input.py, for the rest of the table.
"""

import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from bot.app import DEFAULT_POLICY
from bot.domain.alert import State
from bot.sandbox.hospital import EVERY_STATE, Hospital
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.twilio_hooks import signature_of
from storage import alert_lists, people
from tests.scenarios.looking import (
    acknowledge_by_sms,
    code_in,
    entries,
    paged,
    paged_until_acknowledged,
)
from tests.scenarios.receiving import SETTINGS, administration, logged, refused

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

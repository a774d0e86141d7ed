"""The modal beside the finding: the way to the images, and the call that the report documents."""

import json

import pytest

from bot.domain.alert import State
from bot.domain.events import ReadBack
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import UNDERSTOOD, paged
from tests.scenarios.looking import (
    ACKNOWLEDGED,
    DISSECTION,
    entries,
    operate,
    people_paged,
    version,
)

TEMPLATE = "https://pacs.example/?acc={accession}&study={study_uid}"
UID = "1.2.840.113619.2.55.3"
CALLED = "Acute left subdural hematoma. Findings were discussed with Dr. Osei by phone at 14:02."
HEARD = "I was already called"


@pytest.fixture
def phi() -> str:
    return "modal"


@pytest.fixture
def settings(phi: str) -> dict[str, str]:
    return {"READBACK_SLACK__VIEWER_URL_TEMPLATE": TEMPLATE, "READBACK_SLACK__PHI": phi}


def with_study(message: bytes) -> bytes:
    return message + f"ZDS|{UID}^RIS^Application^DICOM\r".encode()


def critical(hospital: Hospital, impression: str = CALLED) -> bytes:
    return version("A 1/&", hospital.now, control="1", impression=impression)


def sent(hospital: Hospital) -> str:
    return "\n".join(entry.text for entry in hospital.world.log)


# ---- images ---------------------------------------------------------------------------------


def test_the_images_are_a_button_beside_the_finding(hospital: Hospital) -> None:
    hospital.send(with_study(hospital.report("ct-head-hemorrhage", accession="A 1/2")))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert f"[Open images] (opens https://pacs.example/?acc=A%201%2F2&study={UID})" in modal.text
    assert hospital.ada.slack.click("Open images", modal).outcome == "acknowledged"
    assert hospital.alert().state is State.OPEN
    assert hospital.ada.slack.submit(modal, {"confirm": UNDERSTOOD}).outcome == "closed"
    hospital.settle()
    hospital.ada.slack.expect_now(message, ACKNOWLEDGED)


def test_a_correction_without_the_study_leads_to_the_images_of_the_report(
    hospital: Hospital,
) -> None:
    hospital.send(with_study(version("A1", hospital.now, control="1")))
    paged(hospital.ada)
    hospital.pass_time(minutes=1)
    hospital.send(version("A1", hospital.now, control="2", status="C", impression=CALLED))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert f"[Open images] (opens https://pacs.example/?acc=A1&study={UID})" in modal.text


def test_a_report_that_lacks_what_the_address_needs_has_no_button(hospital: Hospital) -> None:
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert "Open images" not in modal.text


@pytest.mark.parametrize("phi", ["none"])
def test_without_phi_slack_gets_no_address(hospital: Hospital) -> None:
    hospital.send(with_study(hospital.report("ct-head-hemorrhage", accession="ACC4711")))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert "Open images" not in modal.text
    assert "ACC4711" not in sent(hospital)
    assert UID not in sent(hospital)


# ---- already called -------------------------------------------------------------------------


def test_whom_the_report_says_to_have_been_called_may_answer_so(hospital: Hospital) -> None:
    hospital.send(critical(hospital))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click(HEARD, message).modal
    assert "discussed with Dr. Osei by phone at 14:02" in modal.text
    assert hospital.alert().state is State.OPEN, "opening it answers nothing"
    assert hospital.ada.slack.submit(modal).outcome == "closed"
    hospital.settle()
    hospital.ada.slack.expect_now(message, ACKNOWLEDGED)
    given = hospital.alert().acknowledgment
    assert given is not None
    assert (given.channel, given.read_back) == ("slack", ReadBack.NONE)
    (entry,) = entries(hospital, "acknowledged")
    assert entry.data["already_called"] is True


def test_a_correction_that_leaves_out_who_ordered_offers_it_too(hospital: Hospital) -> None:
    hospital.send(critical(hospital, "Acute left subdural hematoma."))
    paged(hospital.ada)
    hospital.pass_time(minutes=1)
    data = version("A 1/&", hospital.now, control="2", status="C", impression=CALLED, provider="")
    hospital.send(data, "a correction")
    message, _ = paged(hospital.ada)
    assert HEARD in message.buttons


def test_the_usual_modal_shows_the_call_and_the_ladder_runs_on(hospital: Hospital) -> None:
    hospital.send(critical(hospital))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert "The report documents a call:" in modal.text
    hospital.ada.slack.close(modal)
    hospital.pass_time(minutes=10)
    paged(hospital.ada)
    hospital.pass_time(minutes=10)
    paged(hospital.ada)
    hospital.pass_time(minutes=10)
    theirs, _ = paged(hospital.ben)
    assert HEARD not in theirs.buttons, "he was not called"
    assert people_paged(hospital)[0][0] == hospital.ada.name


@pytest.mark.parametrize(
    "said",
    [
        "Acute subdural hematoma. Findings were discussed with Dr. Ito by phone at 14:02.",
        "Acute subdural hematoma. Voicemail left for Dr. Osei at 14:02.",
        "Acute subdural hematoma.",
    ],
    ids=["somebody else", "an attempt", "nobody"],
)
def test_nobody_else_is_offered_it(hospital: Hospital, said: str) -> None:
    hospital.send(critical(hospital, said))
    message, _ = paged(hospital.ada)
    assert HEARD not in message.buttons


@pytest.mark.parametrize("phi", ["none"])
def test_without_phi_it_is_offered_and_quotes_nothing(hospital: Hospital) -> None:
    hospital.send(critical(hospital))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click(HEARD, message).modal
    assert "by phone at 14:02" not in sent(hospital)
    assert hospital.ada.slack.submit(modal).outcome == "closed"
    hospital.settle()
    hospital.ada.slack.expect_now(message, ACKNOWLEDGED)


def test_a_correction_that_no_longer_says_so_takes_the_offer_back(hospital: Hospital) -> None:
    """The modal was opened before: its submission is refused, and recorded."""
    hospital.send(critical(hospital))
    message, _ = paged(hospital.ada)
    modal = hospital.ada.slack.click(HEARD, message).modal
    hospital.pass_time(minutes=1)
    words = "Acute left subdural hematoma."
    hospital.send(
        version("A 1/&", hospital.now, control="2", status="C", impression=words), "a correction"
    )
    again = hospital.ada.slack.expect_new("Critical")
    hospital.ada.phone.expect_sms("ACK")
    assert HEARD not in again.buttons
    answer = hospital.ada.slack.submit(modal)
    assert answer.outcome == "updated"
    assert answer.view is not None
    assert "does not say that you were called" in answer.view.text
    assert [e.data["reason"] for e in entries(hospital, "refused")] == ["not_called"]
    assert hospital.alert().state is State.OPEN


def of_order(filler: str, message: bytes) -> bytes:
    """The same as one of two orders on its accession."""
    return message.replace(b"|ACC00001^RIS|", f"|{filler}^RIS|".encode())


@pytest.mark.parametrize("first", ["F1", "G1"])
def test_a_call_about_one_order_answers_nothing_of_another_on_the_accession(
    hospital: Hospital, first: str
) -> None:
    said = {"F1": CALLED, "G1": DISSECTION}
    for filler in (first, *(said.keys() - {first})):
        hospital.pass_time(minutes=1)
        words = said[filler]
        data = version("ACC00001", hospital.now, control=filler, impression=words)
        hospital.send(of_order(filler, data))
    paged(hospital.ada)
    message, _ = paged(hospital.ada)
    assert hospital.alerts() == 1
    assert hospital.alert().beside
    assert HEARD not in message.buttons
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert "discussed with Dr. Osei by phone at 14:02" in modal.text.split("documents a call")[1]
    shown = operate(hospital, "alerts", "show", hospital.alert().ref, "--reveal", "--json")
    assert "by phone at 14:02" in json.loads(shown)["called"]

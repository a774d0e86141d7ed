"""What people do with the buttons and modals, on the real bolt app over a real socket."""

from datetime import timedelta

import pytest

from bot.domain.alert import State
from bot.domain.events import ReadBack
from bot.domain.report import Status
from bot.sandbox.people import Answer, SlackPerson
from tests.slack.clinic import FINDING, Clinic, report

HERE = "I have read and understood this finding"
IN_EHR = "I have read the report in the EHR"


def press(person: SlackPerson, button: str) -> Answer:
    return person.click(button, person.messages[0])


def acknowledge(person: SlackPerson, **entered: str) -> Answer:
    return person.submit(press(person, "Acknowledge").modal, entered or {"Confirm": HERE})


def test_the_modal_shows_the_finding_and_own_words_are_recorded_as_repeated(
    clinic: Clinic,
) -> None:
    clinic.page_ada()
    modal = press(clinic.ada, "Acknowledge").modal
    assert FINDING in modal.text
    assert clinic.ada.submit(modal, {"words": "left subdural"}).outcome == "closed"
    given = clinic.wait_for_state("acknowledged").acknowledgment
    assert given is not None
    assert (given.channel, given.read_back) == ("slack", ReadBack.REPEATED)
    clinic.wait_for_text(clinic.ada, "By you at")


def test_a_ticked_box_is_recorded_as_viewed(clinic: Clinic) -> None:
    clinic.page_ada()
    assert acknowledge(clinic.ada).outcome == "closed"
    given = clinic.alert().acknowledgment
    assert given is not None
    assert given.read_back is ReadBack.VIEWED


def test_that_a_finding_was_shown_is_in_the_audit_trail(clinic: Clinic) -> None:
    clinic.page_ada()
    modal = press(clinic.ada, "Acknowledge").modal
    owner = clinic.alert().owner
    assert [e.actor for e in clinic.trail() if e.what == "finding_shown"] == [owner]
    clinic.ada.close(modal)


def test_opening_the_modal_acknowledges_nothing(clinic: Clinic) -> None:
    clinic.page_ada()
    clinic.ada.close(press(clinic.ada, "Acknowledge").modal)
    assert clinic.alert().state is State.OPEN


def test_without_a_read_back_the_field_says_what_is_missing(clinic: Clinic) -> None:
    clinic.page_ada()
    answer = clinic.ada.submit(press(clinic.ada, "Acknowledge").modal)
    assert answer.outcome == "errors"
    assert answer.errors["confirm"].startswith("Please confirm")
    assert clinic.alert().state is State.OPEN


@pytest.mark.parametrize("phi", ["none"])
def test_without_phi_slack_never_gets_the_finding(clinic: Clinic) -> None:
    clinic.page_ada()
    assert acknowledge(clinic.ada, Confirm=IN_EHR).outcome == "closed"
    clinic.wait_for_text(clinic.ada, "Acknowledged")
    assert not [entry for entry in clinic.world.log if "SUBDURAL-MARKER" in entry.text]


@pytest.mark.parametrize("phi", ["message"])
def test_where_the_site_allows_it_the_message_shows_the_finding(clinic: Clinic) -> None:
    clinic.page_ada()
    assert FINDING in clinic.ada.messages[0].plain


@pytest.mark.parametrize("phi", ["none", "modal", "message"])
def test_slack_never_gets_what_identifies_the_patient(clinic: Clinic) -> None:
    clinic.page_ada()
    acknowledge(clinic.ada, Confirm=IN_EHR if clinic.settings.phi == "none" else HERE)
    clinic.wait_for_text(clinic.ada, "Acknowledged")
    everything = "\n".join(entry.text for entry in clinic.world.log)
    for marker in ("NAME-MARKER", "MRN-MARKER", "19501224", "ACCESSION-MARKER"):
        assert marker not in everything


def test_a_modal_opened_on_an_older_version_is_shown_the_newer_one(clinic: Clinic) -> None:
    clinic.page_ada()
    modal = press(clinic.ada, "Acknowledge").modal
    clinic.pass_time(1)
    newer = report(clinic.clock.now(), status_at=clinic.clock.now(), impression="NEWER finding.")
    clinic.receive(newer)
    answer = clinic.ada.submit(modal, {"Confirm": HERE})
    assert answer.outcome == "updated"
    assert answer.view is not None
    assert "The report has changed since you opened it." in answer.view.text
    assert "NEWER finding." in answer.view.text
    assert clinic.alert().state is State.OPEN
    assert clinic.ada.submit(answer.view, {"Confirm": HERE}).outcome == "closed"
    assert clinic.wait_for_state("acknowledged").acknowledgment is not None


def test_the_same_modal_submitted_twice_is_no_error(clinic: Clinic) -> None:
    clinic.page_ada()
    first, second = (press(clinic.ada, "Acknowledge").modal for _ in range(2))
    assert clinic.ada.submit(first, {"Confirm": HERE}).outcome == "closed"
    assert clinic.ada.submit(second, {"Confirm": HERE}).outcome == "closed"


def test_who_comes_second_is_told_by_whom_it_was_acknowledged(clinic: Clinic) -> None:
    clinic.page_ada()
    clinic.pass_time(30)
    clinic.ben.expect("Critical result")
    clinic.wait_for_text(clinic.ada, "to Dr. Ben Ito")
    modal = press(clinic.ada, "Acknowledge").modal
    acknowledge(clinic.ben)
    answer = clinic.ada.submit(modal, {"Confirm": HERE})
    assert answer.view is not None
    assert "was acknowledged by Dr. Ben Ito" in answer.view.text


def test_a_click_on_an_alert_that_ended_gets_an_answer_and_a_record(clinic: Clinic) -> None:
    clinic.page_ada()
    modal = press(clinic.ada, "Acknowledge").modal
    page = clinic.ada.messages[0].record
    stale = list(page.blocks)
    clinic.ada.submit(modal, {"Confirm": HERE})
    clinic.wait_for_text(clinic.ada, "Acknowledged")
    page.blocks = stale  # a phone that has not loaded the update yet
    assert "was acknowledged by you" in press(clinic.ada, "Acknowledge").ephemeral.plain
    assert clinic.refusals() == [(clinic.alert().owner, "ended")]


def test_a_stranger_gets_an_explanation_and_an_audit_entry(clinic: Clinic) -> None:
    clinic.page_ada()
    answer = clinic.eve.click("Acknowledge", clinic.ada.messages[0])
    assert "does not know your Slack account" in answer.ephemeral.plain
    assert clinic.refusals() == [("slack:T0STANDIN/U0EVE", "unknown_slack_account")]


def test_somebody_who_was_not_paged_cannot_acknowledge(clinic: Clinic) -> None:
    clinic.page_ada()
    answer = clinic.ben.click("Acknowledge", clinic.ada.messages[0])
    assert "was not sent to you" in answer.ephemeral.plain
    assert [reason for _, reason in clinic.refusals()] == ["not_paged"]
    assert clinic.ben.modals == []


def test_declining_hands_it_to_the_designee_at_once(clinic: Clinic) -> None:
    clinic.page_ada()
    modal = press(clinic.ada, "I can't take this").modal
    assert clinic.ada.submit(modal, {"reason": "I am off shift"}).outcome == "closed"
    clinic.ben.expect("Critical result")
    clinic.wait_for_text(clinic.ada, "to Dr. Ben Ito")


def test_not_my_patient_ends_the_access_and_is_reported_to_the_coordinator(
    clinic: Clinic,
) -> None:
    clinic.page_ada()
    stale = list(clinic.ada.messages[0].record.blocks)
    modal = press(clinic.ada, "I can't take this").modal
    clinic.ada.submit(modal, {"reason": "Not my patient"})
    clinic.carla.expect("not my patient")
    clinic.ben.expect("Critical result")
    clinic.wait_for_text(clinic.ada, "You passed this on: not your patient")
    assert clinic.ada.messages[0].buttons == []
    clinic.ada.messages[0].record.blocks = stale
    told = press(clinic.ada, "Acknowledge").ephemeral.plain
    assert "You said that this is not your patient" in told
    assert clinic.refusals()[-1][1] == "no_access"


def test_only_the_owner_can_pass_it_on(clinic: Clinic) -> None:
    clinic.page_ada()
    stale = list(clinic.ada.messages[0].record.blocks)
    clinic.pass_time(30)
    clinic.wait_for_text(clinic.ada, "Handed over")
    clinic.ada.messages[0].record.blocks = stale
    told = press(clinic.ada, "I can't take this").ephemeral.plain
    assert "is with Dr. Ben Ito now" in told


def test_the_last_one_who_could_take_it_is_told_so(clinic: Clinic) -> None:
    clinic.receive(report(clinic.clock.now(), ordering=()))
    clinic.carla.expect("Critical result")
    told = press(clinic.carla, "I can't take this").ephemeral.plain
    assert "Nobody is left to take it" in told
    assert f"/readback assign {clinic.alert().ref} @person" in told
    assert clinic.carla.modals == []
    assert clinic.refusals()[-1][1] == "last_one"


def test_undo_opens_it_again_within_15_minutes(clinic: Clinic) -> None:
    clinic.page_ada()
    acknowledge(clinic.ada)
    clinic.wait_for_text(clinic.ada, "[Undo]")
    clinic.pass_time(5)
    press(clinic.ada, "Undo")
    clinic.wait_for_state("open")
    clinic.wait_for_text(clinic.ada, "[Acknowledge]")


def test_undo_after_15_minutes_is_refused_privately_and_the_button_goes(clinic: Clinic) -> None:
    clinic.page_ada()
    acknowledge(clinic.ada)
    clinic.wait_for_text(clinic.ada, "[Undo]")
    clinic.pass_time(16)
    assert "15 minutes" in press(clinic.ada, "Undo").ephemeral.plain
    assert clinic.ada.messages[0].buttons == []
    assert clinic.alert().state is State.ACKNOWLEDGED


def test_undo_pressed_twice_is_told_that_it_is_open(clinic: Clinic) -> None:
    clinic.page_ada()
    acknowledge(clinic.ada)
    clinic.wait_for_text(clinic.ada, "[Undo]")
    stale = list(clinic.ada.messages[0].record.blocks)
    press(clinic.ada, "Undo")
    clinic.wait_for_text(clinic.ada, "[Acknowledge]")
    clinic.ada.messages[0].record.blocks = stale
    assert "is open again already" in press(clinic.ada, "Undo").ephemeral.plain


def test_a_withdrawn_result_says_so_on_the_page_and_aloud(clinic: Clinic) -> None:
    clinic.page_ada()
    clinic.pass_time(1)
    clinic.receive(report(clinic.clock.now(), status=Status.WITHDRAWN))
    clinic.wait_for_text(clinic.ada, "Withdrawn")
    clinic.ada.expect("withdrawn: the result was deleted")


def test_an_overdue_page_turns_overdue_and_can_still_be_acknowledged(clinic: Clinic) -> None:
    clinic.page_ada()
    for minutes in (30, 15, 15):
        clinic.pass_time(minutes)
        clinic.wait(lambda: clinic.alert().due_event(clinic.clock.now()) is None)
    clinic.wait_for_text(clinic.ada, "OVERDUE")
    assert acknowledge(clinic.ada).outcome == "closed"
    assert clinic.wait_for_state("acknowledged").expired_at is not None


def test_a_report_that_came_late_is_called_late_on_the_page_and_in_the_modal(
    clinic: Clinic,
) -> None:
    clinic.page_ada(finalized_at=clinic.clock.now() - timedelta(minutes=20))
    assert "Received late: 20 min" in clinic.ada.messages[0].plain
    assert "Received late: 20 min" in press(clinic.ada, "Acknowledge").modal.text


def test_somebody_who_is_unknown_by_now_cannot_submit_an_open_modal(clinic: Clinic) -> None:
    clinic.page_ada()
    modal = press(clinic.ada, "Acknowledge").modal
    passing_on = press(clinic.ada, "I can't take this").modal
    clinic.remove("U0ADA")
    answer = clinic.ada.submit(modal, {"Confirm": HERE})
    assert answer.view is not None
    assert "does not know your Slack account" in answer.view.text
    answer = clinic.ada.submit(passing_on, {"reason": "I am off shift"})
    assert answer.view is not None
    assert "does not know your Slack account" in answer.view.text
    strangers = [("slack:T0STANDIN/U0ADA", "unknown_slack_account")] * 2
    assert clinic.refusals() == strangers
    assert clinic.alert().state is State.OPEN


def test_a_withdrawn_result_cannot_be_acknowledged_from_an_open_modal(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = press(clinic.ada, "Acknowledge").modal
    clinic.pass_time(1)
    clinic.receive(report(clinic.clock.now(), status=Status.WITHDRAWN))
    answer = clinic.ada.submit(modal, {"Confirm": HERE})
    assert answer.view is not None
    assert f"{ref} was withdrawn: nothing more is needed." in answer.view.text

"""What people type after /readback, on the real bolt app over a real socket."""

import pytest

from bot.slack.commands import as_typed
from tests.slack.asking import ask
from tests.slack.clinic import Clinic


@pytest.mark.parametrize("text", ["", "help", "HELP"])
def test_help_lists_what_can_be_typed(clinic: Clinic, text: str) -> None:
    told = ask(clinic.eve, text)
    for verb in ("open", "show", "ack", "called", "assign", "reopen"):
        assert f"/readback {verb}" in told


def test_a_mistyped_command_is_told_what_would_work(clinic: Clinic) -> None:
    assert 'Did you mean "open"?' in ask(clinic.ada, "opne")


@pytest.mark.parametrize("around", ["{}", "{} ack", "#{}:"])
def test_a_reference_without_a_command_is_told_how_to_answer(clinic: Clinic, around: str) -> None:
    """To read that there is no k7qx would mean that there is no such alert."""
    ref = clinic.page_ada().ref
    told = ask(clinic.ada, around.format(ref.lower()))
    assert told.startswith(f"For {ref} write /readback ack {ref} or /readback show {ref}")
    assert "There is no" not in told
    theirs = ask(clinic.ben, ref)
    assert theirs.startswith(f"There is no command “{ref.lower()}”.")
    assert ref not in theirs


@pytest.mark.parametrize(
    ("verb", "button"), [("pass", "I can't take this"), ("UNDO", "Undo"), ("decline", "I can't")]
)
def test_what_an_sms_is_answered_with_is_a_button_in_slack(
    clinic: Clinic, verb: str, button: str
) -> None:
    ref = clinic.page_ada().ref
    told = ask(clinic.ada, f"{verb} {ref}")
    assert f"press “{button}" in told
    assert "assign" not in told


def test_a_command_without_its_reference_asks_for_it(clinic: Clinic) -> None:
    assert "Which one?" in ask(clinic.ada, "show")


def test_a_mistyped_reference_is_answered_with_the_nearest_of_ones_own(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    mistyped = f"{ref[:3]}A"
    assert f'Did you mean "{ref}"?' in ask(clinic.ada, f"show {mistyped}")
    assert ref not in ask(clinic.ben, f"show {mistyped}")


def test_the_code_of_the_sms_in_the_references_place_is_told_where_references_stand(
    clinic: Clinic,
) -> None:
    clinic.page_ada()
    told = ask(clinic.ada, "ack 4827")
    assert "There is no alert 4827. /readback open lists them by their references." in told


def test_open_lists_ones_own_alerts_with_the_time_left(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    told = ask(clinic.ada, "open")
    assert f"{ref} · critical · CT HEAD WITHOUT CONTRAST · answer by" in told
    assert "with Dr. Ada Osei" in told
    assert "No open alert concerns you." in ask(clinic.ben, "open")


def test_a_coordinator_sees_all_open_alerts(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    assert ref in ask(clinic.carla, "open")


def test_a_stranger_sees_nothing(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    for text in ("open", f"show {ref}", f"ack {ref}"):
        assert "does not know your Slack account" in ask(clinic.eve, text)
    assert clinic.refusals() == [("slack:T0STANDIN/U0EVE", "unknown_slack_account")] * 2


def test_show_tells_state_owner_ladder_and_timeline(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    told = ask(clinic.ada, f"show {ref.lower()}")
    assert "Open, with Dr. Ada Osei (ordering provider)" in told
    assert "designee becomes owner (slack, sms)" in told
    assert "page sent · Dr. Ada Osei · slack" in told


def test_show_never_tells_the_finding_nor_the_words_of_the_read_back(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.click("Acknowledge", clinic.ada.messages[0]).modal
    clinic.ada.submit(modal, {"words": "WORDS-MARKER"})
    told = ask(clinic.carla, f"show {ref}")
    assert "was acknowledged by Dr. Ada Osei" in told
    assert "repeated" in told
    for marker in ("WORDS-MARKER", "SUBDURAL-MARKER", "ACCESSION-MARKER"):
        assert marker not in told


def test_show_is_refused_to_somebody_whom_it_does_not_concern(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    assert "was not sent to you" in ask(clinic.ben, f"show {ref}")
    assert [reason for _, reason in clinic.refusals()] == ["not_entitled"]


def test_show_says_to_whom_passed_it_on_as_not_theirs_that_access_has_ended(
    clinic: Clinic,
) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.click("I can't take this", clinic.ada.messages[0]).modal
    clinic.ada.submit(modal, {"reason": "Not my patient"})
    clinic.carla.expect("not my patient")
    clinic.ben.expect("Critical result")
    clinic.wait_for_text(clinic.ada, "You passed this on: not your patient")
    told = ask(clinic.ada, f"show {ref}")
    assert "You said that this is not your patient: your access to it has ended" in told
    assert "was not sent" not in told
    assert clinic.refusals()[-1][1] == "no_access"


@pytest.mark.parametrize("between", ["\t", "\N{NO-BREAK SPACE}", "  \n"])
def test_whatever_is_blank_parts_the_words(clinic: Clinic, between: str) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.command("/readback", f"ack{between}{ref}").modal
    assert modal.title == f"Acknowledge {ref}"


def test_ack_opens_the_same_modal_as_the_button(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.command("/readback", f"ack {ref}").modal
    assert modal.title == f"Acknowledge {ref}"
    clinic.ada.submit(modal, {"words": "left subdural"})
    assert clinic.wait_for_state("acknowledged").acknowledgment


@pytest.mark.parametrize("written", ["`{}`", "*{}*", "{}.", "#{}", "“{}”", "({}),"])
def test_what_is_copied_along_with_a_reference_is_left_out(clinic: Clinic, written: str) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.command("/readback", f"ack {written.format(ref)}").modal
    assert modal.title == f"Acknowledge {ref}"


def test_a_coordinator_who_was_not_paged_is_pointed_to_called(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    assert f"/readback called {ref}" in ask(clinic.carla, f"ack {ref}")


@pytest.mark.parametrize(("verb", "refused"), [("called", "record a call"), ("reopen", "do this")])
def test_only_coordinators_and_radiologists_may(clinic: Clinic, verb: str, refused: str) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.click("Acknowledge", clinic.ada.messages[0]).modal
    clinic.ada.submit(modal, {"words": "left subdural"})
    told = ask(clinic.ada, f"{verb} {ref}")
    assert f"Only a coordinator or a radiologist can {refused}" in told
    assert [reason for _, reason in clinic.refusals()] == ["not_entitled"]


def test_reopen_has_it_answered_again(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.click("Acknowledge", clinic.ada.messages[0]).modal
    clinic.ada.submit(modal, {"words": "left subdural"})
    assert "is open again" in ask(clinic.rosa, f"reopen {ref}")
    assert clinic.alert().cycle == 2
    clinic.ada.expect("Critical result")


def test_reopening_what_is_open_changes_nothing(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    assert f"{ref} is open." in ask(clinic.rosa, f"reopen {ref}")
    assert clinic.alert().cycle == 1


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("Dr. Lee &amp; <@U1|lee> at 14:05", "Dr. Lee & lee at 14:05"),
        ("<tel:3125550100|312-555-0100>", "312-555-0100"),
        ("<@U1>", "@U1"),
        ("a &lt; b", "a < b"),
    ],
)
def test_other_commands_get_what_was_typed(sent: str, typed: str) -> None:
    assert as_typed(sent) == typed

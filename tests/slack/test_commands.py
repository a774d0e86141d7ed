"""What people type after /readback, on the real bolt app over a real socket."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import State
from bot.domain.events import ReadBack
from bot.sandbox.people import SlackPerson
from bot.slack.commands import as_typed, typed_call
from bot.slack.modals import Call
from tests.slack.clinic import Clinic
from tests.slack.given import NOW


def ask(person: SlackPerson, text: str) -> str:
    """The private answer to a command."""
    answer: str = person.command("/readback", text).ephemeral.plain
    return answer


@pytest.mark.parametrize("text", ["", "help", "HELP"])
def test_help_lists_what_can_be_typed(clinic: Clinic, text: str) -> None:
    told = ask(clinic.eve, text)
    for verb in ("open", "show", "ack", "called", "assign", "reopen"):
        assert f"/readback {verb}" in told


def test_a_mistyped_command_is_told_what_would_work(clinic: Clinic) -> None:
    assert 'Did you mean "open"?' in ask(clinic.ada, "opne")


def test_a_command_without_its_reference_asks_for_it(clinic: Clinic) -> None:
    assert "Which one?" in ask(clinic.ada, "show")


def test_a_mistyped_reference_is_answered_with_the_nearest_of_ones_own(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    mistyped = f"{ref[:3]}A"
    assert f'Did you mean "{ref}"?' in ask(clinic.ada, f"show {mistyped}")
    assert ref not in ask(clinic.ben, f"show {mistyped}")


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


def test_ack_opens_the_same_modal_as_the_button(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.command("/readback", f"ack {ref}").modal
    assert modal.title == f"Acknowledge {ref}"
    clinic.ada.submit(modal, {"words": "left subdural"})
    assert clinic.wait_for_state("acknowledged").acknowledgment


def test_a_coordinator_who_was_not_paged_is_pointed_to_called(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    assert f"/readback called {ref}" in ask(clinic.carla, f"ack {ref}")


def test_called_takes_a_modal_and_ends_the_alert(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.rosa.command("/readback", f"called {ref}").modal
    entered = {"whom": "Dr. Ada Osei", "number": "312-555-0199", "repeated": "Yes, repeated back"}
    assert clinic.rosa.submit(modal, entered).outcome == "closed"
    given = clinic.wait_for_state("acknowledged").acknowledgment
    assert given is not None
    assert (given.by, given.channel, given.read_back) == (
        "Dr. Ada Osei",
        "phone",
        ReadBack.REPEATED,
    )
    clinic.wait_for_text(clinic.ada, "Acknowledged")


def test_a_call_in_the_future_is_an_error_on_its_field(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.rosa.command("/readback", f"called {ref}").modal
    later = int((clinic.clock.now() + timedelta(hours=1)).timestamp())
    entered = {"whom": "Dr. Lee", "number": "4711", "repeated": "No", "when": later}
    assert clinic.rosa.submit(modal, entered).errors == {"when": "That time lies in the future."}


def local_now(clinic: Clinic) -> str:
    return f"{clinic.clock.now().astimezone(clinic.engine.site.timezone):%H:%M}"


def test_called_takes_it_all_in_one_line(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    clinic.pass_time(3)
    local = clinic.clock.now().astimezone(clinic.engine.site.timezone)
    told = ask(clinic.carla, f"called {ref} Dr. Lee at {local:%H:%M} on 312-555-0199 repeated no")
    assert f"The call for {ref} is recorded." in told
    given = clinic.alert().acknowledgment
    assert given is not None
    assert (given.by, given.read_back) == ("Dr. Lee", ReadBack.NONE)


def test_a_call_that_cannot_be_read_is_answered_with_an_example(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    told = ask(clinic.carla, f"called {ref} Dr. Lee just now")
    assert "/readback called K7QX Dr. Lee at 14:05 on 312-555-0100 repeated yes" in told
    assert clinic.alert().state is State.OPEN


def test_a_number_without_digits_is_not_recorded(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    told = ask(clinic.carla, f"called {ref} Dr. Lee at {local_now(clinic)} on hold repeated no")
    assert "Please give the number." in told
    assert clinic.alert().state is State.OPEN


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


def test_a_call_for_an_alert_that_ended_is_told_so(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    line = f"called {ref} Dr. Lee at {local_now(clinic)} on 4711 repeated no"
    ask(clinic.carla, line)
    assert "nothing more is needed" in ask(clinic.carla, line)


# ---- assign ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "whom", ["<@U0CARLA>", "<@U0CARLA|carla.reyes>", "Carla Reyes RN", "@carla.reyes", "reyes"]
)
def test_the_owner_assigns_it_to_whom_they_mention_or_name(clinic: Clinic, whom: str) -> None:
    ref = clinic.page_ada().ref
    assert f"{ref} is with Carla Reyes RN now." in ask(clinic.ada, f"assign {ref} {whom}")
    clinic.carla.expect("Critical result")
    clinic.wait_for_text(clinic.ada, "to Carla Reyes RN")
    assert clinic.alert().state is State.OPEN


@pytest.mark.parametrize("who", ["carla", "rosa"])
def test_a_coordinator_and_a_radiologist_may_assign(clinic: Clinic, who: str) -> None:
    ref = clinic.page_ada().ref
    assert "is with Dr. Ben Ito now" in ask(getattr(clinic, who), f"assign {ref} <@U0BEN>")


def test_nobody_else_may_assign_and_that_is_recorded(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    told = ask(clinic.ben, f"assign {ref} <@U0BEN>")
    assert "Only its owner, a coordinator or a radiologist can do this." in told
    assert "does not know your Slack account" in ask(clinic.eve, f"assign {ref} <@U0BEN>")
    assert [reason for _, reason in clinic.refusals()] == ["not_entitled", "unknown_slack_account"]
    assert clinic.alert().owner_role.value == "ordering_provider"


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ("", "To whom?"),
        ("<@U0EVE>", "does not know that Slack account"),
        ("Dr.", "Several people: Dr. Ada Osei, Dr. Ben Ito, Dr. Rosa Lind. Which one?"),
        ("Bem Ito", "There is nobody named “Bem Ito”."),
        ("@!", "There is nobody named"),
        ("Ada Osei", "with that person already"),
    ],
)
def test_whom_nobody_can_tell_is_asked_for_again(clinic: Clinic, whom: str, said: str) -> None:
    ref = clinic.page_ada().ref
    assert said in ask(clinic.ada, f"assign {ref} {whom}")


def test_assigned_to_who_has_declined_is_refused(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.click("I can't take this", clinic.ada.messages[0]).modal
    clinic.ada.submit(modal, {"reason": "I am off shift"})
    assert "has declined this alert" in ask(clinic.carla, f"assign {ref} <@U0ADA>")


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


# ---- a call in one line ---------------------------------------------------------------------


def test_a_time_of_day_that_has_not_come_yet_was_yesterdays() -> None:
    assert typed_call("Dr. Lee at 23:50 on 4711 repeated yes", "America/Chicago", NOW) == Call(
        "Dr. Lee", "4711", datetime(2026, 3, 4, 5, 50, tzinfo=UTC), repeated_back=True
    )


def test_a_name_may_hold_the_words_that_separate() -> None:
    call = typed_call(
        "Nurse Pat at the front desk at 14:00 on +1 312 555 0199 repeated back no",
        "America/Chicago",
        NOW,
    )
    assert call is not None
    assert (call.reached, call.number) == ("Nurse Pat at the front desk", "+1 312 555 0199")
    assert call.at == NOW - timedelta(minutes=2)


@pytest.mark.parametrize("text", ["", "Dr. Lee", "Dr. Lee at 25:00 on 4711 repeated yes"])
def test_what_is_no_call_is_none(text: str) -> None:
    assert typed_call(text, "America/Chicago", NOW) is None


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_a_call(text: str) -> None:
    call = typed_call(text, "America/Chicago", NOW)
    assert call is None or call.reached


@given(st.from_regex(r"\d{1,2}:\d{2}", fullmatch=True), st.sampled_from(["America/Chicago", "UTC"]))
def test_a_typed_time_is_never_in_the_future_nor_older_than_a_day(clock: str, zone: str) -> None:
    call = typed_call(f"Dr. Lee at {clock} on 4711 repeated yes", zone, NOW)
    if call is not None:
        assert NOW - timedelta(days=1) <= call.at <= NOW + timedelta(minutes=5)

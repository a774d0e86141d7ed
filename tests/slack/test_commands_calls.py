"""A phone call recorded by /readback called, in a modal or in one line."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import State
from bot.domain.events import ReadBack
from bot.slack.commands import typed_call
from bot.slack.modals import Call
from tests.slack.asking import ask, local_now
from tests.slack.clinic import Clinic
from tests.slack.given import NOW


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


def test_called_takes_it_all_in_one_line(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    clinic.pass_time(3)
    local = clinic.clock.now().astimezone(clinic.engine.site.timezone)
    told = ask(clinic.carla, f"called {ref} Dr. Lee at {local:%H:%M} on 312-555-0199 repeated no")
    assert f"The call for {ref} is recorded: Dr. Lee at {local:%H:%M}, not repeated back." in told
    given = clinic.alert().acknowledgment
    assert given is not None
    assert (given.by, given.read_back) == ("Dr. Lee", ReadBack.NONE)


def test_how_a_typed_time_was_understood_is_told(clinic: Clinic) -> None:
    """By "2:05" somebody may mean the afternoon: it ends the alert and stands in the trail."""
    ref = clinic.page_ada().ref
    then = clinic.clock.now().astimezone(clinic.engine.site.timezone) - timedelta(hours=11)
    told = ask(clinic.carla, f"called {ref} Dr. Lee at {then:%H:%M} on 4711 repeated back yes")
    day = "" if then.date() == (then + timedelta(hours=11)).date() else f"{then:%a} "
    assert f"is recorded: Dr. Lee at {day}{then:%H:%M}, repeated back. Not so? " in told
    assert f"/readback reopen {ref}" in told


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


def test_a_call_for_an_alert_that_ended_is_told_so(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    line = f"called {ref} Dr. Lee at {local_now(clinic)} on 4711 repeated no"
    ask(clinic.carla, line)
    assert "nothing more is needed" in ask(clinic.carla, line)


def test_for_an_alert_that_ended_no_form_is_opened(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    ask(clinic.carla, f"called {ref} Dr. Lee at {local_now(clinic)} on 4711 repeated no")
    assert "was acknowledged by Dr. Lee" in ask(clinic.carla, f"called {ref}")
    assert clinic.carla.modals == []
    assert clinic.refusals()[-1][1] == "ended"


# ---- a call in one line ---------------------------------------------------------------------


def test_a_time_of_day_that_has_not_come_yet_was_yesterdays() -> None:
    assert typed_call("Dr. Lee at 23:50 on 4711 repeated yes", "America/Chicago", NOW) == Call(
        "Dr. Lee", "4711", datetime(2026, 3, 4, 5, 50, tzinfo=UTC), repeated_back=True
    )


@pytest.mark.parametrize(
    ("clock", "minutes_ago"),
    [("01:05", 5), ("01:14", -4), ("01:45", 25), ("00:50", 80)],
)
def test_in_the_hour_that_comes_twice_the_later_time_counts_if_it_has_come(
    clock: str, minutes_ago: int
) -> None:
    now = datetime(2026, 11, 1, 7, 10, tzinfo=UTC)  # 01:10 CST, an hour after 01:10 CDT
    call = typed_call(f"Dr. Lee at {clock} on 4711 repeated yes", "America/Chicago", now)
    assert call is not None
    assert call.at == now - timedelta(minutes=minutes_ago)


def test_a_name_may_hold_the_words_that_separate() -> None:
    call = typed_call(
        "Nurse Pat at the front desk at 14:00 on +1 312 555 0199 repeated back no",
        "America/Chicago",
        NOW,
    )
    assert call is not None
    assert (call.reached, call.number) == ("Nurse Pat at the front desk", "+1 312 555 0199")
    assert call.at == NOW - timedelta(minutes=2)


@pytest.mark.parametrize(
    ("clock", "hour", "minute"),
    [
        *(("2:05 pm", 14, 5), ("2:05PM", 14, 5), ("2:05 a.m.", 2, 5)),
        *(("12:00 am", 0, 0), ("12:10 p.m.", 12, 10), ("1:50 p.m", 13, 50)),
    ],
)
def test_a_time_may_be_told_by_the_half_of_the_day(clock: str, hour: int, minute: int) -> None:
    now = datetime(2026, 3, 4, 22, 10, tzinfo=UTC)
    call = typed_call(f"Dr. Lee at {clock} on 4711 repeated yes", "America/Chicago", now)
    assert call is not None
    assert call.at == datetime(2026, 3, 4, hour, minute, tzinfo=ZoneInfo("America/Chicago"))


@pytest.mark.parametrize(
    "text",
    ["", "Dr. Lee", "Dr. Lee at 25:00 on 4711 repeated yes"]
    + [f"Dr. Lee at {clock} on 4711 repeated yes" for clock in ("14:05 pm", "0:05 am", "2:60 pm")],
)
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

"""Phones ring: by policy, until somebody who has the code or a PIN answers."""

import re

import pytest

from bot.domain import spoken
from bot.domain.alert import State
from bot.domain.state import Acknowledgment
from bot.engine import proof
from bot.sandbox.demo.place import CALL_FROM, CALLER
from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.phone_calls import PhoneCall
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.stories import code_in, paged
from storage import drills
from tests.scenarios.looking import (
    checked,
    entries,
    expect_everything,
    import_people,
    operate,
    owner,
    pages,
)
from tests.scenarios.test_database_away import without_table
from tests.scenarios.test_promise_09_no_patient_leaves import MARK, leaks, marked

PIN = "271828"
HEADING, *ROWS = PEOPLE_CSV.splitlines()
WITH_PIN = "\n".join([f"{HEADING},pin", *(f"{r},{PIN if 'Ada' in r else ''}" for r in ROWS)])


@pytest.fixture
def settings() -> dict[str, str]:
    """A site that can ring phones."""
    return {CALL_FROM: CALLER}


def critical(hospital: Hospital) -> str:
    """A critical report for Ada, and five minutes; the code of her SMS."""
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=5)
    return code_in(sms)


def calls(hospital: Hospital) -> list[tuple[str, float]]:
    """Whose phone rang, and how many minutes after the opening."""
    alert = hospital.alert()
    rows = [row for row in pages(hospital) if row.slip.channel == "voice" and row.claimed_at]
    found = ((alert.roster.person(row.slip.person_id), row.not_before) for row in rows)
    return [(p.name, round((at - alert.opened_at).total_seconds() / 60, 1)) for p, at in found if p]


def picked_up(member: Member) -> PhoneCall:
    """Their phone has rung and they listen."""
    return member.phone.expect_call("press 1")


def nobody_answered(member: Member, times: int = 2) -> None:
    assert [member.phone.expect_call().status for _ in range(times)] == ["no-answer"] * times


def acknowledgment(hospital: Hospital) -> Acknowledgment:
    hospital.settle()
    given = hospital.alert().acknowledgment
    assert given is not None
    expect_everything(hospital)
    return given


def test_the_owner_is_called_at_five_minutes_and_once_more_within_three(hospital: Hospital) -> None:
    critical(hospital)
    hospital.pass_time(minutes=4.9)
    nobody_answered(hospital.ada)
    assert calls(hospital) == [("Dr. Ada Osei", 5.0), ("Dr. Ada Osei", 6.0)]
    failed = [(e.data["reason"], e.data["permanent"]) for e in entries(hospital, "page_failed")]
    assert failed == [("voice-no-answer", False), ("voice-no-answer", True)]
    assert owner(hospital) == hospital.ada.name, "the pages that she can read still stand"
    told = [event for _, event in hospital.timeline() if "Dr. Ada Osei's phone" in event]
    assert len(told) == 2
    shown = operate(hospital, "alerts", "show", hospital.alert().ref)
    assert shown.count("rang (voice-no-answer)") == 2


def test_a_call_that_twilio_did_not_take_is_not_one_of_the_two(hospital: Hospital) -> None:
    hospital.world.twilio.faults.fail_next("calls.create", error=20429)
    critical(hospital)
    hospital.pass_time(minutes=4)
    nobody_answered(hospital.ada)
    assert [row.slip.tries for row in pages(hospital) if row.slip.channel == "voice"] == [1, 2, 3]


def test_a_phone_rings_although_twilio_is_away_for_seconds_at_the_fifth_minute(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0,))
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.pass_time(minutes=4.9)
    hospital.world.twilio_down()
    hospital.pass_time(minutes=0.3)
    hospital.world.twilio_down(down=False)
    hospital.pass_time(minutes=3)
    nobody_answered(hospital.ada)
    assert calls(hospital)[-2:] == [("Dr. Ada Osei", 6.0), ("Dr. Ada Osei", 7.0)]


def test_a_key_and_the_code_of_the_sms_acknowledge(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    code = critical(hospital)
    call = picked_up(hospital.ada)
    assert "critical imaging result" in call.heard
    assert "3 1 2, 5 5 5, 0 1 0 0" in call.heard
    assert hospital.alert().is_open, "nobody has pressed a key yet"
    hospital.world.twilio.exchange.duplicate_requests = True
    assert call.press("1").press(f"{code}#").over
    assert "is acknowledged" in call.last_heard
    given = acknowledgment(hospital)
    assert (given.by, given.channel) == (hospital.alert().owner, "voice")
    hospital.pass_time(minutes=60)
    assert calls(hospital) == [("Dr. Ada Osei", 5.0)]
    assert [e.data["channel"] for e in entries(hospital, "page_delivered")] == ["sms", "voice"]


def test_a_pin_acknowledges_on_a_landline_that_takes_no_sms(hospital: Hospital) -> None:
    import_people(hospital, (PEOPLE_CSV, WITH_PIN))
    hospital.ada.phone.landline()
    hospital.ada.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.ada.slack.expect_new("Critical")
    call = picked_up(hospital.ada).press("3")
    assert len(re.findall("press 1", call.heard)) == 2, "the call came at once, and says it again"
    assert call.press("1").press(f"{PIN}#").over
    assert acknowledgment(hospital).channel == "voice"
    assert calls(hospital) == [("Dr. Ada Osei", 0.0)]
    assert not [entry for entry in hospital.world.log if PIN in entry.text and entry.method]


def test_whoever_could_hear_a_call_and_not_answer_it_gives_way_at_once(hospital: Hospital) -> None:
    """A landline, no Slack, no PIN: nobody waits half an hour for an answer that cannot come."""
    hospital.sam.phone.landline()
    began = hospital.now
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="1"))
    paged(hospital.ben)
    assert (owner(hospital, "1"), hospital.now) == (hospital.ben.name, began)
    hospital.send(hospital.report("cr-chest-pneumothorax", accession="2"))
    paged(hospital.ben)
    hospital.pass_time(minutes=4)
    assert not hospital.sam.phone.calls
    sent = [e for e in hospital.world.log if hospital.sam.phone.number in e.text]
    assert len(sent) == 1, "what is known to take no SMS is sent none"
    expect_everything(hospital)


def test_on_a_landline_a_pin_is_enough_to_be_asked(hospital: Hospital) -> None:
    import_people(hospital, (PEOPLE_CSV, WITH_PIN.replace("U0ADA", "")))
    hospital.ada.phone.landline()
    hospital.ada.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    picked_up(hospital.ada).press("1").press(f"{PIN}#")
    assert acknowledgment(hospital).by == hospital.alert().owner


def test_a_child_that_presses_keys_acknowledges_nothing(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    critical(hospital)
    call = picked_up(hospital.ada).press("1")
    for guess in ("1111#", "#", "2222#"):
        assert not call.over
        call.press(guess)
    assert call.over
    assert "Nothing was acknowledged" in call.last_heard
    assert hospital.alert().state is State.OPEN
    hospital.pass_time(minutes=3)
    assert calls(hospital) == [("Dr. Ada Osei", 5.0)], "somebody answered: it does not ring again"


def test_a_voicemail_is_told_and_counts_as_unanswered(hospital: Hospital) -> None:
    hospital.ada.phone.answers("voicemail")
    critical(hospital)
    hospital.pass_time(minutes=3)
    for _ in range(2):
        left = hospital.ada.phone.expect_call("imaging result")
        assert (left.over, left.record.pressed) == (True, [])
        assert "press 1" not in left.heard
    assert [e.data["reason"] for e in entries(hospital, "page_failed")] == ["voice-machine"] * 2
    assert hospital.alert().is_open


@pytest.mark.parametrize("silence", ["stay_silent", "hang_up"])
def test_who_picks_up_and_presses_no_key_is_called_once_more(
    hospital: Hospital, silence: str
) -> None:
    """A voicemail with a short greeting passes for a person, as does a phone in do-not-disturb."""
    hospital.ada.phone.answers("picks up")
    critical(hospital)
    for minute in (1, 3):
        call = picked_up(hospital.ada)
        while not call.over:
            getattr(call, silence)()
        hospital.settle()
        hospital.pass_time(minutes=minute)
    assert calls(hospital) == [("Dr. Ada Osei", 5.0), ("Dr. Ada Osei", 6.0)]
    assert [e.data["reason"] for e in entries(hospital, "page_failed")] == ["voice-unsure"] * 2
    assert owner(hospital) == hospital.ada.name
    expect_everything(hospital)


def test_check_names_whom_no_phone_can_wake(hospital: Hospital) -> None:
    import_people(hospital, ("+13125550101", ""), ("+13125550105", ""))
    said = checked(hospital, "advice")
    silent = f"{hospital.ada.name}, {hospital.rosa.name}"
    assert f"can get critical pages and have no phone that rings: {silent}" in said


class TestWithoutANumberThatCalls:
    """No phone rings for anybody, and check says so with the cure."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {}

    def test_check_says_so_and_whom_a_number_would_not_help(self, hospital: Hospital) -> None:
        import_people(hospital, ("+13125550101", ""))
        said = checked(hospital, "advice")
        (nobody,) = [what for what in said if what.startswith("no twilio.call_from: no phone")]
        assert "Set it to a number" in said[nobody]
        still = [what for what in said if "would still have no phone that rings" in what]
        assert still == [
            "can get critical pages and would still have no phone that rings: " + hospital.ada.name
        ]


def test_two_passes_it_to_the_designee_whose_phone_rings_in_turn(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    critical(hospital)
    hospital.world.twilio.exchange.duplicate_requests = True
    call = picked_up(hospital.ada).press("2")
    assert "went to the next person" in call.last_heard
    hospital.settle()
    assert owner(hospital) == hospital.ben.name
    hospital.pass_time(minutes=7)
    nobody_answered(hospital.ben)
    assert calls(hospital)[1:] == [("Dr. Ben Ito", 10.0), ("Dr. Ben Ito", 11.0)]
    expect_everything(hospital)


def test_the_coordinators_phone_rings_at_once_and_again_after_the_end(hospital: Hospital) -> None:
    critical(hospital)
    hospital.pass_time(minutes=55)
    assert calls(hospital) == [
        ("Dr. Ada Osei", 5.0),
        ("Dr. Ada Osei", 6.0),
        ("Dr. Ben Ito", 35.0),
        ("Dr. Ben Ito", 36.0),
        ("Carla Reyes RN", 45.0),
        ("Carla Reyes RN", 46.0),
        ("Chris Novak RN", 60.0),
    ]
    hospital.pass_time(minutes=1)
    for member in (hospital.ada, hospital.ben, hospital.carla, hospital.chris):
        nobody_answered(member)
    expect_everything(hospital)


def test_a_call_tells_nothing_of_the_patient(hospital: Hospital) -> None:
    for member in (hospital.ada, hospital.ben):
        member.phone.answers("picks up" if member is hospital.ada else "voicemail")
    hospital.send(marked(hospital.now, "C1"))
    hospital.pass_time(minutes=5)
    heard = picked_up(hospital.ada).press("1").press("1111#").press("2222#").press("3333#").heard
    hospital.pass_time(minutes=34)
    left = hospital.ben.phone.expect_call("imaging result").heard
    assert not MARK.findall(heard + left)
    assert leaks(hospital, "modal") == []
    expect_everything(hospital)


def test_a_key_that_cannot_be_stored_is_told_so(
    hospital: Hospital, database_url: str, log_errors: set[str]
) -> None:
    log_errors.add("webhook_not_kept")
    hospital.ada.phone.answers("picks up")
    critical(hospital)
    call = picked_up(hospital.ada)
    with without_table(database_url, "inbound"):
        assert "Not recorded" in call.press("1").last_heard
    assert call.over
    assert hospital.alert().is_open


def test_who_picked_up_and_heard_an_error_is_called_once_more(hospital: Hospital) -> None:
    """Our own server is away for a moment: Twilio has nothing to say, and says so."""
    hooks = hospital.world.twilio.carrier.hooks
    hospital.ada.phone.answers("picks up")
    hospital.send(hospital.report("ct-head-hemorrhage"))
    paged(hospital.ada)
    hospital.pass_time(minutes=4.9)
    hooks.unreachable = True
    hospital.pass_time(minutes=0.2)
    assert "error" in hospital.ada.phone.expect_call().heard
    hooks.unreachable = False
    hospital.pass_time(minutes=3)
    picked_up(hospital.ada)
    assert [e.data["reason"] for e in entries(hospital, "page_failed")] == ["voice-unsure"]
    expect_everything(hospital)


def test_a_test_call_is_answered_like_a_page_and_proves_the_channel(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    operate(hospital, "people", "test", hospital.ada.name)
    hospital.settle()
    call = hospital.ada.phone.expect_call("a test of Readback")
    assert "critical" not in call.heard
    code = code_in(hospital.ada.phone.expect_sms("TEST"))
    call.press("1").press("9999#")
    assert "PIN" in call.last_heard
    assert "calls reach you" in call.press(f"{code}#").last_heard
    hospital.settle()
    tested = hospital.database.look(drills.results)
    assert [one.drill.channel for one in tested if one.drill.answered_at] == ["voice"]
    expect_everything(hospital)


def test_a_test_call_that_nobody_takes_rings_once_more(hospital: Hospital) -> None:
    hospital.ada.phone.answers("voicemail")
    operate(hospital, "people", "test", hospital.ada.name)
    hospital.pass_time(hours=2)
    left = hospital.ada.phone.calls
    assert [call.heard for call in left] == [spoken.TEST_LEFT] * 2
    expect_everything(hospital)


def test_callbacks_that_come_twice_and_in_any_order_count_once(hospital: Hospital) -> None:
    carrier = hospital.world.twilio.carrier
    carrier.duplicate_callbacks = carrier.shuffle_callbacks = True
    critical(hospital)
    hospital.pass_time(minutes=3)
    nobody_answered(hospital.ada)
    assert len(entries(hospital, "page_failed")) == 2


def test_what_became_of_a_call_is_asked_for_where_its_callbacks_got_lost(
    hospital: Hospital,
) -> None:
    hospital.world.twilio.carrier.lose_callbacks = True
    critical(hospital)
    hospital.pass_time(minutes=5)
    nobody_answered(hospital.ada)
    assert len(entries(hospital, "page_failed")) == 2
    expect_everything(hospital)


def test_a_call_whose_answer_was_lost_is_found_and_rings_once(hospital: Hospital) -> None:
    hospital.ada.phone.answers("picks up")
    hospital.world.twilio.faults.fail_next("calls.create", "lost_reply")
    code = critical(hospital)
    picked_up(hospital.ada).press("1").press(f"{code}#")
    assert acknowledgment(hospital).channel == "voice"
    assert len(hospital.ada.phone.calls) == 1


class TestWithoutAPublicUrl:
    """Twilio cannot ask what to say, nor tell what became of it."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        calls = {CALL_FROM: CALLER, "READBACK_TWILIO__CALLS_PER_SECOND": "10"}
        return {**calls, "READBACK_WEB__PUBLIC_URL": ""}

    def test_the_call_announces_and_asks_for_the_code_or_slack(self, hospital: Hospital) -> None:
        hospital.ada.phone.answers("picks up")
        critical(hospital)
        call = hospital.ada.phone.expect_call("answer in Slack, or with the code")
        assert call.over
        assert "press" not in call.heard
        hospital.pass_time(minutes=3)
        assert calls(hospital) == [("Dr. Ada Osei", 5.0)], "a person has heard it"
        assert hospital.alert().is_open

    def test_one_that_nobody_takes_is_asked_after_and_rings_once_more(
        self, hospital: Hospital
    ) -> None:
        critical(hospital)
        hospital.pass_time(minutes=4)
        nobody_answered(hospital.ada)
        failed = [e.data["reason"] for e in entries(hospital, "page_failed")]
        assert failed == ["voice-no-answer"] * 2

    def test_of_two_calls_in_doubt_neither_is_taken_for_the_other(self, hospital: Hospital) -> None:
        """One request was taken, which nobody could find out; the next one was not, and calls say
        nothing of themselves."""
        faults = hospital.world.twilio.faults
        faults.fail_next("calls.create", "lost_reply")
        faults.fail_next("calls.list", status=503, times=len(proof.PROOF_WAITS))
        for accession in ("1", "2"):
            hospital.send(hospital.report("ct-head-hemorrhage", accession=accession))
            hospital.pass_time(minutes=0.5)
        hospital.pass_time(minutes=4)
        faults.fail_next("calls.create", "refuse")
        hospital.pass_time(minutes=0.5)
        twiml = {call.sid: call.record.twiml for call in hospital.ada.phone.calls}
        for accession in ("1", "2"):
            ref = hospital.alert(accession).ref
            rang = [
                r for r in pages(hospital, accession) if r.slip.channel == "voice" and r.claimed_at
            ]
            assert [row.state for row in rang[:2]] == ["uncertain", "sent"]
            assert spoken.spelled(ref) in twiml[rang[1].provider_id]
        expect_everything(hospital)

from dataclasses import replace

import pytest

from bot.domain.alert import TRANSITIONS, State, advance
from bot.domain.coverage import Role, Roster
from bot.domain.events import (
    AcknowledgmentUndone,
    CallRecorded,
    Declined,
    DeclineReason,
    Event,
    NotAllowed,
    Opened,
    PageDelivered,
    PageFailed,
    Reassigned,
    Reopened,
    StepDue,
    WindowPassed,
    Withdrawn,
)
from bot.domain.paging import waits_for_retry
from tests.domain.loop import (
    ADA,
    BEN,
    BOTH,
    CARLA,
    CHRIS,
    EVERYBODY,
    ROSA,
    SIGNIFICANT,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)

# ---- the ladder of the default policy --------------------------------------------------------


def test_a_critical_alert_follows_the_table_of_the_default_policy() -> None:
    loop = Loop().open().pass_to(81)
    assert loop.asked() == [
        (0, "ada"),
        (10, "ada"),
        (20, "ada"),
        (30, "ben"),
        (45, "carla"),
        (60, "chris"),
        (70, "carla"),
        (80, "chris"),
    ]
    assert loop.told("please_phone") == [(45, "rosa"), (60, "rosa")]
    assert loop.alert.expired_at == T0 + minutes(60)


def test_a_significant_alert_follows_the_table_of_the_default_policy() -> None:
    loop = Loop(new_alert(policy=SIGNIFICANT)).open().pass_to(60 * 28 + 1)
    hours = [(minute / 60, who) for minute, who in loop.asked()]
    assert hours == [
        (0, "ada"),
        (4, "ada"),
        (12, "ada"),
        (18, "ben"),
        (21, "carla"),
        (24, "chris"),
        (26, "carla"),
        (28, "chris"),
    ]
    assert loop.told("please_phone") == [(60 * 24, "rosa")]


def test_every_step_goes_out_on_slack_and_sms() -> None:
    loop = Loop().open().pass_to(60)
    for minute, who in loop.asked():
        assert {c for m, w, c in loop.pages if (m, w) == (minute, who)} == set(BOTH)


def test_who_hands_over_is_told_so() -> None:
    loop = Loop().open().pass_to(45)
    assert loop.told("handed_over") == [(30, "ada"), (45, "ben")]


def test_everybody_who_was_paged_sees_that_the_window_has_passed() -> None:
    loop = Loop().open().pass_to(60)
    assert loop.told("expired") == [(60, "ada"), (60, "ben"), (60, "carla")]


# ---- late receipt ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "designee", "coordinator"), [(5, 30, 45), (28, 31, 45), (50, 53, 56), (52, 55, 58)]
)
def test_a_late_report_has_a_compressed_ladder(
    received: float, designee: float, coordinator: float
) -> None:
    loop = Loop().open(received).pass_to(59)
    moves = [m for m, who in loop.asked() if who in {"ben", "carla"}]
    assert moves == [designee, coordinator]


def test_the_designee_is_paged_a_gap_before_the_window_passes_at_the_latest() -> None:
    loop = Loop().open(56).pass_to(59)
    assert loop.asked() == [(56, "ada"), (57, "ben")]


def test_reminders_that_no_longer_fit_are_dropped() -> None:
    loop = Loop().open(18).pass_to(30)
    assert loop.asked() == [(18, "ada"), (30, "ben")]


def test_when_nothing_fits_everybody_is_paged_once_and_the_coordinator_owns_it() -> None:
    loop = Loop().open(57)
    assert sorted(loop.asked()) == [(57, "ada"), (57, "ben"), (57, "carla")]
    assert (loop.alert.owner, loop.alert.owner_role) == ("carla", Role.COORDINATOR)
    loop.pass_to(60)
    assert loop.asked()[3:] == [(60, "chris")]


def test_when_the_window_has_passed_already_everybody_is_paged_once_and_the_miss_recorded() -> None:
    loop = Loop().open(90)
    assert sorted(loop.asked()) == [(90, "ada"), (90, "ben"), (90, "carla")]
    assert loop.alert.owner == "carla"
    assert loop.alert.expired_at == T0 + minutes(90)
    assert loop.told("please_phone") == [(90, "rosa")]
    assert loop.alert.next_action_at == T0 + minutes(100)


def test_somebody_in_two_roles_is_paged_once_when_everybody_is_paged() -> None:
    roster = replace(EVERYBODY, ordering=CARLA, designee=CARLA, coordinators=(CARLA,))
    loop = Loop(new_alert(roster)).open(90)
    assert sorted(loop.pages) == [(90, "carla", "slack"), (90, "carla", "sms")]


def test_a_stale_report_wakes_one_coordinator_and_nobody_else() -> None:
    loop = Loop().open(60 * 24 + 1).pass_to(60 * 26 + 2)
    assert loop.asked() == [(1441, "carla"), (1501, "carla"), (1561, "carla")]
    assert {what for _, what, _, _ in loop.notices} == {"superseded"}
    assert loop.alert.stale


def test_a_significant_report_is_stale_after_seven_days() -> None:
    week = 60 * 24 * 7
    assert not Loop(new_alert(policy=SIGNIFICANT)).open(week).alert.stale
    assert Loop(new_alert(policy=SIGNIFICANT)).open(week + 1).alert.stale


# ---- nobody to ask ---------------------------------------------------------------------------


def test_an_unknown_provider_brings_it_to_the_coordinator_at_once() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, ordering=None))).open().pass_to(59)
    assert loop.asked() == [(0, "carla"), (10, "carla"), (20, "carla")]
    assert loop.told("please_phone") == [(45, "rosa")]


def test_a_provider_without_contact_brings_it_to_the_designee_at_once() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ()))
    assert Loop(new_alert(roster)).open().asked() == [(0, "ben")]


def test_a_missing_designee_brings_the_coordinator_at_the_designees_time() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, designee=None))).open().pass_to(59)
    assert loop.asked()[3:] == [(30, "carla")]


def test_a_designee_who_is_the_ordering_provider_is_not_asked_again() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, designee=ADA))).open().pass_to(59)
    assert loop.asked()[3:] == [(30, "carla")]


def test_the_coordinator_step_goes_past_a_designee_who_is_a_coordinator() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, designee=CARLA))).open().pass_to(45)
    assert loop.asked()[3:] == [(30, "carla"), (45, "chris")]


def test_an_ordering_provider_who_is_the_only_coordinator_is_asked_again_as_such() -> None:
    roster = Roster(ordering=CARLA, coordinators=(CARLA,))
    loop = Loop(new_alert(roster)).open().pass_to(30)
    assert loop.asked()[-1] == (30, "carla")
    assert loop.alert.owner_role is Role.COORDINATOR


def test_without_any_roster_the_alert_is_tried_again_after_each_gap() -> None:
    loop = Loop(new_alert(Roster())).open().pass_to(9)
    assert loop.alert.owner == ""
    assert [minute for minute, _ in loop.entries("nobody_reachable")] == [0, 3, 6, 9]
    assert loop.alert.next_action_at == T0 + minutes(12)


# ---- time ------------------------------------------------------------------------------------


def test_after_an_outage_the_designee_is_paged_before_the_coordinator() -> None:
    loop = Loop().open().jump_to(50)
    assert loop.asked() == [(0, "ada"), (50, "ben")]
    loop.pass_to(54)
    assert loop.asked()[2:] == [(53, "carla")]


def test_after_an_outage_one_reminder_makes_up_for_all_that_were_missed() -> None:
    assert Loop().open().jump_to(25).asked() == [(0, "ada"), (25, "ada")]


def test_after_an_outage_beyond_the_window_nobody_is_paged_twice() -> None:
    loop = Loop().open().jump_to(300)
    assert sorted(loop.asked()[1:]) == [(300, "ben"), (300, "carla")]


def test_a_step_that_is_not_due_does_nothing() -> None:
    loop = Loop().open()
    before = loop.alert
    assert loop.do(StepDue()) == ()
    assert loop.alert == before


def test_time_events_change_nothing_after_the_end() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    before = loop.alert
    assert loop.do(StepDue()) + loop.do(WindowPassed()) == ()
    assert loop.alert == before
    assert loop.alert.due_event(T0 + minutes(500)) is None


def test_a_reminder_may_ask_the_radiologist_to_phone() -> None:
    policy = new_alert().policy
    steps = tuple(replace(s, please_phone=s.who is Role.OWNER) for s in policy.steps)
    loop = Loop(new_alert(policy=replace(policy, steps=steps))).open().pass_to(10)
    assert loop.told("please_phone") == [(10, "rosa")]


def test_a_radiologist_who_cannot_be_reached_is_recorded() -> None:
    loop = Loop(new_alert(replace(EVERYBODY, radiologist=None))).open().pass_to(45)
    assert loop.entries("radiologist_unreachable")


# ---- acknowledgment --------------------------------------------------------------------------


def test_an_acknowledgment_ends_all_paging() -> None:
    loop = Loop(held=True).open()
    loop.acknowledge(ADA)
    assert loop.outbox == []
    loop.pass_to(500)
    assert loop.alert.state is State.ACKNOWLEDGED
    assert loop.asked() == [(0, "ada")]


def test_who_was_paged_earlier_may_acknowledge_after_hand_over_and_after_expiry() -> None:
    loop = Loop().open().pass_to(75)
    loop.acknowledge(ADA)
    assert loop.alert.acknowledgment
    assert loop.alert.acknowledgment.by == "ada"
    assert loop.entries("acknowledged")[0][1].data["late"] is True


def test_everybody_who_was_paged_hears_of_the_acknowledgment() -> None:
    loop = Loop().open().pass_to(45)
    loop.acknowledge(BEN)
    assert loop.told("acknowledged") == [(45, "ada"), (45, "ben"), (45, "carla")]


def test_who_answered_by_sms_and_has_no_slack_gets_no_notice_of_their_own_answer() -> None:
    sam = person("ada", ("sms",))
    loop = Loop(new_alert(replace(EVERYBODY, ordering=sam))).open()
    loop.acknowledge(sam)
    assert loop.told("acknowledged") == []


def test_nobody_else_can_acknowledge() -> None:
    with pytest.raises(NotAllowed, match="not_paged"):
        Loop().open().acknowledge(BEN)


def test_an_acknowledgment_of_an_older_version_is_refused_once_the_finding_changed() -> None:
    loop = Loop().open()
    loop.amend(finding="f2")
    with pytest.raises(NotAllowed, match="superseded"):
        loop.acknowledge(ADA, version=1)
    loop.acknowledge(ADA, version=2)


def test_an_acknowledgment_of_an_older_version_counts_where_nothing_material_changed() -> None:
    loop = Loop().open()
    loop.amend()
    loop.acknowledge(ADA, version=1)
    assert loop.alert.state is State.ACKNOWLEDGED


def test_an_acknowledgment_after_the_window_is_a_miss_even_before_the_sweep_has_seen_it() -> None:
    loop = Loop().open()
    loop.now = T0 + minutes(61)
    loop.acknowledge(ADA)
    assert loop.alert.expired_at == loop.now
    assert loop.entries("expired")


@pytest.mark.parametrize(("who", "said"), [(ADA, "You have"), (BEN, "Somebody else has")])
def test_a_second_acknowledgment_changes_nothing_and_says_why(who: object, said: str) -> None:
    loop = Loop().open().pass_to(30)
    loop.acknowledge(ADA)
    with pytest.raises(NotAllowed) as refused:
        loop.acknowledge(ADA if who == ADA else BEN)
    assert refused.value.explain.startswith(said)


def test_a_delivery_receipt_is_recorded_and_is_no_acknowledgment() -> None:
    loop = Loop().open()
    before = loop.alert
    loop.do(PageDelivered(loop.slip(ADA, "sms")))
    assert loop.alert == before
    assert loop.entries("page_delivered")


# ---- undo ------------------------------------------------------------------------------------


def test_who_acknowledged_can_take_it_back_for_fifteen_minutes() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.pass_to(15)
    loop.do(AcknowledgmentUndone("ada"))
    assert loop.alert.is_open
    loop.pass_to(30)
    assert loop.asked() == [(0, "ada"), (20, "ada"), (30, "ben")]


def test_who_acts_by_sms_gets_an_answer_there_and_no_notice_besides() -> None:
    roster = replace(EVERYBODY, ordering=person("sam", ("sms",)))
    loop = Loop(new_alert(roster)).open()
    sam = roster.ordering or ADA
    loop.acknowledge(sam)
    loop.do(AcknowledgmentUndone("sam"))
    loop.do(Declined("sam", DeclineReason.CANNOT_ACT))
    assert loop.notices == []
    assert loop.alert.owner == "ben"


def test_undo_closes_after_fifteen_minutes() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.pass_to(15.1)
    with pytest.raises(NotAllowed, match="too_late"):
        loop.do(AcknowledgmentUndone("ada"))


def test_nobody_else_can_undo() -> None:
    loop = Loop().open().pass_to(30)
    loop.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="not_yours"):
        loop.do(AcknowledgmentUndone("ben"))


def test_after_an_undo_the_owner_is_paged_again_unless_they_undid_it_themselves() -> None:
    loop = Loop().open().pass_to(31)
    loop.acknowledge(ADA)
    loop.do(AcknowledgmentUndone("ada"))
    assert loop.asked()[-1] == (31, "ben")
    assert loop.told("reopened") == [(31, "ada")]


def test_an_undo_after_the_window_has_passed_is_a_miss_and_pages_everybody() -> None:
    loop = Loop().open()
    loop.pass_to(29)
    loop.pass_to(29)
    loop.alert = replace(loop.alert, due_at=T0 + minutes(30))
    loop.acknowledge(ADA)
    loop.pass_to(40)
    loop.do(AcknowledgmentUndone("ada"))
    assert loop.alert.expired_at == T0 + minutes(40)
    assert sorted(loop.asked()[-2:]) == [(40, "ben"), (40, "carla")]


def test_an_undo_shortly_before_the_end_pages_the_designee_still_within_the_window() -> None:
    loop = Loop().open(45)
    loop.acknowledge(ADA)
    loop.pass_to(58)
    loop.do(AcknowledgmentUndone("ada"))
    assert sorted(loop.asked()[-2:]) == [(58, "ben"), (58, "carla")]


def test_an_undo_of_a_late_acknowledgment_goes_on_with_the_repeats() -> None:
    loop = Loop().open().pass_to(61)
    loop.acknowledge(ADA)
    loop.do(AcknowledgmentUndone("ada"))
    assert loop.alert.next_action_at == T0 + minutes(71)
    assert loop.asked()[-1] == (61, "chris")


def test_a_withdrawn_result_is_not_brought_back_by_an_undo() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.do(Withdrawn("r2"))
    with pytest.raises(NotAllowed, match="withdrawn"):
        loop.do(AcknowledgmentUndone("ada"))


def test_an_open_alert_has_nothing_to_undo() -> None:
    with pytest.raises(NotAllowed, match="still_open"):
        Loop().open().do(AcknowledgmentUndone("ada"))


# ---- declining, reassigning ------------------------------------------------------------------


def test_who_declines_hands_it_up_the_ladder_at_once() -> None:
    loop = Loop().open()
    loop.now = T0 + minutes(5)
    loop.do(Declined("ada", DeclineReason.OFF_SHIFT))
    assert loop.asked()[1:] == [(5, "ben")]
    assert loop.told("handed_over") == [(5, "ada")]


def test_a_decliner_is_never_paged_again() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.CANNOT_ACT))
    loop.pass_to(200)
    assert [m for m, who in loop.asked() if who == "ada"] == [0]


def test_not_my_patient_ends_access_and_reports_the_directory_entry() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    assert loop.told("directory_entry") == [(0, "carla")]
    with pytest.raises(NotAllowed, match="no_access"):
        loop.acknowledge(ADA)
    loop.acknowledge(BEN)
    assert "ada" not in {who for _, who in loop.told("acknowledged")}


def test_only_the_owner_can_decline() -> None:
    loop = Loop().open().pass_to(30)
    with pytest.raises(NotAllowed, match="not_owner"):
        loop.do(Declined("ada", DeclineReason.OFF_SHIFT))


def test_coordinators_pass_it_on_in_turn_and_the_last_one_can_only_reassign() -> None:
    loop = Loop().open().pass_to(45)
    loop.do(Declined("carla", DeclineReason.OFF_SHIFT))
    assert loop.alert.owner == "chris"
    with pytest.raises(NotAllowed, match="last_one"):
        loop.do(Declined("chris", DeclineReason.OFF_SHIFT))
    loop.do(Reassigned("chris", "ben"))
    assert loop.alert.owner == "ben"


def test_a_provider_can_decline_even_where_nobody_can_be_reached() -> None:
    loop = Loop(new_alert(Roster(ordering=ADA))).open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    assert loop.alert.owner == ""
    assert loop.alert.next_action_at == T0 + minutes(3)
    assert loop.told("not_my_patient") == [(0, "ada")]


def test_an_administrator_can_reassign_to_anybody_who_can_be_paged() -> None:
    roster = replace(EVERYBODY, others=(person("sam"),))
    loop = Loop(new_alert(roster)).open()
    loop.do(Reassigned("rosa", "sam"))
    assert loop.alert.owner == "sam"
    assert loop.alert.next_action_at == T0 + minutes(10)
    loop.pass_to(30)
    assert loop.asked()[-1] == (30, "ben")


def test_who_passed_it_on_is_not_asked_again_when_the_next_one_declines() -> None:
    roster = replace(EVERYBODY, others=(person("sam"),))
    loop = Loop(new_alert(roster)).open()
    loop.do(Reassigned("ada", "sam"))
    loop.do(Declined("sam", DeclineReason.CANNOT_ACT))
    assert loop.alert.owner == "ben"


@pytest.mark.parametrize(
    ("by", "to", "reason"),
    [
        ("ben", "carla", "not_entitled"),
        ("ada", "nobody", "cannot_take_it"),
        ("ada", "mute", "cannot_take_it"),
        ("ada", "ada", "already_owner"),
    ],
)
def test_a_reassignment_that_cannot_be_is_refused(by: str, to: str, reason: str) -> None:
    roster = replace(EVERYBODY, others=(person("mute", ()),))
    with pytest.raises(NotAllowed, match=reason):
        Loop(new_alert(roster)).open().do(Reassigned(by, to))


def test_a_decliner_cannot_get_it_back_by_reassignment() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.OFF_SHIFT))
    with pytest.raises(NotAllowed, match="cannot_take_it"):
        loop.do(Reassigned("carla", "ada"))


def test_nobody_in_particular_can_neither_decline_nor_reassign_nor_undo() -> None:
    loop = Loop(new_alert(Roster())).open()
    with pytest.raises(NotAllowed, match="not_owner"):
        loop.do(Declined("", DeclineReason.OFF_SHIFT))
    with pytest.raises(NotAllowed, match="not_entitled"):
        loop.do(Reassigned("", "ada"))
    answered = Loop().open()
    answered.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="not_yours"):
        answered.do(AcknowledgmentUndone(""))


# ---- phone calls, reopening ------------------------------------------------------------------


def call(by: str = "rosa", version: int = 0) -> CallRecorded:
    return CallRecorded(by, "Dr. Ada", "312-555-0100", T0, True, version)


def test_a_recorded_call_ends_the_alert_and_can_be_undone_by_who_recorded_it() -> None:
    loop = Loop().open()
    loop.do(call())
    given = loop.alert.acknowledgment
    assert given
    assert (given.by, given.recorded_by, given.read_back) == ("Dr. Ada", "rosa", "repeated")
    loop.do(AcknowledgmentUndone("rosa"))
    assert loop.alert.is_open


@pytest.mark.parametrize(
    ("made", "counts"),
    [(-12 * 60 - 1, False), (-12 * 60, True), (20, True), (25, True), (26, False)],
)
def test_a_call_counts_from_half_a_day_before_the_opening_until_now(
    made: float, counts: bool
) -> None:
    loop = Loop().open().pass_to(20)
    told = replace(call(), called_at=T0 + minutes(made))
    if counts:
        loop.do(told)
    else:
        with pytest.raises(NotAllowed, match="no_such_call"):
            loop.do(told)
    assert loop.alert.is_open is not counts


def test_a_call_about_an_older_version_does_not_end_the_alert() -> None:
    loop = Loop().open()
    loop.amend(finding="f2")
    with pytest.raises(NotAllowed, match="superseded"):
        loop.do(call(version=1))


def test_only_coordinators_and_radiologists_record_calls_and_reopen() -> None:
    loop = Loop().open()
    with pytest.raises(NotAllowed, match="not_entitled"):
        loop.do(call(by="ada"))
    loop.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="not_entitled"):
        loop.do(Reopened("ada"))


def test_reopening_starts_a_new_cycle_and_the_window_stays() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.pass_to(20)
    loop.do(Reopened("rosa"))
    assert (loop.alert.cycle, loop.alert.due_at) == (2, T0 + minutes(60))
    loop.pass_to(30)
    assert loop.asked() == [(0, "ada"), (20, "ada"), (30, "ben")]


def test_reopening_after_the_window_pages_everybody() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.pass_to(120)
    loop.do(Reopened("carla"))
    assert sorted(loop.asked()[1:]) == [(120, "ada"), (120, "ben"), (120, "carla")]


# ---- opening after the end, and the table ----------------------------------------------------


@pytest.mark.parametrize("ended", ["withdrawn", "downgraded"])
def test_a_result_that_ended_before_it_was_received_is_recorded_and_wakes_nobody(
    ended: str,
) -> None:
    loop = Loop().open(ended=ended)
    assert loop.alert.state == ended
    assert loop.alert.next_action_at is None
    assert (loop.pages, loop.notices) == ([], [])


@pytest.mark.parametrize("state", [s for s in State if s is not State.OPEN])
def test_what_the_table_does_not_list_is_refused(state: State) -> None:
    alert = replace(new_alert(), state=state)
    with pytest.raises(NotAllowed) as refused:
        advance(alert, Opened(), T0)
    assert refused.value.reason == ("shadow" if state is State.SHADOW else "ended")
    assert "nothing more is needed" in refused.value.explain


def test_every_transition_says_what_it_does() -> None:
    assert all(transition.handler.__doc__ for transition in TRANSITIONS.values())


def test_chris_is_never_paged_while_carla_answers_in_time() -> None:
    loop = Loop().open().pass_to(50)
    loop.acknowledge(CARLA)
    loop.pass_to(500)
    assert CHRIS.id not in {who for _, who in loop.asked()}
    assert ROSA.id not in {who for _, who in loop.asked()}


@pytest.mark.parametrize(
    "event", [Reopened("stranger"), Reassigned("stranger", "ben"), Reopened(ADA.id)]
)
def test_how_an_alert_stands_is_not_told_to_whom_it_does_not_concern(event: Event) -> None:
    loop = Loop().open()
    if isinstance(event, Reassigned):
        loop.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="not_entitled"):
        loop.do(event)


def test_who_took_it_back_and_was_never_reached_waits_with_everybody_for_the_next_try() -> None:
    """Their answer had ended that: without it the alert would wait for the window's end."""
    everywhere = {(who.id, channel) for who in (ADA, BEN, CARLA, CHRIS) for channel in BOTH}
    loop = Loop(broken=everywhere).open()
    assert waits_for_retry(loop.alert)
    loop.acknowledge(CARLA)
    before = len(loop.pages)
    loop.do(AcknowledgmentUndone(CARLA.id))
    assert {who for _, who, _ in loop.pages[before:]} >= {CARLA.id}
    assert waits_for_retry(loop.alert)


def test_who_took_it_back_while_their_channels_were_busy_is_paged_again() -> None:
    """What was to be tried again was cancelled by their answer."""
    loop = Loop(held=True).open()
    for page in list(loop.outbox):
        loop.do(PageFailed(page.slip, "busy", permanent=False))
    loop.acknowledge(ADA)
    assert loop.outbox == []
    loop.do(AcknowledgmentUndone(ADA.id))
    assert {page.slip.channel for page in loop.outbox} == set(BOTH)

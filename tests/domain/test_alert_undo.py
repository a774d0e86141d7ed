"""An acknowledgment that is taken back: by whom, how long, and who is paged then."""

from dataclasses import replace

import pytest

from bot.domain.events import (
    AcknowledgmentUndone,
    Declined,
    DeclineReason,
    NotAllowed,
    PageFailed,
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
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)


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
    assert loop.alert.expired_at == T0 + minutes(60), "the miss is where it was"


def test_a_withdrawn_result_is_not_brought_back_by_an_undo() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.do(Withdrawn("r2"))
    with pytest.raises(NotAllowed, match="withdrawn"):
        loop.do(AcknowledgmentUndone("ada"))


def test_an_open_alert_has_nothing_to_undo() -> None:
    with pytest.raises(NotAllowed, match="still_open"):
        Loop().open().do(AcknowledgmentUndone("ada"))


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


def test_who_took_it_back_and_cannot_be_reached_any_more_is_passed_by_at_once() -> None:
    """Nobody looks after them while what they answered is closed: they may have said STOP since."""
    roster = replace(EVERYBODY, ordering=person("sam", ("sms",)))
    loop = Loop(new_alert(roster)).open()
    loop.acknowledge(person("sam", ("sms",)))
    out_of_reach = replace(roster, ordering=person("sam", ()))
    loop.alert = replace(loop.alert, roster=out_of_reach)
    loop.do(AcknowledgmentUndone("sam"))
    assert (loop.alert.owner, loop.asked()[-1]) == ("ben", (0, "ben"))

"""When a phone rings: by policy, after a failure, and for whom never."""

from dataclasses import replace

import pytest

from bot.domain.coverage import Role
from bot.domain.events import Declined, DeclineReason, PageFailed, PageSent, PageUncertain
from bot.domain.ladder import CALL
from bot.domain.page import Slip
from bot.domain.policy import CategoryPolicy, Step
from tests.domain.loop import (
    ADA,
    BEN,
    BOTH,
    CARLA,
    CRITICAL,
    EVERYBODY,
    SIGNIFICANT,
    Loop,
    minutes,
    new_alert,
    person,
)

ALL = (*BOTH, "voice")
PHONES = replace(
    EVERYBODY,
    ordering=replace(ADA, channels=ALL),
    designee=replace(BEN, channels=ALL),
    coordinators=(replace(CARLA, channels=ALL),),
)


def ringing(step: Step) -> Step:
    if step.who is Role.OWNER:
        return step
    if step.who is Role.COORDINATOR:
        return replace(step, channels=ALL)
    return replace(step, call_after=minutes(5))


RINGS: CategoryPolicy = replace(
    CRITICAL, steps=tuple(map(ringing, CRITICAL.steps)), repeat_channels=ALL
)


def calls(loop: Loop) -> list[tuple[float, str]]:
    return [(minute, who) for minute, who, channel in loop.pages if channel == "voice"]


def test_the_owner_is_called_after_five_minutes_and_each_later_owner_in_turn() -> None:
    loop = Loop(new_alert(PHONES, RINGS)).open().pass_to(59)
    assert calls(loop) == [(5, "ada"), (35, "ben"), (45, "carla")]


def test_after_an_outage_the_call_to_the_owner_before_rings_at_nobody() -> None:
    loop = Loop(new_alert(PHONES, RINGS)).open().jump_to(31)
    assert (loop.alert.owner, calls(loop)) == ("ben", [])
    assert calls(loop.pass_to(36)) == [(36, "ben")]


def test_after_expiry_the_coordinator_is_called_at_each_repeat() -> None:
    loop = Loop(new_alert(PHONES, RINGS)).open().pass_to(71)
    assert calls(loop)[-2:] == [(60, "carla"), (70, "carla")]


def test_nobody_is_called_who_has_acknowledged_or_passed_it_on() -> None:
    answered = Loop(new_alert(PHONES, RINGS)).open().pass_to(4)
    answered.acknowledge(ADA)
    assert calls(answered.pass_to(90)) == []
    passed = Loop(new_alert(PHONES, RINGS)).open().pass_to(4)
    passed.do(Declined("ada", DeclineReason.CANNOT_ACT))
    assert calls(passed.pass_to(10)) == [(9, "ben")]


def test_whoever_has_no_channel_that_rings_is_not_called() -> None:
    assert calls(Loop(new_alert(policy=RINGS)).open().pass_to(59)) == []


def test_whoever_loses_their_phone_before_it_rings_is_not_called() -> None:
    loop = Loop(new_alert(PHONES, RINGS)).open().pass_to(4)
    loop.alert = replace(loop.alert, roster=EVERYBODY)
    assert calls(loop.pass_to(9)) == []
    assert loop.alert.owner == "ada"


def test_a_call_cancels_no_page_and_a_reminder_leaves_the_call_in_its_place() -> None:
    early = replace(CRITICAL.steps[1], after=minutes(4))
    policy = replace(RINGS, steps=(RINGS.steps[0], early, *RINGS.steps[2:]))
    loop = Loop(new_alert(PHONES, policy)).open().pass_to(6)
    assert loop.pages[2:] == [(4, "ada", "slack"), (4, "ada", "sms"), (5, "ada", "voice")]
    assert loop.alert.round == 2


def test_a_call_that_would_come_after_the_end_of_the_window_is_left_to_the_expiry() -> None:
    loop = Loop(new_alert(PHONES, RINGS)).open(53).pass_to(57)
    assert loop.alert.owner == "ben"
    assert CALL not in {planned.index for planned in loop.alert.plan}
    assert calls(loop.pass_to(60)) == [(59, "carla"), (60, "carla")]


def test_an_unanswered_call_rings_once_more_within_three_minutes_and_then_no_more() -> None:
    loop = Loop(new_alert(PHONES, RINGS), held=True).open().pass_to(5)
    slip = loop.slip(PHONES.ordering or ADA, "voice")
    loop.do(PageFailed(slip, "voice-no-answer", permanent=False, retry_after=60))
    (again,) = [page for page in loop.outbox if page.slip.tries == 2]
    assert again.not_before - loop.now == minutes(1)
    loop.do(PageFailed(again.slip, "voice-no-answer", permanent=True))
    assert [page.slip.tries for page in loop.outbox if page.slip.channel == "voice"] == [1, 2]
    assert loop.alert.owner == "ada", "the pages that she can read still stand"


def in_doubt_twice(loop: Loop) -> Loop:
    """Ada's call, and its marked repeat."""
    slip = loop.slip(PHONES.ordering or ADA, "voice")
    loop.do(PageUncertain(slip))
    loop.do(PageUncertain(replace(slip, possible_repeat=True)))
    return loop


def test_a_call_in_doubt_twice_rings_once_more_within_three_minutes_and_then_no_more() -> None:
    loop = in_doubt_twice(Loop(new_alert(PHONES, RINGS), held=True).open().pass_to(5))
    (again,) = [page for page in loop.outbox if page.slip.tries == 2]
    assert again.not_before - loop.now == minutes(1)
    assert again.slip.possible_repeat
    loop.do(PageUncertain(again.slip))
    tried = [page.slip.tries for page in loop.outbox if page.slip.channel == "voice"]
    assert tried == [1, 1, 2]
    assert loop.alert.owner == "ada"


@pytest.mark.parametrize("before", ["twilio-20429", "voice-no-answer"])
def test_what_was_refused_or_unanswered_before_takes_no_ring_from_a_call_in_doubt(
    before: str,
) -> None:
    """Only a call that was surely taken counts as one of the two."""
    loop = Loop(new_alert(PHONES, RINGS), held=True).open().pass_to(5)
    loop.do(PageFailed(loop.slip(PHONES.ordering or ADA, "voice"), before, permanent=False))
    for _ in range(2):
        loop.do(PageUncertain(last_call(loop)))
    again = last_call(loop)
    assert (again.tries, again.possible_repeat) == (3, True)
    loop.do(PageUncertain(again))
    assert last_call(loop) == again, "and then no more"
    assert loop.alert.owner == "ada"


def last_call(loop: Loop) -> Slip:
    return next(page.slip for page in reversed(loop.outbox) if page.slip.channel == "voice")


def test_a_call_in_doubt_is_not_waited_for_where_nothing_else_stands() -> None:
    loop = Loop(new_alert(PHONES, RINGS), held=True).open()
    for channel in BOTH:
        loop.do(PageFailed(loop.slip(PHONES.ordering or ADA, channel), "gone", permanent=True))
    assert in_doubt_twice(loop).alert.owner == "ben"
    assert not [page for page in loop.outbox if page.slip.tries == 2]


@pytest.mark.parametrize("policy", [RINGS, SIGNIFICANT])
def test_a_phone_rings_when_every_written_page_has_failed(policy: CategoryPolicy) -> None:
    broken = {("ada", "slack"), ("ada", "sms")}
    assert calls(Loop(new_alert(PHONES, policy), broken=broken).open()) == [(0, "ada")]


def test_a_landline_is_called_where_the_category_rings_phones() -> None:
    broken = {("ada", "sms")}
    assert calls(Loop(new_alert(PHONES, RINGS), broken=broken).open()) == [(0, "ada")]
    quiet = Loop(new_alert(PHONES, SIGNIFICANT), broken=broken).open()
    assert calls(quiet) == [], "her Slack message stands, and there is a day"


def slept_through_the_call_in_place_of_the_sms() -> Loop:
    """Ada's SMS came to nothing at once, and so did the two calls in its place."""
    loop = Loop(new_alert(PHONES, RINGS), held=True).open()
    loop.do(PageFailed(loop.slip(ADA, "sms"), "landline", permanent=True))
    no_answer(loop, last_call(loop))
    no_answer(loop, last_call(loop))
    return loop


def test_who_slept_through_a_call_in_place_of_an_sms_is_called_at_five_minutes_too() -> None:
    loop = slept_through_the_call_in_place_of_the_sms().pass_to(5)
    assert calls(loop) == [(0, "ada"), (0, "ada"), (5, "ada")]
    no_answer(loop, last_call(loop))
    no_answer(loop, last_call(loop))
    assert still_to_ring(loop) == [1, 2, 1, 2], "twice each time"
    assert loop.alert.owner == "ada", "her Slack message stands"


def test_a_call_that_is_under_way_at_five_minutes_is_not_doubled() -> None:
    loop = Loop(new_alert(PHONES, RINGS), held=True).open().pass_to(4)
    loop.do(PageFailed(loop.slip(ADA, "sms"), "landline", permanent=True))
    no_answer(loop, last_call(loop))
    assert calls(loop.pass_to(9)) == [(4, "ada"), (4, "ada")]


def test_a_failure_that_is_tried_again_wakes_nobody_whose_other_page_stands() -> None:
    loop = Loop(new_alert(PHONES, RINGS), held=True).open()
    loop.do(PageSent(loop.slip(ADA, "sms")))
    loop.do(PageFailed(loop.slip(ADA, "slack"), "slack-busy", permanent=False))
    assert calls(loop) == []


def test_no_phone_rings_for_a_notice() -> None:
    only_voice = replace(PHONES, ordering=person("ada", ("voice",)))
    loop = Loop(new_alert(only_voice, RINGS)).open().pass_to(31)
    assert loop.pages[:1] == [(0, "ada", "voice")]
    assert loop.alert.owner == "ben"
    assert loop.told("handed_over") == []


def no_answer(loop: Loop, slip: Slip) -> None:
    """Of two calls the first may be followed by another; the second was the last."""
    loop.do(PageFailed(slip, "voice-no-answer", slip.tries > 1, retry_after=60))


def ringing_before_a_reminder() -> Loop:
    """The call of an owner who came late is due half a minute before the reminder."""
    loop = Loop(new_alert(PHONES, RINGS), held=True).open(4.5).pass_to(9.5)
    loop.outbox[:] = [page for page in loop.outbox if page.slip.channel == "voice"]
    return loop


def still_to_ring(loop: Loop) -> list[int]:
    return [page.slip.tries for page in loop.outbox if page.slip.channel == "voice"]


def test_a_reminder_between_two_calls_leaves_the_second() -> None:
    loop = ringing_before_a_reminder()
    no_answer(loop, loop.outbox.pop().slip)
    loop.pass_to(10)
    assert still_to_ring(loop) == [2]
    assert [minute for minute, _, channel in loop.pages if channel == "sms"] == [4.5, 10]


def test_a_reminder_during_the_first_call_leaves_the_second_and_no_third() -> None:
    loop = ringing_before_a_reminder()
    first = loop.outbox.pop().slip
    loop.pass_to(10)
    no_answer(loop, first)
    assert still_to_ring(loop) == [2]
    no_answer(loop, loop.outbox.pop().slip)
    assert still_to_ring(loop) == []
    loop.do(PageUncertain(replace(first, tries=2, possible_repeat=True)))
    assert still_to_ring(loop) == []


def test_whoever_answers_between_two_calls_is_not_called_again() -> None:
    loop = ringing_before_a_reminder()
    first = loop.outbox.pop().slip
    loop.pass_to(10)
    loop.acknowledge(ADA)
    no_answer(loop, first)
    assert still_to_ring(loop) == []

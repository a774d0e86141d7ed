"""What becomes of a page, and who is paged next: another channel, another try, another person."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.effects import CancelPages, Effect, SendPage
from bot.domain.events import Declined, DeclineReason, PageUncertain
from tests.domain.failures import busy, refused
from tests.domain.loop import (
    ADA,
    BEN,
    CARLA,
    CHRIS,
    CRITICAL,
    EVERYBODY,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)


def test_who_has_one_channel_left_keeps_the_alert() -> None:
    loop = Loop(broken={("ada", "slack")}).open()
    assert loop.asked() == [(0, "ada")]
    assert loop.alert.owner == "ada"


def test_a_channel_outside_the_step_takes_over_at_once() -> None:
    slack_only = replace(CRITICAL.steps[0], channels=("slack",))
    policy = replace(CRITICAL, steps=(slack_only, *CRITICAL.steps[1:]))
    loop = Loop(new_alert(policy=policy), broken={("ada", "slack")}).open()
    assert loop.pages == [(0, "ada", "slack"), (0, "ada", "sms")]


def test_whose_channels_all_fail_loses_it_to_the_next_person_at_once() -> None:
    loop = Loop(broken={("ada", "slack"), ("ada", "sms")}).open()
    assert loop.asked() == [(0, "ada"), (0, "ben")]
    assert loop.told("handed_over") == []


def test_a_transient_failure_is_tried_again_with_growing_pauses() -> None:
    loop = Loop(held=True).open()
    slip = loop.slip(ADA, "sms")
    for tries, seconds in [(1, 2), (2, 4), (3, 8), (4, 16)]:
        (again,) = [e for e in loop.do(busy(replace(slip, tries=tries))) if isinstance(e, SendPage)]
        assert (again.slip.tries, (again.not_before - T0).seconds) == (tries + 1, seconds)


@pytest.mark.parametrize(("tries", "seconds"), [(5, 30), (19, 30), (20, 300), (2000, 300)])
def test_it_is_tried_again_for_as_long_as_the_round_lasts(tries: int, seconds: int) -> None:
    loop = Loop(held=True).open()
    slip = replace(loop.slip(ADA, "sms"), tries=tries)
    assert waits(loop.do(busy(slip))) == [seconds]
    loop.pass_to(30)
    assert waits(loop.do(busy(slip))) == []


def waits(effects: Sequence[Effect]) -> list[float]:
    """Seconds until each further try."""
    again = [e for e in effects if isinstance(e, SendPage) and e.slip.tries > 1]
    return [(page.not_before - T0).total_seconds() for page in again]


@pytest.mark.parametrize(
    ("tries", "asked", "seconds"), [(1, 45, 45), (1, 0, 2), (4, 1, 16), (1, -5, 2), (1, 1e9, 600)]
)
def test_the_provider_may_ask_for_a_longer_wait_within_bounds_and_for_none_shorter(
    tries: int, asked: float, seconds: float
) -> None:
    loop = Loop(held=True).open()
    slip = replace(loop.slip(ADA, "sms"), tries=tries)
    assert waits(loop.do(busy(slip, retry_after=asked))) == [seconds]


def test_whom_a_throttled_provider_keeps_waiting_keeps_the_alert() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ("sms",)))
    loop = Loop(new_alert(roster), held=True).open()
    for tries in range(1, 50):
        loop.do(busy(replace(loop.slip(ADA, "sms"), tries=tries), retry_after=3600))
    assert loop.alert.owner == "ada"
    assert loop.pass_to(30).alert.owner == "ben"


def test_the_record_says_whether_a_failed_page_is_tried_again() -> None:
    loop = Loop(held=True).open()
    slip = loop.slip(ADA, "sms")
    loop.do(busy(slip))
    loop.do(refused(loop.slip(ADA, "slack")))
    loop.pass_to(30)
    loop.do(busy(slip))
    again = [record.data["again"] for _, record in loop.entries("page_failed")]
    assert again == [True, False, False]


def test_while_one_channel_is_tried_again_the_other_is_not_given_up() -> None:
    loop = Loop(held=True).open()
    loop.do(busy(loop.slip(ADA, "sms")))
    loop.do(refused(loop.slip(ADA, "slack")))
    assert loop.alert.owner == "ada"


def test_no_channel_is_paged_twice_in_a_round_by_failing_over() -> None:
    loop = Loop(held=True).open()
    for _ in range(3):
        loop.do(busy(loop.slip(ADA, "sms")))
    slack = [p for p in loop.pages if p[2] == "slack"]
    assert len(slack) == 1


def test_a_page_that_was_taken_and_then_failed_at_the_carrier_fails_over() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ("sms",)))
    loop = Loop(new_alert(roster), phone_off={"ada"}).open()
    loop.do(refused(loop.slip(ADA, "sms")))
    assert loop.alert.owner == "ben"


def test_a_page_is_not_repeated_to_an_address_that_was_given_up_meanwhile() -> None:
    loop = Loop(held=True).open()
    slip = loop.slip(ADA, "sms")
    gone = replace(ADA, channels=("slack",))
    loop.alert = replace(loop.alert, roster=replace(EVERYBODY, ordering=gone))
    effects = [*loop.do(PageUncertain(slip)), *loop.do(busy(slip))]
    assert not [e for e in effects if isinstance(e, SendPage)]


def test_when_everybody_fails_it_is_tried_again_soon_and_from_the_bottom() -> None:
    names = ("ada", "ben", "carla", "chris")
    loop = Loop(broken={(n, c) for n in names for c in ("slack", "sms")}).open()
    assert [who for _, who in loop.asked()] == list(names)
    assert loop.alert.next_action_at == T0 + minutes(0.5)
    assert loop.told("please_phone") == [(0, "rosa")]
    loop.broken.clear()
    loop.pass_to(1)
    assert loop.alert.owner == "ada"
    loop.pass_to(30)
    assert loop.asked()[-1] == (30, "ben")


def test_when_only_the_coordinators_fail_only_they_are_tried_again() -> None:
    broken = {(n, c) for n in ("carla", "chris") for c in ("slack", "sms")}
    loop = Loop(broken=broken).open().pass_to(52)
    retried = [(m, who) for m, who in loop.asked() if m > 45]
    assert sorted(retried) == [(48, "carla"), (48, "chris"), (51, "carla"), (51, "chris")]
    loop.broken.clear()
    loop.pass_to(54)
    assert loop.asked()[-1] == (54, "chris")


def test_the_radiologist_is_not_asked_to_phone_at_every_gap() -> None:
    names = ("ada", "ben", "carla", "chris")
    loop = Loop(broken={(n, c) for n in names for c in ("slack", "sms")}).open().pass_to(31)
    assert [m for m, _ in loop.told("please_phone")] == [0, 10, 22]


def test_whoever_was_never_reached_is_tried_again_at_every_repeat() -> None:
    loop = Loop(broken={("ada", "slack"), ("ada", "sms")}).open().pass_to(65)
    assert [m for m, who in loop.asked() if who == "ada"] == [0, 60]
    loop.broken.clear()
    loop.pass_to(200)
    assert [m for m, who in loop.asked() if who == "ada"] == [0, 60, 70]


@pytest.mark.parametrize(("reached_again", "at"), [(46, 60), (61, 70)])
def test_a_coordinator_whom_nothing_reached_is_next_again_after_the_one_who_took_it(
    reached_again: int, at: int
) -> None:
    loop = Loop(broken={("carla", "slack"), ("carla", "sms")}).open().pass_to(reached_again)
    assert loop.alert.owner == "chris"
    loop.broken.clear()
    assert loop.pass_to(at).alert.owner == "carla"


@pytest.mark.parametrize(("received", "review"), [(0, "what is this?"), (60 * 30, "")])
def test_what_only_coordinators_were_asked_of_only_they_are_asked_of_again(
    received: int, review: str
) -> None:
    broken = {(n, c) for n in ("carla", "chris") for c in ("slack", "sms")}
    loop = Loop(new_alert(review=review), broken=broken).open(received)
    assert loop.pass_to(received + 40).alert.owner == "carla"
    assert {who for _, who in loop.asked()} == {"carla", "chris"}


def test_shortly_before_the_end_a_coordinator_owns_what_is_tried_again() -> None:
    names = ("ada", "ben", "carla", "chris")
    loop = Loop(broken={(n, c) for n in names for c in ("slack", "sms")}).open(58)
    loop.broken.clear()
    loop.pass_to(59)
    assert loop.alert.owner == "chris"
    assert sorted(loop.asked()[-3:]) == [(58.5, "ada"), (58.5, "ben"), (58.5, "chris")]


def test_a_failed_page_beside_the_owner_does_not_cost_the_owner_anything() -> None:
    loop = Loop(broken={("ben", "slack"), ("ben", "sms")}).open(90)
    assert loop.alert.owner == "carla"
    assert loop.alert.unreachable == ("ben",)
    assert sorted({who for _, who in loop.asked()}) == ["ada", "ben", "carla"]


def test_a_coordinator_who_cannot_be_reached_takes_no_page_from_those_beside() -> None:
    loop = Loop(held=True).open(90)
    carla = [e.slip for e in loop.outbox if e.slip.person_id == "carla"]
    effects = [effect for slip in carla for effect in loop.do(refused(slip))]
    assert CancelPages() not in effects
    assert loop.alert.owner == "chris"


def test_pages_beside_the_owner_that_never_left_go_out_in_the_next_round() -> None:
    loop = Loop(held=True).open(90)
    loop.now = T0 + minutes(100)
    loop.held = False
    loop.due()
    assert sorted(loop.asked()[-3:]) == [(100, "ada"), (100, "ben"), (100, "chris")]


def test_an_owner_who_is_paged_beside_already_is_not_paged_twice() -> None:
    roster = replace(EVERYBODY, designee=CHRIS)
    loop = Loop(new_alert(roster), broken={("carla", "slack"), ("carla", "sms")}).open(90)
    assert loop.alert.owner == "chris"
    assert [p for p in loop.pages if p[1] == "chris"] == [
        (90, "chris", "slack"),
        (90, "chris", "sms"),
    ]


@given(
    received=st.floats(0, 56.9),
    broken=st.sets(
        st.tuples(st.sampled_from([ADA.id, CARLA.id, CHRIS.id]), st.sampled_from(["slack", "sms"]))
    ),
    declines=st.booleans(),
)
def test_a_designee_who_can_be_reached_is_paged_before_the_window_passes(
    received: float, broken: set[tuple[str, str]], declines: bool
) -> None:
    loop = Loop(broken=broken).open(received)
    if declines and loop.alert.owner == "ada":
        loop.do(Declined("ada", DeclineReason.CANNOT_ACT))
    loop.pass_to(59.999)
    assert BEN.id in {who for _, who in loop.asked()}

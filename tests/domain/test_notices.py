"""A notice is tried until it got through, or until something newer tells more."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.events import (
    CancelNotices,
    Declined,
    DeclineReason,
    Effect,
    PageFailed,
    PageSent,
    PageUncertain,
    SendNotice,
    WindowPassed,
    Withdrawn,
)
from bot.domain.notices import (
    LONGEST_BACKOFF,
    LONGEST_RETRY_AFTER,
    MOST_TRIES,
    Failure,
    beside,
    holds,
    next_channel,
    once_more,
    wait_after,
)
from bot.domain.page import NOT_YOURS, Notice, Slip
from tests.domain.loop import ADA, BEN, EVERYBODY, T0, Loop, minutes, new_alert, person

ROLE = new_alert().owner_role
SECOND = timedelta(seconds=1)
ALONE = {
    Notice.QUARANTINE,
    Notice.BEFORE_FINAL,
    Notice.OPTED_OUT,
    Notice.WRONG_CODES,
    Notice.WRONG_NUMBER,
    Notice.ANSWER,
    Notice.SLACK_DOWN,
    Notice.SLACK_BACK,
    Notice.SHADOW,
    Notice.SHADOW_OVER,
    Notice.TEST,
}
OF_ALERTS = set(Notice) - ALONE


def slip(kind: Notice, channel: str = "slack", who: str = "ada", **changes: object) -> Slip:
    return replace(Slip(who, ROLE, channel, 1, notice=kind), **changes)  # type: ignore[arg-type] # any field


def busy(one: Slip, retry_after: float | None = None) -> PageFailed:
    return PageFailed(one, "busy", permanent=False, retry_after=retry_after)


def refused(one: Slip, *, configuration: bool = False) -> PageFailed:
    return PageFailed(one, "no-such-number", permanent=True, configuration=configuration)


def tries(effects: tuple[Effect, ...]) -> list[tuple[str, int]]:
    """The channels and tries of the notices among them."""
    return [(e.slip.channel, e.slip.tries) for e in effects if isinstance(e, SendNotice)]


def acknowledged() -> Loop:
    loop = Loop().open()
    loop.acknowledge(ADA)
    return loop


def withdrawn() -> Loop:
    loop = Loop().open()
    loop.do(Withdrawn("r2"))
    return loop


# ---- how long -------------------------------------------------------------------------------


def test_the_pauses_grow_to_five_minutes_and_the_tries_end_after_a_day() -> None:
    pauses = [wait_after(n, Failure()) / SECOND for n in range(1, MOST_TRIES)]
    assert pauses[:9] == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert set(pauses[9:]) == {LONGEST_BACKOFF}
    assert timedelta(hours=23, minutes=55) < sum(pauses) * SECOND < timedelta(hours=24, minutes=5)


@given(n=st.integers(1, MOST_TRIES), asked=st.none() | st.floats(-10, 1e12))
def test_the_provider_is_never_asked_sooner_than_it_wants_within_an_hour(
    n: int, asked: float | None
) -> None:
    wait = wait_after(n, Failure(retry_after=asked)) / SECOND
    a_microsecond = 1e-6  # durations are counted in those
    assert min(asked or 0, LONGEST_RETRY_AFTER) - a_microsecond <= wait <= LONGEST_RETRY_AFTER
    assert wait >= 2


def test_a_notice_is_tried_again_after_the_end_too() -> None:
    (again,) = [
        e
        for e in acknowledged().do(busy(slip(Notice.ACKNOWLEDGED), retry_after=1800))
        if isinstance(e, SendNotice)
    ]
    assert (again.slip.tries, again.not_before) == (2, T0 + minutes(30))


def test_after_a_day_it_is_given_up_and_recorded() -> None:
    loop = acknowledged()
    assert tries(loop.do(busy(slip(Notice.ACKNOWLEDGED, tries=MOST_TRIES)))) == []
    assert loop.entries("notice_given_up")


def test_an_address_that_cannot_work_is_given_up_at_once() -> None:
    loop = acknowledged()
    assert tries(loop.do(refused(slip(Notice.ACKNOWLEDGED)))) == []
    assert not loop.entries("notice_given_up")


def test_what_the_operator_can_mend_is_not_for_good() -> None:
    effects = acknowledged().do(refused(slip(Notice.ACKNOWLEDGED), configuration=True))
    assert tries(effects) == [("slack", 2)]


def test_a_channel_that_the_person_no_longer_has_is_left() -> None:
    loop = withdrawn()
    gone = replace(ADA, channels=("sms",))
    loop.alert = replace(loop.alert, roster=replace(EVERYBODY, ordering=gone))
    assert tries(loop.do(busy(slip(Notice.WITHDRAWN)))) == [("sms", 1)]
    assert tries(loop.do(busy(slip(Notice.WITHDRAWN, tries=2)))) == []


# ---- in doubt -------------------------------------------------------------------------------


def test_what_is_in_doubt_stays_so_on_every_later_try() -> None:
    loop = acknowledged()
    first = loop.do(PageUncertain(slip(Notice.ACKNOWLEDGED)))[-1]
    assert isinstance(first, SendNotice)
    assert (first.slip.possible_repeat, first.slip.tries) == (True, 2)
    later = loop.do(busy(first.slip))[-1]
    assert isinstance(later, SendNotice)
    assert later.slip.possible_repeat


# ---- the other channel ----------------------------------------------------------------------


@pytest.mark.parametrize("event", [busy, refused, PageUncertain])
def test_what_matters_takes_the_next_channel_at_the_first_failure_and_no_later(event: type) -> None:
    loop = withdrawn()
    assert ("sms", 1) in tries(loop.do(event(slip(Notice.WITHDRAWN))))
    assert ("sms", 1) not in tries(loop.do(event(slip(Notice.WITHDRAWN, tries=2))))
    assert ("slack", 1) not in tries(loop.do(event(slip(Notice.WITHDRAWN, "sms"))))


def test_no_phone_rings_for_what_only_rewrites() -> None:
    for kind in Notice:
        if not kind.insists:
            assert beside(slip(kind), ("slack", "sms")) is None


def nothing_to_rewrite(kind: Notice, who: str) -> PageFailed:
    return PageFailed(slip(kind, who=who), "slack-nothing-to-rewrite", permanent=True)


def test_whom_only_the_phone_reached_hears_there_of_the_hand_over_and_of_the_end() -> None:
    loop = Loop(broken={("ada", "slack")}).open().pass_to(30)
    assert tries(loop.do(nothing_to_rewrite(Notice.HANDED_OVER, "ada"))) == [("sms", 1)]
    assert tries(loop.do(nothing_to_rewrite(Notice.HANDED_OVER, "ben"))) == []
    loop.acknowledge(BEN)
    assert tries(loop.do(nothing_to_rewrite(Notice.ACKNOWLEDGED, "ada"))) == [("sms", 1)]
    assert tries(loop.do(nothing_to_rewrite(Notice.EXPIRED, "ada"))) == []


def test_no_phone_rings_for_what_its_owner_has_just_done_or_has_in_slack() -> None:
    loop = Loop(broken={("ada", "slack")}).open().pass_to(30)
    loop.do(Declined("ben", DeclineReason.OFF_SHIFT))
    assert tries(loop.do(nothing_to_rewrite(Notice.HANDED_OVER, "ben"))) == []
    loop.acknowledge(ADA)
    assert tries(loop.do(nothing_to_rewrite(Notice.ACKNOWLEDGED, "ada"))) == []
    assert tries(loop.do(nothing_to_rewrite(Notice.ACKNOWLEDGED, "carla"))) == []


@given(channels=st.permutations(["slack", "sms", "voice", "pager"]), n=st.integers(0, 4))
def test_the_channels_are_gone_through_once_each_beginning_with_slack(
    channels: list[str], n: int
) -> None:
    mine = channels[:n]
    used = []
    channel = "slack" if "slack" in mine else (mine[0] if mine else None)
    while channel:
        used.append(channel)
        channel = next_channel(mine, channel)
    assert sorted(used) == sorted(mine)


def test_a_request_that_was_told_on_one_channel_waits_on_no_other() -> None:
    loop = Loop().open()
    effects = loop.do(PageSent(slip(Notice.PLEASE_PHONE, "sms", "rosa")))
    assert CancelNotices("rosa", frozenset({Notice.PLEASE_PHONE})) in effects
    effects = loop.do(PageSent(slip(Notice.CHANGED, "sms")))
    assert not [e for e in effects if isinstance(e, CancelNotices)], "Slack still says otherwise"


@given(
    kind=st.sampled_from(Notice),
    channels=st.permutations(["slack", "sms", "voice"]),
    used=st.integers(0, 3),
    n=st.integers(1, MOST_TRIES + 5),
    for_good=st.booleans(),
    in_doubt=st.booleans(),
)
def test_a_failure_makes_at_most_one_more_try_on_each_of_two_channels(
    kind: Notice, channels: list[str], used: int, n: int, for_good: bool, in_doubt: bool
) -> None:
    failed = slip(kind, "slack", tries=n)
    again = once_more(failed, channels[:used], Failure(for_good, in_doubt))
    other = beside(failed, channels[:used])
    assert again is None or (again.channel, again.tries) == ("slack", n + 1)
    assert other is None or (other.channel != "slack" and other.tries == 1 and n == 1)
    assert not (for_good and again)


# ---- what still holds -----------------------------------------------------------------------


def held(loop: Loop, who: str = "ada", round_: int | None = None) -> set[Notice]:
    number = loop.alert.round if round_ is None else round_
    return {
        kind for kind in OF_ALERTS if holds(loop.alert, slip(kind, who=who, round=number), kind)
    }


ALWAYS = {
    Notice.NOT_MY_PATIENT,
    Notice.SUPERSEDED,
    Notice.DIRECTORY_ENTRY,
    Notice.OLDER_VERSION,
    Notice.ANOTHER_PATIENT,
}
OPEN = {Notice.PLEASE_PHONE, Notice.CHANGED, Notice.REOPENED, Notice.EXPIRED}


def test_while_open_nothing_of_an_end_holds() -> None:
    assert held(Loop().open()) == ALWAYS | OPEN


def test_only_who_is_not_the_owner_has_handed_it_over() -> None:
    loop = Loop().open().pass_to(30)
    assert Notice.HANDED_OVER in held(loop, "ada")
    assert Notice.HANDED_OVER not in held(loop, "ben")


def test_after_the_acknowledgment_only_that_holds_and_that_the_report_has_changed() -> None:
    assert held(acknowledged()) == ALWAYS | {Notice.ACKNOWLEDGED, Notice.CHANGED}


def test_after_a_withdrawal_only_that_holds() -> None:
    assert held(withdrawn()) == ALWAYS | {Notice.WITHDRAWN}
    lowered = Loop().open()
    lowered.amend(None)
    assert held(lowered) == ALWAYS | {Notice.DOWNGRADED}


def test_a_withdrawal_of_what_was_acknowledged_holds_in_its_place() -> None:
    loop = acknowledged()
    loop.do(Withdrawn("r2"))
    assert held(loop) == ALWAYS | {Notice.WITHDRAWN, Notice.DOWNGRADED}


def test_whoever_was_paged_since_has_been_told_more() -> None:
    loop = Loop().open().pass_to(10)
    assert held(loop, "ada", 1) == ALWAYS | {Notice.PLEASE_PHONE}
    assert Notice.CHANGED in held(loop, "ben", 1)


def test_an_older_truth_that_fails_is_not_tried_again() -> None:
    loop = withdrawn()
    for kind in (Notice.CHANGED, Notice.REOPENED, Notice.PLEASE_PHONE, Notice.ACKNOWLEDGED):
        assert tries(loop.do(busy(slip(kind)))) == []
        assert tries(loop.do(PageUncertain(slip(kind)))) == []


# ---- what waits is superseded ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("newer", "older"),
    list(product([Notice.WITHDRAWN, Notice.ACKNOWLEDGED], [Notice.CHANGED, Notice.PLEASE_PHONE])),
)
def test_the_end_cancels_what_speaks_of_an_open_alert(newer: Notice, older: Notice) -> None:
    loop = Loop().open()
    before = len(loop.cancelled)
    if newer is Notice.WITHDRAWN:
        loop.do(Withdrawn("r2"))
    else:
        loop.acknowledge(ADA)
    assert older in {kind for who, kinds in loop.cancelled[before:] if not who for kind in kinds}


def test_a_page_takes_the_place_of_what_its_reader_has_not_been_told_yet() -> None:
    loop = Loop().open()
    loop.pass_to(10)
    assert [who for who, kinds in loop.cancelled if Notice.REOPENED in kinds] == ["ada", "ada"]


def test_who_becomes_the_owner_in_name_does_not_hear_any_more_that_it_was_handed_over() -> None:
    """Coordinators alone, and every page to them is lost: it comes round to the first again."""
    loop = Loop(new_alert(replace(EVERYBODY, ordering=None, designee=None)), held=True).open()
    while loop.outbox:
        loop.do(PageUncertain(loop.outbox.pop(0).slip))
    assert loop.told("handed_over") == [(0, "carla"), (0, "chris")]
    assert loop.alert.owner == "carla"
    assert ("carla", NOT_YOURS) in loop.cancelled


def test_in_one_instant_only_the_last_word_on_the_owner_is_sent() -> None:
    loop = Loop().open().pass_to(59)
    loop.now = T0 + minutes(60)
    effects = loop.do(WindowPassed())
    order = [
        (type(e).__name__, e.slip.notice)
        for e in effects
        if isinstance(e, SendNotice) and e.slip.person_id == "carla"
    ]
    assert order == [("SendNotice", Notice.EXPIRED), ("SendNotice", Notice.HANDED_OVER)]
    between = effects[effects.index(_of(effects, Notice.EXPIRED)) :]
    assert any(
        isinstance(e, CancelNotices) and e.person_id == "carla" and Notice.EXPIRED in e.kinds
        for e in between
    )


def _of(effects: tuple[Effect, ...], kind: Notice) -> SendNotice:
    return next(
        e
        for e in effects
        if isinstance(e, SendNotice) and e.slip.notice is kind and e.slip.person_id == "carla"
    )


# ---- one live message -----------------------------------------------------------------------


def test_a_further_page_in_slack_collapses_the_ones_before_and_the_first_does_not() -> None:
    loop = Loop().open()
    assert loop.told("superseded") == []
    loop.pass_to(20)
    assert loop.told("superseded") == [(10, "ada"), (20, "ada")]


def test_who_has_no_slack_has_nothing_to_collapse() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ("sms",)))
    assert Loop(new_alert(roster)).open().pass_to(20).told("superseded") == []


def test_a_page_that_ends_in_the_unknown_and_is_proven_later_is_collapsed_too() -> None:
    loop = Loop(held=True).open()
    late = loop.slip(ADA)
    loop.do(PageUncertain(replace(late, possible_repeat=True)))
    loop.held = False
    loop.work_off()
    loop.do(PageSent(late))
    assert loop.told("superseded") == [(0, "ada")]


def test_an_older_message_tells_of_the_hand_over_though_the_last_page_failed() -> None:
    loop = Loop().open()
    loop.broken = {("ada", "slack"), ("ada", "sms")}
    loop.pass_to(10)
    assert loop.alert.owner == "ben"
    assert loop.told("handed_over") == [(10, "ada")]


def test_the_record_of_the_hand_over_names_the_moment_and_the_person() -> None:
    loop = Loop().open().pass_to(45)
    given = {h.person_id: (h.to, h.at - T0) for h in loop.alert.handed_over}
    assert given == {"ada": ("ben", minutes(30)), "ben": ("carla", minutes(45))}
    again = loop.pass_to(80).alert.handed_over_by("carla")
    assert again is not None
    assert (again.to, again.at) == ("chris", T0 + minutes(80))
    assert loop.alert.handed_over_by("rosa") is None


def test_a_page_in_flight_when_its_person_said_not_my_patient_says_so_for_good() -> None:
    loop = Loop(held=True).open()
    late = loop.slip(ADA)
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    loop.do(PageSent(late))
    loop.acknowledge(BEN)
    loop.do(PageSent(late))
    assert {what for _, what, who, _ in loop.notices if who == "ada"} == {
        "not_my_patient",
        "superseded",
    }

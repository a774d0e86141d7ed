"""A notice is tried until it got through, or until something newer tells more."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.effects import CancelNotices, SendNotice
from bot.domain.events import (
    Declined,
    DeclineReason,
    PageFailed,
    PageSent,
    PageUncertain,
    Withdrawn,
)
from bot.domain.notices import (
    LONGEST_BACKOFF,
    LONGEST_RETRY_AFTER,
    MOST_TRIES,
    Failure,
    beside,
    next_channel,
    once_more,
    wait_after,
)
from bot.domain.page import Notice
from tests.domain.failures import busy
from tests.domain.loop import ADA, BEN, EVERYBODY, T0, Loop, minutes, new_alert
from tests.domain.noticing import acknowledged, refused, slip, tries, withdrawn

SECOND = timedelta(seconds=1)


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


def test_what_one_coordinator_is_told_goes_to_the_next_where_nothing_reaches_the_first() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    kind = Notice.DIRECTORY_ENTRY
    loop.do(refused(slip(kind, who="carla")))
    assert loop.notices[-1][1:] == (kind.value, "carla", "sms")
    loop.do(refused(slip(kind, "sms", who="carla")))
    assert loop.notices[-1][1:] == (kind.value, "chris", "slack")
    before = len(loop.notices)
    loop.do(busy(slip(kind, "sms", who="chris")))
    assert [n[2] for n in loop.notices[before:]] == ["chris"], "who is only busy is not passed by"
    before = len(loop.notices)
    loop.do(refused(slip(kind, "sms", who="chris")))
    assert loop.notices[before:] == [], "after the last one there is nobody"


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


def test_a_further_try_leaves_in_place_what_goes_by_the_next_channel() -> None:
    effects = withdrawn().do(busy(slip(Notice.WITHDRAWN)))
    assert tries(effects) == [("sms", 1), ("slack", 2)]
    by_sms = next(at for at, e in enumerate(effects) if isinstance(e, SendNotice))
    assert not [e for e in effects[by_sms:] if isinstance(e, CancelNotices)]


def test_whom_only_sms_reaches_hears_of_the_end_and_not_of_what_only_rewrites() -> None:
    roster = replace(EVERYBODY, ordering=replace(ADA, channels=("sms",)))
    loop = Loop(new_alert(roster)).open().pass_to(60)
    assert loop.told("expired") == [(60, "ben"), (60, "carla")]
    loop.do(Withdrawn("r2"))
    assert (60, "withdrawn", "ada", "sms") in loop.notices


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
def test_the_channels_are_gone_through_once_each_in_their_order(
    channels: list[str], n: int
) -> None:
    mine = channels[:n]
    used = []
    channel = mine[0] if mine else None
    while channel:
        used.append(channel)
        channel = next_channel(mine, channel)
    assert used == mine


def test_what_was_told_elsewhere_meanwhile_is_not_tried_again() -> None:
    loop = Loop().open()
    in_doubt = PageUncertain(slip(Notice.PLEASE_PHONE, who="rosa"), repeated=True)
    failed = replace(busy(slip(Notice.PLEASE_PHONE, who="rosa")), repeated=True)
    assert tries(loop.do(in_doubt)) == tries(loop.do(failed)) == []


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

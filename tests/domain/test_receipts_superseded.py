"""What becomes of a page or notice after its round or its alert has ended."""

from dataclasses import replace

import pytest

from bot.domain.coverage import Role
from bot.domain.effects import Record, SendNotice
from bot.domain.events import (
    Declined,
    DeclineReason,
    PageFailed,
    PageSent,
    PageUncertain,
    Withdrawn,
)
from bot.domain.page import Notice, Slip
from bot.domain.state import Outcome
from tests.domain.failures import busy, refused
from tests.domain.loop import ADA, EVERYBODY, Loop, new_alert, person


def test_receipts_of_a_superseded_round_change_only_the_record() -> None:
    loop = Loop().open()
    old = loop.slip(ADA, "sms")
    loop.pass_to(30)
    before = loop.alert
    for event in (busy(old), refused(old), PageUncertain(old)):
        assert len(loop.do(event)) == 1
        assert loop.alert == before


def test_a_page_that_arrives_after_the_hand_over_says_so_on_slack() -> None:
    loop = Loop().open()
    old = loop.slip(ADA, "slack")
    loop.pass_to(30)
    count = len(loop.told("handed_over"))
    loop.do(PageSent(old))
    loop.do(PageSent(replace(old, channel="sms")))
    assert len(loop.told("handed_over")) == count + 1


def test_a_page_that_arrives_late_for_the_present_owner_stays_a_page() -> None:
    loop = Loop().open()
    old = loop.slip(ADA, "slack")
    loop.pass_to(10)
    before = len(loop.notices)
    loop.do(PageSent(old))
    assert [what for _, what, _, _ in loop.notices[before:]] == ["superseded"]


@pytest.mark.parametrize("notice", ["acknowledged", "withdrawn"])
def test_a_page_that_arrives_after_the_end_is_rewritten(notice: str) -> None:
    loop = Loop(held=True).open()
    slip = loop.slip(ADA, "slack")
    if notice == "withdrawn":
        loop.do(Withdrawn("r2"))
    else:
        loop.acknowledge(ADA)
    effects = loop.do(PageSent(slip))
    assert [e.slip.notice for e in effects if isinstance(e, SendNotice)] == [Notice(notice)]


def test_a_failure_after_the_end_is_not_tried_again() -> None:
    loop = Loop(held=True).open()
    slip = loop.slip(ADA, "sms")
    loop.acknowledge(ADA)
    assert len(loop.do(busy(slip))) == 1


def notice(kind: Notice, channel: str = "slack", **changes: object) -> Slip:
    slip = Slip("ada", EVERYBODY_ROLE, channel, 1, notice=kind)
    return replace(slip, **changes)  # type: ignore[arg-type] # any field of the slip


EVERYBODY_ROLE = new_alert().owner_role


def test_a_notice_that_was_taken_is_recorded_as_such() -> None:
    loop = Loop().open()
    loop.do(PageSent(notice(Notice.CHANGED)))
    assert loop.entries("notice_sent")


def test_a_notice_that_got_through_says_nothing_of_the_page() -> None:
    loop = Loop(broken={("ada", "sms")}).open()
    loop.do(PageSent(loop.slip(ADA, "sms", notice=Notice.CHANGED)))
    assert loop.alert.outcomes("ada")["sms"] is Outcome.FAILED


def test_who_has_sms_only_hears_of_the_hand_over_by_sms_if_a_page_has_reached_them() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ("sms",)))
    reached = Loop(new_alert(roster)).open().pass_to(30)
    assert reached.notices == [(30, "handed_over", "ada", "sms")]
    silent = Loop(new_alert(roster), held=True).open()
    silent.do(Declined("ada", DeclineReason.OFF_SHIFT))
    assert silent.notices == []


def test_what_comes_of_a_notice_that_was_repeated_is_left_to_its_repeat() -> None:
    loop = Loop(held=True).open()
    first = Slip("ada", Role.ORDERING_PROVIDER, "sms", 1, notice=Notice.REOPENED)
    before = loop.alert
    effects = loop.do(PageFailed(first, "twilio-30003", permanent=False, repeated=True))
    assert loop.alert == before
    assert [type(effect) for effect in effects] == [Record]

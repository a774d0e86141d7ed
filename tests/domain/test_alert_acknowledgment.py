"""Who may acknowledge an alert, what ends with it, and who hears of it."""

from dataclasses import replace

import pytest

from bot.domain.alert import State
from bot.domain.events import NotAllowed, PageDelivered
from tests.domain.loop import ADA, BEN, EVERYBODY, T0, Loop, minutes, new_alert, person


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

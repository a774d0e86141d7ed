from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.coverage import Roster
from bot.domain.ladder import CALL, REPEAT, RETRY, Planned
from bot.sandbox.slack_render import rendered
from bot.slack.overview import LISTED_MOST, detail, listing
from storage.alert_lists import AlertRow
from storage.audit import Entry
from tests.slack.given import ADA, NOW, alert, view

MINUTE = timedelta(minutes=1)


def entry(seq: int, what: str, actor: str = "readback", **data: Any) -> Entry:
    return Entry("a1", seq, NOW - MINUTE, what, actor, data, "")


def shown(*entries: Entry, **changes: Any) -> str:
    blocks = detail(view(alert(**changes)), entries, {ADA.id: ADA.name}, ADA, NOW)
    return rendered(blocks)


def test_what_comes_next_is_told_step_by_step() -> None:
    planned = (Planned(NOW + MINUTE, 1), Planned(NOW + 8 * MINUTE, 2), Planned(NOW, RETRY))
    told = shown(plan=planned)
    assert "14:03 reminder to the owner (slack)" in told
    assert "14:10 designee becomes owner (slack, sms)" in told
    assert "14:02 another try to reach somebody" in told


def test_a_call_that_is_to_come_is_told_where_the_owner_can_be_called() -> None:
    planned = (Planned(NOW + MINUTE, CALL),)
    rings = replace(ADA, channels=(*ADA.channels, "voice"))
    told = shown(plan=planned, owner=ADA.id, roster=Roster(ordering=rings))
    assert "14:03 the owner's phone rings" in told
    assert "14:03" not in shown(plan=planned, owner=ADA.id, roster=Roster(ordering=ADA))


def test_after_expiry_it_says_how_often_coordinators_are_paged() -> None:
    told = shown(plan=(Planned(NOW + MINUTE, REPEAT),), expired_at=NOW)
    assert "14:03 coordinators are paged, every 10 min" in told
    assert "Window passed at 14:02" in told


def test_the_timeline_names_people_and_keeps_to_known_facts() -> None:
    told = shown(
        entry(1, "page_sent", person=ADA.id, channel="slack"),
        entry(2, "acknowledged", ADA.id, words="WORDS-MARKER", read_back="repeated"),
        entry(3, "refused", "slack:T0/U9", reason="unknown_slack_account"),
    )
    assert "14:01 page sent · Dr. Ada Osei · slack" in told
    assert "14:01 acknowledged · Dr. Ada Osei · repeated" in told
    assert "14:01 refused · slack:T0/U9 · unknown slack account" in told
    assert "WORDS-MARKER" not in told


def test_a_long_timeline_says_what_it_leaves_out(sound_blocks: Any) -> None:
    entries = [entry(n, "page_sent", person=ADA.id, reason="r" * 500) for n in range(500)]
    blocks = detail(view(), entries, {}, ADA, NOW)
    assert "… 440 earlier entries are in the audit trail" in rendered(blocks)
    sound_blocks(blocks)


def test_a_list_that_leaves_some_out_says_so(sound_blocks: Any) -> None:
    one = AlertRow(
        id="a1",
        ref="K7QX",
        category="critical",
        state="open",
        owner=ADA.id,
        owner_name=ADA.name,
        owner_role="ordering_provider",
        window_opens_at=NOW,
        due_at=NOW,
        opened_at=NOW,
        next_action_at=NOW,
        expired_at=None,
        acknowledged_at=None,
        ended_at=None,
        exam="CT",
        modality="CT",
        accession="",
    )
    assert "200 open alerts" in rendered(listing([one] * LISTED_MOST, ADA, NOW))
    told = listing([one] * (LISTED_MOST + 1), ADA, NOW)
    sound_blocks(told)
    assert "More than 200 open alerts" in rendered(told)
    assert rendered(told).count("K7QX") == LISTED_MOST

"""What is known before a report is final: whom it concerns, and how much earlier it was."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.before_final import (
    asks_radiologist,
    flagged_early,
    in_words,
    minutes_before_final,
    of_same_order,
    reached_at,
)
from bot.domain.fold import counted, settle
from bot.domain.ordering import NO_TIME, Version
from bot.domain.report import Preliminary, Status
from bot.domain.settling import older_than_what_holds
from bot.domain.window import opens_at
from tests.domain.loop import POLICY, T0
from tests.domain.reports import report

LATER = T0 + timedelta(hours=1)


def version(
    n: int,
    category: str | None = "critical",
    status: Status = Status.FINAL,
    does: Preliminary = Preliminary.IGNORE,
) -> Version:
    at = T0 + timedelta(minutes=n)
    return Version(f"r{n}", status, at, at, LATER, f"h{n}", category, f"f{n}", if_preliminary=does)


def preliminary(n: int, category: str | None = "critical", does: str = "notify") -> Version:
    return version(n, category, Status.PRELIMINARY, Preliminary(does))


WITHDRAWN = version(5, None, Status.WITHDRAWN)


# ---- notify -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("versions", "asks"),
    [
        ([], False),
        ([preliminary(1)], True),
        ([preliminary(1, does="ignore")], False),
        ([preliminary(1, does="open")], False),
        ([preliminary(1, None)], False),
        ([preliminary(1, "routine")], False),
        ([preliminary(1), preliminary(2, None)], True),
        ([preliminary(1), preliminary(2, "routine")], False),
        ([preliminary(1), WITHDRAWN], False),
        ([preliminary(1), WITHDRAWN, preliminary(6)], True),
        ([preliminary(1), version(2)], False),
        ([preliminary(9), version(2, None)], False),
        ([preliminary(1), preliminary(2, does="ignore")], True),
    ],
)
def test_the_radiologist_is_asked_while_what_is_known_last_is_preliminary_and_flagged(
    versions: list[Version], asks: bool
) -> None:
    for some in permutations(versions):
        assert asks_radiologist(some, POLICY) is asks


@pytest.mark.parametrize(
    ("ended", "asks"),
    [((), False), ((WITHDRAWN,), True), ((preliminary(4, "routine", "open"),), True)],
)
def test_an_open_alert_of_another_source_asks_instead(
    ended: tuple[Version, ...], asks: bool
) -> None:
    """By one source it opens, by the other the radiologist is asked."""
    both = [preliminary(1, does="open"), *ended, preliminary(6)]
    assert asks_radiologist(both, POLICY) is asks


def test_each_order_on_an_accession_has_its_own_versions() -> None:
    mine, theirs = (replace(preliminary(n), order=f"F{n}") for n in (1, 2))
    both = replace(preliminary(3), order="F1 F2")
    assert of_same_order("r1", [mine, theirs]) == [[mine]]
    assert of_same_order("r2", [mine]) == []
    assert all(both in some for some in of_same_order("r3", [mine, theirs, both]))


# ---- how much earlier ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("versions", "minutes"),
    [
        ([preliminary(1)], None),
        ([version(9)], None),
        ([preliminary(1, None), version(9)], None),
        ([preliminary(1, "routine"), version(9)], None),
        ([preliminary(9), version(9)], None),
        ([preliminary(10), version(9)], None),
        ([preliminary(1), WITHDRAWN], None),
        ([preliminary(3), preliminary(1), version(20), version(9, status=Status.CORRECTED)], 8),
        ([preliminary(1, does="open"), version(2, None)], 1),
        ([preliminary(1), replace(version(1), sent_at=T0 + timedelta(minutes=9))], 8),
    ],
)
def test_from_the_first_flagged_preliminary_to_the_first_final(
    versions: list[Version], minutes: int | None
) -> None:
    assert minutes_before_final(versions) == minutes


def test_it_is_told_by_modality_category_and_time_alone() -> None:
    told = report(status_at=T0, modality="CT", exam="CT CHEST OF JANE DOE")
    zone = "America/Chicago"
    at = T0.astimezone(ZoneInfo(zone))
    words = in_words(told, "very_critical", zone, T0)
    assert words == f"CT report, flagged very critical, preliminary since {at:%H:%M}"
    bare = replace(told, status_at=None, modality="")
    assert in_words(bare, "critical", "UTC", T0) == "Imaging report, flagged critical, preliminary"
    assert in_words(bare, "", "UTC", T0) == "Imaging report, flagged, preliminary"


# ---- open -------------------------------------------------------------------------------------


def test_where_the_site_lets_it_count_it_holds_until_there_is_a_final() -> None:
    early = preliminary(1, "critical", "open")
    held = settle([early], POLICY)
    assert held
    assert (held.newest, held.category, held.finding_hash) == (early, "critical", "f1")
    final = version(2, None)
    held = settle([early, final], POLICY)
    assert held
    assert (held.newest, held.category, held.finding_hash) == (final, "critical", "f2")


@pytest.mark.parametrize("does", ["ignore", "notify"])
def test_else_it_has_no_say(does: str) -> None:
    assert settle([preliminary(1, "critical", does)], POLICY) is None
    assert counted([preliminary(1, "critical", does), version(2)], POLICY) == [version(2)]


@pytest.mark.parametrize("lower", ["routine", "significant"])
def test_a_preliminary_whose_time_is_newer_than_the_final_s_neither_lowers_nor_replaces_it(
    lower: str,
) -> None:
    final = version(2)
    held = settle([final, preliminary(8, lower, "open")], POLICY)
    assert held == settle([preliminary(1, lower, "open"), final], POLICY)
    assert held == settle([final], POLICY)


def test_one_that_is_more_severe_than_the_final_and_newer_by_its_times_is_told() -> None:
    final, late = version(2, "significant"), preliminary(8, "critical", "open")
    after = settle([final, late], POLICY)
    assert after
    assert (after.category, after.newest) == ("significant", final)
    told = older_than_what_holds(late, after.newest, after, POLICY)
    assert told
    assert told.doubtful


def test_a_withdrawal_before_there_is_a_final_can_be_followed_by_another_preliminary() -> None:
    first, again = preliminary(1, does="open"), preliminary(6, does="open")
    held = settle([first, WITHDRAWN], POLICY)
    assert held
    assert held.withdrawn
    held = settle([first, WITHDRAWN, again], POLICY)
    assert held
    assert held.newest == again
    held = settle([first, version(3), WITHDRAWN, again], POLICY)
    assert held
    assert held.withdrawn, "after a final it comes too late"


made = st.builds(
    version,
    st.integers(0, 30),
    st.sampled_from([None, "routine", "significant", "critical"]),
    st.sampled_from([*Status, Status.PRELIMINARY, Status.PRELIMINARY]),
    st.sampled_from([*Preliminary]),
)


@given(st.lists(made, max_size=6, unique_by=lambda v: v.report_id), st.data())
def test_in_any_order_and_with_any_preliminaries_the_same_holds(
    versions: list[Version], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(versions))
    assert settle(shuffled, POLICY) == settle(versions, POLICY)
    assert asks_radiologist(shuffled, POLICY) == asks_radiologist(versions, POLICY)
    assert minutes_before_final(shuffled) == minutes_before_final(versions)
    held = settle(versions, POLICY)
    if held and any(Status.FINAL <= v.status <= Status.CORRECTED for v in versions):
        assert held.newest.status is not Status.PRELIMINARY


def test_its_window_opens_at_its_status_time_or_the_discovery() -> None:
    early = report(status=Status.PRELIMINARY, status_at=T0, finalized_at=None)
    assert opens_at(early, LATER) == (T0, "")
    found = T0 - timedelta(minutes=9)
    assert opens_at(replace(early, discovered_at=found), LATER) == (found, "")
    at, note = opens_at(replace(early, status_at=None), LATER)
    assert at == LATER
    assert "no usable status time" in note


# ---- the report of shadow mode ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("versions", "pairs"),
    [
        ([preliminary(3), preliminary(1), version(9), version(5)], [("r1", "r5")]),
        ([preliminary(1)], [("r1", None)]),
        ([preliminary(1, None), version(5)], []),
        ([preliminary(9), version(5)], []),
        ([replace(preliminary(1), machine=True), version(5)], []),
        ([preliminary(1), replace(version(5), unread=True)], [("r1", None)]),
        ([replace(preliminary(1), order="A"), replace(version(5), order="B")], [("r1", None)]),
        ([replace(preliminary(1), status_at=NO_TIME), version(5)], []),
    ],
)
def test_a_flagged_preliminary_is_paired_with_the_final_of_its_own_order_that_came_after_it(
    versions: list[Version], pairs: list[tuple[str, str | None]]
) -> None:
    for some in permutations(versions):
        found = [(a.report_id, b.report_id if b else None) for a, b in flagged_early(some)]
        assert found == pairs


def test_a_status_time_that_does_not_move_leaves_the_time_of_sending() -> None:
    early, final = preliminary(1), replace(version(5), status_at=preliminary(1).status_at)
    assert list(flagged_early([final, early])) == [(early, final)]


def test_what_tells_no_time_was_reached_when_it_was_received() -> None:
    assert reached_at(replace(version(1), status_at=NO_TIME)) == LATER
    still = replace(version(1), sent_at=LATER)
    assert [reached_at(still, since) for since in (preliminary(1), preliminary(0), None)] == [
        LATER,
        still.status_at,
        still.status_at,
    ]

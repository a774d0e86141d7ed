"""Versions that the status time does not tell apart: what was sent last holds."""

from dataclasses import replace

import pytest

from bot.domain.ordering import NO_TIME, Version
from bot.domain.report import ROUTINE, Status
from tests.domain.arrivals import GONE, at, settle


@pytest.mark.parametrize(
    ("told", "holds", "category"),
    [
        ([at(1, "critical"), at(2, "critical")], 1, "critical"),
        ([at(1, "critical"), at(2, status=GONE), at(3, "critical")], 3, "critical"),
        ([at(1, "critical"), at(2, status=GONE), at(3), at(4, status=GONE)], 4, "critical"),
        ([at(1, "critical"), at(2, ROUTINE, Status.CORRECTED), at(3, "critical")], 3, "critical"),
        (
            [at(1, "significant"), at(2, "critical", Status.CORRECTED), at(3, "significant")],
            2,
            "critical",
        ),
        ([at(1), at(2, "critical", Status.CORRECTED), at(3)], 2, "critical"),
        ([at(1, "significant"), at(2, "critical"), at(3, "significant")], 2, "critical"),
        (
            [
                at(1, "critical", words="A"),
                at(2, "critical", words="B"),
                at(3, "critical", words="A"),
            ],
            3,
            "critical",
        ),
    ],
    ids=[
        "the same again",
        "issued again",
        "withdrawn again",
        "flagged again after a downgrade",
        "an old version repeated after its correction",
        "an old version without a flag repeated",
        "a milder one of the same rank repeated",
        "other words of the same rank and category repeated",
    ],
)
def test_content_that_came_before_counts_only_where_it_asks_for_more(
    told: list[Version], holds: int, category: str
) -> None:
    for some in (told, list(reversed(told))):
        settled = settle(some)
        assert settled
        assert (settled.newest.report_id, settled.category) == (f"at {holds}", category)


def test_a_clock_that_is_ahead_gains_nothing_not_even_when_it_sends_again() -> None:
    first, correction = at(0, "significant", reached=4), at(1, "critical", reached=1)
    again = replace(at(9, "significant", reached=4), report_id="again")
    settled = settle([again, correction, first])
    assert settled
    assert settled.newest is correction


def test_sending_counts_where_a_status_time_lies_after_it() -> None:
    ahead = at(1, "significant", reached=60)
    assert _newest(at(2, "critical", reached=2), ahead) == "at 2"


def test_what_tells_no_time_comes_before_everything_that_does() -> None:
    timeless = replace(at(9, ROUTINE, Status.CORRECTED), status_at=NO_TIME, sent_at=NO_TIME)
    assert _newest(timeless, at(1, "critical")) == "at 1"
    again = replace(timeless, report_id="rank", status=GONE, content_hash="gone")
    assert _newest(timeless, again) == "rank"


def _newest(*told: Version) -> str:
    """Which of them holds, whichever comes first."""
    ends = {found.newest.report_id for some in (told, told[::-1]) if (found := settle(some))}
    (end,) = ends
    return end


def test_a_server_that_shows_a_resource_final_again_has_said_so_after_it_was_withdrawn() -> None:
    gone = at(5, status=GONE, reached=5, resource="ehr/r1")
    first, again = at(1, "critical", resource="ehr/r1"), at(9, "critical", resource="ehr/r1")
    settled = settle([again, gone, first])
    assert settled
    assert settled.newest is again
    by_another = replace(again, resource="other/r1")
    settled = settle([by_another, gone, first])
    assert settled
    assert settled.newest is gone

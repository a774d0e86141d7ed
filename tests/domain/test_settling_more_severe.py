"""A version that says more than the one that holds, and comes before it, is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.events import OlderVersion
from bot.domain.ordering import NO_TIME, Version
from bot.domain.settling import older_than_what_holds
from tests.domain.arrivals import GONE, LATER, at, settle
from tests.domain.loop import POLICY, T0


@pytest.mark.parametrize(
    ("told", "older", "expected"),
    [
        (
            at(3, "critical"),
            at(2, "significant", reached=1),
            OlderVersion("critical", doubtful=True),
        ),
        (
            at(1, "critical"),
            at(2, "significant", reached=1),
            OlderVersion("critical", doubtful=False),
        ),
        (
            at(3, "significant"),
            at(2, status=GONE, reached=1),
            OlderVersion("significant", doubtful=True),
        ),
        (at(3, "significant"), at(2, "critical", reached=1), None),
        (at(3), at(2, "critical", reached=1), None),
        (at(3, "critical"), at(2, reached=1), None),
        (at(3, "critical", reached=2), at(2, "significant", reached=1), None),
    ],
)
def test_a_more_severe_version_that_does_not_hold_is_told(
    told: Version, older: Version, expected: OlderVersion | None
) -> None:
    after = settle([told, older])
    assert after
    late = replace(told, received_at=LATER)
    assert older_than_what_holds(late, after.newest, after, POLICY) == expected


def test_what_tells_no_time_or_loses_to_a_clock_that_is_ahead_is_doubtful() -> None:
    holds = at(9, "significant", reached=9)
    timeless = replace(at(1, "critical"), status_at=NO_TIME, sent_at=NO_TIME, received_at=LATER)
    before_it_was_sent = replace(at(1, "critical"), received_at=T0 + timedelta(minutes=8))
    for told in (timeless, before_it_was_sent):
        after = settle([told, holds])
        assert after
        assert after.newest == holds
        event = older_than_what_holds(told, holds, after, POLICY)
        assert event == OlderVersion("critical", doubtful=True)

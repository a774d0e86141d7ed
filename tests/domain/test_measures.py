"""What is read off the alerts: whom they reached first, and why somebody else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.coverage import Role
from bot.domain.measures import (
    First,
    Lag,
    Miss,
    Opened,
    Unknown,
    in_minutes,
    spread,
    unknown_providers,
)
from bot.domain.report import Identifier, Provider

T0 = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
OSEI = Provider((Identifier("1001", "MAIN"),), "OSEI, ADA")
LEE = Provider((Identifier("9999", "ELSEWHERE"),), "LEE")
ROE, PARK = Provider((), "ROE"), Provider((), "PARK")
FIRST = First("Ada", Role.ORDERING_PROVIDER, ("slack",), T0, sent=False)
ALERT = Opened(
    ref="K7QX",
    sender="RIS/MAIN",
    category="critical",
    rule="OBX[1]-8=AA",
    review="",
    state="shadow",
    shadow=True,
    stale=False,
    opened_at=T0,
    due_at=T0 + timedelta(hours=1),
    ordering=(OSEI,),
    provider_known=True,
    provider_reached=True,
    first=FIRST,
)
ELSEWHERE: dict[str, Any] = {"provider_reached": False}
UNKNOWN: dict[str, Any] = {**ELSEWHERE, "provider_known": False}


@pytest.mark.parametrize(
    ("changes", "miss"),
    [
        ({}, Miss.NONE),
        (UNKNOWN, Miss.UNKNOWN_PROVIDER),
        ({**UNKNOWN, "ordering": ()}, Miss.NO_PROVIDER),
        ({**UNKNOWN, "ordering": (ROE,)}, Miss.NO_PROVIDER),
        ({**UNKNOWN, "ordering": (ROE, LEE)}, Miss.UNKNOWN_PROVIDER),
        ({**UNKNOWN, "ordering": (), "review": "could not be read"}, Miss.REVIEW),
        (ELSEWHERE, Miss.NO_CONTACT),
        ({**ELSEWHERE, "review": "code not known"}, Miss.REVIEW),
        ({**ELSEWHERE, "stale": True}, Miss.STALE),
        ({"first": None}, Miss.NOBODY),
        ({"first": None, "state": "withdrawn"}, Miss.ENDED),
    ],
)
def test_why_the_ordering_provider_is_not_asked(changes: dict[str, Any], miss: Miss) -> None:
    assert replace(ALERT, **changes).miss is miss


def test_unknown_providers_once_each_the_most_frequent_first() -> None:
    of = replace(ALERT, **UNKNOWN)
    alerts = [of, replace(of, ordering=(LEE,)), replace(of, ordering=(LEE, OSEI)), ALERT]
    assert unknown_providers([*alerts, replace(of, ordering=(LEE,))]) == [
        Unknown(LEE, 3),
        Unknown(OSEI, 2),
    ]


def test_providers_without_an_identifier_are_told_apart_by_their_names() -> None:
    of = replace(ALERT, **UNKNOWN)
    alerts = [replace(of, ordering=(who,)) for who in (ROE, PARK, PARK)]
    assert unknown_providers(alerts) == [Unknown(PARK, 2), Unknown(ROE, 1)]


def test_a_span_by_the_senders_times() -> None:
    lag = Lag("K7QX", "RIS", "critical", T0, T0 + timedelta(seconds=90), None, still_flagged=True)
    assert lag.minutes == 1.5
    assert replace(lag, final_at=None).minutes is None
    assert in_minutes(timedelta(minutes=-3)) == -3.0


def test_the_middle_and_what_nine_of_ten_do_not_exceed() -> None:
    assert spread([]) is None
    found = spread(list(range(1, 11)))
    assert found
    assert (found.count, found.median, found.p90) == (10, 5.5, 9)


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1))
def test_nine_of_ten_are_within_the_p90(values: list[float]) -> None:
    found = spread(values)
    assert found
    assert found.p90 in values
    assert sum(value <= found.p90 for value in values) >= 0.9 * len(values)

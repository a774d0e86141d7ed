"""The times of a DiagnosticReport, and which of them order its versions."""

import json
from datetime import UTC, datetime

import pytest

from bot.domain.message import Reports
from bot.sources.fhir import reader as fhir
from tests.sources.fhir_samples import ISSUED, ORIGIN, report, resource


def test_a_placeholder_for_issued_is_no_time() -> None:
    found = report(issued="1970-01-01T00:00:00Z")
    assert (found.finalized_at, found.status_at) == (None, found.sent_at)
    assert found.time_notes == ("issued is a placeholder",)


SENT = datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)


def test_what_the_server_shows_later_is_the_same_content_with_its_own_time() -> None:
    later = {"versionId": "3", "lastUpdated": "2026-03-02T14:50:00Z"}
    for status in ("final", "entered-in-error"):
        first, second = report(status=status), report(status=status, meta=later)
        assert first.content_hash == second.content_hash
        assert (first.sent_at, second.sent_at) == (SENT, datetime(2026, 3, 2, 14, 50, tzinfo=UTC))
        assert first.resource == second.resource == "ehr/r1"


def test_the_exams_time_never_stands_in_for_the_time_of_issue() -> None:
    found = report(issued=None)
    assert found.finalized_at is None
    assert found.status_at == datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)
    assert found.time_notes == ("issued is empty",)


@pytest.mark.parametrize("status", ["amended", "entered-in-error"])
def test_a_version_that_kept_the_time_of_issue_is_ordered_by_its_update(status: str) -> None:
    meta = {"lastUpdated": "2026-03-02T14:50:00Z"}
    assert report(status=status, meta=meta).status_at == datetime(2026, 3, 2, 14, 50, tzinfo=UTC)
    assert report(meta=meta).status_at == ISSUED


@pytest.mark.parametrize(
    ("received", "meaning", "which"), [((6, 31), (6, 30), "earlier"), ((7, 31), (7, 30), "later")]
)
def test_a_time_without_a_zone_that_came_twice_is_the_last_before_its_receipt(
    received: tuple[int, int], meaning: tuple[int, int], which: str
) -> None:
    """Against FHIR, whose instants have an offset; there are servers that leave it out."""
    (hour, minute), (meant, past) = received, meaning
    night = datetime(2026, 11, 1, tzinfo=UTC)
    data = json.dumps(resource("report", issued="2026-11-01T01:30:00")).encode()
    now = night.replace(hour=hour, minute=minute)
    reading = fhir.read(data, origin=ORIGIN, now=now).reading
    assert isinstance(reading, Reports)
    (found,) = reading.reports
    assert found.finalized_at == night.replace(hour=meant, minute=past)
    (note,) = found.time_notes
    assert note.startswith("issued came twice")
    assert note.endswith(f"the {which} meaning counts")


def test_a_time_ahead_of_our_clock_orders_nothing() -> None:
    found = report(issued="2031-01-01T00:00:00Z")
    assert found.status_at == datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)
    assert found.time_notes == ("issued lies in the future",)


def test_a_server_whose_clock_is_ahead_orders_its_own_versions() -> None:
    found = report(
        issued="2026-03-02T18:00:00Z",
        meta={"versionId": "1", "lastUpdated": "2026-03-02T18:00:05Z"},
    )
    assert found.status_at == datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    assert found.sent_at == datetime(2026, 3, 2, 18, 0, 5, tzinfo=UTC)
    assert found.time_notes == ("issued lies in the future",)


def test_a_time_without_a_zone_is_the_sites() -> None:
    assert report(issued="2026-03-02T08:30:00").finalized_at == ISSUED

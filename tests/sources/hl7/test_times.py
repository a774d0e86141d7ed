"""The times of a report: when it was signed, discovered, and reached its status."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.message import Reports
from tests.sources.oru import MSH, NOW, OBX, message, obr, raw, report, sample


def test_a_time_without_a_zone_has_the_headers() -> None:
    local = message(obr({22: "20260115120000"}), OBX, msh=MSH.replace("-0600", "-0500"))
    assert report(local).finalized_at == datetime(2026, 1, 15, 17, tzinfo=UTC)


def test_without_any_zone_the_sites_holds() -> None:
    local = message(obr({22: "20260115120000"}), OBX, msh=MSH.replace("-0600", ""))
    assert report(local).finalized_at == datetime(2026, 1, 15, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ("", "OBR-22 is empty"),
        ("20260115", "OBR-22 has no minutes"),
        ("20261345120000", "OBR-22 is not a date and time"),
        ("soon", "OBR-22 is not a date and time"),
        ("00010101000000", "OBR-22 is a placeholder"),
    ],
)
def test_an_unusable_finalization_is_noted_and_the_headers_time_orders_the_versions(
    value: str, note: str
) -> None:
    found = report(sample(fields={22: value}))
    assert (found.finalized_at, found.time_notes) == (None, (note,))
    assert found.status_at == datetime(2026, 1, 15, 18, 1, tzinfo=UTC)


def test_a_time_of_days_ahead_does_not_order_versions_one_of_a_fast_clock_does() -> None:
    found = report(sample(fields={22: "20620115120000-0600"}))
    assert found.time_notes == ("OBR-22 lies in the future",)
    assert found.status_at == datetime(2026, 1, 15, 18, 1, tzinfo=UTC)
    ahead = NOW + timedelta(hours=5)
    fast = report(sample(fields={22: ahead.strftime("%Y%m%d%H%M%S+0000")}))
    assert fast.time_notes == ("OBR-22 lies in the future",)
    assert fast.status_at == ahead.replace(microsecond=0)


def test_no_usable_time_at_all_is_none() -> None:
    data = message(obr({22: ""}), OBX, msh=MSH.replace("20260115120100-0600", "209901010000"))
    found = report(data)
    assert (found.status_at, found.sent_at) == (None, None)


def test_a_flagged_observation_with_a_time_of_its_own_is_the_discovery() -> None:
    timed = OBX + "|" * 8 + "20260115114500-0600"
    assert report(sample(timed)).discovered_at == datetime(2026, 1, 15, 17, 45, tzinfo=UTC)


@pytest.mark.parametrize("time", ["20260115105900-0600", "20260115120100-0600", "yesterday"])
def test_a_discovery_before_the_exam_or_after_the_report_does_not_count(time: str) -> None:
    assert report(sample(OBX + "|" * 8 + time)).discovered_at is None


def test_a_preliminary_report_has_a_status_time_but_no_finalization() -> None:
    found = report(sample(fields={25: "P"}))
    assert (found.finalized_at, found.status_at) == (None, datetime(2026, 1, 15, 18, tzinfo=UTC))


def test_the_discovery_of_a_preliminary_report_lies_before_its_status() -> None:
    timed = OBX + "|" * 8 + "20260115114500-0600"
    found = report(sample(timed, fields={25: "P"}))
    assert found.discovered_at == datetime(2026, 1, 15, 17, 45, tzinfo=UTC)
    late = OBX + "|" * 8 + "20260115120100-0600"
    assert report(sample(late, fields={25: "P"})).discovered_at is None


@pytest.mark.parametrize(
    ("discovered", "reached", "received", "window"),
    [
        ("0155", "0110", (7, 11), ((6, 55), (7, 10))),
        ("0105", "0150", (7, 30), ((6, 5), (6, 50))),
        ("0105", "0110", (7, 11), ((7, 5), (7, 10))),
        ("0105", "0110", (6, 11), ((6, 5), (6, 10))),
    ],
)
def test_in_the_hour_that_comes_twice_the_discovery_is_the_last_before_the_report(
    discovered: str,
    reached: str,
    received: tuple[int, int],
    window: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    night = datetime(2026, 11, 1, tzinfo=UTC)
    timed = OBX + "|" * 8 + f"20261101{discovered}"
    fields = {7: "202611010030", 22: f"20261101{reached}"}
    data = message(obr(fields), timed, msh=MSH.replace("20260115120100-0600", ""))
    hour, minute = received
    reading = raw(data, night.replace(hour=hour, minute=minute)).reading
    assert isinstance(reading, Reports)
    (found,) = reading.reports
    expected = tuple(night.replace(hour=hour, minute=minute) for hour, minute in window)
    assert (found.discovered_at, found.finalized_at) == expected
    assert [note[:17] for note in found.time_notes] == ["OBR-22 came twice"]


def test_a_placeholder_for_the_status_time_counts_for_nothing() -> None:
    found = report(sample(fields={22: "19000101000000"}))
    assert (found.finalized_at, found.status_at) == (None, found.sent_at)
    assert found.time_notes == ("OBR-22 is a placeholder",)

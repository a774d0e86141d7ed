"""Reports that come late, who is paged how much later, and a system clock that somebody sets."""

from datetime import datetime, timedelta

from bot import metrics
from bot.sandbox.hospital import Hospital, Member
from storage.page_history import PageRow
from tests.scenarios.looking import pages, version
from tests.waiting import until


def send_late(hospital: Hospital, minutes: float) -> datetime:
    """A critical report finalized that long ago; when its window opened."""
    final = hospital.now.replace(microsecond=0) - timedelta(minutes=minutes)
    hospital.send(version("L1", final, control="L1"))
    return final


def first_page(hospital: Hospital, member: Member) -> PageRow:
    roster = hospital.alert().roster
    return next(
        row
        for row in pages(hospital)
        if (person := roster.person(row.slip.person_id)) and person.name == member.name
    )


def minutes_after(opened: datetime, row: PageRow) -> float:
    assert row.claimed_at is not None
    return round((row.claimed_at - opened).total_seconds() / 60, 1)


def set_back(hospital: Hospital, minutes: float) -> None:
    swept = "readback_last_sweep_timestamp_seconds"
    now = hospital.now.timestamp()
    until(lambda: (metrics.REGISTRY.get_sample_value(swept) or 0.0) >= now)
    hospital.clock.step(timedelta(minutes=-minutes))
    hospital.pass_time()

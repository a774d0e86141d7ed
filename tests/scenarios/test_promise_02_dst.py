"""The hour that comes twice when daylight saving ends, from a sender that writes no zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import (
    acknowledge_by_sms,
    expect_everything,
    paged,
    pages,
    version,
)

CHICAGO = ZoneInfo("America/Chicago")
BEFORE = datetime(2027, 11, 7, 6, 50, 20, tzinfo=UTC)
"""01:50 by daylight saving time: twenty minutes later it is 01:10."""

ROUTINE, SIGNIFICANT, CRITICAL = "RID50261", "RID49482", "RID49480"
OCCLUSION = "CORRECTED: basilar artery occlusion."


@pytest.fixture
def night(hospital: Hospital) -> Hospital:
    hospital.pass_time(minutes=(BEFORE - hospital.now).total_seconds() / 60)
    return hospital


def written(at: datetime) -> str:
    return at.astimezone(CHICAGO).strftime("%Y%m%d%H%M%S")


def send(
    hospital: Hospital,
    control: str,
    *,
    status: str = "F",
    flag: str = CRITICAL,
    impression: str = "Acute left subdural hematoma.",
    stated: str | None = None,
    final: datetime | None = None,
) -> None:
    """Sent now and finalized then, or now, or with this OBR-22."""
    final = final or hospital.now
    message = version(
        "DST1",
        final,
        control=control,
        status=status,
        flag=flag,
        impression=impression,
        sent=written(hospital.now),
        stated=written(final) if stated is None else stated,
    )
    assert "MSA|AA|" in hospital.send(message)


@pytest.fixture(params=[None, ""], ids=["OBR-22", "MSH-7 alone"])
def stated(request: pytest.FixtureRequest) -> str | None:
    found: str | None = request.param
    return found


def test_a_correction_that_asks_for_more_is_paged(night: Hospital, stated: str | None) -> None:
    send(night, "D1", flag=SIGNIFICANT, stated=stated)
    night.pass_time(minutes=20)
    send(night, "D2", status="C", flag=CRITICAL, impression=OCCLUSION, stated=stated)
    alert = night.alert()
    assert (alert.category, alert.state, alert.version) == ("critical", State.OPEN, 2)
    paged(night.ada)
    expect_everything(night)


def test_a_routine_report_that_becomes_critical_is_paged(
    night: Hospital, stated: str | None
) -> None:
    send(night, "D1", flag=ROUTINE, stated=stated)
    night.pass_time(minutes=20)
    send(night, "D2", status="C", flag=CRITICAL, stated=stated)
    assert night.alert().state is State.OPEN
    paged(night.ada)
    expect_everything(night)


def test_a_correction_reopens_what_was_acknowledged(night: Hospital, stated: str | None) -> None:
    send(night, "D1", stated=stated)
    _, sms = paged(night.ada)
    acknowledge_by_sms(night, night.ada, sms)
    night.pass_time(minutes=20)
    send(night, "D2", status="C", impression=OCCLUSION, stated=stated)
    alert = night.alert()
    assert (alert.state, alert.cycle) == (State.OPEN, 2)
    assert night.now - alert.window_opens_at < timedelta(minutes=1)
    expect_everything(night)


@pytest.mark.parametrize(
    ("status", "flag", "state"),
    [("X", "", State.WITHDRAWN), ("C", ROUTINE, State.DOWNGRADED)],
    ids=["withdrawn", "downgraded"],
)
def test_what_takes_it_back_ends_it(
    night: Hospital, stated: str | None, status: str, flag: str, state: State
) -> None:
    send(night, "D1", stated=stated)
    paged(night.ada)
    night.pass_time(minutes=20)
    send(night, "D2", status=status, flag=flag, stated=stated)
    assert night.alert().state is state
    before = len(pages(night))
    night.pass_time(minutes=41)
    assert len(pages(night)) == before
    expect_everything(night)


def test_the_old_version_sent_again_in_the_second_hour_takes_nothing_back(night: Hospital) -> None:
    first = night.now
    send(night, "D1", flag=SIGNIFICANT)
    night.pass_time(minutes=20)
    send(night, "D2", status="C", flag=CRITICAL, impression=OCCLUSION)
    night.pass_time(minutes=45)
    send(night, "D3", flag=SIGNIFICANT, final=first)
    assert night.alert().category == "critical"
    expect_everything(night)


def test_a_report_of_the_second_hour_has_its_whole_window_and_says_that_the_hour_was_guessed(
    night: Hospital,
) -> None:
    night.pass_time(minutes=26)
    final = night.now - timedelta(minutes=1)
    send(night, "D1", stated=written(final))
    alert = night.alert()
    assert (alert.state, alert.window_opens_at) == (State.OPEN, final.replace(microsecond=0))
    slack, sms = paged(night.ada)
    assert "OBR-22 came twice at the change of daylight saving" in slack.plain
    assert "the later meaning counts" in slack.plain
    acknowledge_by_sms(night, night.ada, sms)

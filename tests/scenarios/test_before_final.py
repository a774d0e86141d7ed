"""Before it is final: a flagged preliminary report is recorded, told to its reader, or pages."""

import re
from datetime import timedelta

import pytest

from bot.domain.alert import State
from bot.domain.before_final import asks_radiologist
from bot.domain.page import Notice
from bot.domain.report import KeyKind, ReportKey
from bot.sandbox.hospital import Hospital, Member
from storage import audit, reports
from storage.audit import Entry
from tests.scenarios.looking import (
    acknowledge_by_sms,
    change_directory,
    entries,
    expect_everything,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
    version,
)
from tests.scenarios.test_shadow import shadow_for, told

HEMATOMA = "Acute left subdural hematoma."
DISSECTION = "Acute dissection of the descending aorta."
EARLY = re.compile("CT report, flagged critical, preliminary since")
MODE = "READBACK_HL7__PRELIMINARY"


@pytest.fixture
def mode() -> str:
    return "open"


@pytest.fixture
def settings(mode: str) -> dict[str, str]:
    return {MODE: mode}


ignored = pytest.mark.parametrize("mode", ["ignore"])
notified = pytest.mark.parametrize("mode", ["notify"])
either = pytest.mark.parametrize("mode", ["ignore", "notify"])


def send(hospital: Hospital, status: str, minutes_ago: float = 0, **about: str) -> None:
    """One version of order V1 that reached its status so long ago."""
    hospital.sent += 1
    reached = hospital.now - timedelta(minutes=minutes_ago)
    data = version("V1", reached, control=f"V{hospital.sent}", status=status, **about)
    assert "MSA|AA|" in hospital.send(data)


def asked(hospital: Hospital) -> list[Entry]:
    """The entries of administration that say who was asked."""
    chain = hospital.database.look(lambda c: audit.chain(c, audit.ADMIN))
    return [entry for entry in chain if entry.what == "asked_before_final"]


def minutes_on_record(hospital: Hospital) -> list[object]:
    return [entry.data["minutes"] for entry in entries(hospital, "flagged_before_final")]


# ---- ignore -----------------------------------------------------------------------------------


@ignored
def test_the_final_pages_and_the_record_says_how_much_earlier_it_was_flagged(
    hospital: Hospital,
) -> None:
    send(hospital, "P")
    assert hospital.alerts() == 0
    hospital.pass_time(minutes=12)
    send(hospital, "P")
    hospital.pass_time(minutes=13)
    send(hospital, "F")
    assert minutes_on_record(hospital) == [25]
    assert "flagged_before_final" in [e.what for e in hospital.trail(hospital.alert())]
    paged_until_acknowledged(hospital, hospital.ada)


@either
def test_a_preliminary_that_comes_after_the_final_is_recorded_and_changes_nothing(
    hospital: Hospital,
) -> None:
    send(hospital, "F", 5)
    _, sms = paged(hospital.ada)
    send(hospital, "P", 30)
    send(hospital, "P", 20)
    assert minutes_on_record(hospital) == [25]
    acknowledge_by_sms(hospital, hospital.ada, sms)
    send(hospital, "P", 1, impression=DISSECTION)
    assert hospital.alert().state is State.ACKNOWLEDGED
    assert len(pages(hospital)) == 2


@either
def test_one_without_a_flag_is_nothing(hospital: Hospital) -> None:
    send(hospital, "P", 9, flag="")
    send(hospital, "F")
    assert minutes_on_record(hospital) == []
    paged_until_acknowledged(hospital, hospital.ada)
    assert not asked(hospital)


# ---- notify -----------------------------------------------------------------------------------


@notified
def test_the_reading_radiologist_is_asked_once_and_nobody_is_paged(hospital: Hospital) -> None:
    for _ in range(3):
        send(hospital, "P")
        hospital.pass_time(minutes=4)
    notice = hospital.rosa.slack.expect_new(EARLY)
    assert "If you have phoned, dictate whom and when" in notice.plain
    assert "Nobody is paged before it is final" in notice.plain
    assert hospital.alerts() == 0
    (entry,) = asked(hospital)
    assert entry.data["role"] == "reading_radiologist"
    for secret in ("V1", "subdural", "DOE", "HEAD"):
        assert secret not in notice.plain.upper()
    send(hospital, "F")
    assert minutes_on_record(hospital) == [12]
    paged_until_acknowledged(hospital, hospital.ada)


@notified
def test_a_radiologist_without_slack_is_asked_by_sms_in_one_segment(hospital: Hospital) -> None:
    change_directory(hospital, "Dr. Rosa Lind", slack_user_id="")
    send(hospital, "P")
    sms = hospital.rosa.phone.expect_sms(EARLY)
    assert "See your worklist. If you phoned, dictate whom and when." in sms.text
    assert len(sms.text) <= 160


@notified
def test_an_unknown_radiologist_is_the_coordinator_s_to_find(hospital: Hospital) -> None:
    change_directory(hospital, "Dr. Rosa Lind", local_ids="MAIN:9999")
    send(hospital, "P")
    notice = hospital.carla.slack.expect_new(EARLY)
    assert "not known here or cannot be reached" in notice.plain
    assert asked(hospital)[0].data["role"] == "coordinator"


@notified
def test_a_radiologist_whom_no_channel_reaches_is_the_coordinator_s_too(
    hospital: Hospital,
) -> None:
    change_directory(hospital, "Dr. Rosa Lind", slack_user_id="U0GONE", mobile="")
    send(hospital, "P")
    hospital.carla.slack.expect_new(EARLY)
    assert asked(hospital)[0].data["role"] == "reading_radiologist"


@notified
@pytest.mark.parametrize(
    "next_version", [("F", "AA"), ("X", ""), ("P", "RID50261")], ids=["final", "withdrawn", "lower"]
)
def test_what_holds_no_more_when_it_could_leave_is_never_said(
    hospital: Hospital, next_version: tuple[str, str]
) -> None:
    """Slack is away while the notice waits to be tried again."""
    status, flag = next_version
    away(hospital, hospital.rosa)
    send(hospital, "P", 9)
    hospital.pass_time(seconds=1)
    send(hospital, status, flag=flag)
    back(hospital)
    hospital.pass_time(minutes=10)
    assert not [m for m in hospital.rosa.slack.messages if EARLY.search(m.plain)]
    if status == "F":
        paged_until_acknowledged(hospital, hospital.ada)

"""Before it is final, its reader is told and nobody paged, where a site has set it so."""

import pytest

from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import change_directory, expect_everything, paged_until_acknowledged
from tests.scenarios.preliminary import EARLY, MODE, asked, minutes_on_record, send


@pytest.fixture
def settings(mode: str) -> dict[str, str]:
    return {MODE: mode}


notified = pytest.mark.parametrize("mode", ["notify"])


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
    assert "See your worklist. If you phoned, dictate whom and when." in sms.body
    assert len(sms.body) <= 160


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
def test_what_holds_no_more_before_it_could_leave_is_never_said(
    hospital: Hospital, next_version: tuple[str, str]
) -> None:
    """Both providers ask to be tried again later."""
    status, flag = next_version
    for provider, to in ((hospital.world.slack, "U0ROSA"), (hospital.world.twilio, "+13125550105")):
        provider.faults.fail_next(to=to, status=429, retry_after=300)
    send(hospital, "P", 9)
    assert len(asked(hospital)) == 1
    send(hospital, status, flag=flag)
    hospital.pass_time(minutes=20)
    assert not hospital.rosa.slack.messages
    sent = hospital.world.twilio.carrier.messages.values()
    assert not [sms for sms in sent if EARLY.search(sms.body)]
    expect_everything(hospital)


@notified
def test_flagged_again_after_it_was_withdrawn_the_radiologist_is_asked_again(
    hospital: Hospital,
) -> None:
    for status, flag in (("P", "AA"), ("X", ""), ("P", "AA")):
        send(hospital, status, flag=flag)
        hospital.pass_time(minutes=2)
    assert len(asked(hospital)) == 2
    hospital.rosa.slack.expect_new(EARLY)
    hospital.rosa.slack.expect_new(EARLY)
    assert hospital.alerts() == 0

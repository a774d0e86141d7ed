"""Before it is final: a flagged preliminary report is recorded, told to its reader, or pages."""

import re
from datetime import timedelta

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from storage import audit
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


def send(hospital: Hospital, status: str, /, minutes_ago: float = 0, **about: str) -> None:
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


@pytest.mark.parametrize("mode", ["notify", "open"])
class TestInShadow:
    @pytest.fixture
    def settings(self, mode: str) -> dict[str, str]:
        return {MODE: mode, **shadow_for(30)}

    def test_nothing_leaves(self, hospital: Hospital, mode: str) -> None:
        told(hospital)
        send(hospital, "P")
        hospital.pass_time(minutes=40)
        assert hospital.alerts() == (mode == "open")
        assert len(asked(hospital)) == (mode == "notify")
        if mode == "open":
            assert {row.state for row in pages(hospital)} == {"cancelled"}


@pytest.mark.parametrize("mode", ["notify", "open"])
class TestOfAMachine:
    @pytest.fixture
    def settings(self, mode: str) -> dict[str, str]:
        return {MODE: mode, "READBACK_HL7__MACHINES": "MAIN:3001"}

    def test_it_is_the_coordinator_who_looks(self, hospital: Hospital, mode: str) -> None:
        send(hospital, "P")
        if mode == "notify":
            hospital.carla.slack.expect_new(EARLY)
            assert hospital.alerts() == 0
        else:
            paged_until_acknowledged(hospital, hospital.carla)
            assert "machine" in hospital.alert().review


# ---- open -------------------------------------------------------------------------------------


def test_the_preliminary_pages_and_says_what_it_is(hospital: Hospital) -> None:
    send(hospital, "P", 4)
    message, sms = paged(hospital.ada)
    assert "Preliminary report" in message.plain
    assert "preliminary imaging result" in sms.body
    alert = hospital.alert()
    assert alert.window_opens_at == hospital.now.replace(microsecond=0) - timedelta(minutes=4)
    modal = hospital.ada.slack.click("Acknowledge", message).modal
    assert "Preliminary report" in modal.text
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.slack.expect_now(message, "Acknowledged")


def test_the_final_that_says_the_same_pages_nobody_again(hospital: Hospital) -> None:
    send(hospital, "P", 4)
    paged(hospital.ada)
    send(hospital, "F")
    assert len(pages(hospital)) == 2
    assert minutes_on_record(hospital) == [4]
    hospital.pass_time(minutes=10)
    message, sms = paged(hospital.ada)
    assert "reliminary" not in message.plain + sms.body, "the reminder is about the final"
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


@pytest.mark.parametrize(
    ("about", "state", "taken_back"),
    [
        ({}, State.ACKNOWLEDGED, False),
        ({"flag": ""}, State.ACKNOWLEDGED, False),
        ({"flag": "RID49482"}, State.ACKNOWLEDGED, False),
        ({"flag": "RID50261"}, State.ACKNOWLEDGED, True),
        ({"impression": DISSECTION}, State.OPEN, False),
    ],
    ids=["same", "without a flag", "milder", "routine", "changed"],
)
def test_an_acknowledgment_of_the_preliminary_stands_unless_the_final_says_something_else(
    hospital: Hospital, about: dict[str, str], state: State, taken_back: bool
) -> None:
    send(hospital, "P", 4)
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    send(hospital, "F", 0, **about)
    alert = hospital.alert()
    assert (alert.state, alert.withdrawn_at is not None) == (state, taken_back)
    assert alert.cycle == (2 if state is State.OPEN else 1)
    expect_everything(hospital)


def test_a_preliminary_that_is_withdrawn_withdraws(hospital: Hospital) -> None:
    send(hospital, "P", 4)
    message, _ = paged(hospital.ada)
    send(hospital, "X")
    assert hospital.alert().state is State.WITHDRAWN
    hospital.ada.slack.expect_now(message, "Withdrawn")
    hospital.ada.slack.expect_new("withdrawn")


@pytest.mark.parametrize("minutes_ago", [30, 0], ids=["older", "newer by its time"])
@pytest.mark.parametrize("flag", ["AA", "RID49482", "RID50261"])
def test_a_preliminary_after_the_final_neither_reopens_nor_lowers(
    hospital: Hospital, minutes_ago: float, flag: str
) -> None:
    send(hospital, "F", 5)
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    before = hospital.alert()
    send(hospital, "P", minutes_ago, flag=flag, impression=DISSECTION)
    after = hospital.alert()
    assert (after.state, after.category, after.version) == (before.state, before.category, 1)
    assert len(pages(hospital)) == 2
    expect_everything(hospital)


def test_a_provider_whom_only_the_final_names_is_asked_then(hospital: Hospital) -> None:
    send(hospital, "P", 4, provider="")
    paged(hospital.carla)
    assert owner(hospital) == "Carla Reyes RN"
    send(hospital, "F")
    assert owner(hospital) == "Dr. Ada Osei"
    expect_everything(hospital)

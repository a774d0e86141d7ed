"""Before it is final: a flagged preliminary report is recorded, or pages."""

from datetime import timedelta

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import (
    DISSECTION,
    acknowledge_by_sms,
    expect_everything,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
)
from tests.scenarios.preliminary import EARLY, MODE, asked, minutes_on_record, send
from tests.scenarios.test_shadow import go_live, shadow_for, told


@pytest.fixture
def mode() -> str:
    return "open"


@pytest.fixture
def settings(mode: str) -> dict[str, str]:
    return {MODE: mode}


ignored = pytest.mark.parametrize("mode", ["ignore"])
either = pytest.mark.parametrize("mode", ["ignore", "notify"])


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


# ---- in shadow, and of a machine --------------------------------------------------------------


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


@pytest.mark.parametrize("mode", ["open"])
class TestFromShadowToLive:
    @pytest.fixture
    def settings(self, mode: str) -> dict[str, str]:
        return {MODE: mode, **shadow_for(30)}

    def test_the_final_pages_whom_its_preliminary_could_not_in_shadow(
        self, hospital: Hospital
    ) -> None:
        told(hospital)
        send(hospital, "P")
        hospital.pass_time(minutes=5)
        go_live(hospital)
        send(hospital, "F")
        paged_until_acknowledged(hospital, hospital.ada)
        send(hospital, "C")
        assert hospital.alert().state is State.ACKNOWLEDGED


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

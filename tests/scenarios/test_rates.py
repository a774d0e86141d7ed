"""Faster than the providers take them nothing leaves, and what is most urgent leaves first."""

import time
from datetime import datetime

import pytest

from bot.sandbox.hospital import Hospital
from bot.sandbox.samples import PEOPLE_CSV
from storage import drills
from storage.page_history import PageRow
from tests.scenarios.looking import expect_everything, operate, pages

PATIENCE = 30.0
SIGNIFICANT, CRITICAL = "ct-chest-nodule", "ct-head-hemorrhage"


@pytest.fixture
def settings() -> dict[str, str]:
    return {"READBACK_TWILIO__MESSAGES_PER_SECOND": "2"}


def send_all(hospital: Hospital, *reports: tuple[str, str]) -> None:
    """All at one moment of the clock, which runs from then on."""
    assert hospital.bot is not None
    for name, accession in reports:
        hospital.bot.send(hospital.report(name, accession=accession))
    hospital.clock.set_rate(1)
    hospital.bot.nudge()


def sms_of(hospital: Hospital, accession: str) -> PageRow:
    """The SMS, once it has left."""
    return left_by(hospital, "sms", accession)


def left_by(hospital: Hospital, channel: str, accession: str) -> PageRow:
    """The page on this channel, once it has left."""
    deadline = time.monotonic() + PATIENCE
    while True:
        (row,) = [row for row in pages(hospital, accession) if row.slip.channel == channel]
        if row.state == "sent":
            return row
        assert time.monotonic() < deadline, f"{channel} of {accession} is {row.state}"
        time.sleep(0.02)


def test_a_critical_page_overtakes_significant_ones_that_wait_for_the_rate(
    hospital: Hospital,
) -> None:
    many = [(SIGNIFICANT, f"S{n}") for n in range(7)]
    send_all(hospital, *many, (CRITICAL, "X1"))
    left = {name: sms_of(hospital, name).claimed_at for _, name in [*many, (CRITICAL, "X1")]}
    order = sorted(left, key=lambda name: str(left[name]))
    assert order.index("X1") == 2, "two leave at once, and it is the next"
    times = sorted(at for at in left.values() if at)
    assert (times[-1] - times[0]).total_seconds() >= 2.5, "two at once, then two a second"
    expect_everything(hospital)


def drilled(hospital: Hospital) -> list[datetime]:
    """When each test page left."""
    found = hospital.database.look(drills.results)
    return [one.sent_at for one in found if one.sent_at]


def test_what_is_no_page_waits_for_every_page(hospital: Hospital) -> None:
    """Critical before significant before everything else: test pages, here."""
    operate(hospital, "people", "test", "--all", "--channel", "sms")
    # While the clock stands no more than a burst of them leaves.
    hospital.world.wait_until(lambda: len(drilled(hospital)) == 2)
    many = [*[(SIGNIFICANT, f"S{n}") for n in range(2)], (CRITICAL, "X1")]
    send_all(hospital, *many)
    left = {name: sms_of(hospital, name).claimed_at for _, name in many}
    assert min(left, key=lambda name: str(left[name])) == "X1"
    hospital.world.wait_until(lambda: len(drilled(hospital)) == len(PEOPLE_CSV.splitlines()) - 1)
    last = max(at for at in left.values() if at)
    assert sum(at > last for at in drilled(hospital)) >= 3, "two had left before there was a page"
    expect_everything(hospital)


def test_sms_that_wait_hold_up_no_slack_message(hospital: Hospital) -> None:
    names = [f"C{n}" for n in range(6)]
    send_all(hospital, *((CRITICAL, name) for name in names))
    sms_of(hospital, "C0")
    for name in names:
        (slack,) = [row for row in pages(hospital, name) if row.slip.channel == "slack"]
        assert slack.claimed_at is not None
        assert (slack.claimed_at - slack.created_at).total_seconds() < 1
    assert [sms_of(hospital, name).state for name in names] == ["sent"] * 6
    expect_everything(hospital)


class TestForOnePerson:
    """Slack takes five messages for her at once, and then one in two seconds."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"READBACK_SLACK__MESSAGES_PER_SECOND": "0.5"}

    def test_a_page_that_had_to_wait_tells_when_it_was_due(self, hospital: Hospital) -> None:
        names = [f"C{n}" for n in range(7)]
        send_all(hospital, *((CRITICAL, name) for name in names))
        rows = {name: left_by(hospital, "slack", name) for name in names}
        assert all(row.not_before == row.created_at for row in rows.values())
        left = {name: row.claimed_at for name, row in rows.items() if row.claimed_at}
        assert sorted(left, key=lambda name: left[name])[-2:] == names[-2:], "in order"
        waited = max(left[name] - rows[name].not_before for name in names)
        assert waited.total_seconds() > 1
        expect_everything(hospital)


class TestForOneNumber:
    """Twilio fails what goes too often from one number to another (14107)."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"READBACK_TWILIO__MESSAGES_TO_ONE_NUMBER": "3"}

    def test_a_phone_gets_so_many_in_half_a_minute_and_no_other_phone_waits_for_that(
        self, hospital: Hospital
    ) -> None:
        hers = [(CRITICAL, f"C{n}") for n in range(5)]
        for name, accession in [*hers, ("cr-chest-pneumothorax", "X1")]:
            hospital.send(hospital.report(name, accession=accession))
        left = {name: _sms(hospital, name).state for name in ("C0", "C2", "C3", "C4", "X1")}
        assert left == dict.fromkeys(("C0", "C2", "X1"), "sent") | dict.fromkeys(
            ("C3", "C4"), "waiting"
        )
        hospital.pass_time(minutes=0.6)
        for name in ("C3", "C4"):
            waited = _sms(hospital, name)
            assert waited.claimed_at is not None
            assert 28 <= (waited.claimed_at - waited.not_before).total_seconds() <= 32
        expect_everything(hospital)

    def test_what_twilio_fails_for_that_is_tried_again_after_half_a_minute(
        self, hospital: Hospital
    ) -> None:
        hospital.world.twilio.faults.fail_next("messages.create", error=14107)
        hospital.send(hospital.report("cr-chest-pneumothorax"))
        hospital.pass_time(minutes=1)
        times = [row.not_before - row.created_at for row in pages(hospital)]
        assert sorted(at.total_seconds() for at in times) == [0.0, 30.0]
        assert {row.slip.person_id for row in pages(hospital)} == {hospital.alert().owner}
        expect_everything(hospital)


def _sms(hospital: Hospital, accession: str) -> PageRow:
    (row,) = [row for row in pages(hospital, accession) if row.slip.channel == "sms"]
    return row

"""Whose phones ring for a critical report, and how they are answered."""

from bot.domain.state import Acknowledgment
from bot.sandbox.demo.place import CALL_FROM, CALLER
from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.phone_calls import PhoneCall
from bot.sandbox.samples import PEOPLE_CSV
from bot.sandbox.stories import code_in, paged
from tests.scenarios.looking import expect_everything, pages

CAN_RING = {CALL_FROM: CALLER}
PIN = "271828"
HEADING, *ROWS = PEOPLE_CSV.splitlines()
WITH_PIN = "\n".join([f"{HEADING},pin", *(f"{r},{PIN if 'Ada' in r else ''}" for r in ROWS)])


def critical(hospital: Hospital) -> str:
    """A critical report for Ada, and five minutes; the code of her SMS."""
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=5)
    return code_in(sms)


def calls(hospital: Hospital) -> list[tuple[str, float]]:
    """Whose phone rang, and how many minutes after the opening."""
    alert = hospital.alert()
    rows = [row for row in pages(hospital) if row.slip.channel == "voice" and row.claimed_at]
    found = ((alert.roster.person(row.slip.person_id), row.not_before) for row in rows)
    return [(p.name, round((at - alert.opened_at).total_seconds() / 60, 1)) for p, at in found if p]


def picked_up(member: Member) -> PhoneCall:
    """Their phone has rung and they listen."""
    return member.phone.expect_call("press 1")


def nobody_answered(member: Member, times: int = 2) -> None:
    assert [member.phone.expect_call().status for _ in range(times)] == ["no-answer"] * times


def acknowledgment(hospital: Hospital) -> Acknowledgment:
    hospital.settle()
    given = hospital.alert().acknowledgment
    assert given is not None
    expect_everything(hospital)
    return given

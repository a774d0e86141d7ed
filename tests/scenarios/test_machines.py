"""A machine's finding under an order number of its own, beside what a radiologist has signed."""

import pytest

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import (
    acknowledge_by_sms,
    expect_everything,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
    version,
)


@pytest.fixture
def settings() -> dict[str, str]:
    return {"READBACK_HL7__MACHINES": "AIDOC"}


def signed(hospital: Hospital) -> bytes:
    message = version("ACC00001", hospital.now, control="1")
    return message.replace(b"|ACC00001^RIS|", b"|F1^RIS|")


def by_machine(hospital: Hospital) -> bytes:
    message = version("ACC00001", hospital.now, control="2", impression="Suspected ICH.")
    message = message.replace(b"|ACC00001^RIS|", b"|AI1^RIS|")
    return message.replace(b"|RIS|", b"|AIDOC|", 1)


def test_it_pages_nobody_again_who_is_asked_already(hospital: Hospital) -> None:
    hospital.send(signed(hospital))
    _, sms = paged(hospital.ada)
    hospital.pass_time(minutes=2)
    hospital.send(by_machine(hospital))
    assert (hospital.alerts(), len(pages(hospital)), owner(hospital)) == (1, 2, "Dr. Ada Osei")
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)
    assert hospital.alert().state is State.ACKNOWLEDGED


def test_once_it_was_answered_the_coordinator_reviews_it(hospital: Hospital) -> None:
    hospital.send(signed(hospital))
    paged_until_acknowledged(hospital, hospital.ada)
    hospital.pass_time(minutes=2)
    hospital.send(by_machine(hospital))
    assert owner(hospital) == "Carla Reyes RN"
    assert [row.slip.person_id for row in pages(hospital)].count(hospital.alert().owner) == 2
    expect_everything(hospital)


def test_signed_after_it_the_ordering_provider_is_asked(hospital: Hospital) -> None:
    hospital.send(by_machine(hospital))
    paged(hospital.carla)
    hospital.pass_time(minutes=2)
    hospital.send(signed(hospital))
    assert owner(hospital) == "Dr. Ada Osei"
    expect_everything(hospital)

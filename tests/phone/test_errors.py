"""The table of Twilio's error codes."""

import pytest

from bot.domain.page import SendFailed, SendUncertain
from bot.phone.errors import RULES, failure, undelivered


def failed(status: int, code: int | None) -> SendFailed:
    said = failure(status, code)
    assert isinstance(said, SendFailed)
    return said


@pytest.mark.parametrize(("status", "code"), [(500, None), (500, 20500), (503, None), (504, 504)])
def test_an_error_of_the_server_tells_nothing_of_the_message(status: int, code: int | None) -> None:
    assert isinstance(failure(status, code), SendUncertain)


@pytest.mark.parametrize("code", [20429, 21611, 30001])
def test_too_much_at_once_is_tried_again(code: int) -> None:
    assert not failed(429, code).permanent
    assert not failed(429, code).configuration


@pytest.mark.parametrize("status", [408, 425])
def test_a_gateway_that_has_not_taken_it_lets_it_come_again(status: int) -> None:
    assert not failed(status, None).permanent
    assert not failed(status, None).configuration


def test_too_many_to_one_number_wait_half_a_minute_refused_or_failed_afterwards() -> None:
    for said in (failed(400, 14107), undelivered(14107, tries=5)):
        assert (said.permanent, said.configuration, said.retry_after) == (False, False, 30.0)


@pytest.mark.parametrize("code", [30003, 30008])
def test_a_phone_that_is_off_gets_one_more_try(code: int) -> None:
    assert not undelivered(code, tries=1).permanent
    assert undelivered(code, tries=2).permanent


@pytest.mark.parametrize("code", [30004, 30005, 30006, 30007])
def test_a_number_that_the_carrier_refuses_is_permanent(code: int) -> None:
    assert undelivered(code).permanent
    assert undelivered(code).reason == f"twilio-{code}"


@pytest.mark.parametrize("code", [None, 39999])
def test_an_unknown_report_of_the_carrier_gets_one_more_try(code: int | None) -> None:
    assert not undelivered(code, tries=1).permanent
    assert undelivered(code, tries=2).permanent


def test_every_rule_that_blames_the_operator_takes_the_next_channel_now() -> None:
    assert all(rule.permanent for rule in RULES.values() if rule.configuration)


@pytest.mark.parametrize("code", [30032, 30034, 30002, 21608])
def test_a_sender_that_is_not_registered_is_the_operators_to_mend(code: int) -> None:
    assert failed(400, code).configuration
    assert undelivered(code).configuration
    assert undelivered(code).permanent


def test_an_undelivered_message_that_was_no_longer_valid_is_nobodys_fault() -> None:
    assert not undelivered(30036).configuration

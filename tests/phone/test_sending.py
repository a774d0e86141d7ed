"""Whether SMS get through is known to every copy, by what was refused, lost, taken and received."""

import pytest

from bot.domain.coverage import SMS
from bot.domain.page import SendFailed
from bot.engine.sending import Sending
from bot.phone.errors import failure, of_the_account, undelivered
from bot.phone.sending import lost
from tests.phone.desk import Desk, page_ada

UNREGISTERED, NO_SUCH_NUMBER, BUSY = 30034, 21211, 20429


def refused(code: int) -> SendFailed:
    why = failure(400, code)
    assert isinstance(why, SendFailed)
    return why


def refuse(desk: Desk, sending: Sending, code: int, *numbers: str) -> None:
    for number in numbers:
        desk.call(sending.refused(number, refused(code)))


def stopped(desk: Desk, *copies: Sending) -> list[bool]:
    for copy in copies:
        desk.call(copy.look())
    return [copy.stopped for copy in copies]


def test_what_the_account_may_not_send_is_known_to_all_copies_until_one_of_them_sends(
    desk: Desk,
) -> None:
    one, other, third = (Sending(desk.engine, SMS, of_the_account) for _ in range(3))
    one.taken()
    refuse(desk, one, UNREGISTERED, "+13125550101")
    assert stopped(desk, one, other, third) == [True, True, True]
    other.taken()
    assert stopped(desk, other, one, third) == [False, False, False]


def test_three_numbers_in_a_row_that_are_refused_for_good_are_no_coincidence(
    small_desk: Desk,
) -> None:
    sending = Sending(small_desk.engine, SMS, of_the_account)
    refuse(small_desk, sending, NO_SUCH_NUMBER, "+13125550101", "+13125550102", "+13125550102")
    sending.taken()
    refuse(small_desk, sending, NO_SUCH_NUMBER, "+13125550103", "+13125550104")
    assert stopped(small_desk, sending) == [False]
    refuse(small_desk, sending, NO_SUCH_NUMBER, "+13125550105")
    assert stopped(small_desk, sending) == [True]


def test_who_is_asked_to_wait_is_not_refused(small_desk: Desk) -> None:
    sending = Sending(small_desk.engine, SMS, of_the_account)
    refuse(small_desk, sending, BUSY, *(f"+1312555010{n}" for n in range(5)))
    assert stopped(small_desk, sending) == [False]


def test_an_account_whose_messages_are_taken_and_then_lost_sends_nothing_until_one_arrives(
    small_desk: Desk,
) -> None:
    desk, sending = small_desk, small_desk.sender.sending
    why, now = undelivered(UNREGISTERED), desk.engine.clock.now()
    desk.call(desk.engine.database.write(lambda c: lost(c, SMS, why, now)))
    assert stopped(desk, sending) == [True]
    assert desk.call(desk.sender.check()) == "refused"
    assert not desk.sender.works
    page_ada(desk)
    desk.wait(lambda: stopped(desk, sending) == [False], "no receipt came")
    assert desk.call(desk.sender.check()) == "ok"


@pytest.mark.parametrize("code", [20003, 21606, 30002, 30001, UNREGISTERED])
def test_what_is_so_for_every_number(code: int) -> None:
    assert of_the_account(undelivered(code))


def test_a_status_without_a_code_is_so_for_every_number() -> None:
    assert of_the_account(refused(400))


@pytest.mark.parametrize("code", [NO_SUCH_NUMBER, 21610, 21608, 30003, BUSY, 99999])
def test_what_is_so_for_some_numbers_or_for_a_while(code: int) -> None:
    assert not of_the_account(refused(code))

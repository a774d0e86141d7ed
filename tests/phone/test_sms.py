"""Sending by SMS, and finding out what became of an attempt when the answer was lost."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.domain.page import Notice, Page, SendFailed, SendUncertain, Sent
from bot.engine.compose import compose
from bot.phone.client import TwilioAccount
from bot.phone.sms import ASK_AFTER, SmsSender
from bot.phone.trial import refusal
from bot.sandbox.journal import Entry
from storage import outbox
from tests.phone.conftest import account_at, answering, served
from tests.phone.desk import PAGE, Desk, code_in, page_ada
from tests.phone.opening import open_desk


def creates(desk: Desk) -> list[Entry]:
    return [entry for entry in desk.world.log if entry.method == "messages.create"]


def page_of(desk: Desk, nth: int = 0) -> Page:
    """The page as the dispatcher composes it again, to look for proof."""
    delivery_id = desk.pages()[nth].delivery_id

    def composed(c: Connection) -> Page:
        claimed = outbox.by_delivery_id(c, delivery_id)
        assert claimed is not None
        return compose(c, desk.engine, claimed)

    return desk.engine.database.run(composed)


def test_a_page_leaves_with_its_callback_and_a_validity_that_ends_at_the_next_step(
    small_desk: Desk,
) -> None:
    page_ada(small_desk)
    (create,) = creates(small_desk)
    delivery_id = small_desk.pages()[0].delivery_id
    assert create.body["StatusCallback"] == f"{small_desk.url}/twilio/status?d={delivery_id}"
    assert 1 <= int(create.body["ValidityPeriod"]) <= 10 * 60


def test_with_a_public_url_a_receipt_is_asked_for_shortly_before_it_is_late(
    small_desk: Desk,
) -> None:
    page_ada(small_desk)
    page = replace(page_of(small_desk), receipt_within=timedelta(minutes=5))
    sent = small_desk.call(small_desk.sender.send(page))
    small_desk.ada.expect_sms(PAGE)
    assert sent.look_after == timedelta(minutes=4, seconds=45)


@pytest.fixture
def private_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Without a public URL."""
    with open_desk(sqlite_url, tmp_path, public=False) as opened:
        yield opened
        opened.world.settle()


def test_without_a_public_url_no_callback_is_asked_for(private_desk: Desk) -> None:
    page_ada(private_desk)
    (create,) = creates(private_desk)
    assert "StatusCallback" not in create.body


def test_a_lost_answer_is_looked_up_and_not_repeated(desk: Desk) -> None:
    desk.world.twilio.faults.fail_next("messages.create", "lost_reply")
    page_ada(desk)
    desk.wait(lambda: desk.dispatcher.idle, "the attempt did not end")
    assert len(creates(desk)) == 1
    assert desk.happened("page_uncertain") == []
    assert len(desk.happened("page_sent")) == 1


def test_a_request_that_got_lost_is_repeated_once_and_marked(small_desk: Desk) -> None:
    small_desk.world.twilio.faults.fail_next("messages.create", "hang")
    small_desk.report()
    small_desk.ada.expect_sms(re.compile("repeat"))
    assert [page.slip.possible_repeat for page in small_desk.pages()] == [False, True]


def test_a_reminder_whose_request_got_lost_is_not_taken_for_the_page_before_it(
    private_desk: Desk,
) -> None:
    page_ada(private_desk)
    private_desk.world.twilio.faults.fail_next("messages.create", "hang")
    private_desk.advance(minutes=10)
    private_desk.ada.expect_sms(re.compile("repeat"))
    assert len(private_desk.happened("page_uncertain")) == 1


def test_a_reminder_whose_answer_got_lost_is_found(private_desk: Desk) -> None:
    page_ada(private_desk)
    private_desk.world.twilio.faults.fail_next("messages.create", "lost_reply")
    private_desk.advance(minutes=10)
    private_desk.ada.expect_sms(PAGE)
    private_desk.wait(lambda: private_desk.dispatcher.idle, "the attempt did not end")
    assert private_desk.happened("page_uncertain") == []
    first, second = private_desk.pages()
    assert first.provider_id != second.provider_id


def test_what_was_sent_is_found_by_its_code_although_it_would_read_otherwise_by_now(
    private_desk: Desk,
) -> None:
    page_ada(private_desk)
    page = page_of(private_desk)
    late = replace(page, now=page.now + timedelta(hours=2))
    found = private_desk.call(private_desk.sender.find(late))
    sent = private_desk.pages()[0].provider_id
    assert found == Sent(sent, look_after=ASK_AFTER), "nobody brings its receipt either"


def test_a_message_older_than_the_attempt_is_no_proof(private_desk: Desk) -> None:
    page_ada(private_desk)
    for sms in private_desk.world.twilio.carrier.messages.values():
        sms.created -= timedelta(minutes=5)
    page = page_of(private_desk)
    assert private_desk.call(private_desk.sender.find(page)) is None


def test_a_message_that_another_attempt_explains_is_no_proof(private_desk: Desk) -> None:
    page_ada(private_desk)
    other = replace(page_of(private_desk), delivery_id="another")
    assert private_desk.call(private_desk.sender.find(other)) is None


def test_our_answer_to_a_reply_is_no_proof(private_desk: Desk) -> None:
    code = page_ada(private_desk)
    page = replace(page_of(private_desk), code="", delivery_id="another")
    private_desk.ada.send("hello")
    private_desk.ada.expect_sms("READBACK")
    assert private_desk.call(private_desk.sender.find(page)) is None
    assert code


def test_looking_for_proof_fails_where_twilio_cannot_be_asked(private_desk: Desk) -> None:
    page_ada(private_desk)
    page = page_of(private_desk)
    private_desk.world.twilio.faults.fail_next("messages.list", error=20503)
    with pytest.raises(SendFailed):
        private_desk.call(private_desk.sender.find(page))
    private_desk.world.twilio.faults.fail_next("messages.list", "hang")
    with pytest.raises(SendUncertain):
        private_desk.call(private_desk.sender.find(page))


def test_a_person_without_a_mobile_cannot_be_sent_to(private_desk: Desk) -> None:
    page_ada(private_desk)
    page = page_of(private_desk)
    nobody = replace(page, person=replace(page.person, mobile=""))
    with pytest.raises(SendFailed, match="no-mobile") as failed:
        private_desk.call(private_desk.sender.send(nobody))
    assert failed.value.permanent
    assert private_desk.call(private_desk.sender.find(nobody)) is None


def test_a_page_without_an_end_has_no_validity_and_a_late_one_the_shortest(
    private_desk: Desk,
) -> None:
    page_ada(private_desk)
    page = page_of(private_desk)
    for until, expected in (
        (None, None),
        (page.now - timedelta(hours=1), "1"),
        (page.now + timedelta(days=2), "36000"),
    ):
        private_desk.call(private_desk.sender.send(replace(page, valid_until=until)))
        private_desk.ada.expect_sms(PAGE)
        assert creates(private_desk)[-1].body.get("ValidityPeriod") == expected


@pytest.mark.parametrize("code", [21211, 21612, 21614])
def test_a_number_that_cannot_work_hands_over_to_the_next_person_now(
    small_desk: Desk, code: int
) -> None:
    small_desk.ada.refuse(code)
    small_desk.report()
    small_desk.ben.expect_sms(PAGE)
    (failed,) = small_desk.happened("page_failed")
    assert failed.data["reason"] == f"twilio-{code}"
    assert small_desk.call(small_desk.sender.check()) == "ok"


def test_a_number_that_said_stop_to_twilio_alone_is_out_and_told(small_desk: Desk) -> None:
    small_desk.ada.refuse(21610)
    small_desk.report()
    small_desk.ben.expect_sms(PAGE)
    small_desk.carla.expect_sms("answered STOP")
    (stopped,) = small_desk.admin("sms_stopped")
    assert stopped.data == {"reason": "twilio-21610"}
    assert stopped.actor == small_desk.pages()[0].slip.person_id
    assert small_desk.happened("page_failed")[0].data["reason"] == "twilio-21610"


def test_too_many_requests_wait_as_long_as_they_are_told(small_desk: Desk) -> None:
    small_desk.world.twilio.faults.fail_next("messages.create", status=429, retry_after=7)
    small_desk.report()
    small_desk.wait(lambda: len(small_desk.pages()) == 2, "it was not put again")
    second = small_desk.pages()[1]
    assert second.not_before - second.created_at == timedelta(seconds=7)
    small_desk.advance(seconds=7)
    assert code_in(small_desk.ada.expect_sms(PAGE).body)


def test_the_channel_is_well_until_a_call_shows_otherwise(small_desk: Desk) -> None:
    sender, faults = small_desk.sender, small_desk.world.twilio.faults
    assert small_desk.call(sender.check()) == "ok"
    asked = len(small_desk.world.log)
    assert small_desk.call(sender.check()) == "ok"
    assert len(small_desk.world.log) == asked
    faults.fail_next("messages.create", error=20503)
    small_desk.report()
    small_desk.wait(lambda: bool(small_desk.happened("page_failed")), "the send did not fail")
    faults.fail_next("messages.list", status=503)
    assert small_desk.call(sender.check()) == "twilio-http-503"
    assert small_desk.call(sender.check()) == "ok"
    small_desk.advance(seconds=30)
    small_desk.ada.expect_sms(PAGE)


def test_a_notice_that_needs_no_sms_is_done_without_one(private_desk: Desk) -> None:
    page_ada(private_desk)
    page = page_of(private_desk)
    quiet = replace(page, slip=replace(page.slip, notice=Notice.EXPIRED))
    before = len(creates(private_desk))
    assert private_desk.call(private_desk.sender.send(quiet)) == Sent("")
    assert private_desk.call(private_desk.sender.find(quiet)) is None
    assert len(creates(private_desk)) == before


def test_a_success_without_an_identifier_is_uncertain(private_desk: Desk) -> None:
    async def send(page: Page) -> None:
        async with served(answering("201 Created", b"{}")) as port:
            sender = SmsSender(private_desk.engine, account_at(port))
            try:
                await sender.send(page)
            finally:
                await sender.close()

    page_ada(private_desk)
    with pytest.raises(SendUncertain):
        private_desk.call(send(page_of(private_desk)))


def test_the_check_before_the_start_says_whether_twilio_takes_the_credentials(
    private_desk: Desk,
) -> None:
    world = private_desk.world
    account = TwilioAccount(
        world.twilio_sid, world.twilio_token, world.from_number, world.twilio_api_url
    )
    assert private_desk.call(refusal(account)) == ""
    wrong = replace(account, auth_token="another")
    assert private_desk.call(refusal(wrong)) == "twilio-20003"

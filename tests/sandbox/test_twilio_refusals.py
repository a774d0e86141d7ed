"""What Twilio refuses at once, and what it lists of its messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from bot.sandbox.people import Phone
from bot.sandbox.world import World
from tests.sandbox.conftest import Dial, Run
from tests.sandbox.texting import PAGE, TO, send


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"to": "555-0101"}, 21211),
        ({"from_": "+15550001111"}, 21606),
        ({"from_": "nobody"}, 21212),
        ({"from_": None}, 21603),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"validity_period": 0}, 21624),
        ({"validity_period": 36_001}, 21624),
        ({"status_callback": "ftp://x"}, 21609),
    ],
)
def test_it_refuses_what_twilio_refuses(
    world: World, dial: Dial, run: Run, params: dict[str, Any], code: int
) -> None:
    good = {"to": TO, "from_": world.from_number, "body": PAGE}
    given_ = {k: v for k, v in {**good, **params}.items() if v is not None}
    with pytest.raises(TwilioRestException) as refused:
        send(run, dial, **given_)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert world.twilio.carrier.messages == {}


@pytest.mark.parametrize("case", ["landline", "opted out", "told to"])
def test_a_phone_that_cannot_take_sms_is_refused_at_once(
    world: World, phone: Phone, dial: Dial, run: Run, case: str
) -> None:
    match case:
        case "landline":
            phone.landline()
        case "opted out":
            phone.send("Stop ")
        case _:
            phone.refuse(21612)
    with pytest.raises(TwilioRestException) as refused:
        send(run, dial, to=TO, from_=world.from_number, body=PAGE)
    expected = {"landline": 21614, "opted out": 21610, "told to": 21612}
    assert refused.value.code == expected[case]


def test_credentials_are_checked(world: World, dial: Dial, run: Run) -> None:
    async def create() -> None:
        async with dial(token="wrong") as twilio:
            await twilio.messages.create_async(to=TO, from_=world.from_number, body=PAGE)

    with pytest.raises(TwilioRestException) as refused:
        run(create())
    assert (refused.value.status, refused.value.code) == (401, 20003)
    assert world.twilio_token not in "".join(e.text for e in world.log)


def test_messages_are_listed_by_number_and_time_in_pages(
    world: World, phone: Phone, dial: Dial, run: Run
) -> None:
    phone.send("hello")
    before = datetime.now(UTC) - timedelta(seconds=2)

    async def listed() -> None:
        async with dial() as twilio:
            for n in range(5):
                await twilio.messages.create_async(to=TO, from_=world.from_number, body=f"page {n}")
            await twilio.messages.create_async(
                to="+15555550199", from_=world.from_number, body="other"
            )
            found = await twilio.messages.list_async(to=TO, date_sent_after=before, page_size=2)
            assert [m.body for m in found] == [f"page {n}" for n in (4, 3, 2, 1, 0)]
            assert await twilio.messages.list_async(to=TO, date_sent_before=before) == []
            today = await twilio.messages.list_async(from_=TO, date_sent=before.date())
            assert [(str(m.direction), str(m.status)) for m in today] == [("inbound", "received")]

    run(listed())


def test_a_filter_that_is_no_date_is_refused(world: World, dial: Dial, run: Run) -> None:
    messages = f"https://api.twilio.com/2010-04-01/Accounts/{world.twilio_sid}/Messages.json"

    async def listed(query: str) -> int:
        async with dial() as twilio:
            answer = await twilio.request_async("GET", f"{messages}?{query}")
            assert answer.status_code == 400
            return int(json.loads(answer.text)["code"])

    assert run(listed("DateSent=soon")) == run(listed("PageSize=many")) == 20006


def test_an_unknown_message_is_not_found(dial: Dial, run: Run) -> None:
    async def fetched() -> None:
        async with dial() as twilio:
            await twilio.messages("SM" + "0" * 32).fetch_async()

    with pytest.raises(TwilioRestException) as refused:
        run(fetched())
    assert (refused.value.status, refused.value.code) == (404, 20404)

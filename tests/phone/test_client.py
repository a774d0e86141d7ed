"""The real Twilio SDK against servers that fail, each in one way."""

import asyncio
import json
import socket
from contextlib import suppress
from dataclasses import replace

import pytest
from twilio.rest.api.v2010.account.message import MessageInstance

from bot.domain.page import SendFailed, SendUncertain
from bot.phone.client import TwilioAccount, asked, connect, hang_up
from tests.phone.conftest import (
    Answer,
    account_at,
    answering,
    cut,
    cut_midway,
    request_of,
    served,
    silent,
)

CREATED = json.dumps({"sid": "SM" + "1" * 32, "status": "queued"}).encode()


async def create(account: TwilioAccount, tries: int = 1) -> MessageInstance:
    client = connect(account)
    try:
        call = client.messages.create_async(to="+15555550101", from_=account.sender, body="hello")
        return await asked(call, tries)
    finally:
        await hang_up(client)


def create_at(answer: Answer, tries: int = 1, **limits: float) -> MessageInstance:
    async def run() -> MessageInstance:
        async with served(answer) as port:
            return await create(account_at(port, **limits), tries)

    return asyncio.run(run())


def test_a_message_that_was_taken_has_its_identifier() -> None:
    assert create_at(answering("201 Created", CREATED)).sid == "SM" + "1" * 32


def test_the_request_goes_to_the_configured_host_under_its_path_with_the_credentials() -> None:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(CREATED) + CREATED)
        await writer.drain()

    create_at(answer)
    assert seen[0].startswith(b"POST /twilio/2010-04-01/Accounts/AC0000")
    assert b"Authorization: Basic " in seen[0]
    assert seen[0].endswith(b"To=%2B15555550101&From=%2B15005550006&Body=hello")


def test_a_refused_connection_is_certain_and_may_be_tried_again(closed_port: int) -> None:
    with pytest.raises(SendFailed, match="twilio-unreachable") as failed:
        asyncio.run(create(account_at(closed_port)))
    assert not failed.value.permanent


def test_a_connection_that_never_opens_is_certain_too() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        account = account_at(full.getsockname()[1], connect_seconds=0.2, total_seconds=5.0)
        with pytest.raises(SendFailed, match="twilio-unreachable"):
            asyncio.run(create(account))


@pytest.mark.parametrize("answer", [cut, cut_midway])
def test_a_connection_cut_before_the_whole_answer_leaves_it_uncertain(answer: Answer) -> None:
    with pytest.raises(SendUncertain):
        create_at(answer)


def test_no_answer_in_time_leaves_it_uncertain() -> None:
    with pytest.raises(SendUncertain):
        create_at(silent, total_seconds=0.2)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"<html>proxy</html>", b"\xff\xfe", b"null"])
def test_a_success_that_cannot_be_read_leaves_it_uncertain(body: bytes) -> None:
    if body == b"":
        assert create_at(answering("201 Created", body)).sid is None
        return
    with pytest.raises(SendUncertain):
        create_at(answering("201 Created", body))


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 201 Created\r\n\r\n")
    with suppress(ConnectionError):
        while True:
            writer.write(b" " * 4096)
            await writer.drain()


def test_an_answer_that_does_not_end_is_cut_and_leaves_it_uncertain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.phone.client.MOST_BYTES", 100_000)
    with pytest.raises(SendUncertain):
        create_at(endless, total_seconds=30.0)


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Busy", "504 Timeout"])
def test_a_server_that_failed_may_have_taken_the_message_or_passed_it_on(status: str) -> None:
    with pytest.raises(SendUncertain, match=f"twilio-http-{status[:3]}"):
        create_at(answering(status, b"<html>no JSON</html>"))


def test_twilios_own_error_leaves_it_uncertain_as_twilio_says() -> None:
    body = json.dumps({"code": 20500, "message": "Internal Server Error", "status": 500}).encode()
    with pytest.raises(SendUncertain, match="twilio-http-500"):
        create_at(answering("500 Oops", body))


def test_a_twilio_that_says_itself_that_it_is_out_of_service_has_taken_nothing() -> None:
    body = json.dumps({"code": 20503, "message": "Service unavailable", "status": 503}).encode()
    with pytest.raises(SendFailed, match="twilio-20503") as failed:
        create_at(answering("503 Busy", body, "Retry-After: 4"))
    assert failed.value.retry_after == 4
    assert not failed.value.permanent
    assert not failed.value.configuration


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "503 No Way Out"])
def test_a_proxy_is_asked_for_the_way_out_and_says_that_there_is_none(status: str) -> None:
    """Certain: Twilio has seen nothing of it."""
    seen: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async def run() -> None:
        async with served(proxy) as port:
            away = replace(
                account_at(port),
                api_url="https://api.twilio.invalid",
                proxy=f"http://bot:secret@127.0.0.1:{port}",
            )
            await create(away)

    with pytest.raises(SendFailed, match="twilio-unreachable") as failed:
        asyncio.run(run())
    assert not failed.value.permanent
    assert seen[0].startswith(b"CONNECT api.twilio.invalid:443 ")
    assert b"Proxy-Authorization: Basic " in seen[0]


def test_too_many_requests_says_when_to_come_again() -> None:
    body = json.dumps({"code": 20429, "message": "Too Many Requests", "status": 429}).encode()
    with pytest.raises(SendFailed, match="twilio-20429") as failed:
        create_at(answering("429 Too Many", body, "Retry-After: 7"))
    assert failed.value.retry_after == 7
    assert not failed.value.permanent


@pytest.mark.parametrize(
    ("header", "seconds"), [("1.5", 1.5), ("86400", 600.0), ("soon", None), ("", None)]
)
def test_it_may_be_a_fraction_is_believed_for_ten_minutes_and_left_out_where_it_is_no_time(
    header: str, seconds: float | None
) -> None:
    with pytest.raises(SendFailed, match="twilio-http-429") as failed:
        create_at(answering("429 Too Many", b"", f"Retry-After: {header}"))
    assert failed.value.retry_after == seconds
    assert not failed.value.permanent


def test_one_call_does_not_inherit_the_retry_after_of_another() -> None:
    async def run() -> None:
        async with served(answering("429 Too Many", b"", "Retry-After: 9")) as port:
            with pytest.raises(SendFailed):
                await create(account_at(port))
        async with served(answering("429 Too Many", b"")) as port:
            with pytest.raises(SendFailed) as failed:
                await create(account_at(port))
            assert failed.value.retry_after is None

    asyncio.run(run())


def test_a_list_that_breaks_says_so_and_tells_nothing() -> None:
    with pytest.raises(SendUncertain, match="twilio-http-500"):
        listing_at(answering("500 Oops", b"oops"))


@pytest.mark.parametrize("code", [21211, 21214, 21408, 21610, 21612, 21614])
def test_a_number_that_cannot_work_is_permanent(code: int) -> None:
    body = json.dumps({"code": code, "message": "to +15555550101", "status": 400}).encode()
    with pytest.raises(SendFailed, match=f"^twilio-{code}$") as failed:
        create_at(answering("400 Bad", body))
    assert failed.value.permanent
    assert not failed.value.configuration


@pytest.mark.parametrize(
    ("status", "code"),
    [("401 No", 20003), ("400 Bad", 21603), ("400 Bad", 21606), ("400 Bad", 99999)],
)
def test_what_only_the_operator_can_mend_says_so_and_takes_the_next_channel(
    status: str, code: int
) -> None:
    body = json.dumps({"code": code, "message": "no", "status": int(status[:3])}).encode()
    with pytest.raises(SendFailed) as failed:
        create_at(answering(status, body))
    assert failed.value.permanent
    assert failed.value.configuration


def test_a_refusal_without_a_code_is_the_operators_to_look_at() -> None:
    with pytest.raises(SendFailed, match="twilio-http-302") as failed:
        create_at(answering("302 Found", b"", "Location: http://elsewhere.example/"))
    assert failed.value.configuration


def test_the_account_does_not_show_its_token() -> None:
    assert "token-for-tests" not in repr(account_at(1))


def listing_at(answer: Answer) -> None:
    async def run() -> None:
        async with served(answer) as port:
            client = connect(account_at(port))
            try:
                await asked(client.messages.list_async(to="+15555550101", limit=1))
            finally:
                await hang_up(client)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        ("401 No", 20003, "twilio-20003"),
        ("429 Busy", 20429, "twilio-20429"),
        ("503 Busy", 20503, "twilio-20503"),
    ],
)
def test_a_list_that_is_refused_says_why_too(status: str, code: int | None, reason: str) -> None:
    body = json.dumps({"code": code, "message": "no"}).encode() if code else b"oops"
    with pytest.raises(SendFailed, match=f"^{reason}$"):
        listing_at(answering(status, body))


def test_an_error_in_twilios_newer_form_is_understood() -> None:
    new = {"type": "https://twilio.example/errors/21610", "title": "no", "status": 400}
    body = json.dumps({**new, "code": 21610}).encode()
    with pytest.raises(SendFailed, match="twilio-21610"):
        create_at(answering("400 Bad", body))


@pytest.mark.parametrize("code", ["21610", None, {}, 3.5])
def test_an_error_with_a_code_that_is_no_number_is_unknown(code: object) -> None:
    body = json.dumps({"code": code, "message": "no", "status": 400}).encode()
    with pytest.raises(SendFailed) as failed:
        create_at(answering("400 Bad", body))
    assert failed.value.configuration

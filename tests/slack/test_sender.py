"""The sender with the real SDK against the stand-in: what people see, and what is certain after."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

import aiohttp
import pytest
from aiohttp import web

from bot.domain.page import Notice, Page, Posted, SendFailed, SendUncertain, Sent
from bot.sandbox.people import SlackPerson
from bot.sandbox.world import World
from bot.slack import SlackSettings
from bot.slack.sender import BELIEVED_ACTIVE, SlackSender
from tests.slack.given import notice, page

T = TypeVar("T")


@pytest.fixture
def ada(world: World) -> SlackPerson:
    return world.slack_user("U1", "Dr. Ada Osei")


@asynccontextmanager
async def opened(site: SlackSettings) -> AsyncIterator[SlackSender]:
    sender = SlackSender(site)
    try:
        yield sender
    finally:
        await sender.close()


def with_sender(site: SlackSettings, work: Callable[[SlackSender], Awaitable[T]]) -> T:
    async def run() -> T:
        async with opened(site) as sender:
            return await work(sender)

    return asyncio.run(run())


def send(site: SlackSettings, *pages: Page) -> list[Sent]:
    async def work(sender: SlackSender) -> list[Sent]:
        return [await sender.send(each) for each in pages]

    return with_sender(site, work)


def find(site: SlackSettings, sought: Page) -> Sent | None:
    return with_sender(site, lambda sender: sender.find(sought))


def posted(sent: Sent) -> tuple[Posted, ...]:
    return (Posted(sent.slack_channel, sent.provider_id),)


def test_a_page_reaches_the_person_with_its_buttons(site: SlackSettings, ada: SlackPerson) -> None:
    [sent] = send(site, page())
    message = ada.expect("Critical result")
    assert message.buttons == ["Acknowledge", "I can't take this"]
    assert sent == Sent(message.ts, message.channel)


def test_metadata_carries_the_delivery_id_and_nothing_else(
    site: SlackSettings, ada: SlackPerson
) -> None:
    send(site, page())
    event = {"event_type": "readback_page", "event_payload": {"delivery_id": "d1"}}
    assert ada.expect("Critical").metadata == event


def test_a_notice_rewrites_the_newest_message_and_leaves_the_others(
    site: SlackSettings, ada: SlackPerson
) -> None:
    first, second = send(site, page(), page(delivery_id="d2"))
    told = notice(
        Notice.ACKNOWLEDGED,
        state="acknowledged",
        ended_by="Dr. Ben Ito",
        posted=(*posted(first), *posted(second)),
    )
    assert send(site, told) == [Sent("")]
    assert ["✅ Acknowledged" in message.plain for message in ada.messages] == [False, True]


def test_older_messages_are_collapsed_and_the_answer_says_up_to_which(
    site: SlackSettings, ada: SlackPerson
) -> None:
    sent = send(site, page(), page(delivery_id="d2"), page(delivery_id="d3"))
    out = tuple(where for one in sent for where in posted(one))
    told = notice(Notice.SUPERSEDED, delivery_id="d4", posted=out)
    assert send(site, told) == [Sent(sent[1].provider_id)]
    assert [bool(m.buttons) for m in ada.messages] == [False, False, True]
    assert find(site, told) is None


def test_with_one_message_there_is_nothing_to_collapse(
    site: SlackSettings, ada: SlackPerson
) -> None:
    [sent] = send(site, page())
    assert send(site, notice(Notice.SUPERSEDED, posted=posted(sent))) == [Sent("")]
    assert len(ada.messages[0].versions) == 1


@pytest.mark.parametrize("kind", [Notice.WITHDRAWN, Notice.CHANGED, Notice.REOPENED])
def test_what_matters_to_a_sleeper_also_comes_as_a_message(
    kind: Notice, site: SlackSettings, ada: SlackPerson
) -> None:
    [sent] = send(site, page())
    told = notice(kind, delivery_id="d2", posted=posted(sent))
    [reply] = send(site, told)
    assert reply.slack_channel == ""
    assert ada.messages[-1].record.thread_ts == sent.provider_id
    assert find(site, told) == reply


@pytest.mark.parametrize("kind", [Notice.ACKNOWLEDGED, Notice.ANOTHER_PROVIDER, Notice.EXPIRED])
def test_what_finds_no_message_to_rewrite_is_not_taken_for_sent(
    kind: Notice, site: SlackSettings, ada: SlackPerson
) -> None:
    with pytest.raises(SendFailed, match="slack-nothing-to-rewrite") as caught:
        send(site, notice(kind))
    assert caught.value.permanent
    assert ada.messages == []


@pytest.mark.parametrize("kind", [Notice.REOPENED, Notice.WITHDRAWN])
def test_what_matters_is_also_told_to_somebody_whose_page_never_came(
    kind: Notice, site: SlackSettings, ada: SlackPerson
) -> None:
    state = {Notice.REOPENED: "open", Notice.WITHDRAWN: "withdrawn"}[kind]
    [sent] = send(site, notice(kind, state=state))
    assert sent == Sent(ada.messages[0].ts, ada.messages[0].channel)


def test_a_rewriting_that_slack_refuses_for_another_reason_fails(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    [sent] = send(site, page())
    world.slack.faults.fail_next("chat.update", error="ratelimited")
    with pytest.raises(SendFailed) as failed:
        send(site, notice(Notice.HANDED_OVER, owner_id="p-ben", posted=posted(sent)))
    assert failed.value.reason == "slack-ratelimited"


@pytest.mark.parametrize(
    "kind", [Notice.PLEASE_PHONE, Notice.DIRECTORY_ENTRY, Notice.OLDER_VERSION]
)
def test_a_request_is_a_message_of_its_own_that_no_later_notice_rewrites(
    kind: Notice, site: SlackSettings, ada: SlackPerson
) -> None:
    [sent, request] = send(site, page(), notice(kind, delivery_id="d2", posted=()))
    assert request.slack_channel == ""
    assert len(ada.messages) == 2
    assert find(site, notice(kind, delivery_id="d2", posted=posted(sent))) == request


def test_a_message_that_is_gone_does_not_keep_the_others_from_being_collapsed(
    site: SlackSettings, ada: SlackPerson
) -> None:
    first, second = send(site, page(), page(delivery_id="d2"))
    gone = Posted(first.slack_channel, "1.000000")
    send(site, notice(Notice.SUPERSEDED, posted=(gone, *posted(first), *posted(second))))
    assert "A newer message" in ada.messages[0].plain


def test_a_lost_answer_is_uncertain_and_can_be_proven(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", "lost_reply")
    with pytest.raises(SendUncertain):
        send(site, page())
    found = find(site, page())
    assert found == Sent(ada.messages[0].ts, ada.messages[0].channel)


def test_a_message_that_slack_never_had_is_not_found(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", "refuse")
    with pytest.raises(SendUncertain):
        send(site, page())
    assert find(site, page()) is None


def test_the_sdk_repeats_nothing_by_itself(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", "lost_reply")
    with pytest.raises(SendUncertain):
        send(site, page())
    posts = [e.method for e in world.log if e.method.startswith("chat.")]
    assert posts == ["chat.postMessage"]


def test_a_lost_answer_to_a_rewriting_is_only_a_reason_to_try_again(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    [sent] = send(site, page())
    world.slack.faults.fail_next("chat.update", "lost_reply")
    with pytest.raises(SendFailed) as failed:
        send(site, notice(Notice.HANDED_OVER, owner_id="p-ben", posted=posted(sent)))
    assert not failed.value.permanent


def test_a_question_without_an_answer_is_a_failure(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("conversations.history", status=500)
    with pytest.raises(SendFailed) as failed:
        find(site, page())
    assert not failed.value.permanent


def test_a_rate_limit_is_passed_on_with_its_wait(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", status=429, retry_after=12)
    with pytest.raises(SendFailed) as failed:
        send(site, page())
    assert (failed.value.permanent, failed.value.retry_after) == (False, 12.0)


def test_a_deactivated_person_is_given_up_for_good(site: SlackSettings, ada: SlackPerson) -> None:
    ada.deactivate("user_disabled")
    with pytest.raises(SendFailed) as failed:
        send(site, page())
    assert (failed.value.permanent, failed.value.configuration) == (True, False)


def test_a_missing_scope_is_the_operators_concern(ada: SlackPerson, world: World) -> None:
    with World(scopes=["commands"]) as poor:
        poor.slack_user("U1")
        tokens = poor.slack_tokens
        site = SlackSettings(tokens.bot, tokens.app, "1", "none", poor.slack_api_url)
        with pytest.raises(SendFailed) as failed:
            send(site, page())
    assert failed.value.configuration


def test_somebody_without_slack_is_refused_before_any_call(
    site: SlackSettings, world: World
) -> None:
    with pytest.raises(SendFailed) as failed:
        send(site, page(person=replace(page().person, slack=None)))
    assert failed.value.permanent
    assert world.log == []


def test_slack_being_away_is_certain_and_passes() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = taken.getsockname()[1]
        site = SlackSettings("xoxb-x", "xapp-x", "1", "none", f"http://127.0.0.1:{port}/api/")
        with pytest.raises(SendFailed) as failed:
            send(site, page())
    assert failed.value.reason == "slack-unreachable"
    assert not failed.value.permanent


def test_an_exception_quotes_neither_the_page_nor_the_answer(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", error="invalid_blocks")
    with pytest.raises(SendFailed) as failed:
        send(site, page())
    assert str(failed.value) == "slack-invalid_blocks"
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


# ---- a kept-alive connection that the peer has closed --------------------------------------


@asynccontextmanager
async def serving(
    answers: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[str]:
    """A server of the test's own, for what the stand-in's HTTP server cannot do."""
    app = web.Application()
    app.router.add_post("/api/{method}", answers)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        await runner.cleanup()


def test_a_connection_found_closed_before_the_first_byte_is_replaced_at_once() -> None:
    """The peer closes just between our taking the connection from the pool and our writing."""
    served: list[str] = []
    transports: list[asyncio.Transport] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        served.append(body["metadata"]["event_payload"]["delivery_id"])
        assert request.transport is not None
        transports.append(request.transport)
        return web.json_response({"ok": True, "ts": "1.0", "channel": "D1"})

    async def run() -> list[Sent]:
        async with serving(answer) as url, opened(_at(url)) as sender:
            believe_active(sender, page())  # one request a page, on one connection
            first = await sender.send(page())
            closed = close_when_taken(sender, transports[0])
            second = await sender.send(page(delivery_id="d2"))
            assert closed.is_set()
            return [first, second]

    assert asyncio.run(run()) == [Sent("1.0", "D1"), Sent("1.0", "D1")]
    assert served == ["d1", "d2"]
    assert len(set(map(id, transports))) == 2


def believe_active(sender: SlackSender, page: Page) -> None:
    assert page.person.slack
    sender._active_until[page.person.slack[1]] = page.now + BELIEVED_ACTIVE


def close_when_taken(sender: SlackSender, peer: asyncio.Transport) -> asyncio.Event:
    """Have the peer close once our pool has handed the idle connection out."""
    connector, done = sender._session.connector, asyncio.Event()
    assert connector is not None
    [[(protocol, _)]] = connector._conns.values()
    closed = protocol.closed
    assert closed is not None

    async def close(*_: object) -> None:
        peer.abort()
        async with asyncio.timeout(5):
            await closed
        done.set()

    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(close)
    trace.freeze()
    sender._session._trace_configs.append(trace)
    return done


def test_a_connection_that_breaks_after_the_request_was_read_is_uncertain() -> None:
    served: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        served.append(body["metadata"]["event_payload"]["delivery_id"])
        if len(served) > 1:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True, "ts": "1.0", "channel": "D1"})

    async def run() -> None:
        async with serving(answer) as url, opened(_at(url)) as sender:
            await sender.send(page())
            with pytest.raises(SendUncertain):
                await sender.send(page(delivery_id="d2"))

    asyncio.run(run())
    assert served == ["d1", "d2"]


@pytest.mark.parametrize("half", [{}, {"ts": "1.0"}, {"channel": "D1"}, {"ts": 1, "channel": ""}])
def test_half_of_a_success_leaves_open_what_became_of_it(half: dict[str, object]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, **half})

    async def run() -> None:
        async with serving(answer) as url, opened(_at(url)) as sender:
            believe_active(sender, page())
            with pytest.raises(SendUncertain, match="slack-no-identifier"):
                await sender.send(page())

    asyncio.run(run())


def _at(url: str) -> SlackSettings:
    return SlackSettings("xoxb-x", "xapp-x", "1", "none", url)

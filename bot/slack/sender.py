"""Pages and notices over Slack's Web API: one async client on one shared session.

The SDK's own retries are off: a lost reply would post twice, and the outbox decides what to
repeat. Every message carries the opaque delivery id in its metadata, so that ``find`` can prove it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.connections import connector
from bot.domain.coverage import SLACK
from bot.domain.page import Notice, Page, Posted, SendFailed, SendUncertain, Sent
from bot.slack import SlackSettings
from bot.slack.blocks import Message, aloud, collapsed, page_message
from bot.slack.errors import GONE, breakdown, refusal, was_connected
from bot.slack.notices import notice_message
from bot.slack.transport import library_logger, set_proxy
from bot.slack.wire import tracing, watch

EVENT_TYPE = "readback_page"
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0
# Newest messages of one conversation in which the proof of a send is looked for.
LOOK_BACK = 200
ASKED_SECONDS = 1.0
BELIEVED_ACTIVE = timedelta(minutes=10)
_NOTHING_TO_REWRITE = "slack-nothing-to-rewrite"
# Nothing to say in Slack to somebody who has no message there that it would change.
_ONLY_REWRITES = frozenset(
    {
        Notice.ACKNOWLEDGED,
        Notice.HANDED_OVER,
        Notice.ANOTHER_PROVIDER,
        Notice.EXPIRED,
        Notice.NOT_MY_PATIENT,
        Notice.SUPERSEDED,
    }
)

Call = Callable[[], Awaitable[AsyncSlackResponse]]
T = TypeVar("T")


class SlackSender:
    """A Sender (see bot.domain.page). Make it on the event loop that will use it."""

    def __init__(self, settings: SlackSettings) -> None:
        self._settings = settings
        self._active_until: dict[str, datetime] = {}
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS, connect=CONNECT_SECONDS),
            # Without a limit, for the same reason as Twilio's: a page that had waited for one of
            # our own connections would look as if Slack had not answered it in time.
            connector=connector(limit=0),
            trace_configs=[tracing()],
        )
        self._client = AsyncWebClient(
            token=settings.bot_token,
            base_url=settings.api_url,
            session=self._session,
            retry_handlers=[],
            logger=library_logger(),
        )
        set_proxy(self._client, settings.api_url)

    @property
    def shows_finding(self) -> bool:
        """Only where the site's Slack may hold findings in messages."""
        return self._settings.phi == "message"

    async def close(self) -> None:
        """Give the connections back. What is in flight breaks off as uncertain."""
        await self._session.close()

    async def send(self, page: Page) -> Sent:
        """Post the page, or bring what was posted earlier up to date.

        Raises SendFailed or SendUncertain. What would only rewrite, and finds no message of this
        person, has failed: whoever was reached elsewhere has to hear of it there.
        """
        if page.slip.notice is None:
            return await self._post_to_somebody(page, page_message(page, self._settings))
        if page.slip.notice.alone:
            sent = await self._post_to_somebody(page, notice_message(page, self._settings))
            # Without the channel nobody takes it for a page that has to be rewritten later.
            return Sent(sent.provider_id)
        if page.slip.notice is Notice.SUPERSEDED:
            return await self._collapse(page)
        if page.posted:
            return await self._rewrite(page)
        if page.slip.notice in _ONLY_REWRITES:
            raise SendFailed(_NOTHING_TO_REWRITE, permanent=True)
        return await self._post_to_somebody(page, page_message(page, self._settings))

    async def find(self, page: Page) -> Sent | None:
        """Look for this delivery id where the message would stand. What only rewrites leaves no
        trace of its own, and may be sent again without harm."""
        if page.slip.notice in _ONLY_REWRITES:
            return None
        thread = self._thread(page)
        if thread:
            found = await self._search_thread(page, thread)
            return Sent(found.ts) if found else None
        posted = await self._search_conversation(page)
        if posted is None:
            return None
        alone = page.slip.notice is not None and page.slip.notice.alone
        return Sent(posted.ts, "" if alone else posted.channel)

    async def _post(self, page: Page, message: Message) -> Sent:
        answer = await self._call(
            lambda: self._client.chat_postMessage(
                channel=_user(page),
                text=message.text,
                blocks=message.blocks,
                metadata=_metadata(page),
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        return Sent(_told(answer, "ts"), _told(answer, "channel"))

    async def _post_to_somebody(self, page: Page, message: Message) -> Sent:
        """Raises SendFailed for a deactivated account: Slack has been seen to take posts to one
        and show them to nobody (github.com/slackapi/python-slack-sdk/issues/1156). It is asked at
        the same moment, since a page waits for no question; where it does not say soon, what it
        said to the post holds. Also for who has left meanwhile, or has another way only: it goes to
        nobody who is not in the directory."""
        if SLACK not in page.person.channels:
            raise SendFailed("slack-account-out", permanent=True)
        asking = asyncio.create_task(self._is_deactivated(_user(page), page.now))
        try:
            sent = await self._post(page, message)
            await asyncio.wait([asking], timeout=ASKED_SECONDS)
        finally:
            asking.cancel()
        if asking.done() and not asking.cancelled() and asking.result():
            raise SendFailed("slack-user_disabled", permanent=True)
        return sent

    async def _is_deactivated(self, user: str, now: datetime) -> bool:
        if now < self._active_until.get(user, now):
            return False
        try:
            deleted = await self._ask(
                lambda: self._client.users_info(user=user),
                lambda answer: bool(answer["user"].get("deleted")),
            )
        except SendFailed:
            return False
        if not deleted:
            self._active_until[user] = now + BELIEVED_ACTIVE
        return deleted

    async def _rewrite(self, page: Page) -> Sent:
        """Update the newest message, then say aloud what a sleeper must hear."""
        await self._update(page.posted[-1], page_message(page, self._settings))
        reply = aloud(page)
        return await self._reply(page, reply) if reply else Sent("")

    async def _collapse(self, page: Page) -> Sent:
        """Older messages point to the newest, and are left alone from then on (outbox.posted)."""
        older = page.posted[:-1]
        for posted in older:
            await self._update(posted, collapsed(page))
        return Sent(older[-1].ts if older else "")

    async def _update(self, posted: Posted, message: Message) -> None:
        """Writing the same twice changes nothing: after a lost answer it is tried again."""
        try:
            await self._call(
                lambda: self._client.chat_update(
                    channel=posted.channel, ts=posted.ts, text=message.text, blocks=message.blocks
                )
            )
        except SendFailed as failed:
            if failed.reason not in GONE:
                raise
        except SendUncertain as unknown:
            raise SendFailed("slack-no-answer", permanent=False) from unknown

    async def _reply(self, page: Page, message: Message) -> Sent:
        newest = page.posted[-1]
        answer = await self._call(
            lambda: self._client.chat_postMessage(
                channel=newest.channel,
                thread_ts=newest.ts,
                reply_broadcast=True,
                text=message.text,
                blocks=message.blocks,
                metadata=_metadata(page),
            )
        )
        return Sent(_told(answer, "ts"))

    def _thread(self, page: Page) -> Posted | None:
        return page.posted[-1] if page.posted and aloud(page) else None

    async def _search_thread(self, page: Page, thread: Posted) -> Posted | None:
        return await self._ask(
            lambda: self._client.conversations_replies(
                channel=thread.channel,
                ts=thread.ts,
                include_all_metadata=True,
                limit=LOOK_BACK,
            ),
            lambda answer: _with_delivery(answer, thread.channel, page.delivery_id),
        )

    async def _search_conversation(self, page: Page) -> Posted | None:
        channel = await self._ask(
            lambda: self._client.conversations_open(users=_user(page)),
            lambda opened: str(opened["channel"]["id"]),
        )
        return await self._ask(
            lambda: self._client.conversations_history(
                channel=channel, include_all_metadata=True, limit=LOOK_BACK
            ),
            lambda answer: _with_delivery(answer, channel, page.delivery_id),
        )

    async def _ask(self, call: Call, read: Callable[[AsyncSlackResponse], T]) -> T:
        """A question changes nothing at Slack: no answer to it, or half of one, is a failure like
        any other."""
        try:
            return read(await self._call(call))
        except SendUncertain as unknown:
            raise SendFailed("slack-no-answer", permanent=False) from unknown
        except (TypeError, AttributeError, LookupError):  # as it would quote the answer
            raise SendFailed("slack-unreadable-answer", permanent=False) from None

    async def _call(self, call: Call) -> AsyncSlackResponse:
        """Slack's answer. Raises SendFailed or SendUncertain."""
        try:
            return await self._once_more_if_never_left(call)
        except SlackApiError as error:
            # The cause would quote the answer, and an answer may quote the message.
            raise refusal(error) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise breakdown(error) from None
        except (ValueError, TypeError, AttributeError):  # what the SDK makes of a text, or a list
            raise SendUncertain("slack-unreadable-answer") from None

    async def _once_more_if_never_left(self, call: Call) -> AsyncSlackResponse:
        """A connection found closed before the first byte is replaced at once: no doubt remains."""
        wire = watch()
        try:
            return await call()
        except aiohttp.ClientError as error:
            if not (wire.kept(error) and was_connected(error)):
                raise
            return await call()


def _user(page: Page) -> str:
    """Posting to a user's id opens the direct message."""
    if page.person.slack is None:
        raise SendFailed("slack-no-account", permanent=True)
    return page.person.slack[1]


def _metadata(page: Page) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": page.delivery_id}}


def _told(answer: AsyncSlackResponse, name: str) -> str:
    """What every success says. Raises SendUncertain where it is half of one."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise SendUncertain("slack-no-identifier")
    return value


def _with_delivery(answer: AsyncSlackResponse, channel: str, delivery_id: str) -> Posted | None:
    for message in answer["messages"]:
        metadata = message.get("metadata") or {}
        if (metadata.get("event_payload") or {}).get("delivery_id") == delivery_id:
            return Posted(channel, str(message["ts"]))
    return None

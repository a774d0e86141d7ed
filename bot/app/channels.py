"""The channels of one copy: senders, what Slack and Twilio send back, and how they do."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr
from starlette.routing import BaseRoute

from bot.connections import is_local, proxy_for
from bot.domain.coverage import SLACK, SMS, VOICE
from bot.domain.page import Sender
from bot.engine.bridge import Bridge
from bot.engine.context import Engine
from bot.engine.limits import Limit, Rate, Window
from bot.engine.outage import POSTS, TEXTS, Watch
from bot.engine.pace import Pace
from bot.engine.sending import Sending, Watched
from bot.phone import polling
from bot.phone.call_webhooks import CallWebhooks
from bot.phone.calls import LONGEST_CALL, CallSender
from bot.phone.client import TwilioAccount
from bot.phone.guard import Guard
from bot.phone.polling import Asked, Looks, Replies
from bot.phone.sms import SmsSender
from bot.phone.webhooks import Webhooks
from bot.settings import Settings
from bot.settings.proxies import spare_this_machine
from bot.slack import SlackSettings
from bot.slack.errors import for_all
from bot.slack.listeners import SlackListeners
from bot.slack.sender import SlackSender
from bot.web.health import OK, Check

Loop = Callable[[], Coroutine[Any, Any, None]]
SLACK_BURST = 10.0
"""Seconds: docs.slack.dev/apis/web-api/rate-limits allows short bursts beyond the rate."""

BETWEEN_TWO_NUMBERS = timedelta(seconds=30)
"""Twilio counts messages from one number to another in this time, and fails those that are too many
(https://www.twilio.com/docs/api/errors/14107)."""


@dataclass(frozen=True)
class Channels:
    """Senders by channel, and the ``pace`` at which they are fed; ``routes`` are the webhooks,
    ``health`` says how each channel does, and ``loops`` by name run as long as the copy does, once
    it has taken in what ``catch_up`` finds."""

    senders: Mapping[str, Sender]
    pace: Pace
    routes: tuple[BaseRoute, ...]
    health: Mapping[str, Check]
    loops: Mapping[str, Loop]
    catch_up: Loop


async def open_channels(
    settings: Settings,
    engine: Engine,
    woken: asyncio.Event,
    without: frozenset[str],
    stack: AsyncExitStack,
) -> Channels:
    """Every channel but those to do without; closed again by the stack. ``woken`` is set where
    receipts may be due."""
    senders: dict[str, Sender] = {}
    routes: list[BaseRoute] = []
    health: dict[str, Check] = {}
    loops: dict[str, Loop] = {}
    catch_up: Loop = _nothing_missed
    if SMS not in without:
        sms = _sms(settings, engine)
        stack.push_async_callback(sms.close)
        senders[SMS] = sms
        health[SMS] = sms.check
        routes += _webhooks(settings, engine, sms)
        calls = _call_sender(settings, engine)
        stack.push_async_callback(calls.close)
        if settings.calls:
            senders[VOICE] = calls
            health[VOICE] = calls.check
        receipts, replies = _polling(settings, engine, sms, calls, woken)
        loops |= {"receipts": receipts.run, "replies": replies.run}
        loops["sms-sending"] = sms.sending.run
        loops["sms-outage"] = Watch(engine, lambda: sms.works, TEXTS).run
        catch_up = partial(polling.catch_up, receipts, replies)
    if SLACK not in without:
        slack = SlackSender(slack_settings(settings))
        stack.push_async_callback(slack.close)
        posts = Sending(engine, SLACK, for_all, many=False)
        senders[SLACK] = Watched(slack, posts)
        loops["slack-sending"] = posts.run
        loops["slack-posts-outage"] = Watch(engine, lambda: not posts.stopped, POSTS).run
        listeners = _listening_to_slack(settings, engine, stack)
        health[SLACK] = partial(_connected, listeners, posts)
        routes += listeners.routes()
        if settings.slack.mode == "socket":  # else only Slack could tell
            loops["slack-outage"] = Watch(engine, listeners.connected).run
    return Channels(senders, pace_of(settings), tuple(routes), health, loops, catch_up)


def pace_of(settings: Settings) -> Pace:
    """What the site's accounts may send, and what one conversation and one number may get."""
    sms, slack = settings.twilio.messages_per_second, settings.slack.messages_per_second
    calls = settings.twilio.calls_per_second
    ours = {SMS: Rate(sms, max(sms, 1.0))}
    if settings.calls:
        ours[VOICE] = Rate(calls, max(calls, 1.0))
    theirs: dict[str, Limit] = {
        SLACK: Rate(slack, max(SLACK_BURST * slack, 1.0)),
        SMS: Window(settings.twilio.messages_to_one_number, BETWEEN_TWO_NUMBERS),
    }
    return Pace(ours, theirs, {VOICE: LONGEST_CALL})


def _sms(settings: Settings, engine: Engine) -> SmsSender:
    ask_after = timedelta(seconds=settings.twilio.poll_seconds)
    return SmsSender(engine, twilio_account(settings), settings.web.public_url, ask_after)


def _polling(
    settings: Settings, engine: Engine, sms: SmsSender, calls: CallSender, woken: asyncio.Event
) -> tuple[Looks, Replies]:
    """Without a public URL nobody brings replies and receipts: they are asked for. With one they
    may get lost. The end of a call is asked for until it is known."""
    seconds, public = settings.twilio.poll_seconds, bool(settings.web.public_url)
    asked: Mapping[str, Asked] = {SMS: sms, VOICE: calls}
    receipts = Looks(engine, asked, seconds, {SMS} if public else set(), woken)
    return receipts, Replies(engine, sms, seconds, brought=public)


async def _nothing_missed() -> None:
    """Without SMS and calls nobody has told Twilio anything."""


def _call_sender(settings: Settings, engine: Engine) -> CallSender:
    account, caller = twilio_account(settings), settings.twilio.call_from
    ask_after = timedelta(seconds=settings.twilio.poll_seconds)
    return CallSender(engine, account, caller, settings.web.public_url, ask_after)


def _webhooks(settings: Settings, engine: Engine, sms: SmsSender) -> list[BaseRoute]:
    """None without a public URL: Twilio signs it, so without it nothing could be verified."""
    if not settings.web.public_url:
        return []
    guard = Guard(engine, twilio_account(settings).auth_token, settings.web.public_url)
    calls = CallWebhooks(guard).routes() if settings.calls else []
    return [*Webhooks(guard, lambda: sms.ahead).routes(), *calls]


def _listening_to_slack(
    settings: Settings, engine: Engine, stack: AsyncExitStack
) -> SlackListeners:
    bridge = Bridge(asyncio.get_running_loop())
    listeners = SlackListeners(engine, bridge, slack_settings(settings))
    listeners.start()
    # On a thread: listeners that are still at work wait for this loop.
    stack.push_async_callback(asyncio.to_thread, listeners.stop)
    return listeners


async def _connected(listeners: SlackListeners, posts: Sending) -> str:
    if posts.stopped:
        return "refused"
    return OK if listeners.connected() else "not-connected"


def slack_settings(settings: Settings) -> SlackSettings:
    """Tokens that are not set are empty. A stand-in on this machine is not asked through a proxy:
    Slack's SDK gives its requests to urllib, which knows of proxies from the environment alone."""
    if is_local(settings.slack.api_url):
        spare_this_machine()
    return SlackSettings(
        bot_token=_told(settings.secrets.slack_bot_token),
        app_token=_told(settings.secrets.slack_app_token),
        callback_number=settings.site.callback_number,
        phi=settings.slack.phi,
        api_url=settings.slack.api_url,
        viewer=settings.slack.viewer_url_template,
        connections=settings.slack.connections,
        mode=settings.slack.mode,
        signing_secret=_told(settings.secrets.slack_signing_secret),
    )


def twilio_account(settings: Settings) -> TwilioAccount:
    """Credentials that are not set are empty."""
    return TwilioAccount(
        sid=_told(settings.secrets.twilio_account_sid),
        auth_token=_told(settings.secrets.twilio_auth_token),
        sender=settings.twilio.sender,
        api_url=settings.twilio.api_url,
        proxy=proxy_for(settings.twilio.api_url),
    )


def _told(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""

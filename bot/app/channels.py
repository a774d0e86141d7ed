"""The channels of one copy: senders, what Slack and Twilio send back, and how they do."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr
from starlette.routing import BaseRoute

from bot.domain.coverage import SLACK, SMS
from bot.domain.page import Sender
from bot.engine.bridge import Bridge
from bot.engine.context import Engine
from bot.phone.client import TwilioAccount
from bot.phone.guard import Guard
from bot.phone.sms import SmsSender
from bot.phone.webhooks import Webhooks
from bot.settings import Settings
from bot.slack import SlackSettings
from bot.slack.listeners import SlackListeners
from bot.slack.sender import SlackSender
from bot.web.health import OK, Check


@dataclass(frozen=True)
class Channels:
    """Senders by channel; ``routes`` are the webhooks, ``health`` says how each channel does."""

    senders: Mapping[str, Sender]
    routes: tuple[BaseRoute, ...]
    health: Mapping[str, Check]


async def open_channels(
    settings: Settings, engine: Engine, without: frozenset[str], stack: AsyncExitStack
) -> Channels:
    """Every channel but those to do without; closed again by the stack."""
    senders: dict[str, Sender] = {}
    routes: list[BaseRoute] = []
    health: dict[str, Check] = {}
    if SMS not in without:
        sms = SmsSender(engine, twilio_account(settings), settings.web.public_url)
        stack.push_async_callback(sms.close)
        senders[SMS] = sms
        health[SMS] = sms.check
        routes += _webhooks(settings, engine)
    if SLACK not in without:
        slack = SlackSender(slack_settings(settings))
        stack.push_async_callback(slack.close)
        senders[SLACK] = slack
        listeners = _listening_to_slack(settings, engine, stack)
        health[SLACK] = partial(_connected, listeners)
        routes += listeners.routes()
    return Channels(senders, tuple(routes), health)


def _webhooks(settings: Settings, engine: Engine) -> list[BaseRoute]:
    """None without a public URL: Twilio signs it, so without it nothing could be verified."""
    if not settings.web.public_url:
        return []
    guard = Guard(engine, twilio_account(settings).auth_token, settings.web.public_url)
    return [*Webhooks(guard).routes()]


def _listening_to_slack(
    settings: Settings, engine: Engine, stack: AsyncExitStack
) -> SlackListeners:
    bridge = Bridge(asyncio.get_running_loop())
    listeners = SlackListeners(engine, bridge, slack_settings(settings))
    listeners.start()
    # On a thread: listeners that are still at work wait for this loop.
    stack.push_async_callback(asyncio.to_thread, listeners.stop)
    return listeners


async def _connected(listeners: SlackListeners) -> str:
    return OK if listeners.connected() else "not-connected"


def slack_settings(settings: Settings) -> SlackSettings:
    """Tokens that are not set are empty."""
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
    )


def _told(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""

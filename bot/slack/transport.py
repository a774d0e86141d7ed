"""What all of Slack's clients share: where they connect, and what their libraries may log."""

import logging
from collections.abc import Sequence
from typing import Protocol

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from bot.connections import proxy_for
from bot.slack import SlackSettings
from bot.slack.elements import Block

# A listener has three seconds from the click; a call that takes longer is lost anyway.
LISTENER_CALL_SECONDS = 3
_LOGGER = "readback.slack"


class _HasProxy(Protocol):
    proxy: str | None


def web_client(settings: SlackSettings, timeout: int = LISTENER_CALL_SECONDS) -> WebClient:
    """A synchronous client for bolt's listener threads, without retries of its own."""
    client = WebClient(
        base_url=settings.api_url, timeout=timeout, retry_handlers=[], logger=library_logger()
    )
    set_proxy(client, settings.api_url)
    return client


def answer_privately(response_url: str, text: str, blocks: Sequence[Block]) -> None:
    """Show something to one person alone, by the URL that came with their own act.

    Raises OSError where Slack cannot be reached.
    """
    client = WebhookClient(
        response_url, timeout=LISTENER_CALL_SECONDS, retry_handlers=[], logger=library_logger()
    )
    set_proxy(client, response_url)
    client.send(text=text, blocks=blocks, response_type="ephemeral", replace_original=False)


def set_proxy(client: _HasProxy, url: str) -> None:
    """The SDK takes a proxy from the environment also for hosts that it spares. What the SDK gives
    to urllib looks there once more: see bot.settings.proxies."""
    client.proxy = proxy_for(url)


def library_logger() -> logging.Logger:
    """The logger for bolt and slack_sdk, which bot.log lets nothing through but where and what.

    The SDK puts payloads into debug records wherever the level of this very logger allows it.
    Errors count as warnings: a connection lost and made again is no fault, and one that stays
    lost shows in ``connected``.
    """
    logger = logging.getLogger(_LOGGER)
    if logger.level != logging.WARNING:  # to set it forgets what every logger of the process knew
        logger.setLevel(logging.WARNING)
    if not logger.filters:
        logger.addFilter(_lowered)
    return logger


def _lowered(record: logging.LogRecord) -> bool:
    if record.funcName == "__init__":
        return False  # bolt's advice that it will not use the token in the environment
    record.levelno = min(record.levelno, logging.WARNING)
    record.levelname = logging.getLevelName(record.levelno)
    return True

"""A sender opened for as long as it sends some pages or looks for one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from bot.domain.page import Page, Posted, Sent
from bot.slack import SlackSettings
from bot.slack.sender import SlackSender

T = TypeVar("T")


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

"""Routes behind the bot's own server, asked over loopback."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Sequence

from starlette.routing import BaseRoute

from bot.web.app import Server, build


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def answers(routes: Sequence[BaseRoute], *paths: str) -> list[tuple[int, str]]:
    """What a server of these routes answers to each path."""

    async def run() -> list[tuple[int, str]]:
        server = Server(build(routes), "127.0.0.1", 0)
        await server.start()
        try:
            url = f"http://127.0.0.1:{server.port}"
            return [await asyncio.to_thread(get, url + path) for path in paths]
        finally:
            await server.stop()

    return asyncio.run(run())

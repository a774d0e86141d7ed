"""The one way from a thread of somebody else's (bolt's listeners) to the event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Bridge:
    """Runs coroutines of ``loop`` for threads that wait for the result."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call(self, coroutine: Coroutine[Any, Any, T], timeout: float = 10.0) -> T:
        """The coroutine's result, or its exception. ``timeout`` in seconds raises TimeoutError.

        Never call it on the loop's own thread: it would wait for itself.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(timeout)

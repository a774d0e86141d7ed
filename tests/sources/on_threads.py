"""What is done beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest


def on_threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is given to a thread from now on."""
    names: list[str] = []
    to_thread = asyncio.to_thread

    async def noted(function: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
        names.append(getattr(function, "__name__", ""))
        await asyncio.sleep(0)  # a new thread may be done before the loop looks at a timeout
        return await to_thread(function, *given, **named)

    monkeypatch.setattr(asyncio, "to_thread", noted)
    return names

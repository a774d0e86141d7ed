"""An SMS sent through Twilio, by the name of its page and its phone."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import Dial, Run

TO = "+15555550101"
PAGE = "READBACK: critical imaging result, ref K7QX. Reply ACK 4827"


def send(run: Run, dial: Dial, **params: Any) -> Any:
    async def create() -> Any:
        async with dial() as twilio:
            return await twilio.messages.create_async(**params)

    return run(create())

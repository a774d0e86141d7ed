"""Time does not move the alerts any more: their steps are due, and nobody takes them. Then whoever
should be asked next is not, so the coordinators hear of it."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.page import Notice
from bot.engine.context import Engine
from bot.engine.outage import Line
from storage import alerts

LOOK_EVERY = 5.0
LATE = timedelta(minutes=1)
"""A sweep comes within a second, and one of thousands of steps is over in this time."""
STEPS = Line("sweep", Notice.SWEEP_LATE, Notice.SWEEP_BACK, 1)


@dataclass
class Lateness:
    """Of all copies together: whichever should have taken the step. It is looked for in the
    database, where also one is found that fails again and again."""

    engine: Engine
    late: bool = False

    def on_time(self) -> bool:
        """As of the last look."""
        return not self.late

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Once."""
        due = await self.engine.database.read(alerts.next_due_at)
        self.late = due is not None and self.engine.clock.now() - due >= LATE

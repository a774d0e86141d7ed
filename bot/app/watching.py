"""What one copy watches of Readback itself."""

from collections.abc import Mapping

from bot import metrics
from bot.app.channels import Loop
from bot.app.heartbeat import Heartbeat
from bot.domain.page import Sender
from bot.engine.away import Away
from bot.engine.context import Engine
from bot.engine.lateness import STEPS, Lateness
from bot.engine.outage import Watch
from bot.settings import Settings
from bot.web.health import Health
from storage import outbox, quarantine


def watching(
    settings: Settings, engine: Engine, health: Health, senders: Mapping[str, Sender]
) -> dict[str, Loop]:
    """Its loops, by name."""
    lateness = Lateness(engine)
    watch = Watch(engine, lateness.on_time, STEPS)
    loops: dict[str, Loop] = {"lateness": lateness.run, "outage-sweep": watch.run}
    loops["outage-database"] = Away(engine, senders).run
    if settings.web.heartbeat_url:
        loops["heartbeat"] = Heartbeat(settings.web.heartbeat_url, health.ready).run
    return loops


async def measure_backlog(engine: Engine) -> None:
    """What waits, for the gauges."""
    now = engine.clock.now()
    count, oldest = await engine.database.read(lambda c: outbox.backlog(c, now))
    metrics.backlog(count, oldest, now)
    metrics.quarantine_waiting(await engine.database.read(quarantine.waiting))

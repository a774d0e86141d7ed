"""What one copy watches of Readback itself."""

from bot.app.channels import Loop
from bot.engine.context import Engine
from bot.engine.lateness import STEPS, Lateness
from bot.engine.outage import Watch


def watching(engine: Engine) -> dict[str, Loop]:
    """Its loops, by name."""
    lateness = Lateness(engine)
    watch = Watch(engine, lateness.on_time, STEPS)
    return {"lateness": lateness.run, "outage-sweep": watch.run}

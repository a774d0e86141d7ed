"""The engine of a command that runs beside `readback serve`, or without one."""

from bot.app.timekeeping import steady
from bot.cli.opening import clock_for, policy_or_stop
from bot.engine.context import Engine, Site
from bot.settings import Settings
from storage.database import Database

# No claim is ever made under it: pages are left to the sweep of a running copy.
NO_INSTANCE = 0


def engine_for(database: Database, settings: Settings) -> Engine:
    """An engine without loops. Ends the command where the site's policy cannot be used."""
    return Engine(
        database=database,
        clock=steady(database, clock_for(settings)),
        policy=policy_or_stop(settings),
        site=Site(settings.site.name, settings.site.timezone, settings.site.callback_number),
        wake=_nobody_sleeps_here,
        instance=NO_INSTANCE,
        processing_ids=frozenset(settings.hl7.processing_ids),
        shadow=settings.shadow,
    )


def _nobody_sleeps_here() -> None:
    """The loops run in another process, which looks by itself within a second."""

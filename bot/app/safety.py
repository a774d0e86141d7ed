"""What must be so before anybody may rely on a copy. `readback check` asks the same questions."""

from collections.abc import Collection, Iterable
from datetime import datetime

from bot import metrics
from bot.domain.coverage import SLACK, SMS, VOICE, Person
from bot.engine.context import Engine
from bot.log import log
from bot.settings import Settings
from storage import people
from storage.database import Database
from storage.latest import latest


class CannotStart(Exception):
    """Serving would be unsafe. The text says why, and what to do; it holds no secret."""


def pageable(coordinators: Iterable[Person], without: Collection[str]) -> list[Person]:
    """Those who can answer by a channel that the site does not do without."""
    working = {SLACK, SMS, VOICE} - set(without) - ({VOICE} if SMS in without else set())
    return [one for one in coordinators if one.can_answer(working & set(one.channels))]


async def coordinators_in_reach(engine: Engine, without: Collection[str]) -> str:
    """For /readyz: "ok", "some-out-of-reach", or "none-can-be-paged". Brings the gauge up to
    date: if the last of them has answered STOP no notice could say so to anybody."""
    everybody = await engine.database.read(people.coordinators)
    able = len(pageable(everybody, without))
    metrics.coordinators(able, len(everybody) - able)
    if not able:
        return "none-can-be-paged"
    return "ok" if able == len(everybody) else "some-out-of-reach"


def cure_for_nobody(coordinators: Iterable[Person], without: Collection[str]) -> str:
    """What to do where no coordinator can be paged."""
    channels = {SLACK: "a Slack ID", SMS: "a mobile"}
    usable = [said for channel, said in channels.items() if channel not in without]
    if not usable:
        return "Leave out --without slack or --without twilio: no channel is left to page anybody."
    if left_out := pageable(coordinators, ()):
        able = f"{left_out[0].name} can be paged by what --without leaves out: leave it in"
        return f"{able}, or add {usable[0]} for them with `readback people import`."
    needs = " or ".join(usable)
    return f"Import one with `readback people import`, with the role coordinator and {needs}."


def refuse_unsafe(
    settings: Settings, database: Database, without: frozenset[str], now: datetime
) -> None:
    """Raises CannotStart with everything that is missing. Without a coordinator it goes on where
    alerts are open: others can answer them, and START has to find somebody in."""
    missing = {SLACK: settings.missing_for_slack(), SMS: settings.missing_for_twilio()}
    option = {SLACK: "--without slack", SMS: "--without twilio"}
    told = [
        f"Not set: {', '.join(names)}. Set what is missing, or start with {option[channel]}."
        for channel, names in missing.items()
        if names and channel not in without
    ]
    told += map(str, settings.far_end(now))
    if told:
        raise CannotStart("\n".join(told))
    coordinators = database.look(people.coordinators)
    if pageable(coordinators, without):
        return
    if database.look(latest) is None:
        raise CannotStart(
            "No coordinator can be paged, so an alert could end with nobody. "
            + cure_for_nobody(coordinators, without)
        )
    # The last of them has answered STOP, say: what is open must not wait for nothing meanwhile.
    log.error("no_coordinator_can_be_paged")

"""Live or in shadow: what happens at the start in each, and what is told meanwhile."""

from bot import metrics
from bot.engine import shadow
from bot.engine.context import Engine
from bot.log import log
from storage import alert_lists
from storage.database import OUTAGES

# Only a look at one row, so that a notice comes at its hour.
TELL_EVERY = 1


def begin_mode(engine: Engine) -> None:
    """Before anything is sent: in live mode, end what was opened in shadow. In shadow, say how
    many alerts there still are for which people are paged; those go on."""
    mode = engine.shadow
    if mode is None:
        metrics.SHADOW.set(0)
        ended = engine.database.run(lambda c: shadow.end_all(c, engine))
        if ended:
            log.info("shadow_ended", count=ended)
        return
    standing(engine)
    log.warning("shadow_mode", until=mode.ends_at.isoformat())
    engine.database.run(lambda c: shadow.tell_in(c, engine, mode))
    paged = engine.database.look(alert_lists.open_and_paged)
    if paged:
        log.warning("still_paging", count=paged)


def standing(engine: Engine) -> str:
    """For /readyz: live, shadow, or shadow-over. Brings the gauge up to date."""
    if engine.shadow is None:
        return "live"
    over = engine.shadow.is_over(engine.clock.now())
    metrics.SHADOW.set(2 if over else 1)
    return "shadow-over" if over else "shadow"


async def tell(engine: Engine) -> None:
    """For the scheduler: the notice, where it is time for it."""
    standing(engine)
    try:
        await shadow.tell(engine)
    except OUTAGES as error:
        log.warning("shadow_notice_postponed", error=type(error).__name__)

"""Notices by hand: their slips, what becomes of each try, and alerts that have ended."""

from dataclasses import replace

from bot.domain.effects import Effect, SendNotice
from bot.domain.events import PageFailed, Withdrawn
from bot.domain.page import Notice, Slip
from tests.domain.loop import ADA, Loop, new_alert

ROLE = new_alert().owner_role


def slip(kind: Notice, channel: str = "slack", who: str = "ada", **changes: object) -> Slip:
    return replace(Slip(who, ROLE, channel, 1, notice=kind), **changes)  # type: ignore[arg-type] # any field


def refused(one: Slip, *, configuration: bool = False) -> PageFailed:
    return PageFailed(one, "no-such-number", permanent=True, configuration=configuration)


def tries(effects: tuple[Effect, ...]) -> list[tuple[str, int]]:
    """The channels and tries of the notices among them."""
    return [(e.slip.channel, e.slip.tries) for e in effects if isinstance(e, SendNotice)]


def acknowledged() -> Loop:
    loop = Loop().open()
    loop.acknowledge(ADA)
    return loop


def withdrawn() -> Loop:
    loop = Loop().open()
    loop.do(Withdrawn("r2"))
    return loop

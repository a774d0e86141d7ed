"""What a provider answers that does not take a page."""

from bot.domain.events import PageFailed
from bot.domain.page import Slip


def busy(slip: Slip, retry_after: float | None = None) -> PageFailed:
    return PageFailed(slip, "busy", permanent=False, retry_after=retry_after)


def refused(slip: Slip) -> PageFailed:
    return PageFailed(slip, "number-unknown", permanent=True)

"""Times and sentences as one person reads them in Slack. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.alert import Alert
from bot.domain.events import ReadBack

READ_BACK = {
    ReadBack.NONE: "no read-back",
    ReadBack.VIEWED: "read and confirmed",
    ReadBack.REPEATED: "repeated back",
}


def escaped(text: str) -> str:
    """Text that Slack shows as it is: a mention or a link in a report's field stays text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clipped(text: str, most: int) -> str:
    """At most ``most`` characters, with an ellipsis where something is missing."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def local(at: datetime, zone: str, now: datetime) -> str:
    """The time of day in the person's zone (an IANA name), with the day where it is not today."""
    here, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    if here.date() == today:
        return f"{here:%H:%M}"
    if abs((here.date() - today).days) < 7:  # noqa: PLR2004 - a weekday's name is unique for a week
        return f"{here:%a %H:%M}"
    return f"{here:%d %b %Y %H:%M}"


def span(length: timedelta) -> str:
    """In the largest sensible unit, rounded down: time left is never overstated."""
    minutes = int(abs(length).total_seconds() // 60)
    if minutes < 1:
        return "less than 1 min"
    if minutes < 120:  # noqa: PLR2004 - 90 min reads better than 1 h 30 min
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:  # noqa: PLR2004 - up to two days people count in hours
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} days"


def due(due_at: datetime, zone: str, now: datetime) -> str:
    """The answer's time and what is left of it, or that it has passed."""
    at = local(due_at, zone, now)
    if due_at <= now:
        return f"was due {at}, {span(now - due_at)} ago"
    return f"answer by *{at}* · {span(due_at - now)} left"


def late(alert: Alert) -> str:
    """Says that the report came late, where that has cost steps of the ladder; else nothing."""
    delay = alert.opened_at - alert.window_opens_at
    if delay < alert.policy.least_gap:
        return ""
    return f"Received late: {span(delay)} after the window opened"


def title_case(category: str) -> str:
    """A category's name at the beginning of a line."""
    return category[:1].upper() + category[1:].replace("_", " ")

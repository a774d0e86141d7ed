"""Times and sentences as one person reads them in Slack. Pure."""

import re
from datetime import datetime, timedelta

from bot.domain.events import ReadBack
from bot.domain.legible import legible
from bot.domain.wording import duration, local_time

PROVIDER_UNKNOWN = "❓ The ordering provider is not in the directory: nobody has told them"
PRELIMINARY = "📝 Preliminary report: not final when this was sent"
STALE = "🕰️ Too old when it came: only coordinators are paged, please see who knows of it"
CHANGED = "🔄 The report has changed since you were first told"
AGAIN = "🔄 Open again: what was answered before no longer counts"
READ_BACK = {
    ReadBack.NONE: "no read-back",
    ReadBack.VIEWED: "read and confirmed",
    ReadBack.REPEATED: "repeated back",
}


# mrkdwn has no escape for its marks, and Slack takes a zero-width space for the edge of a word,
# where marks count: a sign that looks alike is none. Within a word (RIS_PROD) they are text.
_MARK = re.compile(r"`|(?<![^\W_])[*_~]|[*_~](?![^\W_])")
_ALIKE = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}


def escaped(text: str) -> str:
    """Text that Slack shows as it is: a mention, a link or a mark in a report's field stays text,
    and what would reorder the rest of the message is marked."""
    plain = _MARK.sub(lambda mark: _ALIKE[mark[0]], legible(text))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clipped(text: str, most: int) -> str:
    """At most ``most`` characters, with an ellipsis where something is missing."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def due(due_at: datetime, zone: str, now: datetime) -> str:
    """The answer's time and what is left of it, or that it has passed."""
    at = local_time(due_at, zone, now)
    if due_at <= now:
        return f"was due {at}, {duration(now - due_at)} ago"
    return f"answer by *{at}* · {duration(due_at - now)} left"


def due_at(due_at: datetime, zone: str, now: datetime) -> str:
    """The same without what changes by the minute."""
    at = local_time(due_at, zone, now)
    return f"was due {at}" if due_at <= now else f"answer by *{at}*"


def late(late_by: timedelta | None) -> str:
    """Says that the report came late, where that has cost steps of the ladder; else nothing."""
    return f"Received late: {duration(late_by)} after the window opened" if late_by else ""


def title_case(category: str) -> str:
    """A category's name at the beginning of a line."""
    return category[:1].upper() + category[1:].replace("_", " ")

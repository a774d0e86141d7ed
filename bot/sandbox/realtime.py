"""The stand-ins' own time: real, because the SDKs refuse signatures that are five minutes off.

Readback's `now` is moved in tests and in the demo; Slack's and Twilio's is not ours to move.
"""

from datetime import UTC, datetime
from email.utils import format_datetime


def real_now() -> datetime:
    """Now in UTC, never moved."""
    return datetime.now(UTC)


def epoch() -> float:
    """Seconds since 1970, never moved."""
    return real_now().timestamp()


def http_date(moment: datetime) -> str:
    """A moment in UTC as HTTP's Date has it: `Thu, 24 Aug 2023 05:01:45 GMT`."""
    return format_datetime(moment, usegmt=True)


def rfc2822(moment: datetime | None) -> str | None:
    """A moment as Twilio writes it: `Thu, 24 Aug 2023 05:01:45 +0000`."""
    return format_datetime(moment) if moment else None

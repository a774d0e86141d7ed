"""Shadow mode: until when it runs, when its coordinators hear of it again, and in which words.

Dates are the site's: a shadow that runs until the 31st still runs on that day, in its time zone.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.wording import local_time

TOLD_AT = time(8)
OVERDUE_EVERY = timedelta(hours=4)
MOST_DAYS = 45
DAYS = (date(2000, 1, 1), date(2999, 12, 31))
"""The first and the last that anybody can mean: around the ends of a calendar a zone leads out."""
RECORD = "shadow"
"""The reason of an outbox row that was written down and never meant to leave."""


def is_meant(day: date) -> bool:
    """Whether it can be reckoned with in every zone: 9999-12-31 is somebody's "for ever"."""
    first, last = DAYS
    return first <= day <= last


@dataclass(frozen=True, slots=True)
class Shadow:
    """Nobody is paged, through the day ``until`` and after it until somebody goes live."""

    until: date
    zone: ZoneInfo

    @property
    def ends_at(self) -> datetime:
        """The midnight after its last day."""
        return datetime.combine(self.until + timedelta(days=1), time(), self.zone)

    def is_over(self, now: datetime) -> bool:
        """The last day has passed: going live was forgotten, or the date."""
        return now >= self.ends_at

    def notice_due(self, last: datetime | None, now: datetime) -> bool:
        """At the first start, then at 8:00 each day; past the end every four hours."""
        if last is None:
            return True
        if self.is_over(now):
            return not self.is_over(last) or now - last >= OVERDUE_EVERY
        here = now.astimezone(self.zone)
        morning = datetime.combine(here.date(), TOLD_AT, self.zone)
        if here < morning:
            morning = datetime.combine(here.date() - timedelta(days=1), TOLD_AT, self.zone)
        return last < morning

    def told(self, results: int, last: datetime | None, now: datetime) -> str:
        """What the coordinators are told: so many results since ``last``. Fits an SMS."""
        if self.is_over(now):
            return (
                f"shadow mode was to end on {self.until}. Still NOBODY IS PAGED for critical "
                "results. Set mode to live, or a new shadow_until, and start again."
            )
        if last is None:
            return f"runs in shadow until {self.until}: nobody is paged. Daily at 8:00 this line."
        since = local_time(last, self.zone.key, now)
        what = "result" if results == 1 else "results"
        return (
            f"runs in shadow until {self.until}: {results} {what} would have been paged since "
            f"{since}. Nobody is paged. See: readback shadow report"
        )

    def standing(self, now: datetime) -> str:
        """One line for a terminal."""
        if self.is_over(now):
            return f"SHADOW: it was to end on {self.until}, and still nobody is paged."
        return f"SHADOW until {self.until}: nobody is paged."

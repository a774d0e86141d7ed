"""What is turned away at a door of the web server: anybody can knock there, ever so often."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import metrics
from bot.log import log

TELL_EVERY = timedelta(minutes=1)


@dataclass
class Refusals:
    """One line of the log a minute for each door and reason, which says how many there were since
    the last. The counter on /metrics has them all."""

    told_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    untold: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, reason: str, door: str, now: datetime) -> int:
        """One more; how many were told of with it, 0 where none was. Both words are slugs."""
        metrics.webhook_refused(reason)
        key = (reason, door)
        self.untold[key] += 1
        if key in self.told_at and now - self.told_at[key] < TELL_EVERY:
            return 0
        self.told_at[key] = now
        count = self.untold.pop(key)
        log.warning("webhook_refused", reason=reason, kind=door, count=count)
        return count

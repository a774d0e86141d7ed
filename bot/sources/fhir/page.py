"""What a page of a search for reports has brought. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.sources.fhir.reader import REPORT
from bot.sources.fhir.shapes import Resource, many, one, text
from bot.sources.moments import instant

TRIES, _MOST_TRIES = 3, 100
"""Until what a report refers to and does not come is told to a person, and until it is looked for
no more: an hour or so, as a server may say for how long it will not answer."""
_IN_EACH, _MOST_AWAITED = 10, 200
_MARGIN = timedelta(days=1)
"""Servers whose clocks, zones or indexes are off bring a report with another time; a day covers
all of these."""
_MAY_BE_CUT = 10
"""Reports on the only page of a search; servers that cut the rest off and say nothing of it, as
homemade ones do, leave no fewer than that."""
_ENDED = frozenset({400, 404, 410})
"""How servers answer for a further page of a search that they have given up, or whose other pages
another one of them holds."""


@dataclass(slots=True)
class Look:
    """What one poll has found so far. ``empty`` pages were the last ones; ``awaited`` are the times
    of reports of which something is to follow, and how often that was so. ``paged``: some was on a
    further page; ``out_of_reach`` is how many there may be that no search brings. ``matches`` is
    how many this search has brought on how many pages (``turned``), ``total`` how many there are by
    its last page, where that was told; ``reached`` is the latest time that it has brought,
    ``in_order`` whether it was always later, and ``earliest`` and ``backwards`` are their likes."""

    newest: datetime
    asked_from: datetime
    now: datetime
    seen: set[str] = field(default_factory=set)
    tries: dict[str, int] = field(default_factory=dict)
    awaited: list[tuple[datetime, int]] = field(default_factory=list)
    paged: bool = False
    out_of_reach: int = 0
    turned: int = 0
    empty: int = 0
    matches: int = 0
    total: int = 0
    taken: int = 0
    unasked: int = 0
    undated: bool = False
    failed: bool = False
    reached: datetime | None = None
    in_order: bool = True
    earliest: datetime | None = None
    backwards: bool = True
    ended: bool = False

    def turn(self, page: Resource) -> None:
        """One more page."""
        self.turned += 1
        self.paged |= self.turned > 1
        found = sum(map(is_match, many(page.get("entry"))))
        self.empty = 0 if found else self.empty + 1
        self.matches, total = self.matches + found, page.get("total")
        self.total = total if isinstance(total, int) else 0

    def has_ended(self, status: int, since: datetime) -> bool:
        """Whether this is how the search since then ended before its last page, so that another
        one can begin where it was."""
        ordered = self.in_order and self.matches > 1
        further = ordered and self.reached is not None and self.reached > since
        self.ended = further and status in _ENDED
        return self.ended

    def goes_on(self, since: datetime) -> datetime | None:
        """From when on to search once more where the search since then has left some out: servers
        exist that name no next page. None where it has brought all that it counts, or no newer."""
        counted = self.ended or self.total > self.matches
        self.paged |= counted
        left_out = counted or self._may_be_cut()
        last = self.reached if self.reached and self.in_order else self.newest
        if counted and (last == since or not self.in_order):
            self.out_of_reach += max(self.total - self.matches, 1)
        self.out_of_reach += self._may_hide_the_older()
        self.turned, self.matches = 0, 0
        self.reached, self.in_order, self.ended = None, True, False
        self.earliest, self.backwards = None, True
        if left_out and last == since:  # a page of one instant hides all that is newer
            last += timedelta(milliseconds=1) if last.microsecond else timedelta(seconds=1)
        return last if left_out and last > since else None

    def _may_be_cut(self) -> bool:
        return self.in_order and self.taken > 0 and self._is_alone()

    def _may_hide_the_older(self) -> bool:
        """Where the newest come first. One that was read before says that none is between."""
        newest_first = self.backwards and not self.in_order
        return newest_first and self.taken >= self.matches and self._is_alone()

    def _is_alone(self) -> bool:
        return self.turned == 1 and not self.total and self.matches >= _MAY_BE_CUT

    def is_unasked(self, report: Resource) -> bool:
        """A server may ignore what it does not know (R4, 3.1.1.4), also ``_lastUpdated``: it brings
        all reports that there ever were, which were paged by other means."""
        at = updated(report)
        found = at is not None and at < self.asked_from - _MARGIN
        self.unasked += found
        return found

    def note_time(self, report: Resource) -> None:
        """A time ahead of our clock says nothing of how far the server is, whose clock may be
        behind ours: it must not hide what comes until then."""
        at = updated(report)
        self.undated = self.undated or at is None
        self.in_order &= at is not None and (self.reached is None or at >= self.reached)
        self.reached = max(filter(None, (self.reached, at)), default=None)
        self.backwards &= at is not None and (self.earliest is None or at <= self.earliest)
        self.earliest = min(filter(None, (self.earliest, at)), default=None)
        if at and at <= self.now:
            self.newest = max(self.newest, at)

    def await_again(self, report: Resource, version: str, tries: int) -> None:
        """Something of it did not come."""
        self.tries[version] = tries
        if at := updated(report):
            self.awaited.append((at, tries))

    def held_by(self) -> list[datetime]:
        """When the reports were changed that the next poll has to find again. Of very many only
        those that wait for nobody yet: the server is ill, and all that it holds is no cure."""
        most = _MOST_TRIES if len(self.awaited) <= _MOST_AWAITED else TRIES
        return [at for at, tries in self.awaited if tries < most]


def changed_since(at: datetime) -> tuple[str, str]:
    """The parameter of a search (R4, 3.1.1.4.2). Its format has no milliseconds, and servers exist
    that refuse them: there are some only where ``at`` has."""
    part = "milliseconds" if at.microsecond else "seconds"
    instant_ = at.astimezone(UTC).isoformat(timespec=part).replace("+00:00", "Z")
    return "_lastUpdated", f"ge{instant_}"


def is_due(tries: int) -> bool:
    """Whether what a report refers to is asked for in this try, or only in a later one."""
    return tries <= _IN_EACH or tries.bit_count() == 1


def is_match(entry: Resource) -> bool:
    """A report that was searched for, and not included or a word about the search."""
    kind = text(one(entry.get("resource")).get("resourceType"))
    mode = text(one(entry.get("search")).get("mode"))
    return kind == REPORT and mode not in {"include", "outcome"}


def updated(report: Resource) -> datetime | None:
    """When it was last changed, by the server's clock; None where that is not told."""
    return instant(text(one(report.get("meta")).get("lastUpdated")))

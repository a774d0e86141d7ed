"""What a page of a search for reports has brought. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sources.fhir.reader import REPORT
from bot.sources.fhir.shapes import Resource, many, one, text
from bot.sources.hl7.moments import instant

_MARGIN = timedelta(days=1)
"""Servers whose clocks, zones or indexes are off bring a report with another time; a day covers
all of these."""


@dataclass(slots=True)
class Look:
    """What one poll has found so far. ``empty`` pages were the last ones; ``awaited`` are the times
    of reports of which something is to follow: the next poll has to find them again."""

    newest: datetime
    asked_from: datetime
    now: datetime
    seen: set[str] = field(default_factory=set)
    tries: dict[str, int] = field(default_factory=dict)
    awaited: list[datetime] = field(default_factory=list)
    pages: int = 0
    empty: int = 0
    taken: int = 0
    unasked: int = 0
    undated: bool = False
    failed: bool = False

    def turn(self, page: Resource) -> None:
        """One more page."""
        self.pages += 1
        self.empty = 0 if any(map(is_match, many(page.get("entry")))) else self.empty + 1

    def await_again(self, report: Resource, version: str, tries: int, *, last: bool) -> None:
        """Something of it did not come; after the ``last`` try it need not be found again."""
        self.tries[version] = tries
        at = updated(report)
        if at and not last:
            self.awaited.append(at)


def is_match(entry: Resource) -> bool:
    """A report that was searched for, and not included or a word about the search."""
    kind = text(one(entry.get("resource")).get("resourceType"))
    mode = text(one(entry.get("search")).get("mode"))
    return kind == REPORT and mode not in {"include", "outcome"}


def not_asked_for(report: Resource, since: datetime) -> bool:
    """A server may ignore what it does not know (R4, 3.1.1.4), also ``_lastUpdated``: it brings all
    reports that there ever were, which were paged by other means."""
    at = updated(report)
    return at is not None and at < since - _MARGIN


def updated(report: Resource) -> datetime | None:
    """When it was last changed, by the server's clock; None where that is not told."""
    return instant(text(one(report.get("meta")).get("lastUpdated")))

"""What a page of a search for reports has brought. Pure."""

from datetime import datetime, timedelta

from bot.sources.fhir.reader import REPORT
from bot.sources.fhir.shapes import Resource, one, text
from bot.sources.hl7.moments import instant

_MARGIN = timedelta(days=1)
"""Servers whose clocks, zones or indexes are off bring a report with another time; a day covers
all of these."""


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

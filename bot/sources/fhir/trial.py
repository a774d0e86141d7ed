"""What `readback check` asks of a FHIR server: for one report, and for what that refers to."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot.sources.fhir.bundles import is_warning
from bot.sources.fhir.client import FhirClient
from bot.sources.fhir.exchange import Refused, TryLater
from bot.sources.fhir.page import changed_since, is_match
from bot.sources.fhir.reader import REPORT
from bot.sources.fhir.references import References
from bot.sources.fhir.shapes import base_of, many, one, text

_MOST_EMPTY = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """``reason`` why it lets us not search, as a slug; empty where it does. ``found``: it has a
    report that fits. ``forbidden`` are the kinds of what that refers to and we may not read,
    ``failed`` those that it did not bring for another reason.
    ``warns``: it has said that something about the search is wrong (R4, 3.1.1.4.1)."""

    reason: str = ""
    found: bool = False
    forbidden: tuple[str, ...] = ()
    warns: bool = False
    failed: tuple[str, ...] = ()


async def tried(client: FhirClient, query: Sequence[tuple[str, str]], since: datetime) -> Trial:
    """Ask it for what has changed since then, as polls do, and for any where that is nothing."""
    try:
        found = await _asked(client, [*query, changed_since(since)])
    except (TryLater, Refused) as failure:
        return Trial(failure.reason)
    if not found.found:
        with suppress(TryLater, Refused):  # some let nobody search without a time
            ever = await _asked(client, query)
            found = replace(ever, warns=ever.warns or found.warns)
    return found


async def _asked(client: FhirClient, query: Sequence[tuple[str, str]]) -> Trial:
    warns = False
    asked = [*query, ("_count", "1")]
    async for page in client.search(REPORT, asked, most_empty=_MOST_EMPTY):
        entries = many(page.get("entry"))
        warns = warns or any(map(is_warning, entries))
        for entry in filter(is_match, entries):
            report = one(entry.get("resource"))
            base = base_of(text(entry.get("fullUrl")), report)
            references = References(client)
            await references.complete(report, [], base)
            forbidden, failed = tuple(sorted(client.forbidden)), tuple(references.failed)
            return Trial(found=True, forbidden=forbidden, warns=warns, failed=failed)
    return Trial(warns=warns)

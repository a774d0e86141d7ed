"""Twilio's lists: which records, in which order, in pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

from bot.sandbox.journal import Json
from bot.sandbox.twilio_rules import TwilioError

T = TypeVar("T")
_OF_PAGES = ("Page", "PageToken", "PageSize")


def page_of(
    found: Sequence[T], params: Mapping[str, str], path: str, key: str, shown: Callable[[T], Json]
) -> Json:
    """One page: https://www.twilio.com/docs/usage/twilios-response#pagination."""
    size, page = min(_count(params, "PageSize", 50), 1000), _count(params, "Page", 0)
    start = page * size
    here = found[start : start + size]
    filters = {k: v for k, v in params.items() if k not in _OF_PAGES}

    def link(n: int) -> str:
        return f"{path}?{urlencode({**filters, 'PageSize': size, 'Page': n})}"

    return {
        key: [shown(record) for record in here],
        "first_page_uri": link(0),
        "next_page_uri": link(page + 1) if len(found) > start + size else None,
        "previous_page_uri": link(page - 1) if page else None,
        "uri": link(page),
        "page": page,
        "page_size": size,
        "start": start,
        "end": max(start, start + len(here) - 1),
    }


def within(params: Mapping[str, str], name: str) -> Callable[[datetime], bool]:
    """The filter of a list by a time: of that day, not before, not after."""
    day, after, before = (moment(params, f"{name}{sign}") for sign in ("", ">", "<"))

    def fits(at: datetime) -> bool:
        return (
            (day is None or at.date() == day.date())
            and (after is None or at >= after)
            and (before is None or at <= before)
        )

    return fits


def moment(params: Mapping[str, str], name: str) -> datetime | None:
    """A date or a time of a filter; without a zone it is UTC, as Twilio's are."""
    if not (text := params.get(name)):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise TwilioError(20006, name) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _count(params: Mapping[str, str], name: str, default: int) -> int:
    value = params.get(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise TwilioError(20006, name)
    return int(value)

"""``site.mode`` and ``site.shadow_until``: whether people are paged, and until when nobody is."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator

from bot.domain.shadow import MOST_DAYS, Shadow, is_meant
from bot.settings.problems import Problem

Mode = Literal["live", "shadow"]
_CURE = "Write year, month and day, without quotes: shadow_until = 2026-12-31"


def _day(value: object) -> object:
    """A day without a time; in the environment it is text."""
    try:
        day = value if type(value) is date else date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError("is no date", f"{_CURE}.") from None
    if not is_meant(day):
        cure = f"Shadow mode takes {MOST_DAYS} days at most: {_CURE[0].lower()}{_CURE[1:]}."
        raise ValueError("is no day that comes", cure)
    return day


Day = Annotated[date, BeforeValidator(_day)]


def without_end(mode: Mode, until: date | None, where: str) -> list[Problem]:
    """Shadow mode needs an end, or a site stays in it and believes that people are paged."""
    if mode == "live" or until:
        return []
    cure = f"Add below it when that ends, at most {MOST_DAYS} days on: shadow_until = 2026-12-31."
    return [Problem(where, 'is "shadow" without an end', cure)]


def too_far(shadow: Shadow, now: datetime, where: str) -> list[Problem]:
    """An end that lies further on than a site can mean to page nobody."""
    today = now.astimezone(shadow.zone).date()
    last = today + timedelta(days=MOST_DAYS)
    if shadow.until <= last:
        return []
    what = f"is {(shadow.until - today).days} days away"
    cure = f"Shadow mode takes {MOST_DAYS} at most: write {last} or earlier."
    return [Problem(where, what, cure)]

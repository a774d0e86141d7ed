"""A page and its notices as Dr. Ada reads them on her phone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain import wording
from bot.domain.coverage import Person, Role
from bot.domain.page import Notice, Page, Slip

NOW = datetime(2026, 5, 4, 19, 0, tzinfo=UTC)
NUMBER = "312-555-0100"
ADA = Person("ada", "Dr. Ada", "America/Chicago", ("sms",), "+13125550101")
PAGE = Page(
    "d1",
    Slip("ada", Role.ORDERING_PROVIDER, "sms", 1),
    ADA,
    NOW,
    ref="K7QX",
    category="critical",
    due_at=NOW + timedelta(minutes=40),
    code="4827",
    owner_id="ada",
)


def notice(kind: Notice, **changes: object) -> str:
    page = replace(PAGE, slip=replace(PAGE.slip, notice=kind))
    return wording.sms(replace(page, **changes), NUMBER)  # type: ignore[arg-type] # any field

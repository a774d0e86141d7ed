"""Proof that an attempt went out although its answer was lost: a record that only it explains."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from bot.domain.page import Page
from bot.engine.context import Engine
from storage import outbox

CLOCKS_APART = timedelta(minutes=2)
"""How far Twilio's clock and ours may be apart; it also stamps whole seconds only."""


class Record(Protocol):
    """A message or a call as Twilio lists it."""

    @property
    def sid(self) -> str | None:
        """Twilio's identifier."""

    @property
    def date_created(self) -> datetime | None:
        """By Twilio's clock, UTC."""


def unexplained(c: Connection, engine: Engine, page: Page, records: Iterable[Record]) -> str | None:
    """The first that is no older than the attempt and that no other attempt is known to have made:
    a reminder reads like the page before it."""
    since = engine.clock.real(_began(c, page)) - CLOCKS_APART
    return next((r.sid for r in records if r.sid and _is_news(c, r, page, since)), None)


def only_ours(c: Connection, engine: Engine, page: Page, records: Iterable[Record]) -> str | None:
    """The same for calls, which say nothing of themselves: none, while another attempt at this
    person is under way or in doubt that may have made it. To be asked after they were listed."""
    if outbox.another_in_doubt(c, page, _began(c, page) - CLOCKS_APART):
        return None
    return unexplained(c, engine, page, records)


def _began(c: Connection, page: Page) -> datetime:
    attempt = outbox.by_delivery_id(c, page.delivery_id)
    return attempt.created_at if attempt else page.now


def _is_news(c: Connection, record: Record, page: Page, since: datetime) -> bool:
    if record.date_created and record.date_created < since:
        return False
    known = outbox.by_provider_id(c, record.sid or "")
    return known is None or known.delivery_id == page.delivery_id

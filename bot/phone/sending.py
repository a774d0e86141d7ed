"""Whether SMS get through, as the carriers' receipts tell."""

from datetime import datetime

from sqlalchemy import Connection

from bot.domain.coverage import SMS
from bot.domain.page import SendFailed
from bot.engine import sending
from bot.phone.errors import of_the_account
from storage import cursors


def lost(c: Connection, channel: str, why: SendFailed, now: datetime) -> None:
    """A message that was taken has not arrived."""
    if channel == SMS and of_the_account(why):
        cursors.put(c, sending.lost(SMS), now)


def arrived(c: Connection, channel: str) -> None:
    """One has."""
    if channel == SMS:
        cursors.forget(c, sending.lost(SMS))

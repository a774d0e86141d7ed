"""Pages put into the outbox, claimed and settled by hand."""

from typing import Any

from bot.domain.effects import SendPage
from bot.domain.page import Sent, Slip
from storage import claims, outbox
from storage.database import Database
from storage.outbox import Claimed
from tests.storage.given import NOW, opened, slip

ME, OTHER = 1, 2


def put(database: Database, alert_id: str | None, *effects: Any, **options: Any) -> int:
    return database.run(lambda c: outbox.put(c, alert_id, effects, NOW, version=1, **options))


def claim(
    database: Database, now: Any = NOW, instance: int = ME, limit: int = 100
) -> list[Claimed]:
    return database.run(lambda c: claims.claim(c, now, instance, limit))


def settle(
    database: Database, claimed: Claimed, outcome: str, taken: Sent | None = None, reason: str = ""
) -> bool:
    return database.run(
        lambda c: outbox.settle(c, claimed.delivery_id, outcome, NOW, taken=taken, reason=reason)
    )


def one_claimed(database: Database, adams: str, page: Slip | None = None) -> Claimed:
    alert_id = opened(database).id
    put(database, alert_id, SendPage(page or slip(adams), NOW))
    (claimed,) = claim(database)
    return claimed

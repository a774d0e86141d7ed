"""What became of one attempt, written together with what the alert makes of it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from bot.domain.alert import MAX_TRIES
from bot.domain.events import (
    Event,
    PageFailed,
    PageSent,
    PageUncertain,
    Record,
    SendNotice,
)
from bot.domain.page import Sent
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from storage import audit, outbox
from storage.database import after_commit
from storage.outbox import Claimed

RETRY_NOTICE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider has not taken it. ``retry_after`` in seconds."""

    reason: str
    permanent: bool
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Nobody knows, and the provider has no proof of it."""


Outcome = Sent | Refused | Lost


def settle(c: Connection, engine: Engine, claimed: Claimed, outcome: Outcome) -> None:
    """Close the attempt's row; nothing happens where somebody else has closed it already."""
    if not _close(c, engine, claimed.delivery_id, outcome):
        return
    if claimed.alert_id:
        apply_in(c, engine, claimed.alert_id, _event(claimed, outcome))
    else:
        _settle_alone(c, engine, claimed, outcome)


def _close(c: Connection, engine: Engine, delivery_id: str, outcome: Outcome) -> bool:
    now = engine.clock.now()
    match outcome:
        case Sent(provider_id=sid, slack_channel=channel):
            return outbox.settle(
                c, delivery_id, "sent", now, provider_id=sid, slack_channel=channel
            )
        case Refused(reason=reason):
            return outbox.settle(c, delivery_id, "failed", now, reason=reason)
        case Lost():
            return outbox.settle(c, delivery_id, "uncertain", now)


def _event(claimed: Claimed, outcome: Outcome) -> Event:
    match outcome:
        case Sent():
            return PageSent(claimed.slip)
        case Refused(reason=reason, permanent=permanent, retry_after=retry_after):
            return PageFailed(claimed.slip, reason, permanent, retry_after)
        case Lost():
            return PageUncertain(claimed.slip)


def _settle_alone(c: Connection, engine: Engine, claimed: Claimed, outcome: Outcome) -> None:
    """A notice that belongs to no alert: tried a few times, and recorded either way."""
    now, slip = engine.clock.now(), claimed.slip
    record = Record(
        f"notice_{type(outcome).__name__.lower()}",
        data={"person": slip.person_id, "channel": slip.channel, "about": claimed.data},
    )
    audit.append(c, "admin", [record], now)
    if not isinstance(outcome, Sent) and slip.tries < MAX_TRIES:
        again = replace(slip, tries=slip.tries + 1)
        retry = SendNotice(again, now + RETRY_NOTICE_AFTER * slip.tries)
        outbox.put(c, None, [retry], now, version=0, data=claimed.data)
        after_commit(c, engine.wake)

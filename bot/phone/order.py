"""Messages that are listed long after they were sent, or after one that was sent later: what their
sender has said since holds."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.domain.events import NotAllowed
from storage import audit, inbound
from storage.codes import CodeFound

A_MOMENT = timedelta(seconds=10)
"""How far the time at which a message was sent may be off: what a code means changes no sooner."""
_OVERTAKEN = "It is older than what happened since. If it still holds, please send it again."
_SAID = "twilio-said"
_TAKEN_BACK = frozenset({"declined", "acknowledgment_undone"})


def overtaken(c: Connection, about: str, sid: str, stamp: datetime) -> bool:
    """Whether its sender has sent another one ``about`` the same since. Noted for those to come.
    ``stamp`` is by Twilio's clock (UTC): by ours two might change places. It counts whole seconds,
    and within one of them what comes later is taken for later."""
    apart = f"{_SAID}:{about}"  # what all others have said is not looked through
    newest, second = inbound.newest(c, apart), stamp.replace(microsecond=0)
    inbound.seen(c, apart, sid, second)
    return newest is not None and newest > second


def known_by(sent_at: datetime | None, now: datetime) -> datetime | None:
    """What was known to whoever has sent a message then: all that had happened by this time (UTC).
    None for one sent just now: all that is known at all, as the clock of the copy that has written
    it may be ahead of ours."""
    late = _late(sent_at, now)
    return late + A_MOMENT if late else None


def _late(sent_at: datetime | None, now: datetime) -> datetime | None:
    """When it was sent, where that was not just now."""
    return sent_at if sent_at and now - sent_at > A_MOMENT else None


def must_hold_still(
    c: Connection, found: CodeFound, sent_at: datetime | None, now: datetime, *, overtaken: bool
) -> None:
    """Raises NotAllowed where an answer comes so late that it does not hold any more. ``sent_at``
    (UTC) is None for one that was sent just now."""
    late = _late(sent_at, now)
    if overtaken or (late and _changed_since(c, found, late)):
        raise NotAllowed("overtaken", _OVERTAKEN)


def _changed_since(c: Connection, found: CodeFound, sent_at: datetime) -> bool:
    """Whether since then (UTC) whoever has this code took their answer back or passed the alert on,
    by whatever way, or the alert was opened again."""
    return any(
        entry.what == "reopened" or (entry.what in _TAKEN_BACK and entry.actor == found.person_id)
        for entry in audit.chain(c, found.alert_id)
        if entry.at > sent_at
    )

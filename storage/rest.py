"""Whether Readback has come to rest, in one question: stories and tests ask it all the time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.alerts import NEXT_DUE
from storage.looks import NEXT_LOOK
from storage.outbox_statements import NEXT_TO_LEAVE, UNDER_WAY

_WAITING = (NEXT_DUE, NEXT_TO_LEAVE, NEXT_LOOK)
_REST = select(*(one.scalar_subquery() for one in (UNDER_WAY, *_WAITING)))


@dataclass(frozen=True, slots=True)
class Rest:
    """How many attempts are ``under_way``, and when the next thing is due (it may be past): a step
    of an alert, a message or a question for its receipt. None where nothing waits for a time."""

    under_way: int
    next_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Nothing is under way or due."""
        return self.under_way == 0 and (self.next_at is None or self.next_at > now)


def rest(connection: Connection) -> Rest:
    """All of it at one moment: between two, an attempt can end and leave another one due."""
    under_way, *times = connection.execute(_REST).one()
    return Rest(under_way, min((at for at in times if at is not None), default=None))

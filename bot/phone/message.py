"""A message from a phone, and the page of its own that it may name."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.replies import Unclear, parse_reply
from bot.engine.context import Engine
from bot.phone.order import known_by
from storage import codes, people
from storage.codes import CodeFound


@dataclass(frozen=True, slots=True)
class Message:
    """``sender`` is E.164. ``opt_out`` is Twilio's OptOutType: it has dealt with that itself.
    ``sent_at`` (UTC) where it was not just now: what it answers had been asked by then; ``stamp``
    is the same by Twilio's clock, to the second, which tells in what order messages were sent."""

    sid: str
    sender: str
    text: str
    opt_out: str = ""
    sent_at: datetime | None = None
    stamp: datetime | None = None

    def stamped(self, engine: Engine) -> datetime:
        """When it was sent by Twilio's clock; one that is just here was sent now."""
        return self.stamp or engine.clock.real(engine.clock.now())

    @property
    def is_carriers(self) -> bool:
        """STOP and its kin: the carrier's side has acted on it, and answers."""
        return bool(self.opt_out) or parse_reply(self.text) is Unclear.CARRIER_WORD


def own_code(c: Connection, message: Message, code: str, now: datetime) -> CodeFound | None:
    """What the code stands for, if whoever it was given to still has this number."""
    found = codes.find(c, message.sender, code, known_by(message.sent_at, now))
    person = people.load(c, found.person_id) if found else None
    return found if person and person.holds(message.sender) else None

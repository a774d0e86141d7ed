"""What is learned of a phone number: STOP, START, that it takes no SMS, or is another's."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.alert import UNDO_WITHIN
from bot.domain.coverage import SMS, VOICE, Person
from bot.domain.events import AcknowledgmentUndone, NotAllowed
from bot.domain.page import Notice
from bot.engine.alerts import apply_in
from bot.engine.context import Engine
from bot.engine.coordinators import tell_coordinators
from bot.engine.directory import pass_on
from bot.log import log
from storage import alert_lists, alerts, locks, people, proofs
from storage.database import after_commit


def opt_out(c: Connection, engine: Engine, mobile: str, as_of: datetime | None = None) -> bool:
    """STOP: no SMS to this number until START. What waits for its holder goes on at once, and every
    coordinator hears of it, once. True where it was news.

    ``as_of`` (UTC), where that was not just now: an entry that has changed since, by START or by an
    admin, stays as it is.
    """
    # Of several who find out at the same moment only one may tell it.
    locks.lock(c, "people")
    reached = [person for person in people.by_mobile(c, mobile) if SMS in person.channels]
    if not reached or (as_of and people.changed_since(c, mobile, as_of)):
        return False
    before = alerts.reach_of_owners(c)
    people.opt_out(c, mobile, as_of or engine.clock.now())
    pass_on(c, engine, before)
    # After the alerts, as an acknowledgment takes both: else each could wait for the other.
    proofs.forget(c, mobile, [SMS])
    tell_coordinators(c, engine, Notice.OPTED_OUT, ", ".join(person.name for person in reached))
    return True


def landline(c: Connection, engine: Engine, mobile: str, as_of: datetime) -> bool:
    """This number takes no SMS. True where it was news; an entry that has changed since ``as_of``
    (UTC) stays as it is. What waits for somebody who cannot answer a mere call goes on at once."""
    locks.lock(c, "people")
    reached = [person for person in people.by_mobile(c, mobile) if SMS in person.channels]
    if not reached or people.changed_since(c, mobile, as_of):
        return False
    before = alerts.reach_of_owners(c)
    people.landline(c, mobile, engine.clock.now())
    pass_on(c, engine, before)
    proofs.forget(c, mobile, [SMS])
    return True


def wrong_number(c: Connection, engine: Engine, mobile: str) -> bool:
    """Its holder says that they are somebody else: nothing goes there until START. What waits for
    who should have it goes on at once, also what was acknowledged from there so lately that it can
    be undone, and every coordinator hears of it, once. True where it was news.

    It needs no code, and a number can be forged: where no coordinator would be left to hear of it
    the number stays in, and the operator reads it in the log.
    """
    locks.lock(c, "people")
    reached = [p for p in people.by_mobile(c, mobile) if {SMS, VOICE} & set(p.channels)]
    if not reached:
        return False
    if not any(_hears_without(person, mobile) for person in people.coordinators(c)):
        after_commit(c, lambda: log.error("wrong_number_kept", person=reached[0].id))
        return False
    _take_back(c, engine, {person.id for person in reached})
    before = alerts.reach_of_owners(c)
    people.wrong_number(c, mobile, engine.clock.now())
    pass_on(c, engine, before)
    proofs.forget(c, mobile, [SMS, VOICE])
    tell_coordinators(c, engine, Notice.WRONG_NUMBER, ", ".join(p.name for p in reached))
    return True


def _take_back(c: Connection, engine: Engine, holders: Collection[str]) -> None:
    """What was acknowledged by this phone a moment ago, nobody has who should."""
    for alert_id in alert_lists.acknowledged_since(c, engine.clock.now() - UNDO_WITHIN):
        given = alerts.load(c, alert_id).acknowledgment
        if given and given.by in holders and given.channel in {SMS, VOICE}:
            with suppress(NotAllowed):  # the result was withdrawn meanwhile
                apply_in(c, engine, alert_id, AcknowledgmentUndone(given.by))


def _hears_without(person: Person, mobile: str) -> bool:
    """Whether a notice still reaches them where nothing goes to this number."""
    return bool(set(person.written) - ({SMS} if person.mobile == mobile else set()))


def opt_in(c: Connection, engine: Engine, mobile: str, as_of: datetime | None = None) -> bool:
    """START, at ``as_of`` (UTC) where that was not just now: the number can be paged again, and so
    can what waited because nobody could be. False where SMS went there all the while."""
    locks.lock(c, "people")
    known = people.by_mobile(c, mobile)
    if not known:
        people.forget_stop(c, mobile)
        return True
    before = alerts.reach_of_owners(c)
    # Noted also where nobody knew that they were out: a refusal may be on its way to us.
    people.opt_out(c, mobile, as_of or engine.clock.now(), out=False)
    if all(SMS in person.channels for person in known):
        return False
    pass_on(c, engine, before)
    return True

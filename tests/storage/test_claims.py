"""A number is busy with one message at a time, on channels where the next one would meet that."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.domain.effects import SendPage
from bot.domain.page import Sent
from bot.engine.pace import Pace
from storage import claims, looks, outbox
from storage.database import Database
from storage.outbox import Claimed
from tests.storage.given import MINUTE, NOW, opened, person_named, slip
from tests.storage.outgoing import claim, put, settle


def put_calls(database: Database, person: str, many: int) -> None:
    alert_id = opened(database).id
    pages = (SendPage(replace(slip(person, "voice"), round=n), NOW) for n in range(many))
    put(database, alert_id, *pages)


def busy(database: Database, one: Claimed, *undecided: Claimed, now: datetime = NOW) -> bool:
    return database.run(lambda c: claims.number_busy(c, one, [one, *undecided], now - MINUTE))


def test_a_number_is_busy_with_a_call_until_that_is_known_to_be_over(
    clinic: Database, adams: str
) -> None:
    put_calls(clinic, adams, 2)
    first, second = claim(clinic)
    assert not busy(clinic, first, second)
    assert busy(clinic, second), "the first one may leave"
    settle(clinic, first, "sent", Sent("CA1", look_after=MINUTE))
    assert clinic.run(lambda c: outbox.delivered(c, first.delivery_id, NOW))
    assert busy(clinic, second), "somebody is listening"
    assert not busy(clinic, second, now=NOW + 2 * MINUTE), "by now it must be over"
    clinic.run(lambda c: looks.again(c, first.delivery_id, None))
    assert not busy(clinic, second)


def test_of_calls_to_one_number_that_are_claimed_at_once_one_leaves(
    clinic: Database, adams: str
) -> None:
    put_calls(clinic, adams, 24)
    pace = Pace(lines={"voice": MINUTE})
    claiming = (partial(pace.claim, now=NOW, instance=n, room=2) for n in range(12))
    futures = [clinic.submit(unit) for unit in claiming]
    assert sum(len(future.result(20)) for future in futures) == 1


def test_a_call_to_somebody_else_keeps_no_number_busy(clinic: Database, adams: str) -> None:
    put_calls(clinic, clinic.look(lambda c: person_named(c, "Dr. Baker")), 1)
    (to_baker,) = claim(clinic)
    put(clinic, to_baker.alert_id, SendPage(slip(adams, "voice"), NOW))
    (to_adams,) = claim(clinic)
    assert not busy(clinic, to_adams)

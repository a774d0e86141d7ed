"""Whether anything is under way or due, in one question."""

from datetime import timedelta

import pytest

from bot.domain.effects import SendPage
from storage import alerts, claims, outbox
from storage.database import Database
from storage.rest import Rest, rest
from tests.storage.given import MINUTE, NOW, opened, person_named, slip
from tests.storage.outgoing import claim, put


def test_where_nothing_is_open_nothing_is_due(clinic: Database) -> None:
    assert clinic.look(rest) == Rest(0, None)
    assert Rest(0, None).holds(NOW)


def test_it_is_what_the_parts_say_one_by_one(clinic: Database) -> None:
    adams = clinic.look(lambda c: person_named(c, "Dr. Adams"))
    alert_id = opened(clinic).id
    put(clinic, alert_id, SendPage(slip(adams), NOW), SendPage(slip(adams, "sms"), NOW - MINUTE))
    first = clinic.look(claims.next_to_leave)
    assert clinic.look(rest) == Rest(0, first)
    claim(clinic)
    assert clinic.look(rest) == Rest(clinic.look(outbox.under_way), clinic.look(alerts.next_due_at))


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (Rest(1, None), False),
        (Rest(0, NOW), False),
        (Rest(0, NOW + timedelta(microseconds=1)), True),
        (Rest(0, NOW - MINUTE), False),
    ],
)
def test_it_holds_until_the_next_thing_is_due(found: Rest, holds: bool) -> None:
    assert found.holds(NOW) is holds

"""A code means one alert on one phone, for as long as anybody may still answer with it."""

from datetime import datetime
from random import Random

import pytest
from sqlalchemy import Connection

from bot.domain.alert import Acknowledgment, Alert, State
from bot.domain.coverage import Person
from bot.domain.drills import Drill
from bot.domain.events import ReadBack
from storage import codes, drills, people
from storage.codes import CodeFound
from storage.database import Database
from tests.storage.given import DAY, HOUR, MINUTE, NOW, changed, opened

MUCH_LATER = NOW + 90 * DAY


class Always(Random):
    """Starts at the first code every time: what collides by chance once a year collides now."""

    def getrandbits(self, _bits: int) -> int:
        return 0


@pytest.fixture
def adams(clinic: Database) -> Person:
    return next(p for p in clinic.look(people.everybody) if p.name == "Dr. Adams")


def code(database: Database, alert: Alert, person: Person, now: datetime = NOW) -> str:
    return database.run(lambda c: codes.code_for(c, alert, person, now, Always()))


def find(
    database: Database, mobile: str, text: str, by_then: datetime = MUCH_LATER
) -> CodeFound | None:
    return database.look(lambda c: codes.find(c, mobile, text, by_then))


def test_all_pages_of_a_version_carry_one_code(clinic: Database, adams: Person) -> None:
    alert = opened(clinic)
    first = code(clinic, alert, adams)
    assert code(clinic, alert, adams, NOW + HOUR) == first
    assert find(clinic, adams.mobile, first) == CodeFound(alert.id, adams.id, 1)


def test_a_code_means_nothing_from_another_phone(clinic: Database, adams: Person) -> None:
    assert find(clinic, "+13125550199", code(clinic, opened(clinic), adams)) is None


def test_a_changed_report_gets_a_new_code_and_the_old_one_still_tells_its_version(
    clinic: Database, adams: Person
) -> None:
    alert = opened(clinic)
    old = code(clinic, alert, adams)
    newer = changed(clinic, alert.id, version=3, material_version=3)
    new = code(clinic, newer, adams, NOW + MINUTE)
    assert new != old
    assert find(clinic, adams.mobile, old) == CodeFound(alert.id, adams.id, 1)
    assert find(clinic, adams.mobile, new) == CodeFound(alert.id, adams.id, 3)


def test_codes_open_on_one_phone_differ_in_two_digits(clinic: Database, adams: Person) -> None:
    given = [code(clinic, opened(clinic), adams) for _ in range(12)]
    for one in given:
        others = [other for other in given if other is not one]
        assert all(sum(a != b for a, b in zip(one, o, strict=True)) >= 2 for o in others)


def test_a_code_is_used_again_only_a_day_after_its_alert_has_ended(
    clinic: Database, adams: Person
) -> None:
    alert = opened(clinic)
    first = code(clinic, alert, adams)
    given = Acknowledgment(adams.id, "sms", NOW, 1, ReadBack.NONE)
    changed(clinic, alert.id, NOW, state=State.ACKNOWLEDGED, acknowledgment=given)
    assert code(clinic, opened(clinic), adams, NOW + DAY - MINUTE) != first
    reuser = opened(clinic)
    assert code(clinic, reuser, adams, NOW + DAY + MINUTE) == first
    assert find(clinic, adams.mobile, first) == CodeFound(reuser.id, adams.id, 1)


def test_a_test_and_an_alert_never_share_a_code_on_one_phone(
    clinic: Database, adams: Person
) -> None:
    def of_test(c: Connection) -> str:
        given = codes.code_for_test(c, adams.mobile, NOW, Always())
        drills.start(c, Drill("d1", adams.id, "carla", NOW, adams.mobile, given))
        return given

    first = clinic.run(of_test)
    assert code(clinic, opened(clinic), adams, NOW + 2 * DAY - MINUTE) != first
    found = clinic.look(lambda c: drills.by_code(c, adams.mobile, first, codes.tests_since(NOW)))
    assert found is not None
    assert found.id == "d1"
    assert code(clinic, opened(clinic), adams, NOW + 2 * DAY + MINUTE) == first
    later = codes.tests_since(NOW + 2 * DAY + MINUTE)
    assert clinic.look(lambda c: drills.by_code(c, adams.mobile, first, later)) is None


def test_a_reopened_alert_keeps_its_code_from_others(clinic: Database, adams: Person) -> None:
    alert = opened(clinic)
    first = code(clinic, alert, adams)
    changed(clinic, alert.id, NOW, state=State.WITHDRAWN)
    changed(clinic, alert.id, NOW + HOUR, state=State.OPEN)
    assert code(clinic, opened(clinic), adams, NOW + 2 * DAY) != first


def test_an_alert_opened_again_gets_another_code_where_its_own_was_given_on(
    clinic: Database, adams: Person
) -> None:
    alert = opened(clinic)
    first = code(clinic, alert, adams)
    changed(clinic, alert.id, NOW, state=State.WITHDRAWN)
    other = opened(clinic)
    assert code(clinic, other, adams, NOW + 2 * DAY) == first
    again = changed(clinic, alert.id, NOW + 3 * DAY, state=State.OPEN)
    new = code(clinic, again, adams, NOW + 3 * DAY)
    assert new != first
    assert code(clinic, again, adams, NOW + 4 * DAY) == new
    assert find(clinic, adams.mobile, new) == CodeFound(alert.id, adams.id, 1)
    assert find(clinic, adams.mobile, first) == CodeFound(other.id, adams.id, 1)


def test_an_alert_opened_again_does_not_share_its_code_with_a_test(
    clinic: Database, adams: Person
) -> None:
    alert = opened(clinic)
    first = code(clinic, alert, adams)
    changed(clinic, alert.id, NOW, state=State.WITHDRAWN)
    later = NOW + 2 * DAY

    def of_test(c: Connection) -> str:
        given = codes.code_for_test(c, adams.mobile, later, Always())
        drills.start(c, Drill("d1", adams.id, "carla", later, adams.mobile, given))
        return given

    assert clinic.run(of_test) == first
    again = changed(clinic, alert.id, later + HOUR, state=State.OPEN)
    assert code(clinic, again, adams, later + HOUR) != first


def test_a_phone_with_more_alerts_than_short_codes_gets_longer_ones(
    clinic: Database, adams: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "_FOUR_DIGITS", 3)
    given = {code(clinic, opened(clinic), adams) for _ in range(8)}
    assert len(given) == 8


def test_two_phones_may_have_the_same_code(clinic: Database, adams: Person) -> None:
    cole = next(iter(clinic.look(people.coordinators)))
    alert = opened(clinic)

    def both(c: Connection) -> tuple[str, str]:
        return (
            codes.code_for(c, alert, adams, NOW, Always()),
            codes.code_for(c, alert, cole, NOW, Always()),
        )

    one, two = clinic.run(both)
    assert one == two
    assert find(clinic, cole.mobile, two) == CodeFound(alert.id, cole.id, 1)


def test_what_was_sent_before_a_code_was_given_out_does_not_answer_it(
    clinic: Database, adams: Person
) -> None:
    """Replies that were fetched late: the code may mean another alert by now."""
    given = code(clinic, opened(clinic), adams)
    assert find(clinic, adams.mobile, given, NOW - MINUTE) is None
    assert find(clinic, adams.mobile, given, NOW) is not None

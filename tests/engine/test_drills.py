"""A test page and what its answers prove, without the world outside."""

import pytest
from sqlalchemy import Connection

from bot.domain.coverage import Person
from bot.domain.drills import Outcome
from bot.domain.page import Page, SendFailed, Sent
from bot.engine import drills as testing
from bot.engine.drills import Drilled
from storage import drills, people, proofs
from storage.drills import Result
from tests.engine.conftest import Bench


@pytest.fixture
def ada(bench: Bench) -> Person:
    return next(p for p in bench.database.look(people.everybody) if p.name == "Dr. Ada Osei")


def ask(bench: Bench, person: Person, *only: str) -> Drilled:
    return bench.database.run(lambda c: testing.ask(c, bench.engine, person, only, "os:root"))


def answer(bench: Bench, person: Person, channel: str, of: Person) -> Outcome:
    """By ``person``, to the latest test of somebody."""

    def unit(c: Connection) -> Outcome:
        latest = drills.latest(c, of.id)
        assert latest is not None
        return testing.answer(c, bench.engine, latest.id, person, channel).outcome

    return bench.database.run(unit)


def results(bench: Bench) -> dict[str, Result]:
    return {one.drill.channel: one for one in bench.database.look(drills.results)}


def known(bench: Bench, person: Person, channel: str) -> bool:
    return bench.database.look(lambda c: proofs.known(c, person, channel, bench.clock.at))


def test_only_the_person_tested_answers_it_and_only_once(bench: Bench, ada: Person) -> None:
    ben = next(p for p in bench.database.look(people.everybody) if p.name == "Dr. Ben Ito")
    ask(bench, ada)
    assert answer(bench, ben, "slack", ada) is Outcome.NOT_YOURS
    assert answer(bench, ada, "slack", ada) is Outcome.TAKEN
    assert answer(bench, ada, "slack", ada) is Outcome.ALREADY
    assert known(bench, ada, "slack")
    assert not known(bench, ben, "slack")
    with pytest.raises(KeyError):
        bench.database.run(lambda c: testing.answer(c, bench.engine, "none", ada, "slack"))


def test_an_answer_from_a_number_that_is_theirs_no_more_proves_nothing(
    bench: Bench, ada: Person
) -> None:
    ask(bench, ada, "sms")
    moved = Person(ada.id, ada.name, ada.timezone, ada.channels, "+13125550177", ada.slack)
    assert answer(bench, moved, "sms", ada) is Outcome.EXPIRED
    assert not known(bench, moved, "sms")


def test_a_changed_number_gets_a_test_of_its_own(bench: Bench, ada: Person) -> None:
    ask(bench, ada)
    moved = Person(ada.id, ada.name, ada.timezone, ada.channels, "+13125550177", ada.slack)
    assert ask(bench, moved) == Drilled(moved, ("slack", "sms"), ())


def test_a_channel_that_failed_for_now_is_tried_again_until_it_is_answered(
    bench: Bench, ada: Person
) -> None:
    async def busy(_: Page) -> Sent:
        raise SendFailed("busy", permanent=False)

    bench.sms.answers = busy
    ask(bench, ada)
    bench.dispatch(until=lambda: bench.quiet() and len(bench.sms.pages) == 1)
    assert results(bench)["sms"].state == "waiting"
    bench.pass_time(minutes=11)
    assert ask(bench, ada, "sms").waiting == ("sms",), "it is tried again by itself"
    answer(bench, ada, "sms", ada)
    bench.dispatch(until=bench.quiet)
    assert len(bench.sms.pages) == 1
    assert len(bench.slack.pages) == 1
    assert bench.sms.pages[0].code
    assert bench.slack.pages[0].code == ""


def test_who_cannot_be_called_gets_no_sms_in_place_of_the_call(bench: Bench, ada: Person) -> None:
    assert ask(bench, ada, "voice") == Drilled(ada, (), ())
    assert results(bench) == {}


def test_whom_no_channel_reaches_is_sent_nothing(bench: Bench, ada: Person) -> None:
    mute = Person(ada.id, ada.name, ada.timezone, ())
    assert ask(bench, mute) == Drilled(mute, (), ())
    assert results(bench) == {}

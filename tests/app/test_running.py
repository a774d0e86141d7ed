"""A copy at work: it drains on a stop, outlives an outage of the database, and shares the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from bot.app import rehearsal
from bot.app.rehearsal import Place
from bot.domain.alert import State
from bot.sandbox.demo.place import CLOCK_VARIABLE
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import CODE, code_in, paged
from storage import audit
from tests.scenarios.looking import (
    ACKNOWLEDGED,
    acknowledge_by_sms,
    deliver,
    expect_everything,
    pages,
)
from tests.scenarios.mortal import Mortal, nursery
from tests.written import writing


@pytest.fixture
def hospital(database_url: str) -> Iterator[Hospital]:
    """The whole bot, on each database; what is left of it is for the test to judge."""
    with writing(), rehearsal.hospital(database_url) as there:
        yield there
        assert there.database.look(audit.verify).ok


@contextmanager
def outage(url: str) -> Iterator[None]:
    """Nobody can write for a while: the table of pages is gone under its name."""
    engine = create_engine(url)
    _rename(engine, "pages", "gone")
    yield
    _rename(engine, "gone", "pages")
    engine.dispose()


def _rename(engine: Engine, before: str, after: str) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA legacy_alter_table = ON"))
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


def test_a_stop_waits_for_what_is_in_flight(hospital: Hospital) -> None:
    hospital.world.slack.faults.latency = 0.4
    deliver(hospital, hospital.report("ct-head-hemorrhage"))
    hospital.world.wait_until(lambda: "chat.postMessage" in {e.method for e in hospital.world.log})
    hospital.close()
    assert {row.state for row in pages(hospital)} == {"sent"}
    hospital.ada.slack.expect_new("Critical")


def test_an_outage_of_the_database_ends_and_the_work_goes_on(
    hospital: Hospital, database_url: str
) -> None:
    assert hospital.bot
    bot = hospital.bot
    with outage(database_url):
        hospital.world.wait_until(lambda: "database_outage" in bot.log_text())
        answer = deliver(hospital, hospital.report("ct-head-hemorrhage"))
        assert "MSA|AA|" not in answer
    hospital.send(hospital.report("ct-head-hemorrhage", accession="AFTER"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    assert hospital.alert("AFTER").state is State.ACKNOWLEDGED


@pytest.fixture
def settings() -> dict[str, str]:
    """Of both copies; a class overrides it."""
    return {}


@pytest.fixture
def two_copies(
    postgres_database: str, tmp_path: Path, settings: dict[str, str]
) -> Iterator[tuple[Hospital, tuple[Mortal, Mortal]]]:
    """Two copies on one PostgreSQL, the second with ports and settings of its own."""
    copies: list[Mortal] = []
    with writing():

        def both(place: Place) -> Mortal:
            clock = {CLOCK_VARIABLE: place.environment[CLOCK_VARIABLE]}
            here = clock | settings
            beside = Place(place.world, tmp_path, postgres_database, place.clock, here)
            copies.extend(Mortal(nursery(), each) for each in (beside, place))
            return copies[1]

        with rehearsal.hospital(postgres_database, start=both, environment=settings) as there:
            there.world.wait_connected(4)
            yield there, (copies[1], copies[0])
            copies[0].stop()
            assert not [line for copy in copies for line in copy.errors()]


def test_two_copies_on_one_postgresql_send_each_page_once(
    two_copies: tuple[Hospital, tuple[Mortal, Mortal]],
) -> None:
    hospital, copies = two_copies
    names = [f"T{number}" for number in range(10)]
    for number, name in enumerate(names):
        copies[number % 2].send(hospital.report("ct-head-hemorrhage", accession=name))
    hospital.settle()
    assert len(hospital.ada.slack.messages) == len(hospital.ada.phone.sms) == len(names)
    for name in names:
        assert {row.state for row in pages(hospital, name)} == {"sent"}
    hospital.pass_time(minutes=10)
    assert len(hospital.ada.slack.messages) == len(hospital.ada.phone.sms) == 2 * len(names)
    expect_everything(hospital)


def test_what_a_copy_that_died_had_in_flight_is_found_by_the_other(
    two_copies: tuple[Hospital, tuple[Mortal, Mortal]],
) -> None:
    hospital, copies = two_copies
    hospital.world.slack.faults.latency = 0.3
    for number in range(4):
        copies[0].send(hospital.report("ct-head-hemorrhage", accession=f"D{number}"))
    copies[0].kill()
    hospital.world.slack.faults.latency = 0.0
    hospital.settle()
    for number in range(4):
        sent = [row for row in pages(hospital, f"D{number}") if row.state == "sent"]
        assert {row.slip.channel for row in sent} == {"slack", "sms"}
    marked = [m for m in hospital.ada.slack.messages if "Possible repeat" in m.plain]
    assert len(hospital.ada.slack.messages) - len(marked) <= 4
    hospital.world.wait_until(lambda: copies[0].deaths)
    sms = hospital.ada.phone.expect_sms(CODE)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    expect_everything(hospital)


class TestTwoCopiesWithoutAPublicUrl:
    """Both ask Twilio for replies and receipts."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"READBACK_WEB__PUBLIC_URL": "", "READBACK_TWILIO__POLL_SECONDS": "0.2"}

    def test_each_reply_and_each_receipt_counts_once(
        self, two_copies: tuple[Hospital, tuple[Mortal, Mortal]]
    ) -> None:
        hospital, _ = two_copies
        hospital.world.inbound_url = None
        hospital.send(hospital.report("ct-head-hemorrhage"))
        _, sms = paged(hospital.ada)
        hospital.pass_time(minutes=1)
        sms.reply("who is this?")
        hospital.ada.phone.expect_sms("Reply only ACK")
        sms.reply(f"PASS {code_in(sms)}")
        hospital.ada.phone.expect_sms("went to the next person")
        hospital.settle()
        paged(hospital.ben)
        hospital.pass_time(minutes=1)
        happened = [entry.what for entry in hospital.trail(hospital.alert())]
        assert happened.count("declined") == 1
        assert happened.count("page_delivered") == 2, "Ada's and Ben's"
        answers = [m for m in hospital.ada.phone.sms if m.direction == "outbound-api"]
        assert len(answers) == 3, "the page and one answer to each"
        expect_everything(hospital)

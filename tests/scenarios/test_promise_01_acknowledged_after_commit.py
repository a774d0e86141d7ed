"""A positive ACK leaves only after the commit; nothing received is ever dropped."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, func, select, text

from bot.sandbox.hospital import Hospital
from storage import messages, quarantine, tables
from tests.scenarios.looking import (
    deliver,
    expect_everything,
    paged_until_acknowledged,
    version,
)

REFUSING = {
    "sqlite": [
        "CREATE TRIGGER full BEFORE INSERT ON reports BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'disk full'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON reports EXECUTE FUNCTION full_disk()",
    ],
}
COUNT = select(func.count()).select_from(tables.messages)
ACCEPTING = {
    "sqlite": "DROP TRIGGER full",
    "postgresql": "DROP TRIGGER full_disk ON reports",
}


@pytest.fixture
def beside(hospital: Hospital, database_url: str) -> Iterator[Engine]:
    """Somebody else's connection to the same database."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    yield engine
    engine.dispose()


def stored(hospital: Hospital) -> int:
    """How many messages are kept."""
    return hospital.database.look(lambda c: c.execute(COUNT).scalar_one())


@contextmanager
def nobody_else_can_write(engine: Engine) -> Iterator[None]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))
        else:
            connection.execute(text("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"))
        yield
        connection.rollback()


def test_no_ack_leaves_while_the_commit_is_held_up(hospital: Hospital, beside: Engine) -> None:
    answers: list[str] = []
    report = hospital.report("ct-abdomen-routine")
    sender = threading.Thread(target=lambda: answers.append(deliver(hospital, report)))
    with nobody_else_can_write(beside):
        sender.start()
        sender.join(0.4)
        assert sender.is_alive()
        assert not answers
    sender.join(10)
    assert "MSA|AA|" in answers[0]
    assert stored(hospital) == 1


def test_what_could_not_be_stored_is_refused_and_taken_when_it_comes_again(
    hospital: Hospital, beside: Engine, log_errors: set[str]
) -> None:
    with beside.begin() as connection:
        for statement in REFUSING[beside.dialect.name]:
            connection.execute(text(statement))
    report = hospital.report("ct-head-hemorrhage")
    answer = hospital.send(report)
    assert "MSA|AA|" not in answer
    assert "MSA|AE|" in answer or "MSA|AR|" in answer
    assert (stored(hospital), hospital.alerts()) == (0, 0)
    with beside.begin() as connection:
        connection.execute(text(ACCEPTING[beside.dialect.name]))
    assert "MSA|AA|" in hospital.send(report)
    paged_until_acknowledged(hospital, hospital.ada)
    log_errors.add("message_not_stored")


def test_many_senders_at_once_each_get_the_answer_to_their_own_message(hospital: Hospital) -> None:
    reports = [hospital.report("ct-abdomen-routine") for _ in range(12)]

    async def all_at_once() -> list[str]:
        return await asyncio.gather(
            *(asyncio.to_thread(deliver, hospital, report) for report in reports)
        )

    answers = asyncio.run(all_at_once())
    asked = [report.split(b"|")[9].decode() for report in reports]
    assert all(f"MSA|AA|{c}" in a for c, a in zip(asked, answers, strict=True))
    assert stored(hospital) == 12


def test_what_cannot_be_used_is_acknowledged_with_a_warning_and_kept_with_its_reason(
    hospital: Hospital,
) -> None:
    unusable = hospital.report("ct-abdomen-routine").replace(b"|CT|F|", b"|CT|?|")
    answer = hospital.send(unusable)
    assert "MSA|AA|" in answer
    assert re.search(r"ERR\|.*\|W\|", answer)
    hospital.carla.slack.expect_new("could not be used")
    (entry,) = hospital.database.look(quarantine.listing)
    kept = hospital.database.look(lambda c: messages.load(c, entry.message_id))
    assert entry.unusable.reason == "unknown-status"
    assert kept.data == unusable
    assert hospital.alerts() == 0


def test_an_identical_resend_makes_no_second_entry_and_no_second_notice(hospital: Hospital) -> None:
    unusable = hospital.report("ct-abdomen-routine").replace(b"|CT|F|", b"|CT|?|")
    for _ in range(3):
        assert "MSA|AA|" in hospital.send(unusable)
    hospital.carla.slack.expect_new("could not be used")
    assert len(hospital.database.look(quarantine.listing)) == 1


def test_the_coordinator_hears_once_of_each_reason(hospital: Hospital) -> None:
    for number in range(3):
        hospital.send(hospital.report("ct-abdomen-routine").replace(b"|CT|F|", b"|CT|?|"))
        hospital.send(b"PID|1||nobody" + str(number).encode() + b"\r")
    for _ in range(2):
        hospital.carla.slack.expect_new("could not be used")
    assert len(hospital.database.look(quarantine.listing)) == 6


def test_a_flagged_report_without_an_order_is_a_persons_and_does_not_wait_unseen(
    hospital: Hospital,
) -> None:
    assert "MSA|AA|" in hospital.send(hospital.report("no-order-number"))
    paged_until_acknowledged(hospital, hospital.carla)
    assert len(hospital.database.look(quarantine.listing)) == 1


def with_document(message: bytes, size: int) -> bytes:
    document = b"OBX|9|ED|PDF||^application^pdf^Base64^" + b"A" * size + b"||||||F\r"
    return message.rstrip(b"\r") + b"\r" + document


def test_a_report_with_a_document_of_five_megabytes_is_read(hospital: Hospital) -> None:
    message = with_document(version("V1", hospital.now, control="V1"), 7_000_000)
    assert "MSA|AA|" in hospital.send(message)
    assert hospital.alert().category == "critical"
    paged_until_acknowledged(hospital, hospital.ada)


def test_of_a_batch_longer_than_any_message_all_criticals_are_paged(hospital: Hospital) -> None:
    first, last = (version(f"V{n}", hospital.now, control=f"V{n}") for n in (1, 2))
    routine = hospital.report("ct-abdomen-routine")
    batch = with_document(first, 6_000_000) + with_document(routine, 6_000_000) + last
    answer = hospital.send(b"BHS|^~\\&|RIS\r" + batch + b"BTS|3\r")
    assert "MSA|AA|V1" in answer
    hospital.settle()
    assert (stored(hospital), hospital.alerts()) == (3, 2)
    assert hospital.database.look(quarantine.listing) == []
    expect_everything(hospital)


def test_a_message_that_carries_no_report_is_acknowledged_and_kept(hospital: Hospital) -> None:
    admission = (
        b"MSH|^~\\&|ADT|MAIN|READBACK|MAIN|20260101000000||ADT^A01|X1|P|2.5.1\r"
        b"PID|1||DEMO0001^^^MAIN^MR||DEMO^JANET\r"
    )
    assert "MSA|AA|X1" in hospital.send(admission)
    assert (stored(hospital), hospital.alerts()) == (1, 0)


@pytest.mark.parametrize("processing_id", ["T", "D"])
def test_a_test_message_is_kept_and_pages_nobody(hospital: Hospital, processing_id: str) -> None:
    production = hospital.report("ct-head-hemorrhage")
    report = production.replace(b"|P|2.5.1", f"|{processing_id}|2.5.1".encode())
    assert "MSA|AA|" in hospital.send(report)
    assert (stored(hospital), hospital.alerts()) == (1, 0)


def test_a_sender_that_halts_on_a_negative_answer_gets_past_an_unusable_message(
    hospital: Hospital,
) -> None:
    first, last = (hospital.report("ct-head-hemorrhage") for _ in range(2))
    unusable = hospital.report("ct-abdomen-routine").replace(b"|CT|F|", b"|CT|?|")
    for message in (first, unusable, last):
        if "MSA|AA|" not in hospital.send(message):
            break  # its queue stands still until somebody comes
    for _ in range(2):
        paged_until_acknowledged(hospital, hospital.ada)
    hospital.carla.slack.expect_new("could not be used")
    assert hospital.alerts() == 2

"""One message, one transaction: what scenarios over MLLP do not reach."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import event

from bot.domain.message import RawMessage, Receipt, Reports, Unusable
from bot.engine import intake
from bot.sources.hl7 import reader as hl7
from storage import alert_lists, audit, people, quarantine, tables
from tests.engine.conftest import CHICAGO, Bench
from tests.scenarios.looking import version


def test_the_same_control_id_with_other_content_is_another_message(bench: Bench) -> None:
    first = bench.take(version("E1", bench.clock.at, control="SAME"))
    other = bench.take(version("E2", bench.clock.at, control="SAME"))
    again = bench.take(version("E2", bench.clock.at, control="SAME"))
    assert (first.duplicate, other.duplicate, again.duplicate) == (False, False, True)
    assert bench.alert("E1").id != bench.alert("E2").id


def test_a_message_in_quarantine_is_used_once_it_can_be_read(bench: Bench) -> None:
    raw = hl7.read(
        version("E1", bench.clock.at, control="Q1"),
        source="hl7",
        timezone=CHICAGO,
        now=bench.clock.at,
    )
    unread = replace(raw, reading=Unusable("not-yet", "a later release reads it"))
    receipt = bench.database.run(lambda c: intake.receive_in(c, bench.engine, unread))
    assert receipt.quarantined == "not-yet"
    (entry,) = bench.database.look(quarantine.listing)

    def replayed(reading: RawMessage) -> str:
        unit = partial(
            intake.replay_in, engine=bench.engine, raw=reading, message_id=entry.message_id
        )
        return bench.database.run(unit).quarantined

    assert (replayed(unread), replayed(raw)) == ("not-yet", "")
    assert bench.alert().category == "critical"


def test_a_quarantine_of_which_no_coordinator_can_hear_is_in_the_log(bench: Bench) -> None:
    bench.database.run(
        lambda c: c.execute(tables.people.update().values(slack_user="", mobile="")).rowcount
    )
    bench.database.run(people.changed)
    bench.take(b"PID|1||nobody\r")
    (error,) = bench.log.error_lines
    assert (error["event"], error["what"]) == ("no_coordinator_to_tell", "quarantine")


UNKNOWN = Unusable("unknown-status", "OBR-25 is none")


def sent(bench: Bench, raw: RawMessage) -> Receipt:
    return bench.database.run(lambda c: intake.receive_in(c, bench.engine, raw))


def read(bench: Bench) -> RawMessage:
    data = version("E1", bench.clock.at, control="Q1")
    return hl7.read(data, source="hl7", timezone=CHICAGO, now=bench.clock.at)


def test_a_message_that_is_sent_again_is_used_where_it_can_be_read_by_now(bench: Bench) -> None:
    """Its sender was told to correct nothing: the site has added a profile, say."""
    raw = read(bench)
    unread = replace(raw, reading=UNKNOWN)
    for _ in range(2):
        assert sent(bench, unread).quarantined == "unknown-status"
    again, copy = sent(bench, raw), sent(bench, raw)
    assert (again.duplicate, again.quarantined, copy.duplicate) == (False, "", True)
    assert bench.alert().category == "critical"
    assert bench.database.look(quarantine.waiting) == {}
    told = [entry.what for entry in bench.database.look(lambda c: audit.chain(c, audit.ADMIN))]
    assert told.count("quarantine_sent_again") == 1
    assert sent(bench, unread).duplicate  # an older copy of Readback reads it as before
    assert bench.database.look(quarantine.waiting) == {}


def test_an_order_that_was_left_is_used_when_it_is_sent_again_and_can_be_read(bench: Bench) -> None:
    raw = read(bench)
    assert isinstance(raw.reading, Reports)
    other = hl7.read(
        version("E2", bench.clock.at, control="Q2"),
        source="hl7",
        timezone=CHICAGO,
        now=bench.clock.at,
    )
    assert isinstance(other.reading, Reports)
    sent(bench, replace(raw, reading=Reports(raw.reading.reports, (UNKNOWN,))))
    both = (*raw.reading.reports, *other.reading.reports)
    assert sent(bench, replace(raw, reading=Reports(both))).duplicate
    assert {bench.alert(number).category for number in ("E1", "E2")} == {"critical"}
    assert bench.database.look(quarantine.waiting) == {}


def test_while_something_is_to_follow_the_same_says_nothing_again(bench: Bench) -> None:
    bench.report(status="C", flag="RID49482")
    raw = read(bench)
    assert isinstance(raw.reading, Reports)
    timeless = replace(raw.reading.reports[0], sent_at=None, status_at=None)
    looking = replace(raw, reading=Reports((timeless,), (UNKNOWN,), to_follow=True))
    for _ in range(3):
        sent(bench, looking)
    trail = bench.database.look(lambda c: audit.chain(c, bench.alert().id))
    assert [entry.what for entry in trail].count("older_version") == 1
    assert bench.database.look(quarantine.waiting) == {}


def test_a_test_that_is_sent_again_pages_once_tests_may(bench: Bench) -> None:
    trial = replace(read(bench), processing_id="T")
    assert sent(bench, trial).set_aside == "not-production"
    bench.engine = replace(bench.engine, processing_ids=frozenset({"P", "T"}))
    assert not sent(bench, trial).duplicate
    assert bench.alert().category == "critical"


def test_a_unit_that_fails_leaves_nothing_of_the_message_behind(bench: Bench) -> None:
    before = bench.database.look(audit.verify).entries

    class Cut(Exception):
        pass

    def cut(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO audit"):
            raise Cut

    raw = version("E1", bench.clock.at, control="F1")
    engine = bench.database._engine
    event.listen(engine, "before_cursor_execute", cut)
    with pytest.raises(Cut):
        bench.take(raw)
    event.remove(engine, "before_cursor_execute", cut)
    assert bench.database.look(audit.verify).entries == before
    assert not bench.take(raw).duplicate
    assert bench.alert().category == "critical"


def test_a_flagged_test_message_that_cannot_be_read_is_nobodys_alert(bench: Bench) -> None:
    live = version("E1", bench.clock.at, control="T1", status="?")
    bench.take(live.replace(b"|T1|P|", b"|T2|T|"))
    assert bench.database.look(lambda c: alert_lists.listing(c, ("open",))) == []
    bench.take(live)
    assert len(bench.database.look(lambda c: alert_lists.listing(c, ("open",)))) == 1

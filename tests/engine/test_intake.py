"""One message, one transaction: what scenarios over MLLP do not reach."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import event

from bot.domain.message import RawMessage, Unusable
from bot.engine import intake
from bot.sources import hl7
from storage import alert_lists, audit, quarantine
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

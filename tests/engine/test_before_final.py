"""The notice that a report is flagged before it is final, and the attempts at it."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from bot.domain.message import RawMessage
from bot.domain.page import Notice, Page, SendFailed, Sent
from bot.domain.profile import Feeds, Profile
from bot.domain.report import Preliminary
from bot.engine import intake
from bot.sources.hl7 import reader as hl7
from storage import audit, tables
from storage.columns import AnyRow
from tests.engine.conftest import CHICAGO, Bench, Channel
from tests.scenarios.looking import version
from tests.scenarios.test_promise_02_numbers import oru

ASKING = Feeds(standard=Profile(preliminary=Preliminary.NOTIFY))


def read(bench: Bench, status: str) -> RawMessage:
    bench.sent += 1
    data = version("E1", bench.clock.at, control=f"E{bench.sent}", status=status)
    return hl7.read(data, source="hl7", timezone=CHICAGO, now=bench.clock.at, feeds=ASKING)


def take(bench: Bench, status: str) -> None:
    raw = read(bench, status)
    bench.database.run(lambda c: intake.receive_in(c, bench.engine, raw))


def notices(bench: Bench) -> list[AnyRow]:
    found = select(tables.pages).where(tables.pages.c.notice == Notice.BEFORE_FINAL.value)
    return list(bench.database.look(lambda c: c.execute(found).all()))


def states(bench: Bench) -> list[tuple[str, str]]:
    return sorted((row.channel, row.state) for row in notices(bench))


def test_what_the_notice_carries_is_the_version_s_id_and_no_part_of_the_report(
    bench: Bench,
) -> None:
    take(bench, "P")
    (row,) = notices(bench)
    report = bench.database.look(lambda c: c.execute(select(tables.reports.c.id)).scalar_one())
    assert (row.data, row.alert_id) == (report, None)
    bench.dispatch(bench.quiet)
    (page,) = bench.slack.pages
    assert page.reason == "CT report, flagged critical, preliminary since 08:00"
    assert page.sender == "RIS/MAIN"
    assert (page.ref, page.exam, page.finding, page.alert_id) == ("", "", "", "")


def of_order(bench: Bench, filler: str, status: str, minutes: float) -> None:
    """A version of one of two orders on an accession."""
    data = oru(
        filler=filler, accession="ACC00001", status=status, minutes=minutes, now=bench.clock.at
    )
    raw = hl7.read(data, source="hl7", timezone=CHICAGO, now=bench.clock.at, feeds=ASKING)
    bench.database.run(lambda c: intake.receive_in(c, bench.engine, raw))


def test_of_two_orders_on_an_accession_each_reader_is_asked(bench: Bench) -> None:
    of_order(bench, "F1", "P", 1)
    of_order(bench, "G1", "P", 2)
    of_order(bench, "G1", "P", 3)
    assert [row.state for row in notices(bench)] == ["waiting", "waiting"]
    of_order(bench, "G1", "F", 4)
    assert sorted(row.state for row in notices(bench)) == ["cancelled", "waiting"]


def test_the_alert_of_another_order_does_not_ask_the_reader_of_this_one(bench: Bench) -> None:
    of_order(bench, "F1", "F", 1)
    of_order(bench, "G1", "P", 2)
    assert [row.state for row in notices(bench)] == ["waiting"]


def test_of_each_order_it_is_on_record_for_how_long_it_was_flagged(bench: Bench) -> None:
    for filler, status, minutes in (("F1", "P", 1), ("G1", "P", 2), ("F1", "F", 5), ("G1", "F", 9)):
        of_order(bench, filler, status, minutes)
    of_order(bench, "G1", "C", 11)
    entries = select(tables.audit).where(tables.audit.c.what == "flagged_before_final")
    told = bench.database.look(lambda c: c.execute(entries).all())
    assert [json.loads(row.data)["minutes"] for row in told] == [4, 7]


def test_a_final_that_comes_while_the_notice_is_under_way_ends_the_attempts(bench: Bench) -> None:
    async def fails_as_the_final_comes(_: Page) -> Sent:
        raw = read(bench, "F")
        await bench.engine.database.write(lambda c: intake.receive_in(c, bench.engine, raw))
        raise SendFailed("slack-down", permanent=False)

    bench.slack = Channel(fails_as_the_final_comes)
    take(bench, "P")
    bench.clock.at += timedelta(minutes=1)
    bench.dispatch(lambda: any(state == "failed" for _, state in states(bench)) and bench.quiet())
    assert states(bench) == [("slack", "failed")]


@pytest.mark.parametrize("permanent", [True, False])
def test_a_radiologist_whom_nothing_reaches_is_found_by_the_coordinator(
    bench: Bench, permanent: bool
) -> None:
    async def fails_for_rosa(page: Page) -> Sent:
        if "Rosa" in page.person.name:
            raise SendFailed("no-such-number", permanent=permanent)
        return Sent(f"P-{page.delivery_id}")

    bench.slack = bench.sms = Channel(fails_for_rosa)
    take(bench, "P")
    bench.dispatch(lambda: len(bench.slack.pages) >= (3 if permanent else 2) and bench.quiet())
    told = [page.slip.role.value for page in bench.slack.pages]
    rest = ["coordinator"] if permanent else []
    assert told == ["reading_radiologist", "reading_radiologist", *rest]
    waiting = [row for row in notices(bench) if row.state == "waiting"]
    assert len(waiting) == (0 if permanent else 2), "else it is tried again"


def test_without_anybody_to_ask_it_is_on_record(bench: Bench) -> None:
    def out_of_reach(c: Connection) -> None:
        c.execute(update(tables.people).values(slack_user="", mobile=""))
        c.execute(update(tables.editions).values(edition="changed"))

    bench.database.run(out_of_reach)
    take(bench, "P")
    chain = bench.database.look(lambda c: audit.chain(c, audit.ADMIN))
    (entry,) = [entry for entry in chain if entry.what == "asked_before_final"]
    assert entry.data["person"] is None
    assert notices(bench) == []

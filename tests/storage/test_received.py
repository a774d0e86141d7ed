"""Messages, reports, quarantine, callbacks: each once, and none lost for what it contains."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.domain.message import Unusable
from bot.domain.ordering import NO_TIME, Version
from bot.domain.report import (
    Flag,
    KeyKind,
    OrderNumber,
    Preliminary,
    Report,
    ReportKey,
    Status,
)
from bot.domain.triage import Triage
from storage import inbound, messages, orders, quarantine, reports
from storage.columns import EPOCH
from storage.database import Database
from storage.ids import new_id
from tests.storage.given import KEY, MINUTE, NOW, REPORT, TRIAGE, raw, stored_message, stored_report

instants = st.timedeltas(timedelta(0), timedelta(days=50_000)).map(EPOCH.__add__)
times = st.none() | instants
words = st.text(max_size=20)
any_report = st.builds(
    Report,
    content_hash=st.just("c1"),
    status_at=times,
    finalized_at=times,
    discovered_at=times,
    exam=words,
    text=words,
    impression=words,
    accession=words,
    sender=words,
)
UNUSABLE = Unusable(
    "no-obr", "there is no OBR segment", (Flag("AA", "0078", "OBX-8"),), "100", "OBR"
)


# ---- messages -------------------------------------------------------------------------------


def test_an_identical_message_is_counted_and_not_kept_again(database: Database) -> None:
    first = database.run(lambda c: messages.keep(c, raw(), NOW, "reports", ""))
    again = database.run(lambda c: messages.keep(c, raw(), NOW + MINUTE, "reports", ""))
    assert not first.duplicate
    assert again == messages.Kept(first.id, "reports", duplicate=True)
    stored = database.look(lambda c: messages.load(c, first.id))
    assert (stored.copies, stored.received_at, stored.last_received_at) == (2, NOW, NOW + MINUTE)


def test_a_message_that_was_too_large_is_whole_once_it_came_whole(database: Database) -> None:
    whole = raw(b"MSH|" + b"x" * 100)
    cut = replace(whole, data=whole.data[:10])
    kept = [
        database.run(partial(messages.keep, raw=one, now=NOW, outcome="reports", reason=""))
        for one in (cut, cut, whole, cut)
    ]
    assert len({one.id for one in kept}) == 1
    assert database.look(lambda c: messages.load(c, kept[0].id)).data == whole.data


def test_the_same_bytes_under_another_control_id_are_another_message(database: Database) -> None:
    for control_id in ("1", "2"):
        unit = partial(
            messages.keep, raw=raw(control_id=control_id), now=NOW, outcome="", reason=""
        )
        assert not database.run(unit).duplicate


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_and_any_control_id_are_kept(
    database: Database, data: bytes, control_id: str
) -> None:
    message = replace(raw(data + new_id().encode()), control_id=control_id, sender=control_id)
    kept = database.run(lambda c: messages.keep(c, message, NOW, "quarantined", "why"))
    again = database.run(lambda c: messages.keep(c, message, NOW, "quarantined", "why"))
    assert (kept.duplicate, again.duplicate) == (False, True)
    assert database.look(lambda c: messages.load(c, kept.id)).data == message.data


def test_an_unknown_message_is_a_key_error(database: Database) -> None:
    with pytest.raises(KeyError):
        database.look(lambda c: messages.load(c, "unknown"))


# ---- orders ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 5])
def test_an_order_is_looked_for_by_numbers_that_no_database_takes(
    database: Database, count: int
) -> None:
    odd = [OrderNumber(KeyKind.FILLER, f"{n}\0\ud800", "RIS") for n in range(count)]
    key = ReportKey("RIS", KeyKind.ACCESSION, "1")
    assert database.look(lambda c: orders.find(c, odd)) == []
    database.run(lambda c: orders.know(c, key, odd, ()))
    (found,) = database.look(lambda c: orders.find(c, odd))
    assert found.key == key


# ---- reports --------------------------------------------------------------------------------


def test_a_report_comes_back_whole(database: Database) -> None:
    report_id = database.run(stored_report)
    assert database.look(lambda c: reports.load(c, report_id)) == REPORT
    with pytest.raises(KeyError):
        database.look(lambda c: reports.load(c, "unknown"))


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(any_report)
def test_any_report_is_stored_and_its_version_found(database: Database, report: Report) -> None:
    own = replace(report, key=replace(report.key, value=report.key.value + new_id()))

    def store(c: Connection) -> Version | None:
        message_id = stored_message(c, new_id().encode())
        return reports.add(c, own, message_id, TRIAGE, "f1", NOW)

    added = database.run(store)
    (version,) = database.look(lambda c: reports.versions(c, own.key))
    assert version == added
    assert (version.status, version.category) == (own.status, "critical")
    back = database.look(lambda c: reports.load(c, version.report_id))
    assert replace(back, key=own.key) == mended(own)


def mended(report: Report) -> Report:
    """The report without half surrogate pairs."""
    return replace(
        report,
        exam=mend(report.exam),
        text=mend(report.text),
        impression=mend(report.impression),
        accession=mend(report.accession),
        sender=mend(report.sender),
    )


def mend(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def test_half_a_surrogate_pair_keeps_no_report_from_being_stored(database: Database) -> None:
    damaged = replace(REPORT, exam="\ud800", text="a\ud834b \N{MUSICAL SYMBOL G CLEF} c\0d")
    report_id = database.run(lambda c: stored_report(c, damaged))
    back = database.look(lambda c: reports.load(c, report_id))
    assert back == mended(damaged)
    assert back.text == "a\ufffdb \N{MUSICAL SYMBOL G CLEF} c\0d"


def test_the_same_content_of_one_order_is_known(database: Database) -> None:
    def add(c: Connection, report: Report) -> Version | None:
        return reports.add(c, report, stored_message(c), Triage(None, "no-flag"), "f", NOW)

    assert database.run(lambda c: add(c, REPORT))
    assert database.run(lambda c: add(c, replace(REPORT, control_id="C2"))) is None
    assert database.run(lambda c: add(c, replace(REPORT, content_hash="c2")))
    elsewhere = replace(REPORT, key=ReportKey("ELSEWHERE", KeyKind.ACCESSION, "A1"))
    assert database.run(lambda c: add(c, elsewhere))
    assert len(database.look(lambda c: reports.versions(c, KEY))) == 2


@pytest.mark.parametrize(
    ("reached", "sent", "stored"),
    [
        (None, None, (NO_TIME, NO_TIME)),
        (None, NOW - MINUTE, (NOW - MINUTE, NOW - MINUTE)),
        (NOW - MINUTE, None, (NOW - MINUTE, NOW - MINUTE)),
    ],
)
def test_receipt_never_stands_in_for_a_time_that_is_not_told(
    database: Database,
    reached: datetime | None,
    sent: datetime | None,
    stored: tuple[datetime, datetime],
) -> None:
    told = replace(REPORT, status_at=reached, sent_at=sent)
    report_id = database.run(lambda c: stored_report(c, told))
    (version,) = database.look(lambda c: reports.versions(c, KEY))
    assert version == Version(report_id, told.status, *stored, NOW, "c1", "critical", "f1")
    assert version.timeless == (stored[0] == NO_TIME)


@pytest.mark.parametrize("does", Preliminary)
def test_what_a_preliminary_does_is_kept_with_its_version(
    database: Database, does: Preliminary
) -> None:
    """Of a final one it says nothing, and is not kept."""
    early = replace(REPORT, status=Status.PRELIMINARY, if_preliminary=does)
    final = replace(REPORT, content_hash="c2", status=Status.FINAL, if_preliminary=does)
    ids = [database.run(partial(stored_report, report=one)) for one in (early, final)]
    found = {v.report_id: v for v in database.look(lambda c: reports.versions(c, KEY))}
    assert found[ids[0]].if_preliminary is does
    assert found[ids[0]].counts == (does is Preliminary.OPEN)
    assert found[ids[1]].if_preliminary is Preliminary.IGNORE
    assert found[ids[1]].counts
    look = reports.is_preliminary
    seen = [database.look(partial(look, report_id=one)) for one in (*ids, "none")]
    assert seen == [True, False, False]
    assert database.look(lambda c: reports.load(c, ids[0])).if_preliminary is does


def test_the_same_content_sent_at_another_time_is_another_version(database: Database) -> None:
    def add(c: Connection, minutes: int | None, received: int) -> Version | None:
        sent = None if minutes is None else NOW + minutes * MINUTE
        report = replace(REPORT, sent_at=sent, resource="ehr/r1")
        at = NOW + received * MINUTE
        return reports.add(c, report, stored_message(c), Triage(None, "no-flag"), "f", at)

    told = [(1, 2), (1, 3), (2, 3), (None, 4), (None, 5)]
    kept = [database.run(partial(add, minutes=m, received=r)) is not None for m, r in told]
    assert kept == [True, False, True, True, False]
    found = database.look(lambda c: reports.versions(c, KEY))
    assert sorted(one.sent_at for one in found) == [NOW, NOW + MINUTE, NOW + 2 * MINUTE]
    assert {one.resource for one in found} == {"ehr/r1"}


# ---- quarantine -----------------------------------------------------------------------------


def put(database: Database, data: bytes, unusable: Unusable = UNUSABLE) -> bool:
    def unit(c: Connection) -> bool:
        return quarantine.put(c, stored_message(c, data), raw(data), unusable, NOW).first

    return database.run(unit)


def test_only_the_first_that_waits_for_a_reason_is_told(database: Database) -> None:
    assert put(database, b"1")
    assert not put(database, b"2")
    assert put(database, b"3", replace(UNUSABLE, reason="no-msh"))


def test_the_same_message_makes_no_second_entry(database: Database) -> None:
    put(database, b"1")
    assert not put(database, b"1")
    assert len(database.look(quarantine.listing)) == 1


def test_an_entry_says_what_is_wrong_with_which_message(database: Database) -> None:
    put(database, b"1")
    (entry,) = database.look(quarantine.listing)
    assert entry.unusable == UNUSABLE
    assert (entry.source, entry.sender, entry.control_id, entry.size) == ("hl7", "RIS", "C1", 1)
    assert database.look(lambda c: quarantine.show(c, entry.id)) == entry
    assert database.look(lambda c: messages.load(c, entry.message_id)).data == b"1"
    with pytest.raises(KeyError):
        database.look(lambda c: quarantine.show(c, "unknown"))


def test_what_was_replayed_waits_no_more_and_the_next_is_told_again(database: Database) -> None:
    put(database, b"1")
    (entry,) = database.look(quarantine.listing)
    assert database.run(lambda c: quarantine.replayed(c, entry.id, NOW))
    assert not database.run(lambda c: quarantine.replayed(c, entry.id, NOW))
    assert database.look(quarantine.listing) == []
    (done,) = database.look(lambda c: quarantine.listing(c, waiting_only=False))
    assert done.replayed_at == NOW
    assert put(database, b"2")


# ---- callbacks ------------------------------------------------------------------------------


def test_a_callback_is_new_once_for_each_provider(database: Database) -> None:
    def seen(provider: str, sid: str) -> bool:
        return database.run(lambda c: inbound.seen(c, provider, sid, NOW))

    assert [seen("twilio", "SM1"), seen("twilio", "SM1"), seen("slack", "SM1")] == [
        True,
        False,
        True,
    ]

"""Polling a FHIR server: nothing is missed, nothing is taken twice, and it is left in peace."""

import asyncio
import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Connection, text

from bot.sandbox.samples import PEOPLE_CSV
from bot.sources import fhir_http, fhir_poll
from bot.sources.fhir_http import Refused, TryLater
from bot.sources.fhir_poll import Polling
from storage import cursors, tables
from tests.sources.fhir_samples import NOW, ORIGIN, TEXT, form, others, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked, until
from tests.written import writing


def poll(reading: Reading, server: FhirServer, times: int = 1) -> list[int]:
    """How many reports each poll of one poller has taken."""

    async def run() -> list[int]:
        async with serving(server), reading.poller(server) as poller:
            return [await poller.poll() for _ in range(times)]

    return asyncio.run(run())


def many(number: int, **about: Any) -> FhirServer:
    """Reports a second apart."""
    server = FhirServer(**about)
    for index in range(number):
        at = (NOW - timedelta(minutes=10) + timedelta(seconds=index)).isoformat()
        meta = {"versionId": "1", "lastUpdated": at}
        server.put(resource("report", id=f"r{index}", meta=meta, basedOn=None, identifier=None))
    return server


def test_a_flagged_report_on_the_server_opens_an_alert(reading: Reading) -> None:
    assert poll(reading, stocked()) == [1]
    [alert] = reading.alerts()
    assert (alert.accession, alert.category) == ("A1000001", "critical")
    assert reading.messages() == [("r1/1", "reports", "")]


def test_what_was_read_is_not_read_again(reading: Reading) -> None:
    server = stocked()
    assert poll(reading, server, 3) == [1, 0, 0]
    assert len(reading.messages()) == 1


def test_after_a_restart_the_same_report_is_known_by_its_bytes(reading: Reading) -> None:
    server = stocked()
    assert poll(reading, server) == [1]
    assert poll(reading, server) == [1]
    assert len(reading.alerts()) == 1


def test_a_new_version_of_a_report_is_read(reading: Reading) -> None:
    server = stocked()

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            await poller.poll()
            meta = {"versionId": "2", "lastUpdated": "2026-03-02T14:40:00Z"}
            server.put(resource("report", status="entered-in-error", meta=meta))
            await poller.poll()

    asyncio.run(run())
    [alert] = reading.alerts()
    assert alert.state == "withdrawn"


def test_a_server_that_tells_no_version_is_read_when_its_report_has_changed(
    reading: Reading,
) -> None:
    server = FhirServer()
    server.put(resource("report", meta=None), *others())

    async def run() -> list[int]:
        async with serving(server), reading.poller(server) as poller:
            taken = [await poller.poll(), await poller.poll()]
            server.put(resource("report", meta=None, status="entered-in-error"))
            return [*taken, await poller.poll()]

    assert asyncio.run(run()) == [1, 0, 1]
    [alert] = reading.alerts()
    assert alert.state == "withdrawn"


def test_each_poll_begins_before_the_last_report(reading: Reading) -> None:
    server = stocked()
    poll(reading, server, 2)
    first, second = (parse_qs(path.partition("?")[2])["_lastUpdated"] for path in server.searches())
    assert first == ["ge2026-03-02T13:55:00.000Z"]
    assert second == ["ge2026-03-02T14:25:05.000Z"]


@pytest.mark.parametrize(
    ("clock", "since"),
    [(NOW - timedelta(hours=9), "ge2026-03-02T04:55"), (None, "ge2026-03-02T13:55")],
    ids=["behind", "not told"],
)
def test_the_first_poll_goes_by_the_clock_of_the_server(
    reading: Reading, clock: datetime | None, since: str
) -> None:
    server = stocked(clock=clock)
    poll(reading, server, 2)
    first, second = (parse_qs(path.partition("?")[2])["_lastUpdated"] for path in server.searches())
    assert first[0].startswith(since)
    assert second == ["ge2026-03-02T14:25:05.000Z"]
    assert [path.partition("?")[0] for path in server.asked].count("metadata") == 1


def test_the_cursor_survives_a_restart(reading: Reading) -> None:
    server = stocked()
    poll(reading, server)
    poll(reading, server)
    assert "14%3A25%3A05" in server.searches()[-1]


def test_a_time_ahead_of_our_clock_does_not_move_the_cursor_past_it(reading: Reading) -> None:
    server = stocked()
    server.put(resource("report", meta={"versionId": "9", "lastUpdated": "2031-01-01T00:00:00Z"}))
    poll(reading, server)
    assert reading.engine.database.look(lambda c: cursors.load(c, ORIGIN.name)) == NOW


def test_all_pages_are_read(reading: Reading) -> None:
    server = many(25, page_size=10)
    assert poll(reading, server) == [25]
    assert len(server.searches()) == 3


def test_a_page_with_a_broken_entry_is_read_and_the_entry_waits_once(reading: Reading) -> None:
    """One report that its server cannot write would else hide every later one."""
    sound = json.dumps({"resource": resource("report")}).encode()
    page = b'{"resourceType": "Bundle", "entry": [{"resource": {"id": "r9", ]}}, %s]}' % sound
    server = stocked(faults=[("DiagnosticReport?", Fault(200, body=page))] * 2)
    assert poll(reading, server, 2) == [2, 0]
    assert reading.messages() == [("r1/1", "reports", ""), ("", "quarantined", "not-json")]


def test_pages_that_are_too_large_are_asked_for_with_fewer_reports(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scans in base64 make a page of a hundred reports larger than any answer may be."""
    server = many(25, page_size=100)
    monkeypatch.setattr(fhir_http, "MOST_BYTES", 15_000)

    async def run() -> str:
        async with serving(server), reading.poller(server) as poller:
            await poller._round()
            return poller.state

    assert asyncio.run(run()) == "ok"
    assert len(reading.alerts()) == 25
    assert "_count=10&" in server.searches()[-1]


def test_what_slips_between_pages_is_found_by_reading_them_twice(reading: Reading) -> None:
    server = many(25, page_size=10)
    assert poll(reading, server, 2) == [25, 0]
    firsts = [path for path in server.searches() if "_offset" not in path]
    assert firsts[0] == firsts[1]
    assert reading.engine.database.look(lambda c: cursors.load(c, ORIGIN.name)) is not None


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("http://127.0.0.1:1/r4/DiagnosticReport?page=2", "next-link-leaves-the-server"),
        ("https://elsewhere.example.org/", "next-link-leaves-the-server"),
        ("mailto:somebody", "next-link-is-none"),
    ],
)
def test_a_next_link_never_leads_to_another_server(
    reading: Reading, link: str, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        poll(reading, many(3, page_size=2, next_link=link))


def test_the_query_of_the_site_narrows_the_search(reading: Reading) -> None:
    server = stocked()

    async def run() -> None:
        how = Polling(query=(("category", "RAD,LP29684-5"),))
        async with serving(server), reading.poller(server, how) as poller:
            await poller.poll()

    asyncio.run(run())
    assert server.searches()[0].startswith("DiagnosticReport?category=RAD%2CLP29684-5&")


# ---- references -----------------------------------------------------------------------------


def orderer(reading: Reading) -> bool:
    """Whether the alert knows who ordered."""
    [alert] = reading.alerts()
    found = reading.engine.database.look(lambda c: _ordering_person(c, alert.id))
    return found is not None


def _ordering_person(c: Any, alert_id: str) -> object:
    query = tables.alerts.select().where(tables.alerts.c.id == alert_id)
    return c.execute(query).one().ordering_person


def known_orderer(server: FhirServer) -> FhirServer:
    """Whose NPI is that of somebody in the directory."""
    npi = PEOPLE_CSV.splitlines()[1].split(",")[0]
    server.resources["Practitioner/d1"]["identifier"][0]["value"] = npi
    return server


@pytest.mark.parametrize("about", [{}, {"includes": False}, {"refuses_includes": True}])
def test_the_orderer_is_found_whatever_the_server_includes(
    reading: Reading, about: dict[str, bool]
) -> None:
    server = known_orderer(stocked(**about))

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            await poller._round()
            assert poller.state == "ok"

    asyncio.run(run())
    assert orderer(reading)
    assert bool(server.reads()) == bool(about)


@pytest.mark.parametrize("includes", [False, True])
def test_absolute_references_of_a_server_behind_a_proxy_are_its_own(
    reading: Reading, includes: bool
) -> None:
    inside = "https://inside.example.org:8443/fhir/"
    server = known_orderer(stocked(includes=includes, known_as=inside))
    based_on = [{"reference": f"{inside}ServiceRequest/o1"}]
    server.put(resource("report", basedOn=based_on))
    server.put(resource("order", requester={"reference": f"{inside}PractitionerRole/w1"}))
    assert poll(reading, server) == [1]
    assert orderer(reading)


def test_clinicians_are_read_once(reading: Reading) -> None:
    server = stocked(includes=False)
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:31:00Z"}
    server.put(resource("report", id="r2", meta=meta))
    poll(reading, server)
    assert server.reads().count("Practitioner/d1") == 1
    assert server.reads().count("ServiceRequest/o1") == 2


def test_a_reference_that_cannot_be_read_holds_nothing_up(reading: Reading) -> None:
    server = stocked(includes=False)
    server.faults = [("Practitioner/d1", Fault(403)), ("Patient/p1", Fault(404))]
    assert poll(reading, server, 2) == [1, 0]
    assert len(reading.alerts()) == 1


def test_a_server_that_fails_for_a_reference_is_asked_again_in_the_next_round(
    reading: Reading,
) -> None:
    server = known_orderer(stocked(includes=False))
    server.faults = [("ServiceRequest/o1", Fault(503))]
    assert poll(reading, server) == [1]
    assert not orderer(reading)
    assert poll(reading, server, 2) == [1, 0]
    assert len(reading.alerts()) == 1
    assert [outcome for _, outcome, _ in reading.messages()] == ["reports", "reports"]


@pytest.mark.parametrize("url", ["Binary/t1", "files/t1.txt?v=2"])
def test_a_text_behind_an_address_of_the_server_is_fetched(reading: Reading, url: str) -> None:
    server = stocked(includes=False)
    server.files[url.partition("?")[0]] = ("text/plain", TEXT.encode())
    attached = {"contentType": "text/plain", "url": url}
    server.put(resource("report", presentedForm=[attached], conclusion=None))
    poll(reading, server)
    body = reading.engine.database.look(_only_body)
    assert "Acute pulmonary embolism" in body


def test_a_binary_resource_is_taken_apart(reading: Reading) -> None:
    server = stocked(includes=False)
    server.put({"resourceType": "Binary", "id": "t1", **form(TEXT)})

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            attached = {"url": f"{server.base}Binary/t1"}
            server.put(resource("report", presentedForm=[attached], conclusion=None))
            await poller.poll()

    asyncio.run(run())
    assert "Acute pulmonary embolism" in reading.engine.database.look(_only_body)


def _only_body(c: Any) -> str:
    return str(c.execute(tables.reports.select()).one().body)


@pytest.mark.parametrize("url", ["https://else.example.org/secret", "../token", "//x/y", "a:b"])
def test_an_address_elsewhere_is_never_asked(reading: Reading, url: str) -> None:
    server = stocked(includes=False)
    server.put(resource("report", presentedForm=[{"url": url}]))
    assert poll(reading, server) == [1]
    assert all(path.split("/")[0].isalpha() for path in server.reads())


# ---- when things go wrong -------------------------------------------------------------------


DAY = "Mon, 02 Mar 2026"
LATER = Fault(503, {"Retry-After": f"{DAY} 15:00:30 GMT", "Date": f"{DAY} 15:00:00 GMT"})


@pytest.mark.parametrize(
    ("fault", "reason", "wait"),
    [
        (Fault(429, {"Retry-After": "7"}), "search-429", 7.0),
        (LATER, "search-503", 30.0),
        (Fault(503, {"Retry-After": "soon"}), "search-503", None),
        (Fault(429, {"Retry-After": "99999"}), "search-429", 600.0),
        (Fault(500), "search-500", None),
    ],
)
def test_a_busy_server_says_when_to_come_back(
    reading: Reading, fault: Fault, reason: str, wait: float | None
) -> None:
    server = stocked(faults=[("DiagnosticReport", fault)])
    with pytest.raises(TryLater) as caught:
        poll(reading, server)
    assert (caught.value.reason, caught.value.wait) == (reason, wait)
    assert poll(reading, server) == [1]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(403), "search-403"),
        (Fault(404), "search-404"),
        (Fault(200, body=b"<html>"), "answer-not-json"),
        (Fault(200, body=b"{}"), "answer-no-resource-type"),
    ],
)
def test_what_waiting_does_not_cure_is_refused(reading: Reading, fault: Fault, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        poll(reading, stocked(faults=[("DiagnosticReport", fault)]))


def test_a_redirect_is_not_followed(reading: Reading) -> None:
    fault = Fault(302, {"Location": "https://elsewhere.example.org/"})
    with pytest.raises(Refused, match="search-302"):
        poll(reading, stocked(faults=[("DiagnosticReport", fault)]))


def test_a_server_that_is_away_is_unreachable(reading: Reading) -> None:
    server = FhirServer(base="http://127.0.0.1:9/r4/")

    async def run() -> None:
        async with reading.poller(server) as poller:
            with pytest.raises(TryLater, match="unreachable"):
                await poller.poll()

    asyncio.run(run())


def test_a_server_that_is_away_for_days_is_asked_every_five_minutes(reading: Reading) -> None:
    server = FhirServer(base="http://127.0.0.1:9/r4/")

    async def run() -> list[float]:
        async with reading.poller(server) as poller:
            return [await poller._round() for _ in range(1_100)]

    waits = asyncio.run(run())
    assert waits[:4] == [2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == 300.0


def test_a_page_that_fails_leaves_the_cursor_where_it_was(reading: Reading) -> None:
    server = many(25, page_size=10)

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            server.faults = [("DiagnosticReport?_lastUpdated", Fault(200, body=b"{}"))]
            with suppress(Refused):
                await poller.poll()

    asyncio.run(run())
    assert reading.engine.database.look(lambda c: cursors.load(c, ORIGIN.name)) is None


def test_a_report_that_cannot_be_used_waits_in_quarantine_and_the_next_is_read(
    reading: Reading,
) -> None:
    server = stocked()
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:20:00Z"}
    server.put(resource("report", id="bad", status="unknown", meta=meta))
    assert poll(reading, server, 2) == [2, 0]
    assert reading.messages() == [
        ("bad/1", "quarantined", "unknown-status"),
        ("r1/1", "reports", ""),
    ]
    assert len(reading.alerts()) == 1  # both are about the order of one ServiceRequest


def told(reading: Reading, statement: str) -> None:
    """Have the database do this."""

    def unit(c: Connection) -> None:
        c.execute(text(statement))

    reading.engine.database.run(unit)


def test_a_report_that_cannot_be_stored_holds_no_other_back_and_is_tried_again(
    reading: Reading,
) -> None:
    server = stocked()
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:20:00Z"}
    server.put(resource("report", id="poison", meta=meta, identifier=None))
    refusing = (
        "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.control_id = 'poison/1' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    told(reading, refusing)

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            with pytest.raises(TryLater, match="report-not-stored"):
                await poller.poll()
            assert reading.messages() == [("r1/1", "reports", "")]
            told(reading, "DROP TRIGGER poison")
            assert await poller.poll() == 1

    asyncio.run(run())
    assert len(reading.alerts()) == 2


def test_a_database_that_is_away_ends_the_poll(reading: Reading) -> None:
    told(reading, "ALTER TABLE messages RENAME TO away")
    with pytest.raises(fhir_poll.OUTAGES):
        poll(reading, stocked())
    assert reading.engine.database.look(lambda c: cursors.load(c, ORIGIN.name)) is None


def test_the_loop_polls_waits_and_looks_at_once_when_asked(reading: Reading) -> None:
    server = stocked()

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            running = asyncio.create_task(poller.run())
            await until(lambda: poller.state == "ok")
            meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:41:00Z"}
            server.put(resource("report", id="r2", meta=meta, identifier=None))
            poller.look_now()
            await until(lambda: len(reading.alerts()) == 2)
            await _ended(running)

    asyncio.run(run())


async def _ended(running: asyncio.Task[None]) -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def test_the_loop_says_what_is_wrong_once_and_recovers(reading: Reading) -> None:
    server = stocked(faults=[("DiagnosticReport", Fault(503))] * 2)

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            running = asyncio.create_task(poller.run())
            await until(lambda: poller.state == "search-503")
            assert await poller.check() == "search-503"
            await until(lambda: poller.state == "ok", 20)
            await _ended(running)

    with writing() as log:
        asyncio.run(run())
    assert [line["event"] for line in log.error_lines] == ["source_failed"]
    assert [line["reason"] for line in log.error_lines] == ["search-503"]
    assert "source_reached" in [line["event"] for line in log.lines]
    assert log.dropped == []


def test_a_document_that_takes_for_ever_to_read_is_set_aside_for_a_person(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fhir_poll, "READ_SECONDS", -1.0)
    assert poll(reading, stocked()) == [1]
    assert [reason for _, _, reason in reading.messages()] == ["too-slow-to-read"]
    assert len(reading.alerts()) == 1

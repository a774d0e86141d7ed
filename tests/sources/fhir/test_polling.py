"""Polling a FHIR server: nothing is missed, nothing is taken twice, and it is left in peace."""

import asyncio
import json
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.sources.fhir import exchange
from bot.sources.fhir.auth import FixedToken
from bot.sources.fhir.client import FhirClient
from bot.sources.fhir.exchange import Refused
from bot.sources.fhir.wishes import Polling
from storage import cursors
from tests.sources.fhir_polls import many, poll
from tests.sources.fhir_samples import NOW, ORIGIN, Json, others, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked
from tests.written import writing


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
    assert first == ["ge2026-03-02T13:55:00Z"]
    assert second == ["ge2026-03-02T14:25:05Z"]


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
    assert second == ["ge2026-03-02T14:25:05Z"]
    assert [path.partition("?")[0] for path in server.asked].count("metadata") == 1


def test_of_a_server_that_ignores_the_time_old_reports_are_left_and_that_is_told_once(
    reading: Reading,
) -> None:
    """All that it ever held would be alerts for the coordinator to review."""
    server = stocked(ignores_time=True)
    old = {"versionId": "1", "lastUpdated": "2026-02-20T08:00:00Z"}
    server.put(resource("report", id="old", meta=old))
    with writing() as log:
        assert poll(reading, server, 2) == [1, 0]
    assert [name for name, *_ in reading.messages()] == ["r1/1"]
    told = [line for line in log.lines if line["event"] == "search_ignores_time"]
    assert [line["count"] for line in told] == [1]


def test_the_cursor_survives_a_restart(reading: Reading) -> None:
    server = stocked()
    poll(reading, server)
    poll(reading, server)
    assert "14%3A25%3A05" in server.searches()[-1]


@pytest.mark.parametrize("tells_times", [True, False])
def test_what_came_while_we_were_down_is_found_though_nothing_was_there_before(
    reading: Reading, tells_times: bool
) -> None:
    server = FhirServer()
    assert poll(reading, server) == [0]
    server.clock = reading.clock.at = NOW + timedelta(hours=6)
    at = (NOW + timedelta(hours=2)).isoformat()
    meta = {"versionId": "1", "lastUpdated": at} if tells_times else None
    server.put(resource("report", meta=meta, issued=at), *others())
    assert poll(reading, server) == [1]
    assert len(reading.alerts()) == 1


def test_a_server_that_tells_no_times_is_not_asked_for_all_it_has_each_time(
    reading: Reading,
) -> None:
    server = FhirServer()
    server.put(resource("report", meta=None), *others())
    poll(reading, server)
    server.clock = reading.clock.at = NOW + timedelta(hours=6)
    poll(reading, server, 2)
    assert "_lastUpdated=ge2026-03-02T13%3A55" in server.searches()[1]  # while nobody looked
    assert "_lastUpdated=ge2026-03-02T19%3A55" in server.searches()[2]


def test_a_time_ahead_of_our_clock_does_not_move_the_cursor_past_it(reading: Reading) -> None:
    server = stocked()
    server.put(resource("report", meta={"versionId": "9", "lastUpdated": "2031-01-01T00:00:00Z"}))
    poll(reading, server)
    read_to = reading.engine.database.look(lambda c: cursors.load(c, ORIGIN.name))
    assert read_to is not None
    assert read_to <= NOW


def test_a_time_ahead_of_our_clock_hides_nothing_on_a_server_whose_clock_is_behind(
    reading: Reading,
) -> None:
    server = stocked(clock=NOW - timedelta(minutes=20))
    ahead = {"versionId": "1", "lastUpdated": "2031-01-01T00:00:00Z"}
    server.put(resource("report", id="r9", meta=ahead, identifier=None))
    assert poll(reading, server) == [2]
    at = (NOW - timedelta(minutes=19)).isoformat()
    late = {"versionId": "1", "lastUpdated": at}
    server.put(resource("report", id="r2", meta=late, issued=at, identifier=None))
    assert poll(reading, server) == [3]
    assert len(reading.alerts()) == 3


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


def state_of_a_round(reading: Reading, server: FhirServer) -> str:
    async def run() -> str:
        async with serving(server), reading.poller(server) as poller:
            await poller._round()
            return poller.state

    return asyncio.run(run())


def test_pages_that_are_too_large_are_asked_for_with_fewer_reports(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scans in base64 make a page of a hundred reports larger than any answer may be."""
    server = many(25, page_size=100)
    monkeypatch.setattr(exchange, "MOST_BYTES", 15_000)
    assert state_of_a_round(reading, server) == "ok"
    assert len(reading.alerts()) == 25
    assert "_count=10&" in server.searches()[-1]


def test_a_report_that_is_too_large_only_with_what_it_refers_to_is_asked_for_alone(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = stocked()
    scans = {"resourceType": "Observation", "id": "o1", "status": "final"}
    server.put(*({**scans, "id": f"o{n}", "note": [{"text": "x" * 900}]} for n in range(20)))
    monkeypatch.setattr(exchange, "MOST_BYTES", 15_000)
    assert state_of_a_round(reading, server) == "ok"
    assert len(reading.alerts()) == 1


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


def test_a_next_link_to_where_a_server_behind_a_proxy_thinks_it_is_leads_to_it(
    reading: Reading,
) -> None:
    """As HAPI FHIR has it whose proxy ends TLS."""
    inside = "http://inside.example.org:8080/fhir/"
    further = f"{inside}DiagnosticReport?_offset=2"
    assert poll(reading, many(3, page_size=2, known_as=inside, next_link=further)) == [3]


class SaysSelf(FhirServer):
    """It knows itself by the link to the page, and pages by its root."""

    def _page(self, request: web.Request, kind: str) -> Json:
        page = super()._page(request, kind or "DiagnosticReport")
        inside = "https://inside.example.org/fhir"
        own = {"relation": "self", "url": f"{inside}/DiagnosticReport?_count=2"}
        links = [{**link, "url": f"{inside}?_offset=2"} for link in page["link"]]
        entries = [{**entry, "fullUrl": ""} for entry in page["entry"]]
        return {**page, "link": [own, *links], "entry": entries}


@pytest.mark.parametrize("said", ["CT head", "Schädel"])
def test_a_next_link_with_what_no_address_may_have_is_followed(reading: Reading, said: str) -> None:
    """Servers that write the query as they have read it: the second page was a bad request."""
    server = many(20, page_size=10)
    server.next_link = f"/r4/DiagnosticReport?_offset=10&code:text={said}"
    assert poll(reading, server) == [20]


def test_the_link_to_itself_tells_as_much(reading: Reading) -> None:
    assert poll(reading, many(3, SaysSelf, page_size=2)) == [3]


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ("https://fhir.example.org/r4/", "https://FHIR.Example.org/r4/DiagnosticReport?page=2"),
        ("https://fhir.example.org/r4/", "https://fhir.example.org:443/r4?page=2"),
        ("http://fhir.example.org:80/r4/", "http://fhir.example.org/r4?page=2"),
        ("https://fhir.example.org/r4/", "/r4?page=2"),
    ],
)
def test_a_server_is_the_same_in_capitals_and_with_its_usual_port(base: str, link: str) -> None:
    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            client = FhirClient(base, session, FixedToken(""))
            client._same_server(URL(f"{base}DiagnosticReport"), link)

    asyncio.run(run())


def test_the_query_of_the_site_narrows_the_search(reading: Reading) -> None:
    server = stocked()

    async def run() -> None:
        how = Polling(query=(("category", "RAD,LP29684-5"),))
        async with serving(server), reading.poller(server, how) as poller:
            await poller.poll()

    asyncio.run(run())
    assert server.searches()[0].startswith("DiagnosticReport?category=RAD%2CLP29684-5&")

"""How the pages of a search are turned, whatever their server calls what is on them."""

import asyncio
import json
from dataclasses import dataclass

import pytest
from aiohttp import web

from tests.sources.fhir_polls import many, poll, rounds
from tests.sources.fhir_samples import Json
from tests.sources.fhir_server import FhirServer, Reading, serving
from tests.written import writing


@pytest.mark.parametrize("same", ["fullUrl", "id"])
def test_pages_whose_entries_are_all_named_alike_are_turned_to_the_last(
    reading: Reading, same: str
) -> None:
    """They looked like links that lead in a circle: a few pages were read, and the rest never."""

    def named(page: bytes) -> bytes:
        found = json.loads(page)
        for entry in found["entry"]:
            entry["fullUrl"] = "https://ehr.example.org/r4/DiagnosticReport"
            entry["resource"].pop(same, None)
        return json.dumps(found).encode()

    server = many(50, page_size=5, spoils=named)
    assert poll(reading, server) == [50]


def test_pages_whose_entries_are_the_reports_themselves_are_read_and_turned(
    reading: Reading,
) -> None:
    def bared(page: bytes) -> bytes:
        found = json.loads(page)
        found["entry"] = [entry["resource"] for entry in found["entry"]]
        for link in found["link"]:
            link["relation"] = link["relation"].title()
        return json.dumps(found).encode()

    assert poll(reading, many(10, page_size=4, spoils=bared)) == [10]


class Forgetful(FhirServer):
    """It counts all that there is, and never says where the next page is."""

    def _page(self, request: web.Request, kind: str) -> Json:
        page, self.page_size = super()._page(request, kind), 1000
        total, self.page_size = len(super()._page(request, kind)["entry"]), 10
        return {**page, "link": [], "total": total}


def test_what_is_counted_and_has_no_next_page_is_searched_for_from_the_last_report_on(
    reading: Reading,
) -> None:
    """Some HAPI servers leave the link out. All but the first page waited for later polls, or for
    ever where a page holds no more than what overlaps."""
    server = many(30, Forgetful, page_size=10)
    assert poll(reading, server, 2) == [30, 0]


@dataclass
class Homemade(FhirServer):
    """It cuts the rest off, says nothing of that, and counts only if it is asked to."""

    counts: bool = False
    backwards: bool = False

    def _page(self, request: web.Request, kind: str) -> Json:
        page, size = super()._page(request, kind), self.page_size
        self.page_size = 1000
        every = super()._page(request, kind)["entry"]
        self.page_size = size
        entries = every[::-1][:size] if self.backwards else page["entry"]
        counted = {"total": len(every)} if self.counts else {}
        return {**page, "link": [], "entry": entries, **counted}


def left_out(reading: Reading, server: FhirServer, times: int = 2) -> list[object]:
    """What is told of that in this many polls."""
    with writing() as log:
        poll(reading, server, times)
    assert log.dropped == []
    return [line["count"] for line in log.lines if line["event"] == "search_leaves_out"]


def test_a_server_that_cuts_off_what_it_does_not_count_is_read_to_the_end(
    reading: Reading,
) -> None:
    """Of more than a page within what overlaps, the first page came again and again."""
    assert left_out(reading, many(35, Homemade, page_size=10)) == []
    assert len(reading.alerts()) == 35


@pytest.mark.parametrize("counts", [False, True])
def test_more_than_a_page_of_one_instant_does_not_hide_what_is_newer(
    reading: Reading, counts: bool
) -> None:
    """A server that was filled in one go stood still there, and nobody heard of it."""
    server = many(30, Homemade, page_size=10, counts=counts)
    at = server.resources["DiagnosticReport/r5"]["meta"]["lastUpdated"]
    for number in range(5, 17):
        server.resources[f"DiagnosticReport/r{number}"]["meta"]["lastUpdated"] = at
    told = left_out(reading, server)
    assert told == ([15] if counts else [])
    assert len(reading.alerts()) == 28


def test_a_server_that_brings_the_newest_of_more_than_a_page_is_told_once(
    reading: Reading,
) -> None:
    server = many(30, Homemade, page_size=10, counts=True, backwards=True)
    assert left_out(reading, server, 3) == [20]


def test_newest_first_and_not_counted_it_is_told_where_all_on_the_only_page_are_new(
    reading: Reading,
) -> None:
    """The older ones were lost, and nobody heard of it."""
    server = many(30, Homemade, page_size=10, backwards=True)
    assert left_out(reading, server, 3) == [1]


def test_newest_first_nothing_is_missing_where_one_was_read_before(reading: Reading) -> None:
    server = many(9, Homemade, page_size=10, backwards=True)

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            await poller.poll()
            server.resources |= many(14).resources
            await poller.poll()

    with writing() as log:
        asyncio.run(run())
    assert len(reading.alerts()) == 14
    assert [line for line in log.lines if line["event"] == "search_leaves_out"] == []


@dataclass
class Ends(FhirServer):
    """It has given up each search before its second page is asked for, or another one has it."""

    status: int = 410
    newest_first: bool = False

    async def _answer(self, request: web.Request, name: str) -> web.Response:
        if "_offset" in request.query:
            return web.Response(status=self.status)
        return await super()._answer(request, name)

    def _page(self, request: web.Request, kind: str) -> Json:
        page = super()._page(request, kind)
        entries = page["entry"][::-1] if self.newest_first else page["entry"]
        return {**page, "entry": entries}


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_search_that_its_server_gives_up_goes_on_from_the_last_report(
    reading: Reading, status: int
) -> None:
    """What stood behind the first page was never read, and the first page again and again."""
    server = many(30, Ends, page_size=10, status=status)
    assert rounds(reading, server, 2) == ["ok", "ok"]
    assert len(reading.alerts()) == 30


def test_one_that_does_not_bring_the_oldest_first_leaves_nothing_out_by_going_on(
    reading: Reading,
) -> None:
    server = many(30, Ends, page_size=10, newest_first=True)
    assert rounds(reading, server) == ["search-410"]


def test_what_overlaps_is_searched_to_its_end_where_no_page_names_the_next(
    reading: Reading,
) -> None:
    """A report that is indexed late, and lies behind the first page of it, was left out."""
    server = many(30, Forgetful, page_size=10)
    late = server.resources.pop("DiagnosticReport/r15")

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            await poller.poll()
            server.put(late)
            await poller.poll()

    asyncio.run(run())
    assert len(reading.alerts()) == 30


class Forwarded(FhirServer):
    """Behind a proxy; its further pages do not say under which address it knows itself."""

    def _page(self, request: web.Request, kind: str) -> Json:
        page, inside = super()._page(request, kind), "http://inside.example.org/r4/"
        following = [{**link, "url": inside + link["url"][4:]} for link in page["link"]]
        own = {"relation": "self", "url": f"{inside}DiagnosticReport?_count=10"}
        entries = [{**entry, "fullUrl": ""} for entry in page["entry"]]
        links = following if "_offset" in request.query else [own, *following]
        return {**page, "link": links, "entry": entries}


def test_a_server_behind_a_proxy_is_the_same_on_all_its_pages(reading: Reading) -> None:
    assert rounds(reading, many(30, Forwarded, page_size=10)) == ["ok"]
    assert len(reading.alerts()) == 30


def test_a_word_of_the_server_that_something_is_wrong_with_the_search_is_told(
    reading: Reading,
) -> None:
    """Oracle Health leaves out a report that breaks its rules, and says so in its place."""
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    said = [0]

    def warned(page: bytes) -> bytes:
        found = json.loads(page)
        found["entry"] += [{"resource": outcome, "search": {"mode": "outcome"}}] * said[0]
        return json.dumps(found).encode()

    server = many(3, spoils=warned)

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            for said[0] in (0, 1, 1, 2, 0, 1):
                await poller.poll()

    with writing() as log:
        asyncio.run(run())
    told = [line["count"] for line in log.lines if line["event"] == "search_has_warnings"]
    assert told == [1, 2, 1]
    assert log.dropped == []


class Stuck(FhirServer):
    """Whatever page is asked for, it brings the first one."""

    def _page(self, request: web.Request, kind: str) -> Json:
        first = request.clone(rel_url=request.rel_url.without_query_params("_offset"))
        return {**super()._page(first, kind), "total": len(self.resources)}


@pytest.mark.parametrize(("reports", "state"), [(30, "pages-in-a-circle"), (10, "ok")])
def test_pages_in_a_circle_are_told_where_there_is_more_than_they_bring(
    reading: Reading, reports: int, state: str
) -> None:
    """The others would never be read, and nobody would hear of it."""
    server = many(reports, Stuck, page_size=10)
    assert rounds(reading, server) == [state]
    assert len(reading.alerts()) == 10

"""How the pages of a search are turned, whatever their server calls what is on them."""

import json

import pytest
from aiohttp import web

from tests.sources.fhir_polls import many, poll, rounds
from tests.sources.fhir_samples import Json
from tests.sources.fhir_server import FhirServer, Reading


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

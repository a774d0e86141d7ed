"""What is asked of a server that was asked for too much."""

import asyncio
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web

from bot.sources.fhir import exchange
from bot.sources.fhir.exchange import TOO_LARGE, TOO_SLOW
from bot.sources.fhir.wishes import Wishes
from tests.sources.fhir_polls import many, rounds
from tests.sources.fhir_samples import Json
from tests.sources.fhir_server import FhirServer, Reading, serving


def asked(wishes: Wishes) -> tuple[int, bool]:
    found = dict(wishes.parameters())
    return int(found["_count"]), "_include" in found


def test_of_a_server_that_is_too_slow_less_is_asked_until_it_has_gone_well_for_a_while() -> None:
    wishes = Wishes()
    levels = [asked(wishes)]
    for reason in (TOO_SLOW, "search-504", TOO_SLOW, TOO_SLOW):
        wishes.fewer(reason)
        levels.append(asked(wishes))
    assert levels == [(100, True), (10, True), (1, True), (1, False), (1, False)]
    for _ in range(60):
        wishes.went_well()
        levels += [asked(wishes)] if asked(wishes) != levels[-1] else []
    assert levels[-3:] == [(1, True), (10, True), (100, True)]


def test_pages_that_were_too_large_stay_smaller_and_includes_that_were_refused_stay_away() -> None:
    wishes = Wishes()
    assert wishes.fewer(TOO_LARGE)
    assert wishes.fewer("search-400")
    assert wishes.fewer(TOO_SLOW)
    assert asked(wishes) == (1, False)
    assert not wishes.fewer(TOO_SLOW)
    assert not wishes.fewer("search-410")
    for _ in range(100):
        wishes.went_well()
    assert asked(wishes) == (10, False)


def test_what_was_refused_is_asked_for_again_in_time_as_it_may_have_been_for_a_moment() -> None:
    wishes = Wishes()
    everything = wishes.parameters()
    wishes.fewer("search-403")
    for _ in range(999):
        wishes.went_well()
    assert asked(wishes) == (100, False)
    wishes.went_well()
    assert wishes.parameters() == everything


def test_where_nothing_less_is_taken_either_everything_is_asked_for_again() -> None:
    wishes = Wishes()
    everything = wishes.parameters()
    assert [wishes.fewer("search-403") for _ in range(3)] == [True, True, False]
    assert wishes.parameters() == everything


@dataclass
class Picky(FhirServer):
    """It refuses what it does not know."""

    unknown: tuple[str, ...] = ()
    status: int = 400

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if any(name in request.query for name in self.unknown):
            return web.Response(status=self.status)
        return await super().handle(request)


@pytest.mark.parametrize("unknown", [("_include",), ("_sort",), ("_include", "_sort")])
@pytest.mark.parametrize("status", [400, 403, 422, 501])
def test_a_server_that_knows_no_include_or_no_sort_is_asked_without(
    reading: Reading, unknown: tuple[str, ...], status: int
) -> None:
    server = many(3, Picky, unknown=unknown, status=status)
    assert rounds(reading, server, 3)[-1] == "ok"
    assert len(reading.alerts()) == 3


class WholeSeconds(FhirServer):
    """It takes a time as the standard has it for a search, and writes others (AWS's of 2021)."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if "." in request.query.get("_lastUpdated", ""):
            return web.Response(status=400)
        return await super().handle(request)


def test_a_search_asks_for_whole_seconds_as_servers_exist_that_take_no_others(
    reading: Reading,
) -> None:
    server = many(3, WholeSeconds)
    for one in server.resources.values():
        one["meta"]["lastUpdated"] = one["meta"]["lastUpdated"].replace("+", ".123+")
    assert rounds(reading, server, 2) == ["ok", "ok"]
    assert len(reading.alerts()) == 3


class Slow(FhirServer):
    """A page of more than ten takes it longer than anybody waits."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("_count") == "100":
            await asyncio.sleep(5)
        return await super().handle(request)


def test_a_server_that_takes_too_long_for_a_hundred_reports_is_asked_for_ten(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "_TIMEOUT", aiohttp.ClientTimeout(total=0.5))
    assert rounds(reading, many(12, Slow), 2) == ["no-answer-in-time", "ok"]
    assert len(reading.alerts()) == 12


class Dies(FhirServer):
    """It, or the gateway before it, closes the connection for a page of more than ten."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("_count") == "100":
            assert request.transport
            request.transport.close()
        return await super().handle(request)


def test_a_server_that_closes_the_connection_for_a_hundred_reports_is_asked_for_ten(
    reading: Reading,
) -> None:
    """It was called unreachable, and no report was read any more."""
    assert rounds(reading, many(12, Dies), 2) == ["connection-closed", "ok"]
    assert len(reading.alerts()) == 12


class Breaks(FhirServer):
    """It cannot put together what reports refer to."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if "_include" in request.query_string:
            return web.Response(status=500)
        return await super().handle(request)


def test_a_server_that_breaks_for_an_include_is_asked_without(reading: Reading) -> None:
    states = rounds(reading, many(3, Breaks), 4)
    assert states == ["search-500", "search-500", "search-500", "ok"]
    assert len(reading.alerts()) == 3


class Poisoned(FhirServer):
    """One of its reports it cannot bring, and then nothing else on the page (Oracle Health's)."""

    ill = True

    def _page(self, request: web.Request, kind: str) -> Json:
        page = super()._page(request, kind)
        if self.ill and any(entry["resource"]["id"] == "r5" for entry in page["entry"]):
            raise web.HTTPInternalServerError
        return page


def test_reports_behind_one_that_the_server_cannot_bring_are_read(reading: Reading) -> None:
    """The search began before it for ever, and no later report was read."""
    server = Poisoned()
    server.resources = many(12).resources

    async def run() -> list[str]:
        async with serving(server), reading.poller(server) as poller:
            states = []
            for _ in range(5):
                await poller._round()
                states.append(poller.state)
            found = len(reading.alerts())
            server.ill = False
            await poller._round()
            return [*states, str(found), poller.state]

    assert asyncio.run(run()) == [*["search-500"] * 5, "11", "ok"]
    assert len(reading.alerts()) == 12

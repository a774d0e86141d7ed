"""FHIR servers that answer what they should not: none of it ends the loop or hides a report."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from joserfc.jwk import ECKey

from bot.sources.fhir.auth import FixedToken, SmartAccount, SmartTokens
from bot.sources.fhir.client import FhirClient
from bot.sources.fhir.exchange import TryLater
from bot.sources.fhir.polling import Poller
from bot.sources.fhir.subscription import Watch, Wish
from tests.sources.fhir_door import door
from tests.sources.fhir_polls import rounds
from tests.sources.fhir_samples import NOW, ORIGIN, Json, identifier, others, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked
from tests.waiting import soon
from tests.written import writing

EC = ECKey.generate_key("P-384")
OUTCOME = b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}'
AS_FHIR = {"Content-Type": "application/fhir+json"}


# ---- the search -----------------------------------------------------------------------------


@pytest.mark.parametrize("body", [OUTCOME, b'{"resourceType": "Patient", "id": "p1"}'])
def test_an_answer_to_a_search_that_is_no_bundle_is_told(reading: Reading, body: bytes) -> None:
    server = stocked(faults=[("DiagnosticReport?", Fault(200, AS_FHIR, body))])
    assert rounds(reading, server, 2) == ["answer-no-bundle", "ok"]
    assert len(reading.alerts()) == 1


class Circle(FhirServer):
    """Its next links are new ones each time, and lead to the same page."""

    def _page(self, request: web.Request, kind: str) -> Json:
        page = super()._page(request, kind)
        again = f"{self.base}DiagnosticReport?_cursor={len(self.asked)}"
        return {**page, "link": [{"relation": "next", "url": again}]}


def test_next_links_that_lead_in_a_circle_end_the_search(reading: Reading) -> None:
    server = Circle()
    server.put(resource("report"), *others())
    assert rounds(reading, server) == ["ok"]
    assert len(server.searches()) == 4
    assert len(reading.alerts()) == 1


class Away(FhirServer):
    """At first a gateway answers for it, by a clock of its own."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        answer = await super().handle(request)
        if len(self.asked) <= 2:
            late = {"Date": "Mon, 02 Mar 2026 23:00:00 GMT"}
            return web.Response(status=503, headers=late)
        return answer


def test_the_clock_of_a_gateway_before_a_server_that_is_away_is_not_the_servers(
    reading: Reading,
) -> None:
    server = Away()
    server.put(resource("report"), *others())
    assert rounds(reading, server, 2) == ["metadata-503", "ok"]
    assert len(reading.alerts()) == 1


class Sparse(FhirServer):
    """It filters what it has already cut into pages."""

    def _page(self, request: web.Request, kind: str) -> Json:
        page, number = super()._page(request, kind), int(request.query.get("_page", "0"))
        if kind != "DiagnosticReport" or number == 20:
            return page
        following = str(request.rel_url.update_query(_page=number + 1))
        outcome = {"resource": {"resourceType": "OperationOutcome", "issue": []}}
        empty = [{**outcome, "search": {"mode": "outcome"}}] if number % 2 else []
        return {**page, "entry": empty, "link": [{"relation": "next", "url": following}]}


def test_a_report_behind_many_empty_pages_is_found(reading: Reading) -> None:
    server = Sparse()
    server.put(resource("report"), *others())
    assert rounds(reading, server) == ["ok"]
    assert len(reading.alerts()) == 1


class Endless(FhirServer):
    """It always has one more page, with nothing on it."""

    def _page(self, request: web.Request, kind: str) -> Json:
        page = super()._page(request, kind)
        first = "_cursor" not in request.query
        again = f"{self.base}DiagnosticReport?_cursor={len(self.asked)}"
        entries = page["entry"] if first else []
        return {**page, "entry": entries, "link": [{"relation": "next", "url": again}]}


def test_empty_pages_without_end_end_the_search(reading: Reading) -> None:
    server = Endless()
    server.put(resource("report"), *others())
    with writing() as log:
        assert rounds(reading, server) == ["ok"]
    assert "search_has_no_end" in {line["event"] for line in log.lines}
    assert len(server.searches()) == 51
    assert len(reading.alerts()) == 1


def test_only_now_and_then_are_all_empty_pages_turned(reading: Reading) -> None:
    """Fifty requests in each poll would be a load on the server, and no report is behind them."""
    server = Endless()
    server.put(resource("report"), *others())
    assert set(rounds(reading, server, 11)) == {"ok"}
    firsts = [n for n, path in enumerate(server.searches()) if "_lastUpdated" in path]
    ends = [*firsts[1:], len(server.searches())]
    assert [end - first for first, end in zip(firsts, ends, strict=True)] == [51, *[4] * 9, 51]


@pytest.mark.parametrize("restored", [False, True])
def test_a_report_that_has_changed_under_the_same_version_is_read(
    reading: Reading, restored: bool
) -> None:
    """Facades have one version of everything; a restored server gives its numbers out again."""

    def state(version: str, minute: int, **changes: Any) -> Json:
        meta = {"versionId": version, "lastUpdated": f"2026-03-02T14:{minute}:00Z"}
        return resource("report", meta=meta, **changes)

    told = [state("1", 31, conclusionCode=None)]
    told += [state("2", 32, conclusionCode=None)] if restored else []
    told += [state(told[-1]["meta"]["versionId"], 33, status="corrected")]

    async def run() -> None:
        async with serving(server), reading.poller(server) as poller:
            for one in told:
                server.put(one)
                await poller.poll()

    server = stocked()
    asyncio.run(run())
    assert [alert.category for alert in reading.alerts()] == ["critical"]


# ---- what would end the whole copy ----------------------------------------------------------


@dataclass
class Odd(FhirServer):
    """``date`` is what it says in its header, ``expires_in`` of its tokens."""

    date: str = ""
    expires_in: str = "300"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        answer = await super().handle(request)
        if self.date:
            answer.headers["Date"] = self.date
        return answer

    async def give_token(self, request: web.Request) -> web.Response:
        assert request.method == "POST"
        self.token = "given"
        text = f'{{"access_token": "given", "expires_in": {self.expires_in}}}'
        return web.Response(text=text, content_type="application/json")


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
def test_a_date_that_is_none_counts_as_none(reading: Reading, date: str) -> None:
    server = Odd(date=date)
    server.put(resource("report"), *others())
    assert rounds(reading, server) == ["ok"]
    [search] = server.searches()
    since = NOW - timedelta(hours=1, minutes=5)
    assert f"_lastUpdated=ge{since:%Y-%m-%dT}" in search
    assert len(reading.alerts()) == 1


def state_of_a_round_with_smart(reading: Reading, server: FhirServer) -> str:
    async def run() -> str:
        async with serving(server), reading.client(server) as client:
            account = SmartAccount("readback", lambda: EC, "system/*.read")
            tokens = SmartTokens(account, server.base, client.session, reading.clock.now)
            ours = FhirClient(server.base, client.session, tokens)
            poller = Poller(reading.engine, ours, ORIGIN)
            await poller._round()
            return poller.state

    return asyncio.run(run())


@pytest.mark.parametrize("host", ["auth..example.org", "a" * 64 + ".example.org"])
def test_a_token_endpoint_that_no_name_leads_to_is_told(reading: Reading, host: str) -> None:
    told = f'{{"token_endpoint": "https://{host}/token"}}'.encode()
    server = stocked(faults=[(".well-known", Fault(200, body=told))])
    assert state_of_a_round_with_smart(reading, server) == "address-is-none"


@pytest.mark.parametrize("lives", ["9223372036854775807", "1e400", "NaN", "-Infinity", "-1"])
def test_a_token_whose_life_no_calendar_has_room_for_is_used(reading: Reading, lives: str) -> None:
    server = Odd(token="none yet", expires_in=lives)
    server.put(resource("report"), *others())
    assert state_of_a_round_with_smart(reading, server) == "ok"
    assert len(reading.alerts()) == 1


class Stumbling(FixedToken):
    """What nobody has foreseen."""

    async def headers(self) -> dict[str, str]:
        raise ArithmeticError(MARKER)


MARKER = "what the server said of DOE^JANE"


def test_what_nobody_foresaw_is_told_and_ends_nothing(reading: Reading) -> None:
    server = stocked()

    async def run() -> list[str]:
        async with serving(server), reading.client(server, Stumbling()) as client:
            poller = Poller(reading.engine, client, ORIGIN)
            await poller._round()
            watch = Watch("ehr", client, Wish("DiagnosticReport?", "https://rb.example.org", "x"))
            await watch.look()
            states = [poller.state, watch.state]
            poller._client = FhirClient(server.base, client.session, FixedToken())
            await poller._round()
            return [*states, poller.state]

    with writing() as log:
        assert asyncio.run(run()) == ["broke", "broke", "ok"]
    told = ["source_broke", "source_failed", "source_broke", "subscription_failed"]
    assert [line["event"] for line in log.error_lines] == told
    assert MARKER not in log.getvalue()
    assert len(reading.alerts()) == 1


# ---- often asked, and cut off ---------------------------------------------------------------


def test_a_storm_of_empty_deliveries_is_no_storm_of_searches(reading: Reading) -> None:
    server = stocked()

    async def run() -> None:
        async with door(reading, server) as hook:
            running = asyncio.create_task(hook.poller.run())
            for _ in range(100):
                assert await hook.send("POST") == 200
                await asyncio.sleep(0.005)
            await soon(lambda: len(server.searches()) >= 2)
            running.cancel()

    asyncio.run(run())
    assert len(server.searches()) < 10
    assert len(reading.alerts()) == 1


class BreaksOff(FhirServer):
    """It fails for the second page, once."""

    async def _answer(self, request: web.Request, name: str) -> web.Response:
        if "_offset" in request.query_string and len(self.searches()) == 2:
            return web.Response(status=500)
        return await super()._answer(request, name)


def test_a_poll_that_breaks_off_does_not_do_again_what_it_has_done(reading: Reading) -> None:
    server = BreaksOff(page_size=2)
    for number in range(4):
        meta = {"versionId": "1", "lastUpdated": f"2026-03-02T14:30:{number:02}Z"}
        accession = [identifier(f"A{number}", "ACSN")]
        about = {"meta": meta, "identifier": accession, "basedOn": None}
        server.put(resource("report", id=f"r{number}", **about))

    async def run() -> int:
        async with serving(server), reading.poller(server) as poller:
            with pytest.raises(TryLater, match="search-500"):
                await poller.poll()
            return await poller.poll()

    assert asyncio.run(run()) == 2
    assert len(reading.alerts()) == 4

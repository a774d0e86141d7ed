"""Pages of a search that are no JSON as a whole: what stands behind them is read all the same."""

import json
from collections.abc import Callable

import pytest
from aiohttp import web

from tests.sources.fhir_polls import many, rounds
from tests.sources.fhir_server import FhirServer, Reading

Spoil = Callable[[bytes], bytes]


def links_behind(page: bytes) -> bytes:
    """Its links behind the entries, as many servers write them."""
    found = json.loads(page)
    links = found.pop("link")
    return json.dumps({**found, "link": links}).encode()


def unquoted_in(number: str, page: bytes) -> bytes:
    """A report whose text was not made JSON of, as servers made by hand write it."""
    head, name, tail = page.partition(f'"id": "{number}"'.encode())
    return head + name + tail.replace(b"Acute", rb"{\rtf1\x Acute", 1)


def spoilt(number: int, spoil: Spoil) -> FhirServer:
    server = many(number, page_size=10)
    server.spoils = spoil
    return server


@pytest.mark.parametrize("number", ["r0", "r5", "r9"])
@pytest.mark.parametrize("links_are", [bytes, links_behind], ids=["before", "behind"])
def test_a_page_with_a_broken_entry_leads_to_the_next_one(
    reading: Reading, number: str, links_are: Callable[[bytes], bytes]
) -> None:
    """Many reports of a few minutes: the pages behind it were never asked for."""
    server = spoilt(30, lambda page: unquoted_in(number, links_are(page)))
    assert rounds(reading, server) == ["ok"]
    assert len(reading.alerts()) == 29 + 1  # the broken one is flagged, and the coordinator's
    assert [reason for _, _, reason in reading.messages() if reason] == ["not-json"]


def test_a_page_that_breaks_off_is_asked_for_anew_with_fewer_reports(reading: Reading) -> None:
    """A gateway that lets no more than so many bytes pass hides none of them."""
    server = spoilt(30, lambda page: page[:8_000])
    server.page_size = 100
    assert rounds(reading, server) == ["ok"]
    assert {f"r{number}/1" for number in range(30)} <= {one for one, _, _ in reading.messages()}


class Cuts(FhirServer):
    """Its gateway closes the connection in the midst of an answer that is large."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        answer = await super().handle(request)
        body = getattr(answer, "body", None) or b""
        if not isinstance(body, bytes) or len(body) < 12_000:
            return answer
        cut = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await cut.prepare(request)
        await cut.write(body[:8_000])
        assert request.transport
        request.transport.close()
        return cut


def test_a_page_whose_connection_ends_in_its_midst_is_asked_for_anew_with_fewer_reports(
    reading: Reading,
) -> None:
    """It was called unreachable, and asked for as it was for ever: no report was read any more."""
    assert rounds(reading, many(30, Cuts)) == ["ok"]
    assert len(reading.alerts()) == 30


def test_one_that_breaks_off_however_few_are_asked_for_is_told_and_asked_for_again(
    reading: Reading,
) -> None:
    """Which reports were behind the break nobody knows: the cursor stays before them."""
    broken = [True]

    def spoil(page: bytes) -> bytes:
        return page[: len(page) // 2] if broken[0] else page

    server = spoilt(30, spoil)
    assert rounds(reading, server, 2) == ["answer-broke-off"] * 2
    broken[0] = False
    assert rounds(reading, server) == ["ok"]
    assert {f"r{number}/1" for number in range(30)} <= {one for one, _, _ in reading.messages()}


def test_a_page_that_breaks_off_behind_its_reports_is_asked_for_again(reading: Reading) -> None:
    """Whether another one was to follow stood there."""
    cut = [True]

    def spoil(page: bytes) -> bytes:
        whole = links_behind(page)
        return whole[: whole.index(b'"link"') + 20] if cut[0] else whole

    server = spoilt(30, spoil)
    assert rounds(reading, server) == ["answer-broke-off"]
    cut[0] = False
    assert rounds(reading, server) == ["ok"]
    assert len(reading.alerts()) == 30

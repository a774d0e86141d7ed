"""What a report refers to, of a server that does not answer: it is asked for until it has come or a
person has to look, and holds up no other report."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.sources.fhir import page, references
from storage import quarantine
from tests.sources.fhir_door import door
from tests.sources.fhir_polls import rounds
from tests.sources.fhir_samples import NOW, identifier, others, resource
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving, stocked

OUTCOME = b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}'
AS_FHIR = {"Content-Type": "application/fhir+json"}


CRITICAL = {
    "resourceType": "Observation",
    "id": "o9",
    "status": "final",
    "code": {"text": "Communication"},
    "interpretation": [{"coding": [{"code": "AA"}]}],
}
RESULT = [{"reference": "Observation/o9"}]
PAGE_TO_LOG_IN = Fault(200, {"Content-Type": "text/html"}, b"<html>Log in</html>")


def silent(**about: Any) -> FhirServer:
    """Only the result of its report says that it is critical."""
    server = FhirServer(includes=False, **about)
    server.put(resource("report", result=RESULT, conclusionCode=None), *others(), CRITICAL)
    return server


def waiting(reading: Reading) -> list[str]:
    entries = reading.engine.database.look(quarantine.listing)
    return [entry.unusable.reason for entry in entries]


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([PAGE_TO_LOG_IN], id="log-in"),
        pytest.param([Fault(302, {"Location": "/login"})], id="redirect"),
        pytest.param([Fault(401), Fault(401)], id="token"),
        pytest.param([Fault(405)], id="method"),
        pytest.param([Fault(429, {"Retry-After": "0"})], id="busy"),
        pytest.param([Fault(200, AS_FHIR, b'{"resourceType": "Obser')], id="truncated"),
        pytest.param([Fault(200, AS_FHIR, OUTCOME)], id="outcome"),
        pytest.param([Fault(204)], id="empty"),
    ],
)
def test_a_result_that_was_not_answered_is_read_in_the_next_round(
    reading: Reading, faults: list[Fault]
) -> None:
    server = silent(faults=[("Observation/o9", fault) for fault in faults])
    assert rounds(reading, server, 2) == ["ok", "ok"]
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert waiting(reading) == []


def test_a_result_that_never_comes_waits_for_a_person_and_pages_when_it_does(
    reading: Reading,
) -> None:
    server = silent(faults=[("Observation/o9", Fault(500)) for _ in range(4)])

    async def run() -> list[list[str]]:
        found = []
        async with serving(server), reading.poller(server) as poller:
            for _ in range(4):
                await poller.poll()
                found.append(waiting(reading))
            await poller.poll()
        return found

    found = asyncio.run(run())
    assert found == [[], [], ["unread-results"], ["unread-results"]]
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert waiting(reading) == ["unread-results"]


def much_later() -> dict[str, Any]:
    """A report that changed so long after the others that a poll from it on does not show them."""
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:59:00Z"}
    number = [identifier("A2", "ACSN")]
    return resource("report", id="r2", meta=meta, identifier=number, conclusionCode=None)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_report_whose_result_is_to_follow_stays_in_reach_of_the_next_poll(
    reading: Reading, restarts: bool
) -> None:
    """Of many that are read at once, after an hour away, the last is much newer than the first."""
    server = silent(faults=[("Observation/o9", Fault(500))])
    server.put(much_later())
    for times in (1, 1) if restarts else (2,):
        assert set(rounds(reading, server, times)) == {"ok"}
    assert [alert.category for alert in reading.alerts()] == ["critical"]


def test_one_that_waits_for_a_person_pages_when_its_result_comes_all_the_same(
    reading: Reading,
) -> None:
    """As of a server that answers nothing for as long as its Retry-After has said."""
    server = silent(faults=[("Observation/o9", Fault(500)) for _ in range(6)])
    server.put(much_later())
    assert set(rounds(reading, server, 7)) == {"ok"}
    assert waiting(reading) == ["unread-results"]
    assert [alert.category for alert in reading.alerts()] == ["critical"]


def test_it_is_asked_for_ever_more_seldom(reading: Reading) -> None:
    server = silent(faults=[("Observation/o9", Fault(500)) for _ in range(99)])
    assert set(rounds(reading, server, 33)) == {"ok"}
    assert server.reads().count("Observation/o9") == 12


def test_of_very_many_only_those_that_nobody_has_heard_of_hold_up_the_search() -> None:
    look, later = page.Look(NOW, NOW, NOW), NOW + timedelta(minutes=9)
    for number in range(300):
        at = (NOW if number else later).isoformat()
        report = {"meta": {"lastUpdated": at}}
        look.await_again(report, f"{number}", 3 if number else 2)
        assert len(look.held_by()) == (number + 1 if number < 200 else 1)
    assert look.held_by() == [later]


def test_one_that_never_comes_does_not_hold_up_the_search_for_ever(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_MOST_TRIES", 3)
    server = silent(faults=[("Observation/o9", Fault(500)) for _ in range(3)])
    server.put(much_later())
    assert set(rounds(reading, server, 4)) == {"ok"}
    assert waiting(reading) == ["unread-results"]
    begins = [path.partition("ge")[2][:18] for path in server.searches()]
    assert begins[-1] == "2026-03-02T14%3A54"


class Hanging(FhirServer):
    """It searches, and answers no reference."""

    silent_for = "/"

    async def _answer(self, request: web.Request, name: str) -> web.Response:
        if self.silent_for in name:
            await asyncio.sleep(2)
        return await super()._answer(request, name)


def test_reports_of_a_server_that_answers_no_reference_are_not_held_up(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "ANSWER_SECONDS", 0.2)
    server = Hanging(includes=False)
    for number in range(20):
        meta = {"versionId": "1", "lastUpdated": f"2026-03-02T14:30:{number:02}Z"}
        accession = [identifier(f"A{number}", "ACSN")]
        server.put(resource("report", id=f"r{number}", meta=meta, identifier=accession))
    assert rounds(reading, server) == ["ok"]
    assert len(reading.alerts()) == 20
    assert len(server.reads()) < 20


def test_a_resource_that_is_never_answered_keeps_no_other_of_its_kind_away(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(references, "_KIND_RESTS", 0.0)
    server = Hanging(includes=False)
    server.silent_for = "Observation/o1"
    lost = [{"reference": "Observation/o1"}]
    server.put(resource("report", result=lost), *others(), CRITICAL)
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:31:00Z"}
    changes = {"result": RESULT, "conclusionCode": None, "identifier": [identifier("A2", "ACSN")]}
    server.put(resource("report", id="r2", meta=meta, **changes))
    assert rounds(reading, server, 2) == ["ok", "ok"]
    assert len(reading.alerts()) == 2
    assert server.reads().count("Observation/o1") == 1


def test_a_delivery_by_id_whose_report_cannot_be_read_is_asked_for_again(reading: Reading) -> None:
    async def run() -> int:
        async with door(reading, stocked(faults=[("DiagnosticReport/", PAGE_TO_LOG_IN)])) as hook:
            first = await hook.send("PUT", "/DiagnosticReport/r1")
            assert first == 503
            return await hook.send("PUT", "/DiagnosticReport/r1")

    assert asyncio.run(run()) == 200
    assert len(reading.alerts()) == 1

"""Several resources in one delivery: each report is taken in, and what is broken keeps none out."""

import asyncio
import json
from typing import Any

import pytest

from bot.sources.fhir.polling import Poller
from bot.sources.fhir.shapes import Resource
from tests.sources.fhir_door import door
from tests.sources.fhir_samples import Json, bundle, others, resource
from tests.sources.fhir_server import Reading, stocked


def test_every_report_of_a_bundle_is_taken_in(reading: Reading) -> None:
    other = resource("report", id="r2", identifier=None)

    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", bundle(resource("report"), other))

    assert asyncio.run(run()) == 200
    assert len(reading.alerts()) == 2


@pytest.mark.parametrize("body", [bundle(resource("report")), bundle()])
def test_a_bundle_is_answered_with_one_as_its_server_may_have_sent_a_transaction(
    reading: Reading, body: Json
) -> None:
    """HAPI's client takes any other answer for a failed delivery."""

    async def run() -> tuple[int, str]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", body), hook.answer

    status, answer = asyncio.run(run())
    assert (status, json.loads(answer)["resourceType"]) == (200, "Bundle")


def delivered(reading: Reading, body: Json | bytes) -> tuple[int, list[str]]:
    """Status and issues of the answer to it."""

    async def run() -> tuple[int, list[str]]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", body), hook.issues()

    return asyncio.run(run())


def test_a_delivered_document_is_the_text_of_its_report(reading: Reading) -> None:
    div = "<div>CRITICAL RESULT: Embolus</div>"
    said = {"title": "Conclusion", "text": {"status": "generated", "div": div}}
    document = {"resourceType": "Composition", "id": "c1", "section": [said]}
    silent = resource("report", presentedForm=None, conclusion=None, conclusionCode=None)

    async def run() -> int:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", bundle(document, silent))

    assert asyncio.run(run()) == 200
    assert len(reading.alerts()) == 1


def between(broken: bytes) -> bytes:
    """A Bundle with that among two sound reports."""
    sound = [resource("report"), resource("report", id="r2", identifier=None)]
    first, last = (b'{"resource": %s}' % json.dumps(one).encode() for one in sound)
    return b'{"resourceType": "Bundle", "entry": [%s]}' % b", ".join((first, broken, last))


def test_an_entry_of_a_bundle_that_is_no_json_waits_and_its_neighbours_open_alerts(
    reading: Reading,
) -> None:
    broken = b'{"resource": {"resourceType": "DiagnosticReport", "conclusionCode": [{"coding": [{"code": "RID49480"}]}], "id": "r9" "status": "final"}}'  # noqa: E501 - one entry of a Bundle
    status, issues = delivered(reading, between(broken))
    assert status == 200
    assert [issue.split(": ")[:3] for issue in issues] == [
        ["warning 3 of 3", "kept in quarantine", "not-json"]
    ]
    outcomes = [(outcome, reason) for _, outcome, reason in reading.messages()]
    assert outcomes == [("reports", ""), ("reports", ""), ("quarantined", "not-json")]
    # The broken one is flagged: a coordinator has it.
    assert len(reading.alerts()) == 3


def test_a_report_whose_status_is_unknown_waits_and_its_neighbours_open_alerts(
    reading: Reading,
) -> None:
    plain = resource("report", id="r9", status="done", conclusionCode=None, identifier=None)
    status, issues = delivered(reading, between(json.dumps({"resource": plain}).encode()))
    assert status == 200
    assert issues[0].startswith("warning 2 of 3: kept in quarantine: unknown-status: ")
    assert len(reading.alerts()) == 2


@pytest.mark.parametrize("depth", [300, 950, 100_000])
def test_an_entry_that_is_nested_without_end_keeps_no_neighbour_out(
    reading: Reading, depth: int
) -> None:
    nested = b'{"resource": {"resourceType": "DiagnosticReport", "extension": %s%s}}'
    assert delivered(reading, between(nested % (b"[" * depth, b"]" * depth)))[0] == 200
    assert len(reading.alerts()) == 2
    assert ("", "quarantined", "not-json") in reading.messages()


def test_a_report_that_cannot_be_stored_keeps_no_neighbour_out_and_is_asked_for_again(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Poller.take

    async def breaks_at_r9(self: Poller, report: Resource, *rest: Any, **named: Any) -> Any:
        if report["id"] == "r9":
            raise ValueError
        return await take(self, report, *rest, **named)

    monkeypatch.setattr(Poller, "take", breaks_at_r9)
    bad = json.dumps({"resource": resource("report", id="r9")}).encode()
    assert delivered(reading, between(bad)) == (500, ["error 2 of 3: not stored, send it again"])
    assert len(reading.alerts()) == 2


def test_a_bundle_of_other_resources_is_kept_and_the_server_looked_at(reading: Reading) -> None:
    async def run() -> tuple[int, bool]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", bundle(*others())), hook.asked_to_look

    assert asyncio.run(run()) == (200, True)
    assert reading.messages() == [("", "set_aside", "fhir-bundle")]


@pytest.mark.parametrize("kind", ["Parameters", "SubscriptionStatus", "Patient"])
def test_a_resource_that_is_no_report_is_kept_and_the_server_looked_at(
    reading: Reading, kind: str
) -> None:
    async def run() -> tuple[int, bool]:
        async with door(reading, stocked()) as hook:
            return await hook.send("POST", "", {"resourceType": kind}), hook.asked_to_look

    assert asyncio.run(run()) == (200, True)
    assert [outcome for _, outcome, _ in reading.messages()] == ["set_aside"]


FOCUS = {"reference": "https://inside.example.org/fhir/DiagnosticReport/r1"}
STATUS = {"resourceType": "SubscriptionStatus", "notificationEvent": [{"focus": FOCUS}]}
EVENT = {"name": "notification-event", "part": [{"name": "focus", "valueReference": FOCUS}]}
PARAMETERS = {"resourceType": "Parameters", "parameter": [EVENT]}


@pytest.mark.parametrize("status", [STATUS, PARAMETERS], ids=["R5", "backport"])
@pytest.mark.parametrize("searches", [False, True])
def test_a_report_that_a_notification_only_names_is_read_where_no_search_would_find_it(
    reading: Reading, status: Json, searches: bool
) -> None:
    """As of a server that notifies and lets nobody search: its reports were never read. Where it
    does, the site's query says which reports are read."""
    request = {"method": "PUT", "url": "DiagnosticReport/r1"}
    notification = {
        "resourceType": "Bundle",
        "type": "subscription-notification",
        "entry": [{"resource": status}, {"fullUrl": FOCUS["reference"], "request": request}],
    }

    async def run() -> tuple[int, bool]:
        async with door(reading, stocked()) as hook:
            hook.poller.state = "ok" if searches else "search-403"
            return await hook.send("POST", "", notification), hook.asked_to_look

    assert asyncio.run(run()) == (200, True)
    assert len(reading.alerts()) == (0 if searches else 1)

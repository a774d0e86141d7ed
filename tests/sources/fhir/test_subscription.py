"""The Subscription on the server: made once, renewed, watched."""

import asyncio

import pytest

from bot.sources.fhir import subscription
from bot.sources.fhir.subscription import Watch, Wish, subscribe
from tests.sources.fhir_server import Fault, FhirServer, Reading, serving
from tests.waiting import soon
from tests.written import Written, writing

WISH = Wish("DiagnosticReport?category=RAD", "https://rb.example.org/fhir/ehr", "a-secret")


NONE = b'{"resourceType": "Bundle", "type": "searchset"}'
MADE = Fault(201, {"Location": "Subscription/1"})


def looked(reading: Reading, server: FhirServer, *between: str) -> tuple[str, Written]:
    """Look once, and again after the Subscription got each of these states."""

    async def run() -> str:
        async with serving(server), reading.client(server) as client:
            watch = Watch("ehr", client, WISH)
            await watch.look()
            for status in between:
                (subscription,) = subscriptions(server)
                subscription["status"] = status
                await watch.look()
            return await watch.check()

    with writing() as log:
        return asyncio.run(run()), log


def subscriptions(server: FhirServer) -> list[dict[str, object]]:
    return [one for name, one in server.resources.items() if name.startswith("Subscription/")]


def test_it_is_made_with_criteria_endpoint_and_secret(reading: Reading) -> None:
    server = FhirServer()
    state, _ = looked(reading, server)
    [made] = subscriptions(server)
    assert state == "ok"
    assert made["criteria"] == "DiagnosticReport?category=RAD"
    assert made["channel"] == {
        "type": "rest-hook",
        "endpoint": "https://rb.example.org/fhir/ehr",
        "payload": "application/fhir+json",
        "header": ["Authorization: Bearer a-secret"],
    }


def test_there_is_one_however_often_we_start(reading: Reading) -> None:
    server = FhirServer()
    looked(reading, server)
    looked(reading, server)
    assert len(subscriptions(server)) == 1


def test_that_of_somebody_else_is_left_alone(reading: Reading) -> None:
    server = FhirServer()
    channel = {"type": "rest-hook", "endpoint": "https://other.example.org"}
    theirs = {"resourceType": "Subscription", "id": "x", "status": "off", "channel": channel}
    server.put(theirs)
    looked(reading, server)
    assert server.resources["Subscription/x"] == theirs
    assert len(subscriptions(server)) == 2


def test_one_that_died_is_said_and_made_active_again(reading: Reading) -> None:
    server = FhirServer()
    state, log = looked(reading, server, "error", "active", "off")
    assert state == "ok"
    assert [line["status"] for line in log.error_lines] == ["error", "off"]
    assert [one["status"] for one in subscriptions(server)] == ["active"]
    assert log.dropped == []


def test_a_server_that_does_not_let_us_subscribe_is_said_once(reading: Reading) -> None:
    server = FhirServer(faults=[("Subscription", Fault(403))] * 2)

    async def run() -> str:
        async with serving(server), reading.client(server) as client:
            watch = Watch("ehr", client, WISH)
            await watch.look()
            await watch.look()
            return watch.state

    with writing() as log:
        assert asyncio.run(run()) == "search-403"
    assert len(log.error_lines) == 1


def test_subscribing_is_idempotent(reading: Reading) -> None:
    server = FhirServer()

    async def run() -> list[object]:
        async with serving(server), reading.client(server) as client:
            return [(await subscribe(client, WISH))["id"] for _ in range(2)]

    first, second = asyncio.run(run())
    assert first == second


def test_one_that_the_server_has_not_set_up_delivers_nothing_and_that_is_told_once(
    reading: Reading,
) -> None:
    """It may wait there for a person: asking again would put it at the end of their list."""
    server = FhirServer()
    state, log = looked(reading, server, "requested", "requested")
    assert state == "requested"
    assert [line["reason"] for line in log.error_lines] == ["requested"]
    assert written_to(server) == ["POST"]
    state, log = looked(reading, server, "requested", "active")
    assert state == "ok"


def test_one_that_was_asked_for_just_now_is_awaited_and_looked_at_soon(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "SOON_SECONDS", 0.01)
    server = FhirServer(sets_up=False)

    async def run() -> str:
        async with serving(server), reading.client(server) as client:
            watch = Watch("ehr", client, WISH)
            running = asyncio.create_task(watch.run())
            await soon(lambda: watch.state == "pending")
            (subscription,) = subscriptions(server)
            subscription["status"] = "active"
            await soon(lambda: watch.state == "ok")
            running.cancel()
            return await watch.check()

    with writing() as log:
        assert asyncio.run(run()) == "ok"
    assert log.error_lines == []


def written_to(server: FhirServer) -> list[str]:
    """The method of each writing request."""
    return [method for method, path in server.written if path.startswith("Subscription")]


def test_one_that_a_search_does_not_show_is_looked_at_by_its_number(reading: Reading) -> None:
    """Else there would be one more of them every five minutes, and each would deliver."""
    server = FhirServer(faults=[("Subscription?", Fault(200, body=NONE))] * 4)
    state, log = looked(reading, server, "active", "error", "active")
    assert state == "ok"
    assert written_to(server) == ["POST", "PUT"]
    assert len(subscriptions(server)) == 1
    assert [line["status"] for line in log.error_lines] == ["error"]


def test_a_server_that_does_not_show_what_it_made_has_made_it(reading: Reading) -> None:
    server = FhirServer(faults=[("Subscription", Fault(200, body=NONE)), ("Subscription", MADE)])
    state, log = looked(reading, server)
    assert state == "pending"
    assert log.error_lines == []


@pytest.mark.parametrize("place", ["", "/_history/1"])
def test_a_server_that_tells_only_where_it_made_it_is_asked_for_it_there(
    reading: Reading, place: str
) -> None:
    made = Fault(201, {"Location": f"https://fhir.example.org/r4/Subscription/s9{place}"})
    none = [("Subscription?", Fault(200, body=NONE))] * 2
    server = FhirServer(faults=[none[0], ("Subscription", made), none[1]])
    server.put({"resourceType": "Subscription", "id": "s9", "status": "requested"})
    state, _ = looked(reading, server, "active")
    assert state == "ok"
    assert "Subscription/s9" in server.asked


def test_the_secret_is_never_shown() -> None:
    assert "a-secret" not in repr(WISH)

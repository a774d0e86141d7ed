"""The FHIR loop against a server that others wrote: polled, subscribed to, open and with SMART."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from bot.app import rehearsal
from bot.app.rehearsal import Place
from bot.sandbox.hospital import Hospital, RunningBot
from bot.sandbox.stories import paged
from bot.sources.fhir.keys import Key, public_keys
from storage import alert_lists, tables
from tests.interop import sekmet
from tests.interop.sekmet import PASSWORD, TESTER, Sekmet
from tests.sources.fhir_samples import INTERPRETATION, Json, concept, others, resource
from tests.waiting import until
from tests.written import writing

pytestmark = pytest.mark.timeout(400)
SECRET = "a-secret-of-this-test"
RAD = concept("RAD", "http://terminology.hl7.org/CodeSystem/v2-0074")


@dataclass
class Site:
    """The bot, and the FHIR server it reads."""

    hospital: Hospital
    server: Sekmet
    reports: int = 0

    def report(self, number: str = "r1", **changes: Any) -> None:
        """Write a version of this report to the server; issued when the bot's clock stands."""
        self.reports += 1
        issued = (self.hospital.now + timedelta(seconds=self.reports)).isoformat()
        accession = copy.deepcopy(resource("report")["identifier"])
        accession[0]["value"] = f"A100{number}"
        about = {"meta": None, "category": [RAD], "issued": issued, "identifier": accession}
        self.server.put(resource("report", id=number, **{**about, **changes}))

    def alerts(self) -> list[str]:
        rows = self.hospital.database.look(lambda c: alert_lists.listing(c, ("open",), 1000))
        return sorted(row.accession for row in rows)

    def log(self) -> list[Json]:
        assert self.hospital.bot is not None
        return [json.loads(line) for line in self.hospital.bot.log_text().splitlines()]


@contextmanager
def site(
    folder: Path,
    toml: str,
    *,
    access: Callable[[Place], Json] = lambda _: {"types": ["none"]},
    errors: frozenset[str] = frozenset(),
    **settings: Any,
) -> Iterator[Site]:
    """A hospital whose bot reads the server; ``access`` is what the server asks of clients."""
    with ExitStack() as stack:
        stack.enter_context(writing())
        servers: list[Sekmet] = []

        def start(place: Place) -> RunningBot:
            auth = access(place)
            running = sekmet.running(folder, server_auth=auth, **settings)
            server = stack.enter_context(running)
            servers.append(server)
            server.put(*valid(others()))
            section = f'\n[[fhir]]\nname = "ehr"\nbase_url = "{server.base}"\n'
            with place.config.open("a", encoding="utf-8") as config:
                config.write(section + toml)
            return place.start_thread()

        environment = {"EHR_HOOK": SECRET}
        there = stack.enter_context(rehearsal.hospital(start=start, environment=environment))
        yield Site(there, servers[0])
        if not errors:
            there.verify()
        assert there.bot is not None
        assert {json.loads(line)["event"] for line in there.bot.errors()} == errors


def valid(resources: list[Json]) -> list[Json]:
    """What the specification asks for and the readers do not."""
    order = {"status": "active", "intent": "order", "subject": {"reference": "Patient/p1"}}
    by_kind = {one["resourceType"]: one for one in resources}
    by_kind["ServiceRequest"] |= order
    # A server that minds references takes what is referred to first.
    return sorted(resources, key=lambda one: list(_FIRST).index(one["resourceType"]))


_FIRST = ("Patient", "Practitioner", "PractitionerRole", "ServiceRequest")
POLLED = "poll_seconds = 1\n"
# So long that nothing comes by polling.
DELIVERED = 'poll_seconds = 3600\nhook_secret_env = "EHR_HOOK"\nsubscribe = true\n'


@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_a_report_is_polled_paged_and_withdrawn(tmp_path: Path, absolute: bool) -> None:
    behaviour = {"absolute_references": absolute}
    with site(tmp_path, POLLED, server_behaviour=behaviour) as there:
        there.report()
        until(lambda: there.alerts() == ["A100r1"], "the alert")
        there.hospital.settle()
        slack, _ = paged(there.hospital.ben)
        there.report(status="entered-in-error")
        until(lambda: there.alerts() == [], "the withdrawal")
        there.hospital.settle()
        withdrawn = re.compile("withdrawn", re.IGNORECASE)
        there.hospital.ben.slack.expect_now(slack, withdrawn)
        there.hospital.ben.slack.expect_new(withdrawn)


def test_a_critical_interpretation_pages_and_a_plain_report_does_not(tmp_path: Path) -> None:
    with site(tmp_path, POLLED) as there:
        there.report("r1", conclusionCode=None)
        observation = {
            "resourceType": "Observation",
            "id": "b1",
            "status": "final",
            "code": {"text": "Finding"},
            "interpretation": [concept("AA", INTERPRETATION)],
        }
        there.server.put(observation)
        result = [{"reference": "Observation/b1"}]
        there.report("r2", conclusionCode=None, result=result)
        until(lambda: there.alerts() == ["A100r2"], "the alert")
        there.hospital.settle()
        paged(there.hospital.ben)


def test_reports_on_several_pages_are_all_read(tmp_path: Path) -> None:
    with site(tmp_path, POLLED) as there:
        for number in range(130):
            there.report(f"n{number}", conclusionCode=None)
        there.report("last")
        until(lambda: there.alerts() == ["A100last"], "the last report")
        until(lambda: _kept(there.hospital) == 131, "all reports")
        there.hospital.settle()
        paged(there.hospital.ben)


def _kept(hospital: Hospital) -> int:
    return len(hospital.database.look(lambda c: c.execute(tables.reports.select()).all()))


@pytest.mark.parametrize("method", ["put-resource", "post-endpoint"])
def test_a_subscription_is_made_and_delivers(tmp_path: Path, method: str) -> None:
    notifying = {"notify_method": method, "retries": 3}
    with site(tmp_path, DELIVERED, subscriptions=notifying) as there:
        until(lambda: _states(there) == ["active"], "the Subscription")
        there.report()
        until(lambda: there.alerts() == ["A100r1"], "the delivery")
        there.hospital.settle()
        paged(there.hospital.ben)
        assert _states(there) == ["active"]


def test_a_notification_without_a_payload_has_the_server_read(tmp_path: Path) -> None:
    with site(tmp_path, DELIVERED) as there:
        until(lambda: _states(there) == ["active"], "the Subscription")
        [subscription] = there.server.subscriptions()
        del subscription["channel"]["payload"]
        there.server.put(subscription)
        there.report()
        until(lambda: there.alerts() == ["A100r1"], "the reading")
        there.hospital.settle()
        paged(there.hospital.ben)


def _states(there: Site) -> list[str]:
    return [subscription["status"] for subscription in there.server.subscriptions()]


# ---- SMART Backend Services -----------------------------------------------------------------

SMART = """
[fhir.smart]
client_id = "readback"
key_file = "{key_file}"
scope = "system/*.read system/Subscription.write"
jwks_url = "{jwks_url}"
"""


@pytest.mark.parametrize("by_url", [False, True], ids=["keys-by-file", "keys-by-url"])
@pytest.mark.parametrize(
    "key", [RSAKey.generate_key(2048), ECKey.generate_key("P-384")], ids=["RS384", "ES384"]
)
def test_with_smart_it_is_polled_subscribed_to_and_delivered(
    tmp_path: Path, key: Key, by_url: bool
) -> None:
    key_file = tmp_path / "key.pem"
    key_file.write_bytes(key.as_pem(private=True))
    address = "http://127.0.0.1:{web}/fhir/ehr/jwks.json"

    def access(place: Place) -> Json:
        there = {"jwks_url": address.format(web=place.ports.web)}
        keys = there if by_url else {"jwks": public_keys(key)}
        scopes = "system/*.read system/Subscription.write"
        client = {"client_id": "readback", "scopes": scopes, **keys}
        users = {TESTER: PASSWORD}
        return {"types": ["smart", "basic"], "users": users, "smart_clients": [client]}

    smart = SMART.format(key_file=key_file, jwks_url="")
    with site(tmp_path, DELIVERED + smart, access=access) as there:
        until(lambda: _states(there) == ["active"], "the Subscription")
        there.report()
        until(lambda: there.alerts() == ["A100r1"], "the delivery")
        there.hospital.settle()
        paged(there.hospital.ben)


def test_a_key_that_the_server_does_not_know_is_said_in_the_log(tmp_path: Path) -> None:
    key_file = tmp_path / "key.pem"
    key_file.write_bytes(ECKey.generate_key("P-384").as_pem(private=True))
    known = public_keys(ECKey.generate_key("P-384"))
    client = {"client_id": "readback", "jwks": known}
    auth = {"types": ["smart", "basic"], "users": {TESTER: PASSWORD}, "smart_clients": [client]}
    smart = SMART.format(key_file=key_file, jwks_url="")
    failed = frozenset({"source_failed"})
    with site(tmp_path, POLLED + smart, access=lambda _: auth, errors=failed) as there:
        until(lambda: _reasons(there) == ["token-invalid-client"], "the refusal")


def _reasons(there: Site) -> list[str]:
    return [line["reason"] for line in there.log() if line["event"] == "source_failed"]

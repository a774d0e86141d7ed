"""`readback check` of where reports come from: listeners, certificates, FHIR servers, folders."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.certificates import Authority
from tests.cli.conftest import Place, findings
from tests.sources.fhir_samples import Json, resource


def test_a_host_that_does_not_exist_here_cannot_be_listened_on(healthy: Place) -> None:
    healthy.env["READBACK_HL7__HOST"] = "192.0.2.1"
    port, plain = findings(healthy)["advice"]
    assert port["part"] == "hl7"
    assert "cannot be opened" in port["what"]
    assert plain["what"].startswith("reports cross the network unencrypted to 192.0.2.1:")


def test_a_site_at_which_no_message_of_production_pages_is_told(healthy: Place) -> None:
    healthy.env["READBACK_HL7__PROCESSING_IDS"] = "production"
    (told,) = findings(healthy)["advice"]
    assert told["part"] == "hl7"
    assert told["what"].startswith("messages with P in MSH-11 page nobody")
    assert told["what"].endswith("hl7.processing_ids is PRODUCTION")


def test_each_fhir_server_is_asked_for_a_report(healthy: Place, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/r4"
    smart = '[fhir.smart]\nclient_id = "rb"\nkey_file = "missing.pem"\n'
    with healthy.config.open("a", encoding="utf-8") as config:
        config.write(f'[[fhir]]\nname = "ehr"\nbase_url = "{address}"\n')
        config.write(f'[[fhir]]\nname = "old"\nbase_url = "{address}"\n{smart}')
    away, keyless = findings(healthy)["failed"]
    assert away["what"] == "ehr lets us not search: unreachable"
    assert "base_url" in away["cure"]
    assert "key_file of old cannot be read" in keyless["what"]


class Answers(BaseHTTPRequestHandler):
    """A FHIR server with one report, that lets nobody read who ordered it."""

    entries: ClassVar[list[Json]] = []
    refuses: ClassVar[str] = "nothing"
    unread: ClassVar[int] = 403

    def do_GET(self) -> None:
        searched = self.path.startswith("/r4/DiagnosticReport?")
        body = json.dumps({"resourceType": "Bundle", "entry": self.entries}).encode()
        self.send_response(400 if self.refuses in self.path else 200 if searched else self.unread)
        self.end_headers()
        self.wfile.write(body if searched else b"")

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing."""


@contextmanager
def answering(
    healthy: Place, *entries: Json, refuses: str = "nothing", unread: int = 403
) -> Iterator[None]:
    how = {"entries": entries, "refuses": refuses, "unread": unread}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_", (Answers,), how))
    threading.Thread(target=server.serve_forever).start()
    with healthy.config.open("a", encoding="utf-8") as config:
        address = f"http://127.0.0.1:{server.server_port}/r4"
        config.write(f'[[fhir]]\nname = "ehr"\nbase_url = "{address}"\n')
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def test_what_a_report_refers_to_and_a_fhir_server_lets_nobody_read_is_told(healthy: Place) -> None:
    """It said that all was well, and each alert went to a coordinator."""
    with answering(healthy, {"resource": resource("report")}):
        told = findings(healthy)
    assert "ehr answers a search for reports" in [f["what"] for f in told["ok"]]
    (forbidden,) = told["advice"]
    assert forbidden["what"] == "ehr lets us not read Patient, Practitioner, ServiceRequest"


def test_what_a_report_refers_to_and_a_fhir_server_fails_to_bring_is_told(healthy: Place) -> None:
    """The same, of one that breaks for it."""
    with answering(healthy, {"resource": resource("report")}, unread=500):
        (failed,) = findings(healthy)["advice"]
    assert failed["what"] == "ehr fails to bring Patient, Practitioner, ServiceRequest"


@pytest.mark.parametrize(("severity", "told"), [("warning", 1), ("information", 0)])
def test_a_fhir_server_that_may_leave_out_a_part_of_the_query_is_told(
    healthy: Place, severity: str, told: int
) -> None:
    """Without its category a search brings what the laboratory calls critical, too."""
    bare = resource("report", basedOn=None, subject=None, resultsInterpreter=None)
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": severity}]}
    said = {"resource": outcome, "search": {"mode": "outcome"}}
    with answering(healthy, said, {"resource": bare}):
        advice = [found["what"] for found in findings(healthy)["advice"]]
    assert advice == ["ehr answers the search with a warning"] * told


def test_a_fhir_server_that_refuses_to_search_by_time_as_polls_do_is_told(healthy: Place) -> None:
    """Nothing was wrong by check, and each poll was refused."""
    with answering(healthy, {"resource": resource("report")}, refuses="_lastUpdated"):
        (refused,) = findings(healthy)["failed"]
    assert refused["what"] == "ehr lets us not search: search-400"
    assert "patient" in refused["cure"]


def test_a_fhir_server_without_a_report_that_fits_the_query_is_told(healthy: Place) -> None:
    """Its categories may be others than ours: then no report is ever found."""
    with answering(healthy):
        (nothing,) = findings(healthy)["advice"]
    assert nothing["what"] == "ehr answers a search, and has no report that fits its query"
    assert "category" in nothing["cure"]


def test_a_fhir_server_whose_certificate_nobody_trusts_is_no_matter_of_its_address(
    healthy: Place,
) -> None:
    pair = Authority(healthy.folder).issue()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as there:
        greeting = threading.Thread(target=_greet, args=(there, context))
        greeting.start()
        address = f"https://127.0.0.1:{there.getsockname()[1]}/r4"
        with healthy.config.open("a", encoding="utf-8") as config:
            config.write(f'[[fhir]]\nname = "ehr"\nbase_url = "{address}"\n')
        (refused,) = findings(healthy)["failed"]
        greeting.join()
    assert refused["what"] == "ehr lets us not search: tls-failed"
    assert "SSL_CERT_FILE" in refused["cure"]


def _greet(there: socket.socket, context: ssl.SSLContext) -> None:
    with there.accept()[0] as who, suppress(ssl.SSLError, ConnectionError):
        context.wrap_socket(who, server_side=True)


def test_each_folder_is_looked_at(healthy: Place) -> None:
    (healthy.folder / "in").mkdir()
    with healthy.config.open("a", encoding="utf-8") as config:
        config.write('[[folder]]\npath = "in"\n[[folder]]\npath = "absent"\n')
    told = findings(healthy)
    (missing,) = told["failed"]
    assert missing["what"] == "folder[2].path (line 14) does not exist"
    assert "Make it" in missing["cure"]
    assert [f["what"] for f in told["ok"] if f["part"] == "folder"] == [
        f"in: {healthy.folder / 'in'}"
    ]


def test_a_certificate_is_tried_and_plain_reports_on_the_network_are_worth_knowing(
    healthy: Place,
) -> None:
    pair = Authority(healthy.folder).issue(days=90)
    healthy.env["READBACK_HL7__HOST"] = "0.0.0.0"  # noqa: S104 - nothing listens on it
    (plain,) = findings(healthy)["advice"]
    assert plain["what"].startswith("reports cross the network unencrypted to 0.0.0.0:")
    assert "tls_certificate" in plain["cure"]
    tls = {"CERTIFICATE": str(pair.certificate), "KEY": str(pair.key)}
    healthy.env |= {f"READBACK_HL7__TLS_{key}": path for key, path in tls.items()}
    told = findings(healthy)
    assert told["advice"] == told["failed"] == []
    assert "TLS, for any sender" in [f["what"] for f in told["ok"]]
    healthy.env["READBACK_HL7__TLS_CLIENT_CA"] = str(pair.certificate)
    assert "TLS, for senders with a certificate" in [f["what"] for f in findings(healthy)["ok"]]
    pair.key.write_text("none")
    (wrong,) = findings(healthy)["failed"]
    assert wrong["what"] == "hl7.tls_key holds no private key"


@pytest.mark.parametrize(
    ("days", "result", "verb"), [(-1, "failed", "has expired"), (13, "advice", "expires")]
)
def test_a_certificate_that_no_sender_takes_much_longer_is_told(
    healthy: Place, days: int, result: str, verb: str
) -> None:
    pair = Authority(healthy.folder).issue(days=days)
    tls = {"CERTIFICATE": str(pair.certificate), "KEY": str(pair.key)}
    healthy.env |= {f"READBACK_HL7__TLS_{key}": path for key, path in tls.items()}
    (told,) = findings(healthy)[result]
    assert told["what"].startswith(f"the listener's certificate {verb} on 20")
    assert "hl7.tls_certificate" in told["cure"]


def test_a_name_that_is_this_machine_needs_no_encryption(healthy: Place) -> None:
    healthy.env["READBACK_HL7__HOST"] = "localhost"
    assert findings(healthy)["advice"] == []
    healthy.env["READBACK_HL7__HOST"] = "nowhere.invalid"
    assert len(findings(healthy)["advice"]) == 2

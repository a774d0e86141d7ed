"""sekmet-fhir, a FHIR R4 server that others wrote, in an environment of its own on 127.0.0.1."""

import base64
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.interop.installing import installed_once
from tests.requirements import ROOT

VERSION = "0.1.1"
HOME = ROOT / ".cache" / f"sekmet-{VERSION}"
TESTER, PASSWORD = "tester", "for-tests-only"
_INSTALL_SECONDS, _START_SECONDS = 240, 30
Json = dict[str, Any]


def installed() -> Path:
    """Its command. Skips the test where it cannot be installed."""
    installed_once(HOME, f"sekmet-fhir {VERSION} (from the package index)", _install)
    return HOME / "bin" / "sekmet"


def _install() -> None:
    python = str(HOME / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    for step in (
        [sys.executable, "-m", "venv", "--clear", "--without-pip", str(HOME)],
        [*pip, "--python", python, "install", "--no-compile", f"sekmet-fhir=={VERSION}"],
    ):
        subprocess.run(step, check=True, capture_output=True, timeout=_INSTALL_SECONDS)


@dataclass(frozen=True)
class Sekmet:
    """The running server; the test itself writes to it with a password, whatever it asks of us."""

    base: str

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """What it answers. Raises urllib's HTTPError with the server's words as a note."""
        secret = base64.b64encode(f"{TESTER}:{PASSWORD}".encode()).decode()
        headers = {"Content-Type": "application/fhir+json", "Authorization": f"Basic {secret}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/{path}", data, headers, method=method)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
                return dict(json.load(answer))
        except urllib.error.HTTPError as refused:
            refused.add_note(refused.read().decode(errors="replace")[:2000])
            raise

    def put(self, *resources: Json) -> None:
        for one in resources:
            self.ask("PUT", f"{one['resourceType']}/{one['id']}", one)

    def subscriptions(self) -> list[Json]:
        found = self.ask("GET", "Subscription?_count=100").get("entry", [])
        return [entry["resource"] for entry in found]


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Sekmet]:
    """Serve from this folder; ``settings`` are those of its settings.yaml (which JSON is, too)."""
    command = installed()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}/fhir"
    config = folder / "settings.yaml"
    data = {"base_url": base, "data_dir": str(folder / "data"), "simulator": {"enabled": False}}
    config.write_text(json.dumps({**data, **settings}), encoding="utf-8")
    (folder / "data").mkdir()
    run = [str(command), "serve", "--config", str(config), "--host", "127.0.0.1"]
    with (folder / "sekmet.log").open("wb") as log:
        process = subprocess.Popen([*run, "--port", str(port)], stdout=log, stderr=log, cwd=folder)
    try:
        _wait(base, process, folder / "sekmet.log")
        yield Sekmet(base)
    finally:
        process.terminate()
        process.wait(20)


def _wait(base: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/metadata", timeout=2):  # noqa: S310 - loopback
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"sekmet-fhir does not serve:\n{log.read_text(errors='replace')[-2000:]}")

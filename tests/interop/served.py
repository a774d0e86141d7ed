"""A real `readback serve` whose api_url are those of the emulators: it is told nothing else."""

import asyncio
import csv
import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from bot.app.rehearsal import READBACK, errors_in
from bot.phone.webhooks import SMS_PATH
from bot.sandbox.demo.bot_process import BotProcess
from bot.sandbox.demo.place import CALLBACK_NUMBER, SETTINGS, TIMEZONE, Ports
from bot.sandbox.hospital import EVERY_STATE
from bot.sandbox.samples import PEOPLE_CSV, fill, sample
from bot.sources.mllp.client import ask
from storage import alert_lists, page_history
from storage.alert_lists import AlertRow
from storage.database import Database
from tests.interop import emulators
from tests.interop.emulators import Emulators, Json
from tests.waiting import until

T = TypeVar("T")
URL = "READBACK_DATABASE__URL"
ADA = next(csv.DictReader(io.StringIO(PEOPLE_CSV)))
ACCOUNTS = [
    r["slack_user_id"] for r in csv.DictReader(io.StringIO(PEOPLE_CSV)) if r["slack_user_id"]
]


def shown(message: Json) -> str:
    """All that a message of Slack's says."""
    return f"{message['text']} {json.dumps(message['blocks'], ensure_ascii=False)}"


def buttons(message: Json) -> dict[str, str]:
    """Its buttons' actions with their values."""
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return {button["action_id"]: button["value"] for row in rows for button in row}


@dataclass
class Site:
    """The bot and the services that it writes to; ``ada`` is her member ID there."""

    bot: BotProcess
    there: Emulators
    ports: Ports
    ada: str

    def report(self) -> None:
        """A critical one of Ada's, by MLLP."""
        template, now = sample("ct-head-hemorrhage").template, datetime.now(UTC)
        message = fill(template, now=now, accession="A1", control_id="C1")
        assert "MSA|AA|C1" in asyncio.run(ask("127.0.0.1", self.ports.hl7, message))

    def message(self, what: str) -> Json:
        """Ada's message in Slack as soon as it says this; she never has another one."""

        def look() -> Json | None:
            messages = self.there.direct_messages(self.ada)
            assert len(messages) <= 1, messages
            return next((found for found in messages if what in shown(found)), None)

        return until(look, f"the message in Slack to say {what}")

    def sms(self, *, count: int = 1) -> Json:
        """The newest of the SMS to Ada, as soon as there are so many."""

        def look() -> Json | None:
            found = self.there.sms(ADA["mobile"])
            return found[0] if len(found) == count else None

        return until(look, f"SMS number {count}")

    def alert(self) -> AlertRow:
        """The only one."""
        [found] = self._look(lambda c: alert_lists.listing(c, EVERY_STATE, 10))
        return found

    def delivered(self) -> list[str]:
        """The channels by which a page of it is known to have arrived."""
        alert = self.alert()
        pages = self._look(lambda c: page_history.history(c, alert.id))
        return [page.slip.channel for page in pages if page.delivered_at]

    def _look(self, unit: Callable[[Connection], T]) -> T:
        with closing(Database(self.bot.secrets[URL])) as database:
            return database.look(unit)

    def post(self, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Somebody's form to the bot: the status and the answer."""
        form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        request = urllib.request.Request(web(self.ports, path), body.encode(), form)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()


def web(ports: Ports, path: str) -> str:
    return f"http://127.0.0.1:{ports.web}{path}"


@contextmanager
def serving(
    folder: Path, settings: Mapping[str, str] | None = None, *, inbound: bool = True
) -> Iterator[Site]:
    """Start all of it; ``settings`` are environment variables of the bot. At the end the log of the
    bot may hold no error. Without ``inbound`` nothing is forwarded to the bot."""
    ports = Ports.free()
    to_bot = web(ports, SMS_PATH) if inbound else ""
    with emulators.running(folder, ACCOUNTS, to_bot) as there:
        bot = _bot(folder, there, ports, settings or {})
        with closing(Database(bot.secrets[URL])) as database:
            database.migrate()
        bot.run_once("people", "import", str(_people(folder, there)))
        bot.start()
        try:
            bot.wait_until_running()
            yield Site(bot, there, ports, there.user(ADA["slack_user_id"]))
        finally:
            bot.stop()
    assert not errors_in(bot.log.read_text(encoding="utf-8"))


def _bot(folder: Path, there: Emulators, ports: Ports, settings: Mapping[str, str]) -> BotProcess:
    config = folder / "readback.toml"
    text = SETTINGS.format(
        timezone=TIMEZONE,
        callback=CALLBACK_NUMBER,
        folder=folder,
        hl7=ports.hl7,
        web=ports.web,
        slack=there.slack_api_url,
        twilio=there.twilio_api_url,
        sender=emulators.OUR_NUMBER,
    )
    config.write_text(text, encoding="utf-8")
    environment = {
        "SLACK_BOT_TOKEN": emulators.BOT_TOKEN,
        "SLACK_APP_TOKEN": "xapp-for-tests-only",
        "SLACK_SIGNING_SECRET": emulators.SIGNING_SECRET,
        "TWILIO_ACCOUNT_SID": emulators.ACCOUNT,
        "TWILIO_AUTH_TOKEN": emulators.AUTH_TOKEN,
        "READBACK_LOG__FORMAT": "json",
        URL: f"sqlite:///{folder}/readback.db",
        **settings,
    }
    return BotProcess(READBACK, config, folder / "bot.log", environment)


def _people(folder: Path, there: Emulators) -> Path:
    """The directory with the member IDs that they have there; the workspace is asked for."""
    people = PEOPLE_CSV
    for name in ACCOUNTS:
        people = people.replace(name, there.user(name))
    file = folder / "people.csv"
    file.write_text(people, encoding="utf-8")
    return file

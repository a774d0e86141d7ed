"""What a replay does to the bot that runs beside it."""

import base64
import json
import threading
import time

import pytest

from bot.clock import SystemClock
from bot.sources import documents
from bot.sources.hl7.reader import unusable
from bot.sources.pdf_process import PDFS
from bot.sources.refused import cut_off
from storage import cursors
from storage.database import Database
from tests.cli.conftest import CARLA, Place, Receive, report
from tests.sources.pdf_samples import pdf


def test_while_a_document_is_read_again_the_bot_can_write(
    monkeypatch: pytest.MonkeyPatch, place: Place, receive: Receive, database: Database
) -> None:
    place.imported(CARLA)
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 0.0)
    document = base64.b64encode(pdf(["IMPRESSION: Tension pneumothorax."])).decode()
    with_it = report() + f"OBX|9|ED|PDF||^application^pdf^Base64^{document}||||||F\r".encode()
    assert receive(with_it).quarantined == "too-slow-to-read"
    monkeypatch.setattr(documents, "DOCUMENT_SECONDS", 10.0)
    outputs: list[str] = []
    now = SystemClock().now()

    def replay() -> None:
        outputs.append(place.run("quarantine", "replay", "--all").stdout)

    with PDFS._lock:  # another one is being read
        replaying = threading.Thread(target=replay)
        replaying.start()
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            database.run(lambda c: cursors.put(c, "beside", now))
            time.sleep(0.05)
    replaying.join(30)
    assert "used" in outputs[0]


def test_half_a_message_is_not_used_by_a_replay_though_it_looks_whole(
    place: Place, receive: Receive
) -> None:
    """The flag may have stood in what never came: it would be a report without one."""
    place.imported(CARLA)
    half = report().split(b"OBX|")[0]
    assert receive(unusable(half, cut_off(), source="hl7")).quarantined == "cut-off"
    result = place.run("quarantine", "replay", "--all", "--json")
    (told,) = json.loads(result.stdout)
    assert (result.exit_code, told["ok"]) == (1, False)
    assert "has to be sent again; once it was, dismiss this" in told["outcome"]
    (entry,) = json.loads(place.run("quarantine", "list", "--json").stdout)
    assert entry["state"] == "waiting"

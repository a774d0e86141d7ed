"""A message that our own reader stumbles over waits, and the feed goes on."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from bot.domain.message import Unusable
from bot.sources.fhir.polling import Poller
from bot.sources.folder import Folder, Watching
from bot.sources.mllp.frames import frame
from bot.sources.mllp.server import Listener
from storage import quarantine
from tests.sources.fhir_samples import ORIGIN, resource
from tests.sources.fhir_server import FhirServer, Reading, serving
from tests.sources.folders import KNOWN
from tests.sources.mllp_senders import HOW, Inbox, Sender, told
from tests.sources.oru import sample
from tests.written import writing


class Nowhere(tzinfo):
    """What no reader has foreseen, of times without a zone."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise ArithmeticError("EXAMPLE^ANN")

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, _: datetime | None) -> str:
        return "nowhere"


NOWHERE = cast(ZoneInfo, Nowhere())
STUMBLES = sample(fields={22: "20260115120000"}).replace(b"20260115120100-0600", b"20260115120100")


def test_an_hl7_sender_gets_its_answer_and_the_next_message_is_read() -> None:
    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        for data, answer in (
            (STUMBLES, b"quarantine: reader-failed"),
            (sample(), b"MSA|AA|MSG1\r"),
        ):
            await sender.send(frame(data))
            assert answer in await sender.answer()

    with writing() as log:
        inbox = told(conversation, replace(HOW, timezone=NOWHERE))
    first = inbox.messages[0]
    assert first.data == STUMBLES
    assert isinstance(first.reading, Unusable)
    assert [flag.value for flag in first.reading.flags] == ["HH"]
    assert [line["event"] for line in log.error_lines] == ["reader_failed"]
    assert "ArithmeticError" in log.getvalue()
    assert "EXAMPLE" not in log.getvalue()


def test_a_file_goes_to_rejected_and_the_next_one_is_read(reading: Reading, tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_bytes(STUMBLES)
    (tmp_path / "b.hl7").write_bytes(sample())
    how = Watching("ris", tmp_path, replace(KNOWN, timezone=NOWHERE), timedelta(0))
    with writing() as log:
        asyncio.run(Folder(reading.engine, how).look())
    assert (tmp_path / "rejected" / "a.hl7").read_bytes() == STUMBLES
    assert "reader-failed" in (tmp_path / "rejected" / "a.hl7.reason").read_text()
    assert (tmp_path / "done" / "b.hl7").exists()
    assert len(reading.alerts()) == 1
    assert [line["event"] for line in log.error_lines] == ["reader_failed"]


def test_a_report_of_a_fhir_server_waits_and_the_next_one_is_read(reading: Reading) -> None:
    server = FhirServer()
    server.put(resource("report", issued="2026-03-02T14:30:00"))
    meta = {"versionId": "1", "lastUpdated": "2026-03-02T14:31:00Z"}
    server.put(resource("report", id="r2", meta=meta))

    async def run() -> int:
        async with serving(server), reading.client(server) as client:
            poller = Poller(reading.engine, client, replace(ORIGIN, timezone=NOWHERE))
            return await poller.poll()

    with writing() as log:
        assert asyncio.run(run()) == 2
    [entry] = reading.engine.database.look(quarantine.listing)
    assert (entry.unusable.reason, entry.sender) == ("reader-failed", "ehr")
    assert len(reading.alerts()) == 2, "the flagged one is the coordinator's"
    assert [line["event"] for line in log.error_lines] == ["reader_failed"]

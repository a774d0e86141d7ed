"""A folder that is away, hangs, or has a file with which something is wrong: nothing else waits."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.sources import folder as watched
from tests.sources.fhir_server import Reading
from tests.sources.folders import copies, events, folder, looked, names
from tests.sources.oru import sample


def test_what_was_received_and_cannot_be_moved_is_not_read_again(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "_SHORTEST_WAIT", 0.0)
    one = folder(reading, inbox)
    (inbox / "done").write_bytes(b"in the way")
    (inbox / "a.hl7").write_bytes(sample())
    log = looked(one, 5)
    assert (one.state, copies(reading)) == ("file-not-moved", [1])
    assert [(e["event"], e["reason"]) for e in log.error_lines] == [
        ("source_failed", "file-not-moved")
    ]
    (inbox / "done").unlink()
    assert events(looked(one)) == ["files_taken", "source_reached"]
    assert (names(inbox), copies(reading)) == (["done/a.hl7"], [1])


def test_what_could_not_be_dealt_with_is_put_off_and_keeps_no_other_waiting(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    (inbox / "locked.hl7").write_bytes(sample())
    locked = os.open(inbox / "locked.hl7", os.O_RDONLY)
    opens = os.fdopen

    def unreadable(descriptor: int, *how: Any) -> Any:
        if os.path.sameopenfile(descriptor, locked):
            tried.append(descriptor)
            os.close(descriptor)
            raise PermissionError
        return opens(descriptor, *how)

    monkeypatch.setattr(os, "fdopen", unreadable)
    one = folder(reading, inbox)
    (inbox / "open.hl7").write_bytes(sample())
    log = looked(one, 20)
    os.close(locked)
    assert (one.state, len(tried), len(log.error_lines)) == ("file-unreadable", 1, 1)
    assert names(inbox) == ["done/open.hl7", "locked.hl7"]


def test_a_message_that_breaks_us_keeps_no_other_back_and_its_file_stays(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "_SHORTEST_WAIT", 0.0)
    refuse = (
        "CREATE TRIGGER full BEFORE INSERT ON reports WHEN NEW.key_value = 'A2000' "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    database = reading.engine.database
    database.run(lambda c: c.execute(text(refuse)))
    other = sample(fields={3: "A3000^RIS", 18: "A3000"})
    (inbox / "a.hl7").write_bytes(sample() + other)
    (inbox / "b.hl7").write_bytes(other.replace(b"MSG1", b"MSG2"))
    one = folder(reading, inbox)
    log = looked(one)
    assert (one.state, names(inbox)) == ("message-not-stored", ["a.hl7", "done/b.hl7"])
    assert [alert.accession for alert in reading.alerts()] == ["A3000"]
    assert {line["event"] for line in log.error_lines} == {"message_not_stored", "source_failed"}
    database.run(lambda c: c.execute(text("DROP TRIGGER full")))
    looked(one)
    assert {alert.accession for alert in reading.alerts()} == {"A2000", "A3000"}
    assert (one.state, names(inbox)) == ("ok", ["done/a.hl7", "done/b.hl7"])


def test_a_folder_that_is_away_is_told_once_and_comes_back(reading: Reading, inbox: Path) -> None:
    one = folder(reading, inbox)
    inbox.rename(inbox.with_name("away"))
    log = looked(one, 3)
    assert (one.state, events(log)) == ("folder-unreadable", ["source_failed"])
    inbox.with_name("away").rename(inbox)
    assert (events(looked(one)), one.state) == (["source_reached"], "ok")


def test_a_share_that_hangs_is_told_and_takes_no_thread_from_others(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "HANGS_SECONDS", 0.0)
    one, over, scan = folder(reading, inbox), threading.Event(), os.scandir

    def hangs(path: Path) -> Any:
        over.wait()
        return scan(path)

    async def run() -> tuple[str, str]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        monkeypatch.setattr(os, "scandir", hangs)
        looking = asyncio.create_task(one.look())
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(5):
                await asyncio.to_thread(int)
            hanging = one.state
        finally:
            over.set()
            await looking
        return hanging, one.state

    assert asyncio.run(run()) == ("folder-hangs", "ok")

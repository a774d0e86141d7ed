"""A folder as a source: what is received, what is left where it lay, and what the log hears."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.sources import folder as watched
from bot.sources.folder import refusal
from storage import quarantine, tables
from tests.sources.fhir_server import Reading
from tests.sources.folders import events, folder, looked, names
from tests.sources.oru import OBX, sample

BAD = sample(fields={25: "?"}).replace(OBX.encode(), OBX.replace("HH", "").encode())
ADT = sample().replace(b"ORU^R01^ORU_R01", b"ADT^A08")


def test_a_report_is_received_under_the_folders_name_and_moved_to_done(
    reading: Reading, inbox: Path
) -> None:
    (inbox / "a.txt").write_bytes(sample())
    one = folder(reading, inbox)
    log = looked(one)
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    [row] = reading.engine.database.look(lambda c: list(c.execute(tables.messages.select())))
    assert (row.source, row.data) == ("folder:ris", sample())
    assert names(inbox) == ["done/a.txt"]
    assert (one.state, asyncio.run(one.check())) == ("ok", "ok")
    told = {"event": "files_taken", "source": "ris", "count": 1, "rejected": 0, "waiting": 0}
    assert told.items() <= log.lines[0].items()


@pytest.mark.parametrize(
    "data", [sample()[:-40], b"FHS|^~\\&\r" + sample(), b'{"resourceType": "Diagn']
)
def test_a_file_that_breaks_off_is_given_half_a_minute(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    (inbox / "a.hl7").write_bytes(data)
    one = folder(reading, inbox)
    assert looked(one, 3).lines[-1]["event"] == "source_reached"
    assert (names(inbox), one.state, reading.messages()) == (["a.hl7"], "ok", [])
    monkeypatch.setattr(watched, "BROKEN_OFF_SECONDS", 0.0)
    looked(folder(reading, inbox))
    assert (names(inbox) != ["a.hl7"], len(reading.messages())) == (True, 1)


def test_files_that_break_off_keep_no_others_waiting(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "BATCH", 2)
    for number in range(5):
        (inbox / f"{number}.hl7").write_bytes(sample()[:-40])
    (inbox / "whole.hl7").write_bytes(sample())
    one = folder(reading, inbox)
    assert [asyncio.run(one.look()) for _ in range(3)] == [True, True, False]
    assert "done/whole.hl7" in names(inbox)


def test_a_file_with_good_and_unusable_messages_is_rejected_and_all_of_them_are_kept(
    reading: Reading, inbox: Path
) -> None:
    (inbox / "a.hl7").write_bytes(sample() + BAD + ADT)
    log = looked(folder(reading, inbox))
    assert [outcome for _, outcome, _ in reading.messages()] == [
        "reports",
        "quarantined",
        "set_aside",
    ]
    [entry] = reading.engine.database.look(quarantine.listing)
    assert names(inbox) == ["rejected/a.hl7", "rejected/a.hl7.reason"]
    reason = (inbox / "rejected" / "a.hl7.reason").read_text()
    assert reason == (
        "message 2 of 3: unknown-status at OBR-25: The result status is missing or unknown: "
        f"send a code of table 0123 in OBR-25 (quarantine {entry.id})\n"
    )
    assert log.lines[0]["rejected"] == 1


def test_a_rejected_file_that_is_put_back_still_waits_until_it_was_replayed(
    reading: Reading, inbox: Path
) -> None:
    one = folder(reading, inbox)
    (inbox / "a.hl7").write_bytes(BAD)
    looked(one)
    (inbox / "rejected" / "a.hl7").rename(inbox / "b.hl7")
    looked(one)
    assert "rejected/b.hl7.reason" in names(inbox)
    [entry] = reading.engine.database.look(quarantine.listing)
    reading.engine.database.run(lambda c: quarantine.replayed(c, entry.id, reading.clock.now()))
    (inbox / "rejected" / "b.hl7").rename(inbox / "c.hl7")
    looked(one)
    assert "done/c.hl7" in names(inbox)


def test_the_reasons_that_are_put_back_with_their_file_are_no_message(
    reading: Reading, inbox: Path
) -> None:
    one = folder(reading, inbox)
    (inbox / "a.hl7").write_bytes(BAD)
    looked(one)
    for rejected in list((inbox / "rejected").iterdir()):
        rejected.rename(inbox / rejected.name)
    (inbox / "theirs.reason").write_bytes(sample())
    looked(one)
    assert len(reading.messages()) == len((BAD, sample()))
    assert {"done/a.hl7.reason", "done/theirs.reason", "rejected/a.hl7"} <= set(names(inbox))


@pytest.mark.parametrize("flag_first", [True, False])
def test_a_file_over_the_limit_is_kept_in_part_and_rejected(
    reading: Reading, inbox: Path, flag_first: bool
) -> None:
    document = "OBX|2|ED|P||" + "A" * 200_000
    data = sample(*((OBX, document) if flag_first else (document, OBX)))
    (inbox / "a.hl7").write_bytes(data)
    looked(folder(reading, inbox, file_limit=100_000))
    [entry] = reading.engine.database.look(quarantine.listing)
    assert (entry.unusable.reason, entry.size) == ("too-large", len(data))
    assert [flag.value for flag in entry.unusable.flags] == ["HH"]
    assert "larger than 100000 bytes" in (inbox / "rejected" / "a.hl7.reason").read_text()


def test_a_message_that_takes_too_long_to_read_waits_in_quarantine(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "READ_SECONDS", -1.0)
    (inbox / "a.hl7").write_bytes(sample())
    looked(folder(reading, inbox))
    assert [reason for _, _, reason in reading.messages()] == ["too-slow-to-read"]


def test_a_message_over_the_limit_is_too_large_however_long_its_search_takes(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "READ_SECONDS", -1.0)
    (inbox / "a.hl7").write_bytes(sample("OBX|2|ED|P||" + "A" * 5_000_000))
    looked(folder(reading, inbox))
    assert [reason for _, _, reason in reading.messages()] == ["too-large"]


def test_what_is_there_of_a_batch_that_was_cut_is_used_and_its_file_says_so(
    reading: Reading, inbox: Path
) -> None:
    (inbox / "a.hl7").write_bytes(b"BHS|^~\\&\r" + sample() + b"BTS|2\r")
    log = looked(folder(reading, inbox))
    assert events(log) == ["batch_incomplete", "files_taken", "source_reached"]
    assert [alert.category for alert in reading.alerts()] == ["critical"]
    assert (inbox / "rejected" / "a.hl7.reason").read_text() == (
        "the batch is not whole: BTS-1 says that it has 2 messages, and 1 are there. "
        "Ask its sender for the rest\n"
    )


def test_an_empty_batch_is_done_and_links_are_left_and_told(
    reading: Reading, inbox: Path, tmp_path: Path
) -> None:
    (inbox / "a.hl7").write_bytes(b"FHS|^~\\&\rBTS|0\r")
    (inbox / "link.hl7").symlink_to(tmp_path / "elsewhere")
    log = looked(folder(reading, inbox), 3)
    assert events(log) == ["links_not_followed", "files_taken", "source_reached"]
    assert (names(inbox), reading.messages()) == (["done/a.hl7"], [])


def test_many_files_are_taken_in_batches_with_a_line_for_each(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "BATCH", 10)
    for number in range(25):
        (inbox / f"{number}.hl7").write_bytes(ADT.replace(b"MSG1", f"M{number}".encode()))
    log = looked(folder(reading, inbox), 3)
    told = [(e["count"], e["waiting"]) for e in log.lines if e["event"] == "files_taken"]
    assert told == [(10, 15), (10, 5), (5, 0)]
    assert len(names(inbox / "done")) == 25


def test_a_long_batch_file_tells_how_far_it_is(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "_TOLD_EVERY", 10)
    (inbox / "a.hl7").write_bytes(b"".join(ADT.replace(b"MSG1", b"M%d" % n) for n in range(25)))
    log = looked(folder(reading, inbox))
    told = [(e["count"], e["waiting"]) for e in log.lines if e["event"] == "file_read"]
    assert told == [(10, 15), (20, 5)]


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda path: path.rmdir(), "does not exist"),
        (lambda path: (path.rmdir(), path.touch()), "is no folder"),
        (lambda path: (path / "done").touch(), "holds a done that is no folder"),
        (lambda path: path, ""),
    ],
)
def test_what_cannot_be_watched_is_said_with_its_cure(
    inbox: Path, spoil: Callable[[Path], object], what: str
) -> None:
    spoil(inbox)
    found = refusal(inbox)
    assert (found or ("", ""))[0] == what
    assert not found or found[1].endswith(".")

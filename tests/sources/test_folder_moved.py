"""A file that changes after it was moved: whoever writes it had only paused."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.sources import folder_moved
from bot.sources.folder_files import File, put_away
from bot.sources.folder_moved import NOTES, Moved
from tests.sources.fhir_server import Reading
from tests.sources.folders import copies, events, folder, looked, names
from tests.sources.oru import sample


@pytest.fixture(autouse=True)
def looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_moved, "_FIRST_WAIT", 0.0)


def second() -> bytes:
    return sample(fields={3: "B9000^RIS", 18: "B9000"}).replace(b"MSG1", b"MSG2")


def as_it_is(path: Path, lies: Path) -> File:
    there = lies.stat()
    return File(path, (there.st_dev, there.st_ino), (there.st_size, there.st_mtime_ns))


def test_what_is_written_into_a_moved_file_is_received_as_well(
    reading: Reading, inbox: Path
) -> None:
    one = folder(reading, inbox)
    with (inbox / "a.hl7").open("wb", buffering=0) as writer:
        writer.write(sample())
        looked(one)
        assert names(inbox) == ["done/a.hl7"]
        writer.write(second()[:300])
        log = looked(one)
        assert "files_grew" in events(log)
        writer.write(second()[300:])
    looked(one, 2)
    assert names(inbox) == ["done/a.hl7"]
    assert (inbox / "done" / "a.hl7").read_bytes() == sample() + second()
    assert [control for control, _, _ in reading.messages()][-1:] == ["MSG2"]
    assert copies(reading)[0] > 1


def test_a_rejected_one_loses_its_reasons_and_one_whose_name_is_taken_gets_another(
    reading: Reading, inbox: Path
) -> None:
    one, end = folder(reading, inbox), sample().index(b"\r") + 1
    with (inbox / "a.hl7").open("wb", buffering=0) as writer:
        writer.write(sample()[:end])
        looked(one)
        (inbox / "a.hl7").mkdir()
        assert names(inbox / "rejected") == ["a.hl7", "a.hl7.reason"]
        writer.write(sample()[end:])
        looked(one)
    assert names(inbox / "rejected") == []
    (moved,) = names(inbox / "done")
    assert moved.startswith("a.hl7.2026")


def test_what_does_not_grow_is_looked_at_ever_more_seldom_and_then_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_moved, "_FIRST_WAIT", 5.0)
    lies, looks, moved = tmp_path / "a.hl7", [], Moved(tmp_path)
    lies.write_bytes(b"MSH|")
    moved.note(as_it_is(tmp_path / "in" / "a.hl7", lies), lies, "now", 0.0)
    for second_ in range(10_000):
        before = moved.due
        assert moved.put_back(float(second_)) == 0
        looks += [second_] if moved.due != before else []
    assert looks == [5, 15, 35, 75, 155, 315, 635, 1275, 2555, 5115]


def test_what_grows_again_and_again_is_read_again_ever_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a log does that its writer keeps open all day."""
    monkeypatch.setattr(folder_moved, "_FIRST_WAIT", 5.0)
    lies, moved, now, waits = tmp_path / "done.hl7", Moved(tmp_path), 0.0, []
    for _ in range(6):
        lies.write_bytes(b"MSH|")
        # Each time it is made anew here; the writer's stays the same.
        file = replace(as_it_is(tmp_path / "a.hl7", lies), inode=(lies.stat().st_dev, 1))
        moved.note(file, lies, "now", now)
        assert moved.due
        waits.append(moved.due - now)
        lies.write_bytes(b"MSH|MSH|")
        now = moved.due
        assert moved.put_back(now) == 1
        (tmp_path / "a.hl7").unlink()
    assert waits == [5, 10, 20, 40, 60, 60]


def test_one_that_somebody_took_is_forgotten(tmp_path: Path) -> None:
    moved = Moved(tmp_path)
    moved.note(File(tmp_path / "a.hl7", (0, 0), (4, 0)), tmp_path / "gone.hl7", "now", 0.0)
    assert (moved.put_back(0.0), moved.due) == (0, None)


def test_a_restart_does_not_end_the_watch(reading: Reading, inbox: Path) -> None:
    """Of a file that its sender keeps open all day the rest would never be read."""
    with (inbox / "a.hl7").open("wb", buffering=0) as writer:
        writer.write(sample())
        looked(folder(reading, inbox))
        assert names(inbox) == ["done/a.hl7"]
        writer.write(second())
    assert "files_grew" in events(looked(folder(reading, inbox), 2))
    assert [control for control, _, _ in reading.messages()][-1:] == ["MSG2"]
    assert names(inbox) == ["done/a.hl7"]


def test_one_whose_bytes_come_after_its_size_is_read_again(reading: Reading, inbox: Path) -> None:
    """As a copy to a share is: all of the room is taken first."""
    one, size = folder(reading, inbox), len(sample())
    with (inbox / "a.hl7").open("wb", buffering=0) as writer:
        writer.write(sample()[:200] + bytes(size - 201) + b"\r")
        looked(one)
        assert names(inbox / "rejected") == ["a.hl7", "a.hl7.reason"]
        writer.seek(200)
        writer.write(sample()[200:])
    looked(one, 2)
    assert names(inbox) == ["done/a.hl7"]


def test_one_that_was_replaced_while_it_was_moved_is_read(reading: Reading, inbox: Path) -> None:
    one, later = folder(reading, inbox), inbox.parent / "later.hl7"
    (inbox / "a.hl7").write_bytes(sample())
    looked(one)
    later.write_bytes(second())
    later.rename(inbox / "done" / "a.hl7")
    looked(one, 2)
    assert [control for control, _, _ in reading.messages()][-1:] == ["MSG2"]


def test_one_of_the_same_length_and_time_that_takes_its_place_at_the_move_is_read(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, later = folder(reading, inbox), inbox.parent / "later.hl7"
    (inbox / "a.hl7").write_bytes(sample())
    later.write_bytes(sample().replace(b"MSG1", b"MSG2"))
    written = (inbox / "a.hl7").stat()
    os.utime(later, ns=(written.st_atime_ns, written.st_mtime_ns))

    def too_late(file: File, reasons: Iterable[str], mark: str) -> Path | None:
        lies = put_away(file, reasons, mark)
        if lies and later.exists():
            later.rename(lies)
        return lies

    monkeypatch.setattr("bot.sources.folder_moved.put_away", too_late)
    looked(one, 2)
    assert [control for control, _, _ in reading.messages()] == ["MSG1", "MSG2"]


def test_a_copy_on_another_file_system_is_not_watched(tmp_path: Path) -> None:
    lies, moved = tmp_path / "a.hl7", Moved(tmp_path)
    lies.write_bytes(b"MSH|")
    moved.note(File(tmp_path / "b.hl7", (-1, 0), (4, 0)), lies, "now", 0.0)
    assert (moved.put_back(0.0), moved.due) == (0, None)


def test_notes_that_lead_elsewhere_or_break_off_move_nothing(tmp_path: Path) -> None:
    inbox, secret = tmp_path / "in", tmp_path / "secret"
    (inbox / "done").mkdir(parents=True)
    secret.write_bytes(b"key")
    bad = [
        '["a", "done", "../../secret", 1, 4, 5, "now"]',
        '["../a", "done", "b", 1, 4, 5, "now"]',
        '["a", "..", "secret", 1, 4, 5, "now"]',
        '["a", "done", "b", 1, 4, 5, "../now"]',
        '["a", "done", null, 1, 4, 5, "now"]',
        '["a", "done", "b", [], 4, 5, "now"]',
        '["", "done", "", 1, 4, 5, "now"]',
        '["a", "done", "\\ud800", 1, 4, 5, "now"]',
        '["a", "done", "b", Infinity, 4, 5, "now"]',
        "[" * 100_000,
        "{}",
        '["a", "do',
    ]
    (inbox / NOTES).write_text("\n".join(bad))
    moved = Moved(inbox)
    assert (moved.put_back(100.0), moved.due) == (0, None)
    assert secret.exists()


def test_notes_are_bounded_and_a_link_in_their_place_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_moved, "_MOST_NOTES", 1_000)
    moved = Moved(tmp_path)
    for number in range(100):
        moved.note(File(tmp_path / f"{number}", (0, 0), (4, 0)), tmp_path / f"{number}", "m", 0.0)
        moved.write_down()
    assert (tmp_path / NOTES).stat().st_size <= 1_000
    assert b'"99"' in (tmp_path / NOTES).read_bytes()
    other = tmp_path / "other"
    other.write_bytes(b"")
    (tmp_path / NOTES).unlink()
    (tmp_path / NOTES).symlink_to(other)
    moved.note(File(tmp_path / "a", (0, 0), (4, 0)), tmp_path / "a", "m", 0.0)
    moved.write_down()
    assert other.read_bytes() == b""


def test_where_a_move_changes_the_time_of_a_file_it_is_read_once(
    reading: Reading, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on mounted object stores, where a move is a copy."""
    one = folder(reading, inbox)

    def copied(file: File, reasons: Iterable[str], mark: str) -> Path | None:
        lies = put_away(file, reasons, mark)
        assert lies
        os.utime(lies, (0, 0))
        return lies

    monkeypatch.setattr("bot.sources.folder_moved.put_away", copied)
    (inbox / "a.hl7").write_bytes(sample())
    looked(one, 5)
    assert copies(reading) == [1]


def test_one_whose_time_changes_on_and_on_is_read_a_few_times(
    reading: Reading, inbox: Path
) -> None:
    one = folder(reading, inbox)
    (inbox / "a.hl7").write_bytes(sample())
    looked(one)
    for hour in range(10):
        os.utime(inbox / "done" / "a.hl7", (hour, hour))
        looked(one)
    assert copies(reading) == [4]

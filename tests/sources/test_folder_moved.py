"""A file that goes on growing after it was moved: whoever writes it had only paused."""

from pathlib import Path

import pytest

from bot.sources import folder_moved
from bot.sources.folder_files import File
from bot.sources.folder_moved import Moved
from tests.sources.fhir_server import Reading
from tests.sources.folders import copies, events, folder, looked, names
from tests.sources.oru import sample


@pytest.fixture(autouse=True)
def looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_moved, "_FIRST_WAIT", 0.0)


def second() -> bytes:
    return sample(fields={3: "B9000^RIS", 18: "B9000"}).replace(b"MSG1", b"MSG2")


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
    lies, looks, moved = tmp_path / "a.hl7", [], Moved()
    lies.write_bytes(b"MSH|")
    moved.note(File(tmp_path / "in" / "a.hl7", (0, 0), (4, 0)), lies, "now", 0.0)
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
    lies, moved, now, waits = tmp_path / "done.hl7", Moved(), 0.0, []
    for _ in range(6):
        lies.write_bytes(b"MSH|")
        moved.note(File(tmp_path / "a.hl7", (1, 1), (4, 0)), lies, "now", now)
        assert moved.due
        waits.append(moved.due - now)
        lies.write_bytes(b"MSH|MSH|")
        now = moved.due
        assert moved.put_back(now) == 1
        (tmp_path / "a.hl7").unlink()
    assert waits == [5, 10, 20, 40, 60, 60]


def test_one_that_somebody_took_is_forgotten(tmp_path: Path) -> None:
    moved = Moved()
    moved.note(File(tmp_path / "a.hl7", (0, 0), (4, 0)), tmp_path / "gone.hl7", "now", 0.0)
    assert (moved.put_back(0.0), moved.due) == (0, None)

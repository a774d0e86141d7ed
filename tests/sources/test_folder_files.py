"""Which files of a folder are complete, and where they go."""

import os
from pathlib import Path
from tempfile import gettempdir

import pytest
import structlog

from bot.sources.folder_files import Changed, File, Left, Looks, content_of, put_away
from tests.requirements import missing

SETTLE = 2.0


def looked(looks: Looks, now: float) -> list[str]:
    return [file.path.name for file in looks.look(now)[0]]


def seen(folder: Path, name: str, content: bytes = b"MSH|") -> File:
    """The file, complete."""
    (folder / name).write_bytes(content)
    looks = Looks(folder, 0.0)
    looks.look(0.0)
    files, _ = looks.look(100.0)
    return next(file for file in files if file.path.name == name)


def test_a_file_is_complete_when_two_looks_have_found_it_the_same(tmp_path: Path) -> None:
    looks, file = Looks(tmp_path, SETTLE), tmp_path / "a.hl7"
    file.write_bytes(b"MSH|")
    assert looked(looks, 0.0) == []
    assert looked(looks, 1.9) == []
    with file.open("ab") as more:
        more.write(b"^~")
    assert looked(looks, 2.0) == []
    assert looked(looks, 3.9) == []
    assert looked(looks, 4.0) == ["a.hl7"]


@pytest.mark.parametrize(
    "name",
    ["a.tmp", "a.PART", "a.filepart", ".a.hl7", "a.crdownload", "a.hl7~", "a.swp"],
)
def test_a_name_that_says_that_it_is_being_written_is_left_and_after_the_rename_taken_at_once(
    tmp_path: Path, name: str
) -> None:
    looks = Looks(tmp_path, SETTLE)
    (tmp_path / name).write_bytes(b"MSH|")
    assert looked(looks, 0.0) == looked(looks, 100.0) == []
    (tmp_path / name).rename(tmp_path / "b.hl7")
    assert looked(looks, 100.1) == ["b.hl7"]


def test_any_other_name_will_do_and_the_oldest_comes_first(tmp_path: Path) -> None:
    looks = Looks(tmp_path, SETTLE)
    for number, name in enumerate(["c", "a.txt", "b.JSON", "Bericht ä.hl7", "x.reason"]):
        (tmp_path / name).write_bytes(b"MSH|")
        os.utime(tmp_path / name, (1000 - number, 1000 - number))
    looked(looks, 0.0)
    assert looked(looks, 2.0) == ["x.reason", "Bericht ä.hl7", "b.JSON", "a.txt", "c"]


def test_an_empty_file_is_given_a_minute(tmp_path: Path) -> None:
    looks = Looks(tmp_path, SETTLE)
    (tmp_path / "empty.hl7").touch()
    assert looked(looks, 0.0) == looked(looks, 59.0) == []
    assert looked(looks, 60.0) == ["empty.hl7"]


def test_folders_links_and_pipes_are_no_files(tmp_path: Path) -> None:
    looks, elsewhere = Looks(tmp_path / "in", SETTLE), tmp_path / "secret"
    (tmp_path / "in" / "done").mkdir(parents=True)
    elsewhere.write_bytes(b"MSH|")
    (tmp_path / "in" / "link.hl7").symlink_to(elsewhere)
    os.mkfifo(tmp_path / "in" / "pipe.hl7")
    looks.look(0.0)
    (tmp_path / "in" / "east").mkdir()
    assert looks.look(100.0) == ([], Left(links=1, folders=1))


def test_a_file_that_nobody_finishes_is_left_and_told(tmp_path: Path) -> None:
    """Who wrote it has died, or renames nothing: its report would be lost without a word."""
    looks = Looks(tmp_path, SETTLE)
    for name in ("a.tmp", ".readback-moved"):
        (tmp_path / name).write_bytes(b"MSH|")
    looks.look(0.0)
    assert looks.look(899.0) == ([], Left())
    assert looks.look(900.0) == ([], Left(unfinished=1))
    with (tmp_path / "a.tmp").open("ab") as more:
        more.write(b"^~")
    assert looks.look(901.0) == ([], Left())


def test_what_is_left_is_told_where_it_has_become_more() -> None:
    now = Left(links=1, folders=2, unfinished=3)
    with structlog.testing.capture_logs() as log:
        now.tell(now, "ris")
        Left().tell(now, "ris")
        assert log == []
        now.tell(Left(), "ris")
    told = [("links_not_followed", 1), ("folders_not_looked_into", 2), ("files_never_finished", 3)]
    assert [(line["event"], line["count"]) for line in log] == told


def test_a_file_that_becomes_a_link_is_not_read(tmp_path: Path) -> None:
    file = seen(tmp_path, "a.hl7")
    file.path.unlink()
    file.path.symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic links"):
        content_of(file, 1000)


def test_what_is_another_file_by_now_is_neither_read_nor_moved(tmp_path: Path) -> None:
    file = seen(tmp_path, "a.hl7")
    file.path.write_bytes(b"MSH|^~")
    with pytest.raises(Changed):
        content_of(file, 1000)
    assert not put_away(file, [], "now")
    assert file.path.read_bytes() == b"MSH|^~"


def test_a_file_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    file = seen(tmp_path, "a.hl7")
    file.path.unlink()
    with pytest.raises(FileNotFoundError):
        content_of(file, 1000)
    assert not put_away(file, ["bad"], "now")
    assert list((tmp_path / "rejected").iterdir()) == []


def test_of_a_file_over_the_limit_the_beginning_and_the_hash_are_read(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    file = seen(tmp_path, "large", data)
    small, large = content_of(file, 3_000_000), content_of(file, 2_999_999)
    assert small.data == data
    assert large.data == data[:65_536]
    assert (large.size, large.digest) == (small.size, small.digest)


def test_what_was_read_lies_in_done_and_names_that_clash_get_a_suffix(tmp_path: Path) -> None:
    for content in (b"1", b"2", b"3"):
        assert put_away(seen(tmp_path, "oru.hl7", content), [], "20260115T1830Z")
    assert {path.name: path.read_bytes() for path in (tmp_path / "done").iterdir()} == {
        "oru.hl7": b"1",
        "oru.hl7.20260115T1830Z": b"2",
        "oru.hl7.20260115T1830Z-2": b"3",
    }


def test_what_was_rejected_lies_beside_its_reasons(tmp_path: Path) -> None:
    assert put_away(seen(tmp_path, "a.hl7"), ["message 1: bad", "message 3: worse"], "now")
    assert put_away(seen(tmp_path, "a.hl7"), ["message 1: bad"], "now")
    rejected = tmp_path / "rejected"
    assert (rejected / "a.hl7.reason").read_text() == "message 1: bad\nmessage 3: worse\n"
    assert sorted(path.name for path in rejected.iterdir()) == [
        "a.hl7",
        "a.hl7.now",
        "a.hl7.now.reason",
        "a.hl7.reason",
    ]


def test_a_name_as_long_as_can_be_finds_its_place(tmp_path: Path) -> None:
    name = "ä" * 127
    for _ in range(2):
        assert put_away(seen(tmp_path, name), ["bad"], "20260115T183000.000000Z")
    assert len(list((tmp_path / "rejected").iterdir())) == 4
    assert not (tmp_path / name).exists()


def test_done_on_another_file_system_gets_a_whole_copy(tmp_path: Path) -> None:
    here = tmp_path.stat().st_dev
    # One of them holds tmp_path; this test makes a folder of its own in the other.
    places = [Path("/dev/shm"), Path(gettempdir()), Path("/var/tmp")]  # noqa: S108
    others = [place for place in places if place.is_dir() and place.stat().st_dev != here]
    away = (others or [missing("a second file system")])[0] / f"readback-{os.getpid()}"
    away.mkdir()
    (tmp_path / "done").symlink_to(away)
    try:
        assert put_away(seen(tmp_path, "a.hl7", b"MSH|1"), [], "now")
        assert put_away(seen(tmp_path, "a.hl7", b"MSH|2"), [], "now")
        found = {path.name: path.read_bytes() for path in away.iterdir()}
    finally:
        for path in away.iterdir():
            path.unlink()
        away.rmdir()
    assert found == {"a.hl7": b"MSH|1", "a.hl7.now": b"MSH|2"}
    assert [path.name for path in tmp_path.iterdir()] == ["done"]


def test_what_cannot_be_moved_lies_where_it_lay(tmp_path: Path) -> None:
    file = seen(tmp_path, "a.hl7")
    (tmp_path / "done").write_bytes(b"in the way")
    with pytest.raises(OSError, match="exists"):
        put_away(file, [], "now")
    assert file.path.read_bytes() == b"MSH|"

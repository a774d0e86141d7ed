import hashlib
import time

from hypothesis import given
from hypothesis import strategies as st

from bot.sources.mllp.frames import FS, VT, Ending, Frame, Framer, frame
from bot.sources.oversize import KEPT

LIMIT = 200_000


def fed(data: bytes, *, limit: int = LIMIT, step: int = 0) -> tuple[list[Frame], Framer]:
    framer = Framer(limit)
    chunks = [data[i : i + step] for i in range(0, len(data), step)] if step else [data]
    frames = [one for chunk in chunks for one in framer.feed(chunk)]
    return frames + framer.close(), framer


def told(data: bytes, *, limit: int = LIMIT, step: int = 0) -> list[tuple[bytes, Ending]]:
    return [(one.data, one.ending) for one in fed(data, limit=limit, step=step)[0]]


def test_a_frame_is_what_stands_between_vt_and_fs_cr() -> None:
    (one,), framer = fed(frame(b"MSH|1"))
    assert (one.data, one.ending, one.size) == (b"MSH|1", Ending.WHOLE, 5)
    assert one.digest == hashlib.sha256(b"MSH|1").hexdigest()
    assert framer.stray == 0


def test_fs_without_cr_ends_a_frame() -> None:
    assert told(b"\x0bMSH|1\x1c\x0bMSH|2\x1c") == [
        (b"MSH|1", Ending.WHOLE),
        (b"MSH|2", Ending.WHOLE),
    ]


def test_an_fs_in_the_text_is_text_however_it_is_chopped() -> None:
    data = b"MSH|1\rOBX|1|TX|a\x1cb||||||F\r\x1cOBX|2|TX|c\x1c|\x0bd|HH\r"
    for step in (0, 1, 2, 3):
        assert told(frame(data) + frame(b"MSH|2"), step=step) == [
            (data, Ending.WHOLE),
            (b"MSH|2", Ending.WHOLE),
        ]


def test_an_fs_that_nothing_follows_ends_the_frame_when_its_listener_has_waited() -> None:
    framer = Framer(LIMIT)
    assert (framer.feed(b"\x0bMSH|1\r\x1c"), framer.undecided) == ([], True)
    assert [one.data for one in framer.settle()] == [b"MSH|1\r"]
    assert (framer.begun, framer.undecided, framer.settle()) == (False, False, [])


def test_an_fs_in_the_text_of_a_frame_over_the_limit_is_text_too() -> None:
    data = b"MSH|" + b"x" * 3_000 + b"\x1c" + b"y" * 3_000 + b"\r\x1cOBX|"
    for step in (0, 1, 1_000):
        ((one, next_), _) = fed(frame(data) + frame(b"MSH|2"), limit=1_000, step=step)
        assert (one.ending, one.size) == (Ending.TOO_LARGE, len(data))
        assert one.digest == hashlib.sha256(data).hexdigest()
        assert next_.data == b"MSH|2"


def test_the_rest_of_a_frame_with_its_end_in_the_text_is_kept() -> None:
    assert told(frame(b"MSH|1\rOBX|a\x1c\rb|HH\r") + frame(b"MSH|2")) == [
        (b"MSH|1\rOBX|a", Ending.WHOLE),
        (b"\rb|HH\r", Ending.CUT_OFF),
        (b"MSH|2", Ending.WHOLE),
    ]
    assert told(frame(b"MSH|1") + b"\r\x1c\r") == [(b"MSH|1", Ending.WHOLE)]


def test_stray_bytes_behind_an_fs_without_cr_are_no_part_of_the_message() -> None:
    frames, framer = fed(b"\x0bMSH|1\r\x1cjunk" + frame(b"MSH|2"))
    assert [one.data for one in frames] == [b"MSH|1\r", b"MSH|2"]
    assert framer.stray == len(b"junk")


def test_stray_bytes_are_dropped_and_counted() -> None:
    frames, framer = fed(b"hello\r\n" + frame(b"MSH|1") + b"\r\nM?" + frame(b"MSH|2") + b"MS")
    assert [one.data for one in frames] == [b"MSH|1", b"MSH|2"]
    assert framer.stray == len(b"hello") + len(b"M?") + len(b"MS")


def test_a_message_whose_vt_is_missing_is_not_lost() -> None:
    assert told(b"MSH|1\x1c\r" + frame(b"MSH|2"), step=1) == [
        (b"MSH|1", Ending.WHOLE),
        (b"MSH|2", Ending.WHOLE),
    ]


def test_a_vt_in_the_text_is_text() -> None:
    assert told(frame(b"MSH|1\rOBX|a\x0bb")) == [(b"MSH|1\rOBX|a\x0bb", Ending.WHOLE)]


def test_a_sender_that_begins_anew_leaves_the_first_message_cut_off() -> None:
    assert told(b"\x0bMSH|1\rPI" + frame(b"MSH|2")) == [
        (b"MSH|1\rPI", Ending.CUT_OFF),
        (b"MSH|2", Ending.WHOLE),
    ]


def test_the_end_within_a_frame_keeps_what_came() -> None:
    assert told(b"\x0bMSH|1\rPID") == [(b"MSH|1\rPID", Ending.CUT_OFF)]
    assert told(b"\x0b") == [(b"", Ending.CUT_OFF)]
    assert told(b"") == []


def test_a_frame_over_the_limit_keeps_its_head_its_size_and_its_hash() -> None:
    data = b"MSH|" + b"x" * 300_000
    for step in (0, 7_000):
        (first, second), _ = fed(frame(data) + frame(b"MSH|2"), limit=100_000, step=step)
        assert (first.ending, first.size, first.data) == (Ending.TOO_LARGE, len(data), data[:KEPT])
        assert first.digest == hashlib.sha256(data).hexdigest()
        assert (second.data, second.ending) == (b"MSH|2", Ending.WHOLE)


def test_a_frame_over_the_limit_that_never_ends_is_kept_too() -> None:
    (one,), _ = fed(b"\x0bMSH|" + b"x" * 300_000, limit=100_000, step=9_000)
    assert (one.ending, one.size) == (Ending.TOO_LARGE, 300_004)


def test_a_frame_of_exactly_the_limit_is_whole() -> None:
    assert told(frame(b"MSH|" + b"x" * 96), limit=100)[0][1] is Ending.WHOLE
    assert told(frame(b"MSH|" + b"x" * 97), limit=100)[0][1] is Ending.TOO_LARGE
    for step in (0, 1):
        assert told(VT + b"MSH|" + b"x" * 96 + FS, limit=100, step=step)[0][1] is Ending.WHOLE


@given(
    st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\x1c", b"").replace(b"\x0b", b""))),
    st.integers(1, 50),
)
def test_however_it_is_chopped_each_frame_comes_out_as_it_went_in(
    bodies: list[bytes], step: int
) -> None:
    whole = [b"MSH|" + body for body in bodies]
    assert told(b"".join(map(frame, whole)), step=step) == [(one, Ending.WHOLE) for one in whole]


@given(
    st.lists(
        st.sampled_from([b"\x0b", b"\x1c", b"\r", b"MSH|", b"MS", b"abc", b"OBX|", b"x" * 30])
    ),
    st.integers(1, 60),
)
def test_chopping_changes_nothing_whatever_the_bytes(pieces: list[bytes], step: int) -> None:
    data = b"".join(pieces)
    once, at_once = fed(data, limit=50)
    chopped, by_step = fed(data, limit=50, step=step)
    assert once == chopped
    assert at_once.stray == by_step.stray


@given(st.binary(max_size=300), st.integers(1, 60))
def test_no_byte_of_a_begun_frame_is_lost(data: bytes, step: int) -> None:
    frames, framer = fed(data, step=step)
    ends = data.count(b"\r") + data.count(b"\n") + data.count(b"\x0b") + data.count(b"\x1c")
    assert sum(one.size for one in frames) + framer.stray >= len(data) - ends


def test_of_a_frame_over_the_limit_what_stands_behind_the_document_is_kept_in_short() -> None:
    data = b"MSH|^~\\&|A\rOBX|1|ED|P||" + b"A" * 300_000 + b"||||||F\rOBX|2|TX|I||Bleeding|||AA\r"
    for step in (0, 7_000):
        (one,), _ = fed(frame(data), limit=100_000, step=step)
        assert (one.data, one.ending) == (data[:KEPT], Ending.TOO_LARGE)
        assert one.tail == b"OBX|1|ED|P||||||||F\rOBX|2|TX|I||Bleeding|||AA\r"


def message(number: int, size: int = 0) -> bytes:
    return f"MSH|^~\\&|R|||||||{number}\rOBX|1|TX|I||{'x' * size}\r".encode()


@given(st.lists(st.integers(0, 400), min_size=2, max_size=9), st.integers(1, 900))
def test_a_batch_over_the_limit_comes_out_message_by_message(sizes: list[int], step: int) -> None:
    messages = [message(number, size) for number, size in enumerate(sizes)]
    batch = b"FHS|^~\\&|R\rBHS|^~\\&|R\r" + b"".join(messages) + b"BTS|9\rFTS|1\r"
    frames, framer = fed(frame(batch) + frame(b"MSH|2"), limit=300, step=step)
    *of_batch, behind = frames
    assert [f.more for f in of_batch] == [True] * (len(of_batch) - 1) + [False]
    assert (behind.data, behind.more, framer.stray) == (b"MSH|2", False, 0)
    if len(batch) > 300:
        assert sum(f.size for f in of_batch) == len(batch)
        for said, (one, size) in zip(of_batch, zip(messages, sizes, strict=True), strict=True):
            assert one[:40] in said.data
            whole = size < 200
            assert (said.ending is Ending.WHOLE) == whole or abs(said.size - 300) < 100
            assert not whole or one in said.data


def test_a_sender_that_begins_anew_behind_a_batch_over_the_limit_is_cut_off_there() -> None:
    data = VT + message(1, 200) + message(2)[:20] + b"\r" + frame(message(3, 200) + message(4))
    frames = [(f.data[:20], f.ending.value, f.more) for f in fed(data, limit=300)[0]]
    assert frames == [
        (message(1)[:20], "whole", True),
        (message(2)[:20], "cut-off", False),
        (message(3)[:20], "whole", True),
        (message(4)[:20], "whole", False),
    ]


def test_of_a_batch_over_the_limit_that_breaks_off_only_the_last_is_cut_off() -> None:
    data = VT + message(1, 200) + message(2, 200) + message(3)[:-9]
    endings = [(f.ending, f.more) for f in fed(data, limit=300, step=50)[0]]
    assert endings == [(Ending.WHOLE, True), (Ending.WHOLE, True), (Ending.CUT_OFF, False)]


def test_ends_of_frames_and_nothing_else_are_passed_over_quickly() -> None:
    """The loop that reads them also pages: 64 KB of them took it two seconds."""
    began = time.process_time()
    assert fed(FS * 500_000, step=KEPT)[0] == []
    assert time.process_time() - began < 10


def test_a_message_of_the_limit_is_whole_though_the_next_ones_header_dribbles_in() -> None:
    first = message(1, 300)
    data = frame(first + message(2))
    for step in (0, 1, 7):
        frames, _ = fed(data, limit=len(first), step=step)
        assert [(f.ending, f.more) for f in frames] == [
            (Ending.WHOLE, True),
            (Ending.WHOLE, False),
        ]

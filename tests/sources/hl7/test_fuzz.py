"""Twenty thousand spoiled messages: each is answered, in time, and no byte of it is lost."""

import time
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.message import RawMessage, Reports, SetAside, Unusable
from bot.domain.profile import Feeds, Layout, Place, Profile, Rule
from bot.sources.hl7 import acks
from bot.sources.hl7.batch import split
from bot.sources.hl7.places import heading, read_from
from bot.sources.hl7.reader import read_all
from bot.sources.mllp.frames import Ending, Framer, frame
from tests.requirements import shared_folder
from tests.sources.oru import CHICAGO, NOW, sample

PARTS, EXAMPLES, EACH = 4, 100, 50
"""Parts, for several workers: one after the other they would keep a busy machine for minutes."""
SHOWN = 4
"""Of so many messages one is also explained: that reads it anew, and takes as long as receiving."""
LONGEST = 4000
SLOWEST = 2.0
"""Seconds of the thread's own for a message of a few thousand bytes, whatever else runs."""

PIECES = (
    *(b"MSH|^~\\&|", b"MSH", b"\r", b"\n", b"\r\n", b"OBR|", b"OBX|1|TX|", b"PID|", b"NTE|1||"),
    *(
        b"|",
        b"^",
        b"~",
        b"&",
        b"\\",
        b"\\X00\\",
        b"\\.br\\",
        b'""',
        b" " * 40,
        b"-" * 40,
        b"*" * 40,
    ),
    *(b"FHS|^~\\&", b"BHS|", b"BTS|1", b"\x0b", b"\x1c", b"\x1c\r\x0b", b"\x00", b"\xff", b"\xc3"),
    *(
        b"RID49480",
        b"CRITICAL RESULT",
        b"ACR category 1",
        b"ADDENDUM:",
        b"IMPRESSION:",
        b"ZDS|1.2.3",
    ),
    *(
        b"Dr. A was notified.",
        b"73568-8",
        b"20269999",
        b"-0600",
        b"UNICODE UTF-8",
        b"ORU^R01",
        b"F",
    ),
)
FEEDS = Feeds(
    (
        Profile(
            facility="ABCHOSP",
            status=(Place("ZPF", 1), Place("OBX", 11)),
            layout=Layout.HEADINGS,
            authority_component=8,
            rules=(Rule("critical", code="F"), Rule("critical", text="the findings")),
        ),
    ),
    frozenset({"LAB"}),
)


@cache
def seeds() -> list[bytes]:
    """Messages to spoil: those of the corpus where it is, and one of our own."""
    shared = shared_folder()
    files = sorted((shared / "corpus" / "hl7").iterdir()) if shared else []
    return [sample(), sample() * 2, *(file.read_bytes()[:LONGEST] for file in files)]


def spoiled(random: Random) -> bytes:
    """A message in which something was overwritten, left out, put in, doubled or cut off."""
    data = bytearray(random.choice(seeds()))
    for _ in range(random.randint(1, 6)):
        at, length = random.randrange(len(data) + 1), random.randrange(40)
        match random.randrange(4):
            case 0:
                data[at : at + length] = random.choice(PIECES)
            case 1:
                data[at:at] = data[at : at + length] * random.randint(1, 3)
            case 2:
                data[at : at + length] = random.randbytes(random.randrange(4))
            case _:
                del data[at : at + random.choice((1, length, length * 20))]
    return bytes(data)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
@given(seed=st.integers(0, 2**32))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_spoiled_message_is_answered_and_kept_whole(part: int, seed: int) -> None:
    random = Random(f"{part} {seed}")
    for number in range(EACH):
        data, feeds = spoiled(random), FEEDS if random.randrange(3) == 0 else Feeds()
        began = time.thread_time()
        found = answered(data, feeds)
        if number % SHOWN == 0:
            shown(found, feeds)
        assert time.thread_time() - began < SLOWEST, data


def answered(data: bytes, feeds: Feeds) -> tuple[RawMessage, ...]:
    found = read_all(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds)
    assert b"".join(raw.data for raw in found) == data
    assert b"".join(split(data)) == data
    for raw in found:
        assert isinstance(raw.reading, Reports | SetAside | Unusable)
    ack = acks.write(data, acks.NOT_STORED, control_id="1", now=NOW)
    assert ack.startswith(b"MSH")
    assert b"\rMSA" in ack
    return found


def shown(found: tuple[RawMessage, ...], feeds: Feeds) -> None:
    for raw in found:
        assert heading(raw.data, feeds) is not None
        if isinstance(raw.reading, Reports):
            assert len(read_from(raw.data, raw.reading.reports, feeds)) == len(raw.reading.reports)


@pytest.mark.long
@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_spoiled_frames_in_any_chunks_come_out_whole_or_are_counted(seed: int) -> None:
    random = Random(seed)
    data = b"".join(frame(spoiled(random)) for _ in range(3))
    framer, frames, at = Framer(10_000_000), [], 0
    while at < len(data):
        size = random.choice((1, 7, 500, 5000))
        frames += framer.feed(data[at : at + size])
        at += size
    frames += framer.close()
    kept = sum(one.size for one in frames) + framer.stray
    marks = sum(data.count(mark) for mark in (b"\x0b", b"\x1c", b"\r", b"\n"))
    assert len(data) - marks <= kept <= len(data)
    assert all(one.ending in {Ending.WHOLE, Ending.CUT_OFF} for one in frames)

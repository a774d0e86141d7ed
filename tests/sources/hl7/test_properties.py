"""Whatever arrives is answered: nothing raises, hangs or loses a byte."""

from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.message import Reports, SetAside, Unusable
from bot.sources.hl7 import acks
from bot.sources.hl7.reader import read
from tests.requirements import shared_folder
from tests.sources.oru import CHICAGO, NOW, sample

PIECES = st.sampled_from(
    [
        b"MSH|^~\\&|",
        b"MSH",
        b"\r",
        b"\n",
        b"OBR|",
        b"OBX|1|TX|",
        b"PID|",
        b"|",
        b"^",
        b"~",
        b"&",
        b"\\X00\\",
        b"\\",
        b"RID49480",
        b"ADDENDUM:",
        b"IMPRESSION:",
        b"\x0b",
        b"\x1c",
        b"\x00",
        b"\xff",
        b"MSH\t",
        b"20269999",
        b"FHS|",
        b"UNICODE UTF-8",
        b"ORU^R01",
        b"F",
        b'""',
        b" ",
        b"-0600",
    ]
)


def handled(data: bytes) -> None:
    raw = read(data, source="hl7", timezone=CHICAGO, now=NOW)
    assert raw.data == data
    assert raw.size == len(data)
    assert isinstance(raw.reading, Reports | SetAside | Unusable)
    ack = acks.write(data, acks.NOT_STORED, control_id="1", now=NOW)
    assert ack.startswith(b"MSH")
    assert b"\rMSA" in ack


@given(st.binary(max_size=400))
@example(b"MSH\t\rx")
@example(b"MSH")
@example(b"MSH|")
def test_any_bytes_are_answered(data: bytes) -> None:
    handled(data)


@given(st.lists(PIECES | st.binary(max_size=6), max_size=40).map(b"".join))
@settings(max_examples=400)
def test_any_mixture_of_what_messages_are_made_of_is_answered(data: bytes) -> None:
    handled(data)
    handled(b"MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5\rOBR|1|1|2\r" + data)


@cache
def seeds() -> list[bytes]:
    """Messages to spoil: those of the corpus where it is, else one of our own."""
    shared = shared_folder()
    files = sorted((shared / "corpus" / "hl7").iterdir()) if shared else []
    return [sample(), *(file.read_bytes()[:6000] for file in files)]


@pytest.mark.long
@given(st.data())
@settings(max_examples=400)
def test_a_spoiled_message_is_answered(data: st.DataObject) -> None:
    message = bytearray(data.draw(st.sampled_from(seeds())))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(message)))
        length = data.draw(st.integers(0, 30))
        message[place : place + length] = data.draw(PIECES | st.binary(max_size=4))
    handled(bytes(message))


@given(st.text(alphabet=st.characters(exclude_characters='\0\r\n\x0b\x1c|^~\\&"', codec="utf-8")))
def test_every_word_of_the_text_survives(text: str) -> None:
    data = sample().replace(b"Tension pneumothorax.", b"A " + text.encode() + b" Z")
    reading = read(data, source="hl7", timezone=CHICAGO, now=NOW).reading
    assert isinstance(reading, Reports)
    assert reading.reports[0].text.split() == f"A {text} Z".split()

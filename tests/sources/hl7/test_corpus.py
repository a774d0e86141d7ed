"""Real messages of many senders, with python-hl7 as a second opinion."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import hl7
import pytest

from bot.domain.message import Reports, SetAside, Unusable
from bot.domain.report import Report, Status
from bot.sources.mllp.client import messages_in
from bot.sources.moments import moment
from tests.sources.oru import CHICAGO, raw

LATER = datetime(2027, 1, 1, tzinfo=UTC)
"""After every message of the corpus: none of its times lies in the future."""


@pytest.fixture(scope="module")
def corpus(shared: Path) -> list[tuple[str, bytes]]:
    """Every message of every file, by the name of its file."""
    files = [
        file for file in sorted((shared / "corpus" / "hl7").iterdir()) if file.suffix != ".tsv"
    ]
    return [(file.name, one) for file in files for one in messages_in(file.read_bytes())]


@pytest.fixture(scope="module")
def found(corpus: list[tuple[str, bytes]]) -> list[tuple[str, bytes, Report]]:
    """Every report of the corpus."""
    read = [(name, data, raw(data, LATER).reading) for name, data in corpus]
    return [
        (name, data, one)
        for name, data, reading in read
        if isinstance(reading, Reports)
        for one in reading.reports
    ]


def test_every_message_is_read_or_has_a_typed_reason(corpus: list[tuple[str, bytes]]) -> None:
    outcomes = Counter(type(raw(data).reading) for _, data in corpus)
    assert outcomes[Reports] > 200
    assert outcomes[SetAside] > 100
    reasons = {r.reason for _, data in corpus if isinstance(r := raw(data).reading, Unusable)}
    known = {"no-msh", "no-obr", "no-order-identifier", "no-message-type", "unknown-status"}
    assert reasons <= known


def test_a_radiology_feed_of_thirty_years_is_read_in_full(
    found: list[tuple[str, bytes, Report]],
) -> None:
    radiology = [(data, one) for name, data, one in found if name.startswith("scout__")]
    assert len(radiology) > 100
    for data, one in radiology:
        assert bool(one.text) == (b"OBX" in data)
        assert one.accession == one.filler
        assert one.patient.identifiers
        assert one.ordering
        assert one.exam
        assert one.status_at
        assert one.status <= Status.PRELIMINARY or one.finalized_at


def test_every_radiology_report_with_an_impression_has_it_read(
    found: list[tuple[str, bytes, Report]],
) -> None:
    marked = [
        (n, one) for n, data, one in found if n.startswith("scout__") and b"IMPRESSION:" in data
    ]
    assert marked
    for name, one in marked:
        assert one.impression, name
        assert not one.impression.startswith("IMPRESSION"), name
        assert one.impression in one.text, name


def test_python_hl7_reads_the_same_fields(found: list[tuple[str, bytes, Report]]) -> None:
    compared = 0
    for name, data, one in found:
        theirs = _theirs(data)
        if theirs is None:
            continue
        compared += 1
        assert one.control_id == _text(theirs, "MSH", 10), name
        assert one.filler in {_text(theirs, "OBR", 3, row) for row in range(_rows(theirs))} | {
            _text(theirs, "ORC", 3)
        }, name
        assert (one.patient.name.split(", ")[0] or _text(theirs, "PID", 5)) == _text(
            theirs, "PID", 5
        ), name
        if _rows(theirs) == 1 and one.finalized_at:
            finalized = moment(_text(theirs, "OBR", 22), CHICAGO, LATER).at
            assert one.finalized_at == finalized or _zoned(data)
    assert compared > 100


def _theirs(data: bytes) -> hl7.Message | None:
    """python-hl7's reading, where it has one: a blank segment makes it raise."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    lines = [line for line in text.split("\r") if line]
    blank = any(not line.strip() for line in lines) or "\\" in text.split("\r", 1)[1]
    return None if blank else hl7.parse("\r".join(lines) + "\r")


def _text(message: hl7.Message, segment: str, number: int, row: int = 0) -> str:
    try:
        field = message.segments(segment)[row](number)
        first = field[0] if isinstance(field, list) and field else field
        while isinstance(first, list):
            first = first[0] if first else ""
        return str(first).strip()
    except (KeyError, IndexError):
        return ""


def _rows(message: hl7.Message) -> int:
    return len(message.segments("OBR"))


def _zoned(data: bytes) -> bool:
    sent = data.split(b"|", 7)[6]
    return sent[-5:-4] in {b"+", b"-"}

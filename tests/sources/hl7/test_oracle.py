"""python-hl7 as a second opinion: what both read of the corpus is the same, or a test says why not.

It is asked through its own accessors, for messages that it can parse, with CR at the end of each
segment (it cannot find segments in others).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import hl7
import pytest

from bot.domain.message import Reports
from bot.domain.report import Provider, Report
from bot.sources.hl7.reader import read_all
from bot.sources.hl7.wire import decode
from bot.sources.moments import moment, zone_of
from tests.sources.oru import CHICAGO

LATER = datetime(2027, 1, 1, tzinfo=UTC)
PROSE = {"TX", "FT", "ST"}


class Theirs:
    """One message as python-hl7 reads it."""

    def __init__(self, text: str) -> None:
        self.message = hl7.parse(text)

    def rows(self, segment: str) -> int:
        return sum(1 for one in self.message if str(one[0]) == segment)

    def value(self, segment: str, field: int, *place: int, row: int = 1) -> str:
        """``place`` is repetition, component and sub-component, from 1. Empty where not there."""
        repetition, component, sub = (*place, 1, 1, 1)[:3] if place else (1, 1, 1)
        try:
            found = self.message.extract_field(segment, row, field, repetition, component, sub)
        except (IndexError, KeyError):
            return ""
        told = str(found or "").strip()
        return "" if told == '""' else told

    def repetitions(self, segment: str, field: int, row: int = 1) -> int:
        try:
            return len(self.message.segments(segment)[row - 1](field))
        except (IndexError, KeyError):
            return 0

    def has_escapes(self, row: int) -> bool:
        """Formatting and character sets: python-hl7 leaves the first in the text, has not the
        second, and drops what it does not know. test_hl7_text.py says what becomes of each."""
        return "\\" in str(self.message.segments("OBX")[row - 1])

    def ids(self, segment: str, field: int) -> set[str]:
        number = self.repetitions(segment, field)
        return {self.value(segment, field, n, 1) for n in range(1, number + 1)} - {""}


@cache
def both(folder: Path) -> tuple[tuple[str, Report, Theirs], ...]:
    return tuple(_both(folder))


def _both(folder: Path) -> Iterator[tuple[str, Report, Theirs]]:
    """Each report with the message as both read it, where there is one order in it."""
    for file in sorted(folder.glob("*.*")):
        for raw in read_all(file.read_bytes(), source="x", timezone=CHICAGO, now=LATER):
            if isinstance(raw.reading, Reports) and len(raw.reading.reports) == 1:
                text = decode(raw.data)[0].replace("\r\n", "\r").replace("\n", "\r")
                lines = [line for line in text.split("\r") if line.strip("\x0b\x1c \ufeff")]
                theirs = Theirs("\r".join(lines).lstrip("\ufeff\x0b") + "\r")
                if theirs.rows("OBR") == 1:
                    yield file.name, raw.reading.reports[0], theirs


@pytest.fixture
def pairs(shared: Path) -> tuple[tuple[str, Report, Theirs], ...]:
    found = both(shared / "corpus" / "hl7")
    assert len(found) > 180
    return found


def test_header_and_patient_are_the_same(
    pairs: tuple[tuple[str, Report, Theirs], ...],
) -> None:
    for name, ours, theirs in pairs:
        assert ours.control_id == theirs.value("MSH", 10), name
        assert ours.processing_id == theirs.value("MSH", 11), name
        assert {one.value for one in ours.patient.identifiers} == (
            theirs.ids("PID", 3) or theirs.ids("PID", 2)
        ), name
        assert ours.patient.name.split(", ")[0] == (
            theirs.value("PID", 5, 1, 1) or theirs.value("PID", 5, 1, 2)
        ), name
        assert ours.patient.sex == theirs.value("PID", 8), name
        assert ours.patient.birth_date.replace("-", "") == theirs.value("PID", 7)[:8], name


def test_the_order_is_the_same(pairs: tuple[tuple[str, Report, Theirs], ...]) -> None:
    for name, ours, theirs in pairs:
        assert ours.filler == (theirs.value("OBR", 3) or theirs.value("ORC", 3)), name
        assert ours.placer == (theirs.value("OBR", 2) or theirs.value("ORC", 2)), name
        exam = [theirs.value("OBR", 4, 1, component) for component in (2, 5, 1)]
        assert ours.exam == next(filter(None, exam), ""), name
        assert ours.patient_class == theirs.value("PV1", 2), name


def test_the_people_are_the_same(pairs: tuple[tuple[str, Report, Theirs], ...]) -> None:
    for name, ours, theirs in pairs:
        ordering = theirs.ids("OBR", 16)
        if not ordering and not theirs.value("OBR", 16, 1, 2):
            ordering = theirs.ids("ORC", 12)
        assert _ids(ours.ordering) == ordering, name
        assert _ids(ours.attending) == theirs.ids("PV1", 7), name
        assert _ids(ours.copies_to) == theirs.ids("OBR", 28), name


def _ids(providers: tuple[Provider, ...]) -> set[str]:
    return {identifier.value for one in providers for identifier in one.identifiers}


def test_the_times_are_the_same(pairs: tuple[tuple[str, Report, Theirs], ...]) -> None:
    for name, ours, theirs in pairs:
        if ours.finalized_at:
            zone = zone_of(theirs.value("MSH", 7)) or CHICAGO
            assert ours.finalized_at == moment(theirs.value("OBR", 22), zone, LATER).at, name


def test_every_word_of_the_prose_is_there_in_their_order(
    pairs: tuple[tuple[str, Report, Theirs], ...],
) -> None:
    for name, ours, theirs in pairs:
        told = " ".join((ours.text, *(one.text for one in ours.addenda))).split()
        line = " ".join(told)
        for row in range(1, theirs.rows("OBX") + 1):
            if theirs.value("OBX", 2, row=row) in PROSE and not theirs.has_escapes(row):
                number = theirs.repetitions("OBX", 5, row)
                said = [theirs.value("OBX", 5, n, 1, row=row) for n in range(1, number + 1)]
                assert " ".join(" ".join(said).split()) in line, f"{name}: OBX {row}"

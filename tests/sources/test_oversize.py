"""What passes by: its beginning, and what stands behind a document."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Unusable
from bot.sources.hl7.reader import unusable
from bot.sources.oversize import KEPT, LONGEST_SEGMENT, Passing, _Tail, together, too_large_for

HEADER = b"MSH|^~\\&|RIS|MAIN|||20260101||ORU^R01|C1|P|2.5.1\rPID|1||77\r"
ORDER = b"OBR|1||A100|CT|||||||||||||||||||||F\r"
FLAGGED = b"OBX|9|TX|X&IMP||Bleeding.|||AA|||F\r"
DOCUMENT = b"OBX|1|ED|PDF||^application^pdf^Base64^%s||||||F\r"


def passed(data: bytes, step: int = 50_000, kept: int = KEPT) -> Passing:
    passing = Passing(kept)
    for start in range(0, len(data), step):
        passing.add(data[start : start + step])
    return passing


def reading(data: bytes) -> Unusable:
    one = passed(data)
    size, digest = one.size, one.digest
    raw = unusable(
        one.head, too_large_for(9), source="hl7", size=size, digest=digest, tail=one.tail
    )
    assert (raw.data, raw.size, raw.digest) == (one.head, size, hashlib.sha256(data).hexdigest())
    assert isinstance(raw.reading, Unusable)
    return raw.reading


def found(data: bytes) -> tuple[list[str], set[str]]:
    unread = reading(data)
    return [flag.value for flag in unread.flags], {number.value for number in unread.numbers}


@pytest.mark.parametrize(
    "document",
    [
        b"A" * 300_000,
        b"\r\n".join([b"JVBERi0xLjcK" * 6] * 5_000),
        b"\n".join([b"OBX"] * 50_000),
        b"{\\E\\rtf1 \\E\\par}" * 20_000,
    ],
    ids=["one line", "lines", "lines like names", "rtf"],
)
def test_a_flag_behind_a_document_is_found(document: bytes) -> None:
    assert found(HEADER + ORDER + DOCUMENT % document + FLAGGED) == (["AA"], {"A100"})


def test_so_is_a_flag_on_the_document_itself() -> None:
    document = (DOCUMENT % (b"A" * 300_000)).replace(b"||||||F", b"|||HH|||F")
    assert found(HEADER + ORDER + document) == (["HH"], {"A100"})


def test_so_is_one_behind_a_text_of_several_lines() -> None:
    flagged = FLAGGED.replace(b"Bleeding.", b"Bleeding\nin the brain.")
    assert found(HEADER + ORDER + DOCUMENT % (b"A" * 300_000) + flagged)[0] == ["AA"]


def test_so_are_macros_radlex_codes_and_the_order() -> None:
    document = DOCUMENT % (b"A" * 300_000)
    macro = b"OBX|9|TX|X&IMP||CRITICAL RESULT: bleeding.||||||F\r"
    coded = b"OBX|9|CWE|X||RID49480^Critical^RadLex||||||F\r"
    assert found(HEADER + document + ORDER + macro) == (["CRITICAL RESULT"], {"A100"})
    assert found(HEADER + document + ORDER + coded) == (["RID49480"], {"A100"})


def test_without_a_flag_behind_it_there_is_none() -> None:
    assert found(HEADER + ORDER + DOCUMENT % (b"A" * 300_000))[0] == []


@given(st.integers(-80, 80))
def test_a_number_on_both_sides_of_the_cut_is_read_whole(shift: int) -> None:
    before = HEADER + b"NTE|1||" + b"x" * (KEPT - len(HEADER) - len(ORDER) + shift) + b"\r"
    data = before + ORDER + FLAGGED + DOCUMENT % (b"A" * 99_000)
    assert found(data) == (["AA"], {"A100"})


def test_behind_what_is_kept_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder stood still for a minute while a file of 110 MB was read."""
    fields = 0

    def counted(tail: Any, end: bytes, ends: Any = _Tail._end_field) -> None:
        nonlocal fields
        fields += 1
        ends(tail, end)

    monkeypatch.setattr(_Tail, "_end_field", counted)
    passed(HEADER + b"OBX|1|TX|a|b|c\r" * 200_000)
    assert fields < 2 * KEPT


def test_what_is_held_stays_bounded() -> None:
    many = (b"OBX|1|TX|X||" + b"y" * 3_000 + b"\r") * 200
    assert KEPT - LONGEST_SEGMENT < len(passed(HEADER + many).tail) <= KEPT
    assert len(passed(HEADER + b"OBX" + b"|" * 500_000).tail) <= LONGEST_SEGMENT + 1


@given(
    st.lists(
        st.one_of(
            st.sampled_from([b"\r", b"\n", b"|", b"MSH|", b"OBX|", b"OBR|", b"AB", b"z" * 5_000]),
            st.binary(max_size=9),
        ),
        max_size=40,
    ),
    st.integers(1, 5_000),
    st.integers(1, 200),
)
def test_however_it_is_chopped_the_same_is_kept(pieces: list[bytes], step: int, kept: int) -> None:
    data = b"MSH|" + b"".join(pieces)
    at_once, by_step = passed(data, len(data), kept), passed(data, step, kept)
    assert (at_once.head, at_once.tail) == (by_step.head, by_step.tail)
    assert (at_once.size, at_once.digest) == (by_step.size, by_step.digest)
    assert at_once.head == data[:kept]
    assert together(at_once.head, b"") == at_once.head

"""A byte order mark before MSH: read past, and the answer names the message all the same."""

import codecs
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.message import RawMessage, Reports
from bot.sources.hl7 import acks
from bot.sources.hl7 import reader as hl7
from tests.scenarios.looking import version

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IMPRESSION = "Hémorragie sous-durale."
MARKED: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16, low byte first": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16, high byte first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}


def text(control: str) -> str:
    return version("V1", NOW, control=control, impression=IMPRESSION).decode()


def read(data: bytes) -> list[RawMessage]:
    zone = ZoneInfo("America/Chicago")
    return list(hl7.read_all(data, source="hl7", timezone=zone, now=NOW))


@pytest.mark.parametrize("mark", MARKED.values(), ids=MARKED)
def test_a_marked_message_is_read_kept_as_it_came_and_answered_by_its_control_id(
    mark: Callable[[str], bytes],
) -> None:
    data = mark(text("C77"))
    (raw,) = read(data)
    assert isinstance(raw.reading, Reports)
    assert (raw.control_id, raw.data) == ("C77", data)
    assert raw.reading.reports[0].impression == IMPRESSION
    answer = acks.write(data, acks.Answer("AA"), control_id="1", now=NOW)
    assert b"MSA|AA|C77" in answer


def test_of_two_messages_behind_one_mark_both_are_read() -> None:
    data = codecs.BOM_UTF8 + (text("C1") + text("C2")).encode()
    assert [raw.control_id for raw in read(data)] == ["C1", "C2"]
    assert b"".join(raw.data for raw in read(data)) == data


@pytest.mark.parametrize("mark", MARKED.values(), ids=MARKED)
@pytest.mark.parametrize("head", ["", "FHS|^~\\&\rBHS|^~\\&\r"])
def test_of_several_messages_in_utf_16_each_is_read(
    mark: Callable[[str], bytes], head: str
) -> None:
    data = mark(head + "".join(map(text, ("C1", "C2", "C3"))))
    found = read(data)
    assert [raw.control_id for raw in found] == ["C1", "C2", "C3"]
    assert all(isinstance(raw.reading, Reports) for raw in found)
    assert b"".join(raw.data for raw in found) == data


def test_a_mark_before_what_cannot_be_used_still_names_the_message() -> None:
    data = codecs.BOM_UTF16_LE + text("C78").replace("OBR|", "NTE|").encode("utf-16-le")
    (raw,) = read(data)
    assert raw.control_id == "C78"
    assert not isinstance(raw.reading, Reports)

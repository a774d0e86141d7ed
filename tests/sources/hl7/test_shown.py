"""Messages as somebody has written them down, logged or pasted them: into a file for others."""

import pytest

from bot.domain.message import Reports, Unusable
from bot.domain.report import Status
from bot.sources.hl7.acks import Answer, write
from bot.sources.hl7.reader import read_all
from tests.sources.oru import CHICAGO, NOW, OBX, raw, report, sample, unusable

WRITTEN_ENDS = ["<cr>", "<CR>", "\\r", "\\r\\n", "[CR]", "{CR}", "<CR><LF>", "<R>", " <cr> ", "¶"]


def shown(written: str, data: bytes = b"") -> bytes:
    return (data or sample()).replace(b"\r", f"{written}\r\n".encode())


@pytest.mark.parametrize("written", WRITTEN_ENDS)
def test_a_line_end_that_is_written_out_before_the_real_one_is_no_part_of_a_field(
    written: str,
) -> None:
    assert report(shown(written)) == report(sample())


def test_a_blank_segment_that_is_nothing_but_a_written_end_is_none() -> None:
    assert report(shown("<cr>").replace(b"OBR", b"<cr>\r\nOBR")) == report(sample())


def test_a_written_end_is_text_where_the_header_has_none() -> None:
    assert report(sample("OBX|1|TX|&IMP||Ends: <cr>")).impression == "Ends: <cr>"


@pytest.mark.parametrize("indent", [b" ", b"   ", b"    ", b"        ", b"\t", b"\t\t\t"])
def test_a_message_that_is_indented_is_read(indent: bytes) -> None:
    indented = indent + sample().rstrip().replace(b"\r", b"\n" + indent)
    assert report(indented).text == report(sample()).text
    assert report(indented).ordering == report(sample()).ordering


@pytest.mark.parametrize(
    "above",
    [
        b"# A report with a critical result\n",
        b"// from the RIS\n\n",
        b"```\n",
        b"2026-06-01 00:00:00.0000|INFO|Raw.TcpServer|\n<SB>\n",
        b"Example 3: ORU^R01\r\n---\r\n",
    ],
)
def test_lines_above_a_message_are_no_part_of_it(above: bytes) -> None:
    assert report(above + sample()) == report(sample())


def test_a_segment_above_the_header_is_of_another_message_whose_beginning_is_missing() -> None:
    assert unusable(OBX.encode() + b"\r" + sample()).reason == "no-msh"
    flagged = "OBX|1|TX|R||CRITICAL RESULT: embolism||||||F"
    below = sample("OBX|1|TX|R||Clear.||||||F")
    for patient in ("", "PID|1||M9^^^H^MR||ROE^ANN\r"):
        found = raw(f"{patient}OBR|1|P9|F9\r{flagged}\r".encode() + below)
        assert isinstance(found.reading, Unusable)
        assert [flag.value for flag in found.reading.flags] == ["CRITICAL RESULT"]
        assert [number.value for number in found.reading.numbers] == ["F9", "P9"]
        assert found.reading.patient.name == ("ROE, ANN" if patient else "")
        assert found.control_id == raw(below).control_id  # it is what the sender waits for


def test_a_line_of_prose_below_a_message_is_no_part_of_its_status() -> None:
    data = sample(fields={25: ""}).rstrip() + b"\n\n# The next one is a correction\n" + sample()
    found = read_all(data, source="hl7", timezone=CHICAGO, now=NOW)
    read = [one.reading.reports[0] for one in found if isinstance(one.reading, Reports)]
    assert [one.status for one in read] == [Status.FINAL, Status.FINAL]


@pytest.mark.parametrize("before", [b"\r\n", b"    ", b"# a report\n", b"\x0b", b"\x0b\n"])
def test_the_charset_is_that_of_the_header_whatever_stands_before_it(before: bytes) -> None:
    text = sample("OBX|1|TX|&IMP||Wniosek: krwawienie żółć||||||F").decode()
    declared = text.replace("|2.5.1", "|2.5.1||||||8859/2", 1)
    assert report(before + declared.encode("iso8859_2")).impression == "krwawienie żółć"


def test_its_answer_names_it_all_the_same() -> None:
    answer = write(b"# a report\n" + sample(), Answer("AA"), control_id="R1", now=NOW)
    assert b"\rMSA|AA|MSG1\r" in answer


@pytest.mark.parametrize("end", [b"\0", b"\0\0", b"\x1a", b"\r\0"])
def test_what_ends_a_string_in_c_or_a_file_in_dos_is_no_part_of_the_message(end: bytes) -> None:
    assert report(sample().rstrip() + end) == report(sample())


def test_a_nul_within_a_message_is_not_left_out_silently() -> None:
    assert unusable(sample().replace(b"Tension", b"Ten\0sion")).reason == "undecodable"

"""A document whose base64 goes on in the segments behind it, or ends too early."""

import time

import pytest

from tests.sources.hl7.test_documents import LINES, RTF, TEXT, ed, encoded
from tests.sources.oru import report, sample
from tests.sources.pdf_samples import pdf

PDF, KIND = encoded(pdf(LINES)), "^application^pdf^Base64^"
SCAN = b"\x89PNG\r\n\x1a\n" + bytes(52)


def test_base64_may_go_on_in_the_segments_behind() -> None:
    data = encoded(RTF)
    cut = [f"OBX|{n // 60 + 1}|TX|RPT||{data[n : n + 60]}||||||F" for n in range(0, len(data), 60)]
    assert report(sample(*cut)).text.split("\n") == LINES


def test_a_word_behind_base64_that_has_ended_is_a_word() -> None:
    whole = f"OBX|1|TX|RPT||{encoded(RTF + ' ' * (2 - len(RTF) % 3))}||||||F"
    assert whole.split("|")[5].endswith("=")
    assert report(sample(whole, "OBX|2|TX|RPT||Normal||||||F")).text.endswith("\nNormal")


@pytest.mark.long
def test_base64_in_thousands_of_segments_costs_what_its_length_does() -> None:
    data = encoded("Clots.\n" * 500_000)
    cut = [f"OBX||TX|R||{data[n : n + 80]}||||||F" for n in range(0, len(data), 80)]
    began = time.process_time()
    assert report(sample(*cut)).text.startswith("Clots.\nClots.")
    assert time.process_time() - began < 20


def parts(data: str, first: str, more: str, size: int) -> list[str]:
    """The base64 in one segment of type ED after the other."""
    cut = [data[begin : begin + size] for begin in range(0, len(data), size)]
    each = zip([first, *[more] * len(cut)], cut, strict=False)
    return [f"OBX|{n}|ED|PDF^Report|{n}|{kind}{part}||||||F" for n, (kind, part) in enumerate(each)]


@pytest.mark.parametrize("data", [PDF, encoded(RTF * 2)], ids=["PDF", "RTF"])
@pytest.mark.parametrize("more", [KIND, "", "^^^^"])
@pytest.mark.parametrize("size", [300, 301])
def test_a_document_may_go_on_in_segments_of_its_own_type(data: str, more: str, size: int) -> None:
    found = report(sample(*parts(data, KIND, more, size)))
    assert found.text.split("\n")[: len(LINES)] == LINES
    assert (found.unread, [flag.where for flag in found.flags]) == ("", ["OBX[1]-5"])


def test_two_documents_are_not_put_together() -> None:
    whole = [f"OBX|{n}|ED|PDF^Report||{KIND}{PDF}||||||F" for n in (1, 2)]
    assert report(sample(*whole)).text.split("\n") == [*LINES, *LINES]
    picture = f"OBX|2|ED|PDF^Report||^image^png^Base64^{encoded(SCAN)}||||||F"
    assert report(sample(whole[0], picture)).text.split("\n") == LINES


def test_without_its_padding_it_is_read_to_the_last_letter() -> None:
    for said in (TEXT, TEXT + "1", TEXT + "12"):
        data = encoded(said).rstrip("=")
        assert report(sample(ed(data))).text == said
        assert report(sample(ed(data + "A" * (len(data) % 4 == 0)))).text == said

"""Files that somebody has put together out of several: none of what they hold is passed over."""

import json
from itertools import product
from typing import Any

import pytest

from bot.domain.message import Reports, Unusable
from bot.sources.files import ends_well, pieces
from tests.sources.fhir_samples import bundle, others, resource
from tests.sources.oru import OBX, sample
from tests.sources.test_files import lines, read, told

FORMS = {"bundles": lambda n: bundle(resource("report", id=n), *others()),
         "reports": lambda n: resource("report", id=n)}  # fmt: skip
WRITTEN = {"on one line": None, "on several": 2}


def written(one: Any, indent: int | None) -> bytes:
    """In UTF-8, with letters that take two bytes there."""
    return json.dumps({**one, "language": "Zürich"}, indent=indent, ensure_ascii=False).encode()


@pytest.mark.parametrize("form", FORMS)
def test_each_of_several_resources_is_read_however_it_is_broken_into_lines(form: str) -> None:
    who = "report of Okafor, Ada N" if form == "bundles" else "report of nobody"
    for indent, between, mark in product(
        WRITTEN.values(), (b"", b"\n", b"\r\n\r\n"), (b"", b"\xef\xbb\xbf")
    ):
        whole = [written(FORMS[form](n), indent) for n in ("r1", "r2", "r3")]
        assert told(mark + between.join(whole) + b"\n") == [who] * 3, (indent, between, mark)


def test_one_on_a_line_and_another_on_several_are_two() -> None:
    first, second = FORMS["bundles"]("r1"), FORMS["bundles"]("r2")
    for a, b in ((None, 2), (2, None), (None, 1)):
        data = written(first, a) + b"\n" + written(second, b)
        assert told(data) == ["report of Okafor, Ada N"] * 2


def test_a_list_with_a_resource_on_each_line_is_one_list() -> None:
    whole = [json.dumps(one) for one in (resource("report"), *others())]
    for between in (",\n", "\n,"):
        assert told(f"[\n{between.join(whole)}\n]\n".encode()) == ["report of Okafor, Ada N"]


def test_a_report_takes_along_what_another_of_them_is() -> None:
    resources = [resource("report"), *others()]
    data = b"\n".join(written(one, 2) for one in resources)
    assert told(data)[0] == "report of Okafor, Ada N"


def test_a_report_takes_no_earlier_one_along() -> None:
    before = [{"url": "prior", "valueReference": {"reference": f"DiagnosticReport/r{number}"}}
              for number in range(3)]  # fmt: skip
    found = [resource("report", id=f"r{number}", extension=before) for number in range(3)]
    data = json.dumps(bundle(*found, *others())).encode()
    assert told(data) == ["report of Okafor, Ada N"] * 3
    assert told(lines(*found)) == ["report of nobody"] * 3


def test_what_breaks_off_behind_others_waits_with_its_flags() -> None:
    first, second = (written(FORMS["bundles"](n), 2) for n in ("r1", "r2"))
    broken = second[: second.index(b"RID49480") + 10]
    sound, last = read(first + b"\n" + broken)
    assert isinstance(sound.reading, Reports)
    assert isinstance(last.reading, Unusable)
    assert (last.reading.reason, last.data) == ("not-json", broken)
    assert "RID49480" in {flag.value for flag in last.reading.flags}


@pytest.mark.parametrize("tail", [b"\x1a", b"\0" * 9, b"\n--\n"])
def test_what_is_no_resource_behind_the_last_one_changes_nothing(tail: bytes) -> None:
    data = written(FORMS["bundles"]("r1"), 2)
    assert told(data + tail) == ["report of Okafor, Ada N"]
    assert b"".join(pieces(data + tail)) == data + tail


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le"])
def test_of_bundles_in_another_character_set_the_second_waits_at_least(charset: str) -> None:
    """They are not cut; what stands behind the first is a part of it that could not be read."""
    both = "\n".join(written(FORMS["bundles"](n), 2).decode() for n in ("r1", "r2"))
    (one,) = read(both.encode(charset))
    assert isinstance(one.reading, Reports)
    (left,) = one.reading.left
    assert left.reason == "not-json"
    assert "RID49480" in {flag.value for flag in left.flags}


# ---- HL7 that breaks off ------------------------------------------------------------------------

FIRST = "OBX|1|TX|59776-5^Findings^LN|1|Large pneumothorax.||||||F"


def test_a_message_that_breaks_off_is_no_report_and_may_ask_all_the_same() -> None:
    whole = sample(FIRST, OBX)
    for end in (b"|||H", b"Tension", b"OBX|1|TX|19005", b"OBX|1|TX", b"|DX|F|", b"OBR|1|P100"):
        broken = whole[: whole.index(end) + len(end)]
        assert told(sample() + broken)[1:] == ["cut-off"], end
    flagged = sample(OBX, FIRST)
    (one,) = read(flagged[: flagged.index(b"Large")])
    assert isinstance(one.reading, Unusable)
    assert [flag.value for flag in one.reading.flags] == ["HH"]
    assert one.reading.numbers


def test_who_leaves_out_the_last_line_end_is_read() -> None:
    alone = sample(OBX.replace("|||HH|||F", ""))
    for whole in (sample(FIRST, OBX), sample(OBX), alone, sample(OBX, "NTE|1||Seen")):
        assert told(whole.rstrip(b"\r")) == ["report of PARK, SAM"]


AS_XML = b"""<?xml version="1.0" encoding="UTF-8"?><!-- exported -->
<DiagnosticReport xmlns="http://hl7.org/fhir"><status value="final"/><conclusionCode><coding>
<code value="RID49480"/></coding></conclusionCode></DiagnosticReport>"""


def test_fhir_as_xml_is_told_to_be_that_and_its_flag_is_kept() -> None:
    """It was cut at its line ends, and waited as a message without MSH, or as one cut off."""
    (raw,) = read(AS_XML)
    assert isinstance(raw.reading, Unusable)
    assert (raw.reading.reason, raw.reading.detail[:20]) == ("not-json", "This is FHIR as XML:")
    assert [flag.value for flag in raw.reading.flags] == ["RID49480"]
    assert ends_well(AS_XML)
    assert not ends_well(AS_XML.removesuffix(b"</DiagnosticReport>"))

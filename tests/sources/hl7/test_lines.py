"""Line ends as senders write them whose programs lost or doubled what escapes them."""

import pytest

from tests.sources.oru import report, sample

LINES = ["FINDINGS: Clots.", "IMPRESSION:", "1. Acute embolus.", "CRITICAL RESULT: called."]


@pytest.mark.parametrize("end", ["\\\\.br\\\\", "\\br\\", "\\.br", ".br\\", "/.br/", ".br"])
def test_a_line_end_whose_backslashes_were_lost_is_one(end: str) -> None:
    found = report(sample(f"OBX|1|FT|RPT^Report||{end.join(LINES)}||||||F"))
    assert found.text == "\n".join(LINES)
    assert found.impression == "1. Acute embolus.\nCRITICAL RESULT: called."
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


@pytest.mark.parametrize("end", ["\\br\\", "/.br/", ".br"])
def test_one_is_one_also_where_no_line_has_a_colon(end: str) -> None:
    lines = ["Large embolus.", "No effusion.", "CRITICAL RESULT", "Small cyst."]
    found = report(sample(f"OBX|1|FT|RPT^Report||{end.join(lines)}||||||F"))
    assert found.text == "\n".join(lines)
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "said", ["Images: www.clinic.com.br, mail@clinic.com.br", r"At D:\.brain\x", "normal.breast: 1"]
)
def test_what_only_looks_like_one_stays(said: str) -> None:
    assert report(sample(f"OBX|1|FT|RPT^Report||{said}||||||F")).text == said


def test_a_macro_behind_a_separator_that_broke_no_line_counts() -> None:
    said = "FINDINGS: Clots.^IMPRESSION: Embolus.^CRITICAL RESULT: called."
    assert report(sample(f"OBX|1|TX|RPT^Report||{said}||||||F")).flags

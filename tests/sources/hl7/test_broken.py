"""A document whose lines are sent one an OBX, as text."""

import pytest

from tests.sources.oru import report, sample, unusable

RTF = (
    r"{\E\rtf1\E\ansi {\E\fonttbl{\E\f0 Arial;}}",
    r"FINDINGS: Clot in the main\E\par pulmonary artery.\E\par",
    r"\E\b IMPRESSION: Acute embolus.\E\b0\E\par CRITICAL RESULT\E\par}",
)
HTML = (
    "<html><body><p>FINDINGS: Clot.</p>",
    "<p><b>IMPRESSION:</b> Acute embolus.</p><p>CRITICAL",
    "RESULT</p></body></html>",
)


def lines(document: tuple[str, ...], *more: str) -> list[str]:
    return [f"OBX|{n}|FT|R^Report||{line}||||||F" for n, line in enumerate(document, 1)] + [*more]


@pytest.mark.parametrize("document", [RTF, HTML])
def test_a_document_sent_line_by_line_is_put_together(document: tuple[str, ...]) -> None:
    found = report(sample(*lines(document)))
    assert found.impression.split() == ["Acute", "embolus.", "CRITICAL", "RESULT"]
    assert [flag.value for flag in found.flags] == ["CRITICAL RESULT"]


@pytest.mark.parametrize("document", [RTF, HTML])
def test_what_stands_behind_its_end_is_none_of_it(document: tuple[str, ...]) -> None:
    found = report(sample(*lines(document, "OBX|9|FT|R^Report||Signed by Lind||||||F")))
    assert found.text.split()[-5:] == ["CRITICAL", "RESULT", "Signed", "by", "Lind"]


def test_its_other_segments_keep_their_flags() -> None:
    first, second, last = lines(RTF)
    found = report(sample(first, second.replace("||||||F", "|||HH|||F"), last))
    assert ("HH", "OBX[2]-8") in [(flag.value, flag.where) for flag in found.flags]


def test_it_goes_on_in_segments_of_its_own_name_alone() -> None:
    found = report(sample(*lines(RTF[:1]), "OBX|2|FT|X^Other||Clot.||||||F"))
    assert found.text == "Clot."


def test_its_macro_is_seen_where_the_message_cannot_be_used() -> None:
    found = unusable(sample(*lines(RTF), fields={25: "?"}))
    assert "CRITICAL RESULT" in [flag.value for flag in found.flags]

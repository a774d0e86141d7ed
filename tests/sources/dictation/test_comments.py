"""A conclusion under the heading COMMENT. "~" begins a new line."""

import pytest

from bot.domain.profile import Layout, Profile
from tests.sources.oru import as_read, report, sample


def concluded(text: str) -> str:
    return report(sample(f"OBX|1|TX|R^Report||{text}||||||F")).impression


@pytest.mark.parametrize(
    "comment",
    [
        "COMMENT: Large bleed.",
        "Comment:~Large bleed.",
        "COMMENT~Large bleed.",
        "**Comments**: Large bleed.",
        "COMMENT: Large bleed.~RECOMMENDATION: Repeat.",
        "ASSESSMENT: Large bleed.",
        "Interpretation: Large bleed.",
        "FINAL DIAGNOSIS:~Large bleed.",
        "Ergebnis: Large bleed.",
        "COMMENT: Large bleed.~Electronically signed by Dr. Roe",
    ],
)
def test_a_comment_below_the_findings_is_the_conclusion(comment: str) -> None:
    assert concluded(f"CLINICAL NOTES: fell.~FINDINGS: Midline shift.~{comment}") == "Large bleed."


@pytest.mark.parametrize(
    "text",
    [
        "COMMENT: Moved.~FINDINGS: Midline shift.",
        "FINDINGS: Shift.~COMMENT: Moved.~TECHNIQUE: 5 mm.",
        "FINDINGS: Shift.~COMMENT: Dr. Roe was called at 10:30 by Dr. Lind.",
        "FINDINGS: Shift.~COMMENT: Findings discussed with Dr. Roe at 10:30. Read back confirmed.",
        "FINDINGS: Shift.~COMMENT:",
        "COMMENT: Large bleed.",
        "FINDINGS: Shift.~No comment was made.",
        "FINDINGS: Shift.~LUNGS: Clear. Comment: mild atelectasis.",
    ],
)
def test_a_remark_is_no_conclusion(text: str) -> None:
    assert concluded(text) == ""


def test_where_codes_alone_say_what_is_what_it_is_text() -> None:
    data = sample("OBX|1|TX|R^Report||FINDINGS: Shift.~COMMENT: Bleed.||||||F")
    assert as_read(data, Profile()).impression == "Bleed."
    assert as_read(data, Profile(layout=Layout.SEGMENTS)).impression == ""


def test_a_comment_on_the_finding_and_on_whom_somebody_told_is_a_conclusion() -> None:
    said = "Acute subdural. Dr Jones was informed by phone at 10:05."
    assert concluded(f"FINDINGS: Shift.~COMMENT:~{said}~~Dr Amy Wong") == said


def test_beside_an_impression_it_is_part_of_what_it_stands_in() -> None:
    assert concluded("IMPRESSION: Bleed.~COMMENT: Repeat.") == "Bleed.\nCOMMENT: Repeat."
    assert concluded("FINDINGS: Shift.~COMMENT: Moved.~IMPRESSION: Bleed.") == "Bleed."

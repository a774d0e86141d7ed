"""A category code that a line of the text states counts wherever that text stands."""

import pytest

from bot.domain.profile import Profile, Rule
from bot.domain.report import Flag, Report
from bot.sources.documents import words_in
from tests.sources.hl7.test_documents import ed, encoded
from tests.sources.oru import as_read, report, sample, unusable
from tests.sources.pdf_samples import pdf

TEXT = "FINDINGS: Clots.\nIMPRESSION: Acute embolism (RID49480)."
RTF = r"{\rtf1\ansi " + TEXT.replace("\n", r"\par ") + r"\par}"
CDA = (
    "<ClinicalDocument><component><structuredBody><component><section><title>Impression</title>"
    "<text>Hilar mass.</text><entry><observation><interpretationCode code='AA'>"
    '<translation code = "RID49480" codeSystemName="RADLEX" displayName="ACR Category 1"/>'
    "</interpretationCode><value code='RID1301'/></observation></entry></section></component>"
    "</structuredBody></component></ClinicalDocument>"
)


def flags(found: Report) -> list[tuple[str, str]]:
    return [(flag.value, flag.where) for flag in found.flags]


@pytest.mark.parametrize(
    "obx",
    [
        ed(encoded(TEXT)),
        ed(encoded(RTF), "^TEXT^RTF^Base64^"),
        ed(encoded(pdf(TEXT.split("\n"))), "^application^pdf^Base64^"),
        ed(encoded(CDA), "^TEXT^XML^Base64^"),
    ],
    ids=["text", "RTF", "PDF", "CDA"],
)
def test_in_a_document_in_base64(obx: str) -> None:
    assert flags(report(sample(obx))) == [("RID49480", "OBX[1]-5")]
    beside = report(sample("OBX|1|TX|R||Clots.||||||F", obx))
    assert flags(beside) == [("RID49480", "OBX[2]-5")]


@pytest.mark.parametrize("said", [TEXT, RTF, CDA])
def test_in_a_document_of_a_message_that_cannot_be_used(said: str) -> None:
    refused = unusable(sample(ed(encoded(said), ""), fields={25: "?"}))
    assert [flag.value for flag in refused.flags] == ["RID49480"]


def test_of_a_cda_it_is_a_line_of_the_section_whose_entry_has_it() -> None:
    assert words_in(CDA.encode(), "text/xml").split("\n")[-2:] == [
        "Hilar mass.",
        "Actionable finding (RID49480)",
    ]


@pytest.mark.parametrize("said", ["RID49480: actionable", "RID49480", "Clots [RID49480]"])
@pytest.mark.parametrize("end", ["~", r"\.br" + "\\", r"\X0D" + "\\", "<br>"])
def test_behind_a_line_end_of_any_kind(said: str, end: str) -> None:
    text = end.join(["IMPRESSION:", "RID49482: nodule", said, "Below."])
    found = flags(report(sample(f"OBX|1|FT|R||{text}||||||F")))
    assert sorted(found) == [("RID49480", "OBX[1]-5"), ("RID49482", "OBX[1]-5")]


def test_in_an_addendum_it_is_the_addendums() -> None:
    said = encoded("FINDINGS: Clear.\nIMPRESSION: Normal.\nADDENDUM: Free air (RID49480).")
    found = report(sample(ed(said)))
    assert found.flags == ()
    assert found.addenda[0].flags == (Flag("RID49480", "", "OBX[1]-5"),)


def test_of_an_earlier_report_that_is_quoted_it_is_none() -> None:
    prior = "PRIOR REPORT:\nFINDINGS: Clots.\nIMPRESSION: Embolism (RID49480)."
    assert (
        report(sample(ed(encoded(f"FINDINGS: Clear.\nIMPRESSION: Normal.\n{prior}")))).flags == ()
    )


def test_a_profile_says_what_it_means_and_whether_it_counts() -> None:
    obx = ed(encoded(TEXT))
    ruled = as_read(sample(obx), Profile(rules=(Rule("significant", "RID49480"),)))
    assert [flag.category for flag in ruled.flags] == ["significant"]
    assert as_read(sample(obx), Profile(coded=(8, 15))).flags == ()

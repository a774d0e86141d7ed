"""Figures that a laboratory sends as words: shown with what was measured."""

import pytest

from bot.domain.profile import Profile, Rule
from tests.sources.oru import as_read, report, sample

POTASSIUM = "OBX|1|ST|2823-3^Potassium^LN||7.1|mmol/L|3.5-5.1|HH|||F"
SODIUM = "OBX|2|ST|2951-2^Sodium^LN||140|mmol/L|136-145|N|||F"


@pytest.mark.parametrize("kind", ["ST", "TX", ""])
def test_a_figure_that_is_called_words_is_shown_with_its_name(kind: str) -> None:
    """The page said "7.1", and below it "140"."""
    found = report(sample(*(each.replace("|ST|", f"|{kind}|") for each in (POTASSIUM, SODIUM))))
    assert found.text == "Potassium: 7.1 mmol/L\nSodium: 140 mmol/L"
    assert [flag.where for flag in found.flags] == ["OBX[1]-8", "OBX[2]-8"]


def test_so_is_an_answer_with_a_reference_range_and_one_behind_a_note() -> None:
    answer = "OBX|3|ST|94500-6^SARS-CoV-2 RNA^LN||Not Detected||Not Detected||||F"
    found = report(sample(POTASSIUM, "NTE|1||Haemolytic.", answer))
    assert found.text.split("\n") == [
        "Potassium: 7.1 mmol/L",
        "Haemolytic.",
        "SARS-CoV-2 RNA: Not Detected",
    ]


@pytest.mark.parametrize(
    "told",
    [
        ["7.1"],
        ["No embolus.", "Small effusion."],
        ["FINDINGS", "Clots", "IMPRESSION", "Embolus"],
        ["Acute pulmonary embolism is seen"],
        ["IMPRESSION: clot"],
    ],
)
def test_prose_stays_as_it_is(told: list[str]) -> None:
    """Also where its sender puts something into OBX-6 or -7 of each line."""
    units = "" if told == ["7.1"] else "x"
    lines = [f"OBX|{n}|ST|RPT^Report||{said}|{units}||||||F" for n, said in enumerate(told, 1)]
    lines = [line.replace("||||||F", "|||||F") for line in lines]
    assert report(sample(*lines)).text == "\n".join(told)


def test_a_macro_among_figures_counts_as_before() -> None:
    said = POTASSIUM.replace("7.1", "CRITICAL RESULT").replace("|HH|", "||")
    assert [flag.value for flag in report(sample(said)).flags] == ["CRITICAL RESULT"]
    alarm = Profile(name="LIS", rules=(Rule(category="critical", text="ALARM"),))
    own = POTASSIUM.replace("7.1", "ALARM").replace("|HH|", "||")
    assert [flag.value for flag in as_read(sample(own), alarm).flags] == ["ALARM"]


def test_a_scan_with_a_dose_beside_it_has_still_no_text_that_could_be_read() -> None:
    scan = "OBX|1|ED|PDF^Report||^application^pdf^Base64^JVBERi0xLjQK||||||F"
    dose = "OBX|2|ST|DLP^Dose length product||350|mGy*cm|||||F"
    assert report(sample(scan, dose)).unread == "unread-text"


@pytest.mark.parametrize(
    ("units", "shown"),
    [
        ("10^9/L", "10^9/L"),
        ("x10^3/uL", "x10^3/uL"),
        ("10^12/L^UCUM", "10^12/L"),
        (r"10\S\9/L", "10^9/L"),
        ("mmol/L^millimole per litre^UCUM", "mmol/L"),
        ("10^Ten^L", "10"),
    ],
)
def test_a_power_of_ten_among_the_units_is_shown_also_unescaped(units: str, shown: str) -> None:
    """Nearly every analyzer of blood writes it so: 15 platelets were "15 10"."""
    platelets = f"OBX|1|NM|777-3^Platelets^LN||15|{units}|150-400|LL|||F"
    assert report(sample(platelets)).text == f"Platelets: 15 {shown}"

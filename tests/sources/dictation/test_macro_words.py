"""The word CRITICAL with what it is said of, and how critical a form says that it is.

"~" is where the sender began a new line.
"""

import pytest

from tests.sources.dictated import flags


@pytest.mark.parametrize(
    "text",
    [
        "Time-critical finding: SAH",
        "TIME CRITICAL FINDING",
        "IMPRESSION: Time-critical result: PE",
        "CRITICAL/URGENT: PE",
        "Critical/Urgent: PE",
        "FINDINGS: Seen.~CRITICAL / STAT: large SDH",
        "CRITICAL SAH",
        "CRITICAL  PE",
        "IMPRESSION: CRITICAL PE.",
        "1. CRITICAL ACUTE SUBDURAL HEMORRHAGE with shift",
        "Critical: saddle PE",
        "Critical:  saddle PE",
        "IMPRESSION: Critical: Type A aortic dissection",
        "Critical. Large tension pneumothorax.",
        "IMPRESSION:~Critical! Free air.",
        "***Critical:  tension pneumothorax***",
        "CRITICAL PE: called to Dr. Park",
        "HISTORY: Fall.~FINDINGS: Bleeding.~CRITICAL SAH",
        "INDICATION: Pain~IMPRESSION:~CRITICAL PE",
        "CLINICAL INFORMATION~Pain~IMPRESSION~CRITICAL PE",
        "CLINICAL INFORMATION~IMPRESSION:~CRITICAL PE",
        "REASON FOR EXAM~~IMPRESSION: CRITICAL PE",
        "CRITICAL PE: NO RIGHT HEART STRAIN.",
        "CRITICAL PE - NO DVT.",
        "CRITICAL PE AND DVT",
        "CRITICAL SAH NOT SEEN ON PRIOR.",
    ],
)
def test_an_acute_finding_that_is_called_critical_is_one(text: str) -> None:
    assert flags(text)
    assert flags(*text.split("~"))


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL/URGENT: none",
        "Critical/Urgent/Routine: routine",
        "ORDER PRIORITY: CRITICAL/STAT:",
        "CRITICAL LEFT MAIN STENOSIS",
        "CRITICAL ISCHEMIA",
        "CRITICAL ILLNESS MYOPATHY",
        "Critical pneumothorax.",
        "Critical: 70-99% stenosis",
        "Critical. 70-99% stenosis.",
        "Critical. PE protocol.",
        "Critical. PE, dissection, torsion.",
        "Critical. Pneumothorax is excluded.",
        "Patient condition: Critical. Pneumothorax is smaller.",
        "CLINICAL HISTORY: Critical. Pneumothorax.",
        "CRITICAL PE PROTOCOL",
        "Critical: PE, dissection, torsion",
        "Critical: pneumothorax (within 60 minutes)",
        "HISTORY:~CRITICAL PE last week.",
        "REASON FOR EXAM:~CRITICAL SAH PATIENT~IMPRESSION: STABLE.",
        "CLINICAL INFORMATION~CRITICAL SAH",
        f"CLINICAL HISTORY: {'Fall from a ladder, in pain. ' * 30} CRITICAL SAH last week.",
        "CLINICAL HISTORY: Fall. CRITICAL SAH.",
        "COMPARISON:~Critical: saddle PE on 3 May",
        "No CRITICAL PE",
        "There is no~CRITICAL PE.",
        "CRITICAL PE: none",
        "Critical: no PE.",
        "CRITICAL PE: NO EVIDENCE OF PE.",
        "CRITICAL PE RULED OUT.",
        "CRITICAL PE - NONE",
        "CRITICAL PE (NONE)",
        "CRITICAL PE: [ ]",
        "CRITICAL PE Y/N: N",
        "CRITICAL PE/DVT PROTOCOL",
        "CRITICAL HEMORRHAGE WORKUP",
        "Time critical result called:~Date critical result called:~By:",
        "Time critical result called:~IMPRESSION: Normal.",
        "CRITICAL PE IS EXCLUDED.",
        "CRITICAL HEMORRHAGE NOT SEEN.",
        "CRITICAL FREE AIR IS NOT PRESENT.",
        "CRITICAL HEMORRHAGE HAS RESOLVED, AS EXPECTED.",
        "Critical: hemorrhage no longer seen.",
        "No time-critical finding.",
        "There are no~time-critical findings.",
        "TIME-CRITICAL FINDINGS: None",
        "Time critical result called: ____",
        "Time-critical findings are called within 60 minutes.",
    ],
)
def test_what_is_critical_by_its_degree_or_in_a_legend_or_denied_is_none(text: str) -> None:
    assert not flags(text)
    assert not flags(*text.split("~"))


@pytest.mark.parametrize(
    "text",
    [
        "CRITICAL RESULT LEVEL: Green",
        "Critical Result Code: GREEN.",
        "CRITICAL RESULT: Green (routine)",
    ],
)
def test_green_is_the_level_of_what_is_not_critical(text: str) -> None:
    assert not flags(text)
    assert flags(text.replace("Green", "Red").replace("GREEN", "RED"))


@pytest.mark.parametrize(
    "text",
    [
        "Subdural hematoma. Critical.",
        "IMPRESSION:~Large saddle embolus. Critical.",
        "1. Tension pneumothorax. Critical.~2. Old rib fractures.",
        "EXAM: CT HEAD~IMPRESSION:~Subdural hematoma with shift~to the left. Critical.",
        "Type A dissection.~Critical!",
        "Bowel ischemia. Critical. Dr. Roe notified.",
        "Free air. Critical. Called to Dr. Roe at 10:00.",
    ],
)
def test_critical_as_a_sentence_behind_the_finding_is_one(text: str) -> None:
    assert flags(text)
    assert flags(*text.split("~"))


@pytest.mark.parametrize(
    "text",
    [
        "CLINICAL HISTORY: Fall from a ladder. Critical.",
        "Patient in shock. Critical.",
        "The patient is intubated and in shock with~low pressure. Critical.",
        "Left main stenosis. Critical.",
        "Free air. Critical stenosis.",
        "Free air. Critical~stenosis of the LAD.",
        "Free air. Critical care was called.",
        "Severity scale.~1. Critical.~2. Urgent.",
        "Clinical correlation is critical.",
        "COMPARISON: CT 3 May. Critical.",
    ],
)
def test_critical_as_a_sentence_about_the_patient_or_a_degree_is_none(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []


@pytest.mark.parametrize("text", ["Critical Level: 1", "CRITICAL LEVEL: I", "Critical level: Red"])
def test_a_critical_level_is_one(text: str) -> None:
    assert flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "Critical Level: None",
        "Critical level: 0",
        "Critical level: L4-L5 with severe stenosis.",
        "Critical level: 1-2 mm below the joint.",
        "Critical level of stenosis.",
        "Critical Level: Green",
        "Critical care level: 1",
    ],
)
def test_a_level_of_the_spine_or_of_nothing_is_none(text: str) -> None:
    assert flags(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "CT CRITICAL RESULT: PE",
        "CT HEAD CRITICAL RESULT: SAH",
        "Head CT critical finding: SAH",
        "XR CHEST CRITICAL RESULT - free air",
        "IMPRESSION:~1. CT head critical finding: SAH",
        "COMPARISON: None.~~IMPRESSION:~CT CRITICAL RESULT: SAH",
        "Radiologist-identified critical finding: PE",
        "Incidental critical finding: ruptured aneurysm",
        "Confirmed critical finding: PE",
        "Other critical findings: PE",
        "CRITICAL LEVEL 1",
        "CRITICAL LEVEL 1: Tension pneumothorax",
        "Critical level I - PE",
        "Primary Diagnostic Code: CRITICAL ABNORMALITY",
        "Impression: PE~~~Primary Diagnostic Code: CRITICAL ABNORMALITY",
        "Critical findings, acute SAH and EDH",
        "Critical findings, large left pneumothorax.",
        "Critical result acute PE",
        "critical finding large left pneumothorax",
        "Critical result acute subdural hemorrhage called to Dr. Roe",
    ],
)
def test_whose_and_what_it_is_may_stand_beside_it(text: str) -> None:
    assert flags(text) == ["CRITICAL RESULT"]
    assert flags(*text.split("~")) == ["CRITICAL RESULT"]


@pytest.mark.parametrize(
    "text",
    [
        "CT CRITICAL RESULT: none",
        "CT CRITICAL RESULTS: No critical results.",
        "CT CRITICAL RESULTS: CALL 555-1234",
        "ED critical results: 555-1234",
        "No CT critical result: PE",
        "COMPARISON: CT critical result: SAH",
        "COMPARISON:~CT critical result: SAH",
        "Prior CT critical result: SAH",
        "HISTORY:~CT critical result: SAH at the clinic",
        "REASON FOR EXAM:~ED critical finding: SAH",
        "Incidental critical findings: None.",
        "CT critical results are called.",
        "CRITICAL LEVEL 1: none",
        "No critical level 1.",
        "Critical level 1: minutes. Critical level 2: hours.",
        "CRITICAL LEVEL 1 (immediate), CRITICAL LEVEL 2 (hours)",
        "Critical level 2 stenosis",
        "Primary Diagnostic Code: NO CRITICAL ABNORMALITY",
        "Primary Diagnostic Code: ABNORMALITY, ATTN. NEEDED",
        "No critical findings, PE or dissection.",
        "HISTORY: Critical findings, acute SAH.",
        "HISTORY: critical result acute PE",
        "The exam does not meet a~critical finding PE",
    ],
)
def test_beside_it_may_stand_what_makes_it_none(text: str) -> None:
    assert flags(text) == []
    assert flags(*text.split("~")) == []

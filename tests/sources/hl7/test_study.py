import pytest

from tests.sources.oru import OBX, message, obr, report, reports

UID = "1.2.840.113619.2.55.3.604688119.971.1737040000.1"


@pytest.mark.parametrize(
    "segment",
    [
        f"ZDS|{UID}^RIS^Application^DICOM",
        f"IPC|A2000|P1|{UID}|S1",
        f"OBX|2|ST|110180^Study Instance UID^DCM||{UID}||||||F",
        f"OBX|1|ST|113014^DICOM Study^DCM||{UID}||||||O",
        f"OBX|2|HD|X^Study Instance UID^L||{UID}||||||F",
        f"OBX|2|ST|STUDYUID||{UID}||||||F",
        f"OBX|2|ST|SUID^Study UID^L||{UID}||||||F",
    ],
)
def test_the_study_is_known_from_wherever_senders_put_it(segment: str) -> None:
    found = report(message(obr(), OBX, segment))
    assert found.study_uid == UID
    assert UID not in found.text


@pytest.mark.parametrize(
    "segment", ["ZDS|1|1|Discharge summary", "ZDS|", f"ZDS|{UID}{'.9' * 20}", "IPC|1|2|none"]
)
def test_what_is_no_uid_is_left_out(segment: str) -> None:
    assert report(message(obr(), OBX, segment)).study_uid == ""


def test_each_order_has_its_own_study() -> None:
    other = obr({2: "P2", 3: "B1^RIS", 18: ""})
    its = OBX.replace("Tension", "Small")
    data = message(obr(), OBX, f"ZDS|{UID}", other, its, f"ZDS|{UID}9")
    assert [one.study_uid for one in reports(data)] == [UID, f"{UID}9"]


def test_the_uid_of_the_document_is_no_part_of_its_text() -> None:
    """As in IHE's reports (RAD-28)."""
    document = f"OBX|1|HD|^SR Instance UID||{UID}||||||F"
    found = report(message(obr(), document, OBX.replace("19005-8", "&GDT")))
    assert found.text == "Tension pneumothorax."
    assert "Scanner 2" in report(message(obr(), OBX, document.replace(UID, "Scanner 2"))).text


@pytest.mark.parametrize("kind", ["EI", "ei"])
def test_the_number_of_the_document_is_no_part_of_its_text(kind: str) -> None:
    """As a RIS of Central Europe writes it below the UID; words are text all the same."""
    number = f"OBX|2|{kind}|Document Identifier||9^RIS||||||F"
    found = report(message(obr(), number, OBX.replace("19005-8", "&GDT")))
    assert found.text == "Tension pneumothorax."
    words = number.replace("9^RIS", "Acute embolism seen")
    assert "Acute embolism seen" in report(message(obr(), OBX, words)).text


def test_a_scan_of_which_only_its_number_can_be_read_has_no_text() -> None:
    """The alert showed "9^RIS" as the report, and nobody heard that it could not be read."""
    scan = "OBX|1|ED|PDF^Report||^application^pdf^Base64^JVBERi0xLjQK|||AA|||F"
    number = "OBX|2|EI|Document Identifier||9^RIS||||||F"
    found = report(message(obr(), scan, number))
    assert (found.text, found.unread) == ("", "unread-text")

"""What signs a report is none of its impression. "~" begins a new line."""

import pytest

from tests.sources.oru import report, sample


def impression(text: str) -> str:
    return report(
        sample(f"OBX|1|TX|R^Report||FINDINGS: seen.~IMPRESSION: {text}||||||F")
    ).impression


@pytest.mark.parametrize(
    "signature",
    [
        "Dr. Aoife Byrne~Consultant Radiologist~IMC 123456",
        "~Dr Aoife Byrne",
        "lek. med. Jan Mróz",
        "Prof. Dr. med. Eva Müller-Lüdenscheidt",
        "Priv.-Doz. Dr. Max Huber",
        "Reported by Dr Neha Gupta, Consultant Radiologist",
        "Verified by Neha Gupta",
        "Report by: Dr A Smith~Dictated: 10/04/2026 15:55~Typed: AB",
        "Dictated: 10/04/2026 15:55",
        "Amy B Jones, MD",
        "Amy Jones, M.D., FRCPC",
        "Thank you for this referral.~Amy B Jones, MD~D: 04/10/2026 16:00",
        "Dictated by: Roe, Jan",
    ],
)
def test_a_name_on_a_line_of_its_own_signs(signature: str) -> None:
    assert impression(f"Embolus.~{signature}").rstrip() == "Embolus."


@pytest.mark.parametrize(
    "text",
    [
        "Embolus, discussed with~Dr. Roe",
        "Embolus.~DR. ROE NOTIFIED",
        "Embolus.~Thank you.",
        "Embolus.~Amy B Jones, MD was told",
        "Embolus.~Called Amy B Jones, MD",
        "Embolus.~Dr. Roe was told at once",
        "Embolus.~Dr. Roe~A second embolus in the left lung.",
        "Dr. Roe",
    ],
)
def test_a_name_in_a_sentence_does_not(text: str) -> None:
    assert impression(text) == text.replace("~", "\n")


def test_a_signature_may_stand_on_the_only_line() -> None:
    line = "Findings: seen. Impression: Embolus. Electronically signed by: Dr. Roe, 1/1/2026"
    found = report(sample(f"OBX|1|TX|R^Report||{line}||||||F"))
    assert found.impression == "Embolus."
    assert found.text.endswith("\nElectronically signed by: Dr. Roe, 1/1/2026")


@pytest.mark.parametrize("rest", [" AA.AA", " A.A.", ", MD", "Dr. ", "A "])
def test_a_line_that_goes_on_for_ever_is_looked_at_once(rest: str) -> None:
    text = f"Embolus.~Amy Jones, MD{rest * 5_000}!"
    assert impression(text) == text.replace("~", "\n")

"""Whom a sentence about telling somebody names, and how it was told. "~" begins a line."""

import pytest

from tests.sources.dictated import called


@pytest.mark.parametrize(
    "text",
    [
        "Spoke to the patient and advised her to see Dr. Roe.",
        "I spoke with the patient, who will follow up with Dr. Roe.",
        "Findings and recommendations were discussed with the patient by Dr. Lind.",
        "RESULTS GIVEN TO PATIENT BY DR LIND.",
        "Discussed with the mother, Dr. Roe not available.",
        "Dr. Roe was notified via TigerConnect at 10:00.",
        "Dr. Roe notified (TigerText) 10:00.",
        "Dr. Roe was alerted in Epic.",
        "Findings communicated to Dr. Roe via Epic chat at 10:00.",
        "Dr. Roe was notified via WhatsApp.",
        "Dr. Roe notified by Veriphy.",
        "Results communicated to Dr. Roe by the PowerScribe critical results system.",
        "Dr. Roe notified by automated alert.",
        "Dr. Roe was notified by letter.",
        "Communicated to: Dr. Roe. Method: Voicemail.",
        "Communicated to: Dr. Roe. By: Dr. Lind. Date: 11/30/2026. Method: Voicemail.",
        "Notified: Dr. Roe~Method: secure chat~Time: 10:00",
        "Provider notified: Dr. Roe via: text",
        "Provider Notified: [ ] Yes [x] No",
        "Discussed with Dr. Roe: [ ]",
        "Findings were discussed with [Dr. ] at [ ].",
        "Findings discussed with Dr.  at  on .",
        "Discussed with Dr. XXX at XX:XX.",
        "Discussed with Dr. ??? at 10:00.",
        "Discussed with Dr. (blank) at (blank).",
        "Discussed with <PROVIDER> at <TIME>.",
        "Discussed with Dr. NAME at TIME.",
        "I have discussed the findings with the resident and agree.",
        "Dr. Roe was electronically notified at 22:10.",
        "Per Epic note, Dr. Roe is aware of the effusion.",
        "According to the chart, the surgical team is aware of the fracture.",
        "Presumably the team is aware.",
        "It is assumed that the clinical team is aware of these findings.",
        "Dr. Lind discussed the findings and recommended biopsy with the patient.",
        "Spoke with Dr. Roe about the indication before scanning.",
        "CALLED DR. ROE; FINDINGS WERE RELAYED BY VOICEMAIL.",
        "DISCUSSED WITH DR. (BLANK) AT (BLANK).",
        "SPOKE WITH THE PATIENT'S FAMILY; DR. ROE WAS AWAY.",
        "Second read by Dr. Lind, discussed with neuroradiology.",
        "Discussed with the technologist at 10:00.",
        "Protocol discussed with Dr. Roe.",
        "The critical finding from the previous study was called to Dr. Roe on 11/1.",
        "The team is aware of the critical result policy.",
        "Results are called to the ordering provider.",
        "In case of critical results, the provider is called.",
        "Informed consent was obtained by the surgical team.",
        "Dr. Roe was finally reached by e-mail and notified.",
        "Dr. Roe was asked to call back and be informed.",
        "Team should be present and aware.",
    ],
)
def test_to_the_patient_in_writing_or_to_nobody_named_is_no_call(text: str) -> None:
    assert called(*text.split("~")) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Findings were discussed with the patient and Dr. Roe at 10:00.",
        "Discussed with Dr. Roe with the patient present.",
        "Discussed with her physician, Dr. Roe, by phone at 10:00.",
        "Spoke with the patient's nurse at 10:00.",
        "Dr. Roe was called via TigerConnect and informed at 10:00.",
        "Dr. Roe was notified by Microsoft Teams call at 10:00.",
        "Dr. Roe was notified via TigerConnect and acknowledged at 10:05.",
        "Findings communicated to Dr. Roe in the ED via phone, documented in Epic.",
        "Notified: Dr. Roe~Method: phone~Time: 10:00",
        "Dr. Roe was informed of the findings. Via Epic the report is available.",
        "Dr. Roe called back at 22:30 and was informed of the findings.",
        "Dr. Roe called back and the findings were discussed.",
        "I was able to reach Dr. Roe at 22:30 and informed her of the findings.",
        "After two attempts, Dr. Roe was reached and informed at 22:30.",
        "Spoke w/ Dr. Roe at 22:10.",
        "Trauma team present at time of scan and aware of findings.",
        "Discussed w/ surg SpR bleep 4455 at 23.10.",
        "Informed to CMO over phone.",
        "Informed the duty medical officer at 23:10 by telephone.",
        "Discussed with the surgical fellow at 23:10.",
        "Discussed with neurosurgery at 23:10.",
        "Discussed with the cardiologist on call.",
        "Discussed with Prof. Weber at 23:10.",
        "Findings were called to L&D at 23:10.",
        "Discussed with Sister Jones on ward 7 at 10:00.",
        "Findings were discussed with Dr. Roe by phone by radiology resident Dr. Lind at 1:45 p.m.",
        "Telephone notification to Dr. Roe at 3:05 PM by Dr. Lind at the time of interpretation.",
        "Need for biopsy was discussed with the patient and with Dr. Roe's nurse.",
        "DR. ROE WAS PAGED AT 3:05 PM; THE CASE WAS DISCUSSED WITH HIM AT 3:10 PM.",
        "Discussed with family medicine, Dr. Roe.",
        "Discussed with Dr. Atwood at 10:00.",
        "Discussed with ED Dr at 10:30 by phone.",
        "Discussed with the surgical resident Dr. Poe and agree that surgery is warranted.",
    ],
)
def test_by_voice_and_to_those_who_treat_the_patient_is_one(text: str) -> None:
    assert called(*text.replace("&", "\\T\\").split("~"))


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Roe and I discussed these findings at 10:30.",
        "Dr. Jane Roe and I discussed the above findings by telephone.",
        "DR. ROE AND I DISCUSSED THE CRITICAL RESULTS AT 1030 HOURS.",
    ],
)
def test_two_who_discussed_the_findings_at_a_time_or_by_phone_have_spoken(text: str) -> None:
    assert called(text)


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Roe and I discussed these findings.",
        "Dr. Roe and I discussed the technique in the reading room.",
        "Dr. Roe and I discussed the prior exam at 10:30.",
        "Dr. Roe and I will discuss these findings at 10:30.",
        "Dr. Roe, radiology resident, and I discussed these findings at 10:30.",
        "The patient and I discussed these findings at 10:30.",
    ],
)
def test_two_who_read_it_together_or_spoke_of_something_else_are_no_call(text: str) -> None:
    assert called(text) == ""

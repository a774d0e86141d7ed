"""What documents that somebody was told already."""

import pytest

from tests.sources.dictated import called
from tests.sources.oru import report, sample


@pytest.mark.parametrize(
    "text",
    [
        "Findings were discussed with Dr. A. Smith at 10:30 by phone.",
        "Team aware of findings.",
        "ED team aware.",
        "ED aware.",
        "Ordering provider aware of findings.",
        "Clinical team already aware of the pneumothorax.",
        "Dr. Lee was notified at 3 p.m.",
        "Results called to the ED physician at 14:05.",
        "I spoke with the surgical resident at 02:10.",
        "This was communicated to Jane Roe, NP, at 11:00.",
        "Reported to the referring office at 9:00.",
        "Findings were discussed with Dr. Smith at 10:30.",
        "Discussed with Smith at 10:30 by telephone.",
        "Findings discussed with Dr Smith by telephone at 10:30 on 1/2/2026.",
        "Results communicated to Dr Smith by telephone at 10:30.",
        "These findings were communicated by telephone to Dr. Smith at 10:30.",
        "Dr. Smith was notified.",
        "Dr. Smith notified of the findings at 10:30 AM.",
        "Dr. Smith was informed at 10:30.",
        "Dr. Smith made aware at 10:30.",
        "Dr. Smith was made aware of these findings by phone.",
        "Dr. Smith is aware of the findings.",
        "Results relayed to Dr. Smith.",
        "Results relayed by phone to the ED.",
        "Telephoned to Dr. Smith at 10:30.",
        "Phoned to Dr. Smith at 10:30.",
        "Results were phoned to the ICU at 10:30.",
        "Dr. Smith was contacted by telephone at 10:30 and acknowledged.",
        "Dr. Smith was telephoned at 10:30.",
        "I telephoned Dr. Smith at 10:30.",
        "Verbal report given to Dr. Smith at 10:30.",
        "Verbally reported to Dr. Smith at 10:30.",
        "Critical results given to Dr. Smith with read-back at 10:30.",
        "Read back by Dr. Smith at 10:30.",
        "Results read back and verified by RN Jones.",
        "Results were read back by Jane Roe RN at 10:30.",
        "Dr. Smith acknowledged receipt of the findings at 10:30.",
        "Dr. Smith verbalized understanding.",
        "Findings d/w Dr. Smith at 10:30.",
        "Findings D/W Dr. Smith.",
        "D/w ED attending 10:30.",
        "Communicated with Dr. Smith in person.",
        "Findings reviewed with Dr. Smith in person at 10:30.",
        "Findings conveyed to Dr. Smith.",
        "Spoke to Dr. Smith.",
        "Spoke with Dr. Smith at 10:30.",
        "I spoke directly with Dr. Smith.",
        "Called to Dr. Smith at 10:30.",
        "Called Dr. Smith at 10:30.",
        "Intimated to Dr. Smith over phone at 10 pm.",
        "Communicated w/ Dr. Smith @ 22:00",
        "Telephonic discussion with Dr. Smith done at 10 pm.",
        "Findings were shared with Dr. Smith via phone at 22:00.",
        "Handed over to Dr. Smith (medical registrar) by phone 22:00.",
        "CRITICAL REPORT INFORMED TO DR. MEHTA OVER PHONE @ 11:10 PM",
        "I reached Dr. Wong at 2340 and discussed the findings.",
        "Verbally handed over to the surgical registrar on call at 2310hrs.",
        "Results called and read back by Dr. Smith.",
        "Results were called to Smith, MD at 10:30.",
        "Results were called to Jane Smith at 10:30.",
        "Results called to nurse Jones RN 10:30.",
        "Told Dr. Smith at 10:30.",
        "Dr. Smith was told of the result at 10:30.",
        "Dr. Smith was advised of the result at 10:30.",
        "Dr. Smith was alerted at 10:30.",
        "Discussed over the phone with Dr. Smith.",
        "Discussed by phone with Dr. Smith at 10:30.",
        "Discussed these findings with Dr. Smith.",
        "This result was discussed in person with the ED physician at 10:30.",
        "Findings were discussed by Dr. Roe with Dr. Smith at 10:30.",
        "Findings communicated to the emergency department at 10:30.",
        "Findings reported by telephone to Dr. Smith at 10:30.",
        "Notified Dr. Smith at 10:30 via telephone.",
        "NOTIFIED DR SMITH 1030.",
        "Notification: Dr. Smith, 10:30, by phone.",
        "Critical results were reported to Dr Smith at 10:30 by telephone with read back.",
        "The ordering provider was contacted at 10:30 and confirmed receipt.",
        "Transmitted verbally to Dr. Smith at 10:30.",
        "Findings were communicated verbally to Dr. Smith.",
        "The above was communicated to Sam Park at 10:30 via telephone.",
        "Telephone communication with Dr. Smith at 10:30.",
        "Telephone conversation with Dr. Smith at 10:30.",
        "Informed Dr. Smith at 10:30.",
        "Dr. Smith has been notified of this by Dr. Roe at 10:30.",
        "Dr. Smith has been called and is aware of the busy operating schedule.",
        "I discussed with Dr. Smith at 10:30 AM; he could not see the clot at first.",
        "Findings, including the recommendation for CT, were discussed with Dr. Smith at 10:30.",
        "Discussed with Dr. Smith, who will be admitting the patient.",
        "Findings discussed with Dr. Smith who was not surprised.",
        "Spoke with Dr. Smith at 10:30 after several attempts.",
        "Findings were relayed to Dr. Osei.",
        "I personally discussed the findings with Dr. Osei at 10:15.",
        "Dr. Osei was made aware of these findings at 10:15.",
        "Critical results were telephoned to Dr. Osei at 10:15 by Dr. Lind.",
        "Results called to RN Smith at 10:15.",
        "Communicated by phone to Dr. Osei.",
        "Verbal communication with Dr. Osei at 10:15.",
        "Critical finding communicated directly to Dr Osei",
        "Dr. Osei acknowledged receipt of these findings.",
        "Spoke to Dr Osei 10:15",
        "Notification: Dr. Osei at 10:15.",
        "These findings were conveyed by telephone to the ED physician.",
        "I called Dr. Osei at 10:15.",
        "Dr. Osei verbalized understanding.",
        "Findings were reported by phone to the ward sister at 10:15.",
        "Results reviewed with Dr. Osei in the reading room.",
        "Befund telefonisch an Dr. Osei um 10:15 Uhr durchgegeben.",
        "Dr. Osei wurde telefonisch informiert.",
        "Der Befund wurde telefonisch mit Dr. Osei besprochen.",
        "Findings phoned to Dr. Osei at 10:15.",
        "Dr. Osei informed at 10:15.",
        "Critical results were given to Dr. Osei verbally.",
        "This was discussed by phone with Dr. Osei.",
        "Findings were verbally communicated to Dr. Osei.",
        "Dr. Lind spoke with Dr. Osei about these findings.",
        "Findings, new from the prior CT, were discussed with Dr. Osei.",
        "Discussed w/ Dr. Osei.",
        "Results were called to and read back by Dr. Osei.",
        "Dr. Osei notified.",
        "Telephone call to Dr. Osei at 10:15.",
        "Case discussed with Dr. Osei, who agrees.",
        "Findings communicated to and acknowledged by Dr. Osei at 10:15.",
        "Findings were immediately telephoned to Dr. Osei.",
    ],
)
def test_a_sentence_that_says_who_was_told_is_quoted(text: str) -> None:
    assert called("Large embolus. No effusion.", text) == text


def test_an_observation_for_it_goes_before_the_text() -> None:
    obx = "OBX|2|TX|73568-8^Communication of critical results^LN||Told to Dr. Roe, 10:02||||||F"
    found = report(sample("OBX|1|TX|&IMP||Dr. Lee was notified.||||||F", obx))
    assert found.called == "Told to Dr. Roe, 10:02"
    assert found.text.endswith("Told to Dr. Roe, 10:02")


def test_the_newest_addendum_says_it_best() -> None:
    text = "IMPRESSION: Clot. Dr. A was notified.~ADDENDUM:~Discussed with Dr. B at 12:00."
    assert called(text, identifier="X") == "Discussed with Dr. B at 12:00."


def test_a_sentence_over_several_lines_is_quoted_as_one() -> None:
    assert called("Air. Findings were discussed", "with Dr. Park", "at 14:05.").endswith(
        "Findings were discussed with Dr. Park at 14:05."
    )


def test_a_sentence_ends_where_the_next_section_or_the_exam_is_named() -> None:
    said = "CRITICAL FINDING - COMMUNICATED TO ORDERING PHYSICIAN AT 11:05"
    assert called(said, "CT Abdomen without Contrast", "FINDINGS: Aneurysm") == said
    assert called("Discussed with Dr. Park", "FINDINGS: Clot") == "Discussed with Dr. Park"


def test_what_was_tried_before_two_people_spoke_is_not_quoted() -> None:
    told = "Unable to reach Dr. Smith; findings were discussed with Dr. Jones at 10:45."
    assert called(told) == "findings were discussed with Dr. Jones at 10:45."
    later = "Dr. Smith did not answer at first, then acknowledged receipt."
    assert called(later) == later


def test_a_text_without_full_stops_costs_what_its_length_does() -> None:
    assert called("not discussed with nobody " * 8_000 + "Dr. Roe") == ""


@pytest.mark.parametrize(
    "text",
    [
        "Critical results notification: Dr. Roe (ED) 1/15/2026 10:30 AM phone.",
        "Verbal notification to Dr. Roe at 10:30.",
        "Verbal results to Dr. Roe at 10:30",
        "A phone call was made to Dr. Roe at 10:30 and findings were discussed.",
        "Acknowledged by Dr. Roe at 10:30",
        "These findings were not expected and were discussed with Dr. Roe at 10:30.",
        "ED (Dr. Roe) aware.",
        "Registrar informed 10:30.",
        "Discussed with the on-call surgical registrar by telephone at 10:30.",
        "Called to Dr. Roe through the operator at 10:30.",
        "[X] Discussed with Dr. Roe [ ] Not discussed",
    ],
)
def test_who_was_told_is_read_in_other_words_of_hospitals(text: str) -> None:
    assert called(text) == text

"""Sentences about telling somebody that tell of an attempt, a plan, or something else."""

import pytest

from tests.sources.dictated import called
from tests.sources.oru import report, sample


@pytest.mark.parametrize(
    "text",
    [
        "A voicemail was left for Dr. Smith, who was called at 10:00.",
        "Phoned ED x2, engaged.",
        "Called the ward, the line was dead.",
        "Called Dr. Osei x 4 NR.",
        "Called Dr. Osei's service at 22:00.",
        "Called ED charge nurse; asked for Dr. Osei to phone me.",
        "Discussed with Dr. Osei (Radiology).",
        "The family was informed by Dr. Osei.",
        "Dr. Osei was informed of the previous result on 1/1/2026.",
        "Phoned Dr. Osei, line engaged.",
        "Called Dr. Osei's mobile, switched off.",
        "Called Dr. Osei's office; after hours, closed.",
        "The ED was called at 2312; the provider had left for the day.",
        "Contacted the ED, who said that no physician was available.",
        "Dr. Osei was notified via PowerConnect; acknowledgment outstanding.",
        "Dr. Osei was notified through the Epic In Basket at 23:12.",
        "COMPARISON: CT 11/29/2026, which was a critical result called to Dr. Osei.",
        "Informed consent: Dr. Osei informed the patient of the risks.",
        "Findings were called to the wrong Dr. Osei.",
        "Discussed with the wrong Dr. Osei.",
        "The wrong physician was notified.",
        "Dr. Osei called to request the study.",
        "Dr. Osei called requesting an addendum.",
        "I called Dr. Osei for additional clinical history.",
        "Dr. Osei telephoned to provide history.",
        "Dr. Osei was called to the bedside.",
        "Dr. Osei notified us of the fall.",
        "Prior study findings were discussed with Dr. Osei on 1/1/2020.",
        "The previous CT was discussed with Dr. Osei.",
        "Findings of the prior exam were called to Dr. Osei.",
        "The outside CT was discussed with Dr. Osei.",
        "At the time of the prior study this was discussed with Dr. Osei.",
        "Dr. Osei telefonisch nicht erreicht, Nachricht hinterlassen.",
        "Befund konnte Dr. Osei telefonisch nicht mitgeteilt werden.",
        "Versucht, Dr. Osei telefonisch zu informieren.",
        "Dr. Osei wird telefonisch informiert.",
        "Dr. Osei soll telefonisch informiert werden.",
        "Dr. Osei wurde telefonisch informiert. Nicht erreicht.",
        "Befund auf Anrufbeantworter von Dr. Osei, telefonisch mitgeteilt der Mailbox.",
        "Results to be reviewed with Dr. Osei in the reading room.",
        "An attempt was made and findings were discussed with Dr. Osei at 10:15.",
        "Results sent to Dr. Osei via secure chat and read.",
        "Dr. Smith was called, no answer.",
        "Findings discussed with Dr. Roe? No",
        "Findings discussed with Dr. Roe? [ ] Yes [ ] No",
        "We have requested that the findings be called to Dr. Roe.",
        "Support staff was notified to contact Dr. Roe.",
        "The resident was asked to inform Dr. Roe, who was called.",
        "Attempted to reach Dr. Smith; could not be reached.",
        "The office was called and a message was left.",
        "Dr. Smith has not been notified.",
        "Recommend that Dr. Smith be notified.",
        "Dr. Smith will be called.",
        "Findings discussed at conference.",
        "The so-called pulley sign is absent.",
        "The patient called about the result.",
        "Left voice-mail for Dr. Smith at 10:00.",
        "Called Dr. Smith, left VM.",
        "Dr. Smith called; LVM at 14:05.",
        "Dr. Smith was called at 14:05 and did not answer.",
        "Dr. Smith called, didn't answer.",
        "Called the ED physician, no response.",
        "Unable to reach Dr. Smith.",
        "Attempted to call Dr. Smith.",
        "Dr. Smith was paged without reply, called the office at 10:00.",
        "Paged Dr. Smith at 10:00, no reply.",
        "Dr. Smith was paged at 10:00.",
        "Message left with Dr. Smith's office, called at 10:00.",
        "Called Dr. Smith, left msg.",
        "Called Dr. Smith's office, left detailed message with answering service.",
        "Called Dr. Smith x3, phone went to voicemail.",
        "Dr. Smith called, line was busy.",
        "Dr. Smith called; awaiting call back.",
        "Dr. Smith called, waiting for callback.",
        "Called Dr. Smith; awaiting return call.",
        "Dr. Smith called. No answer.",
        "Dr. Smith was called at 10:00. Left voicemail.",
        "Called Dr. Smith at 10:02 without success.",
        "Called Dr. Smith; not available.",
        "Called Dr. Smith, unavailable.",
        "Called Dr. Smith who was in surgery and unreachable.",
        "Findings could not be communicated to Dr. Smith.",
        "Findings not communicated to Dr. Smith.",
        "Failed to reach Dr. Smith; notified by e-mail.",
        "Tried calling Dr. Smith.",
        "Dr. Smith will be notified.",
        "Dr. Smith should be notified.",
        "The findings need to be communicated to Dr. Smith.",
        "Dr. Smith to be called in the morning.",
        "Dr. Smith was not notified.",
        "No one was notified; Dr. Smith is away.",
        "The ordering provider was called and hung up.",
        "Called Dr. Smith: mailbox full.",
        "Called Dr. Smith, rang out.",
        "Called Dr. Smith, no one picked up.",
        "Called office, closed.",
        "The ordering physician's office was called but was closed.",
        "Message sent to Dr. Smith via Epic, notified by secure chat pending read.",
        "Dr. Smith was messaged; notification attempted.",
        "Called Dr. Smith, N/A.",
        "Called Dr. Smith, did not pick up.",
        "Dr. Smith did not return the call; called twice.",
        "Called Dr. Smith multiple times to no avail.",
        "Multiple calls to Dr. Smith unanswered; the office was informed by fax.",
        "Please notify Dr. Smith.",
        "Will call Dr. Smith.",
        "Dr. Smith can be notified.",
        "We are calling Dr. Smith; results to be communicated to him.",
        "Communication to Dr. Smith pending.",
        "Dr. Smith's pager was called.",
        "Called Dr. Smith; left a VM message.",
        "Called Dr. Smith. LM with secretary.",
        "Call placed to Dr. Smith.",
        "A call was placed to Dr. Smith.",
        "Dr. Smith was contacted but could not be reached.",
        "Dr. Smith cannot be contacted; called.",
        "Voicemailed Dr. Smith; called 10:00.",
        "Left word with Dr. Smith's office that he be called.",
        "Dr. Smith was called but there was no answer.",
        "Dr. Smith was called and has yet to respond.",
        "Dr. Smith called, not answering.",
        "Dr. Smith was notified by voicemail.",
        "Dr. Smith called - not reached.",
        "Called Dr. Smith, went straight to voice mail.",
        "Findings discussed above.",
        "As discussed with the patient.",
        "The nurse practitioner ordered this exam.",
        "History: patient reported to the ED with pain.",
        "Patient reported to her doctor that she fell.",
        "Reported history of a fall, ordering provider notes pain.",
        "The mass was called a meningioma by the referring physician.",
        "History: called in by Dr. Smith for pain.",
        "Clinical history: patient informed by her doctor of a mass.",
        "The critical result policy requires that providers be notified.",
        "Discussed in tumor board.",
        "Compared with the prior, reviewed with contrast.",
        "Case reviewed with Dr. Roe, attending radiologist.",
        "Images reviewed with the resident.",
        "I have personally reviewed the images with the resident and agree.",
    ],
)
def test_an_attempt_a_plan_and_anything_else_is_no_evidence(text: str) -> None:
    assert called(text) == ""


def test_an_attempt_is_none_there_either() -> None:
    obx = "OBX|1|TX|73568-8^Communication of critical results^LN||Left a message, 10:02||||||F"
    assert report(sample(obx)).called == ""


@pytest.mark.parametrize(
    "answer",
    [
        *("None", "No", "no.", "N", "***", "___", "-", "Dr. *** at ***", "Told to [provider name]"),
        *("Notified: By: Time:", "Person notified:  Date: Time:", "No critical results."),
        *("No communication required", "Called? No"),
        *("Secure chat sent to Dr. Park", "Page sent 14:02", "Sent Dr. Park a text"),
    ],
)
def test_an_answer_that_nobody_was_told_is_none(answer: str) -> None:
    obx = f"OBX|1|TX|73568-8^Communication of critical results^LN||{answer}||||||F"
    assert report(sample(obx)).called == ""


@pytest.mark.parametrize(
    "answer",
    [
        "Yes",
        "Notified: Dr. Roe Time: 14:02",
        "Called: 14:02",
        "Dr. No, 14:02",
        "Text sent, then spoke to Dr. Park",
        "202611291402",
    ],
)
def test_an_answer_that_somebody_was_told_is_one(answer: str) -> None:
    obx = f"OBX|1|TX|73568-8^Communication of critical results^LN||{answer}||||||F"
    assert report(sample(obx)).called == answer


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Ito was informed by text page at 14:10.",
        "It is unclear whether Dr. Ito was notified.",
        "Dr. Ito was called by the PACS team and the line went dead.",
        "Discussed with Dr. Ito prior to the examination.",
        "Reported to the nurse answering for Dr. Ito but she declined to take it.",
    ],
)
def test_what_was_sent_refused_cut_off_or_said_before_the_exam_is_no_call(text: str) -> None:
    assert called(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Findings were discussed with Dr. *** at ***.",
        "Discussed with Dr. ____ at ____.",
        "Discussed with Dr. [ ] at [ ] on [ ]",
        "Findings were discussed with Dr. [PROVIDER NAME] at [TIME].",
        "Findings were discussed with Dr. @NAME@ at @TIME@.",
        "Findings were discussed with Dr. {name} at {time}.",
        "Findings discussed with Dr. <>",
        "Dr. Roe notified: ___",
        "Called to: [<name>] by the physician",
    ],
)
def test_a_form_whose_name_nobody_has_filled_in_is_no_call(text: str) -> None:
    assert called(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Findings communicated to Dr. Roe via Epic secure chat at 10:30.",
        "Dr. Roe called x2 w/o response.",
        "Called Dr. Roe's office after hours; recording.",
        "Called Dr. Roe, put on hold.",
        "Called Dr. Roe who is out of the office.",
        "Called Dr. Roe's office; he is on vacation.",
        "Dr. Roe's phone was called and rolled over to the operator.",
        "Called Dr. Roe's office and spoke with the front desk who will pass it on.",
        "Called Dr. Roe, no ans.",
        "Called Dr. Roe - LM",
        "Called Dr. Roe - L/M",
        "Dr. Roe called: NA",
        "Patient's wife called Dr. Roe.",
        "Contrast allergy was discussed with Dr. Roe.",
        "As discussed with Dr. Roe on the prior exam.",
        "Dr. Roe to be made aware.",
    ],
)
def test_whoever_was_not_reached_or_spoke_of_something_else_was_not_told(text: str) -> None:
    assert called(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Please make team aware of findings.",
        "Make the ED team aware.",
        "Team not aware of findings.",
        "Is the team aware of findings?",
        "Team aware of code status.",
        "Dr. Roe is aware of the history of cancer.",
        "The team is aware of prior findings.",
        "Critical results are communicated to the provider within 60 minutes.",
    ],
)
def test_a_team_that_is_to_be_made_aware_or_knows_something_else_was_not_told(text: str) -> None:
    assert called(text) == ""


@pytest.mark.parametrize(
    "lines",
    [
        ("Clinical information: fall. Spoke with Dr. Roe.", "FINDINGS: Large subdural."),
        ("CLINICAL INFORMATION:", "Fall. Spoke with Dr. Roe at 10:00.", "", "Large subdural."),
        ("HISTORY: Discussed with Dr. Roe in clinic.", "IMPRESSION: Large subdural."),
        ("Reason for exam: d/w Dr. Roe", "Technique: CT", "Findings: Large subdural."),
    ],
)
def test_what_was_said_when_the_exam_was_asked_for_is_no_call(lines: tuple[str, ...]) -> None:
    assert called(*lines, identifier="&GDT") == ""
    told = called(*lines, "Discussed with Dr. Lind at 11:00.", identifier="&GDT")
    assert told.endswith("Discussed with Dr. Lind at 11:00.")


def test_below_a_history_that_nothing_ends_a_call_may_stand() -> None:
    text = ("HISTORY: Fall.", "Large subdural.", "Discussed with Dr. Roe at 10:00.")
    assert called(*text, identifier="&GDT")

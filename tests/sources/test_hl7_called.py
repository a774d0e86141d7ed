"""What documents that somebody was told already, and what only tells of an attempt."""

import pytest

from tests.sources.oru import report, sample


def called(*texts: str, identifier: str = "&IMP") -> str:
    lines = [f"OBX|{n}|TX|{identifier}||{text}||||||F" for n, text in enumerate(texts, 1)]
    return report(sample(*lines)).called


@pytest.mark.parametrize(
    "text",
    [
        "Findings were discussed with Dr. A. Smith at 10:30 by phone.",
        "Dr. Lee was notified at 3 p.m.",
        "Results called to the ED physician at 14:05.",
        "I spoke with the surgical resident at 02:10.",
        "This was communicated to Jane Roe, NP, at 11:00.",
        "Reported to the referring office at 9:00.",
    ],
)
def test_a_sentence_that_says_who_was_told_is_quoted(text: str) -> None:
    assert called("Large embolus. No effusion.", text) == text


@pytest.mark.parametrize(
    "text",
    [
        "A voicemail was left for Dr. Smith, who was called at 10:00.",
        "Dr. Smith was called, no answer.",
        "Attempted to reach Dr. Smith; could not be reached.",
        "The office was called and a message was left.",
        "Dr. Smith has not been notified.",
        "Recommend that Dr. Smith be notified.",
        "Dr. Smith will be called.",
        "Findings discussed at conference.",
        "The so-called pulley sign is absent.",
        "The patient called about the result.",
    ],
)
def test_an_attempt_a_plan_and_anything_else_is_no_evidence(text: str) -> None:
    assert called(text) == ""


def test_an_observation_for_it_goes_before_the_text() -> None:
    obx = "OBX|2|TX|73568-8^Communication of critical results^LN||Told to Dr. Roe, 10:02||||||F"
    found = report(sample("OBX|1|TX|&IMP||Dr. Lee was notified.||||||F", obx))
    assert found.called == "Told to Dr. Roe, 10:02"
    assert found.text.endswith("Told to Dr. Roe, 10:02")


def test_an_attempt_is_none_there_either() -> None:
    obx = "OBX|1|TX|73568-8^Communication of critical results^LN||Left a message, 10:02||||||F"
    assert report(sample(obx)).called == ""


def test_the_newest_addendum_says_it_best() -> None:
    text = "IMPRESSION: Clot. Dr. A was notified.~ADDENDUM:~Discussed with Dr. B at 12:00."
    assert called(text, identifier="X") == "Discussed with Dr. B at 12:00."


def test_a_sentence_over_several_lines_is_quoted_as_one() -> None:
    assert called("Air. Findings were discussed", "with Dr. Park", "at 14:05.").endswith(
        "Findings were discussed with Dr. Park at 14:05."
    )

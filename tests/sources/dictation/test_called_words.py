"""What a sentence is looked for by never keeps back what the long patterns say of it."""

import re

import pytest

from bot.sources.dictation.called_others import OF_OTHERS, is_of_others
from bot.sources.dictation.called_words import is_unfilled

SAID = {
    "patient": "The patient was told.",
    "family": "The family was told.",
    "comparison": "Comparison: CT, which was called",
    "history": "History of a fall",
    "indication": "Clinical indications",
    "reason for exam": "Reason for examination",
    "doctor": "Seen by his doctor.",
    "physician": "Managed with their physician.",
    " own": "Treated by her own.",
    "allerg": "Allergies were discussed.",
    "consent": "Consent was discussed.",
    "protocol": "The protocol was discussed.",
    "risk": "Risks have been discussed.",
    "discussed the ": "We discussed the order.",
    "aware of ": "Aware of the code status.",
    "within": "Results are reported to the ward within 60 minutes.",
    "called": "A so-called island.",
    "radiolog": "Reviewed with the other radiologist.",
    " note": "Per the surgical note, Dr. Roe is aware.",
    " chart": "Per chart, Dr. Roe is aware.",
    " record": "According to the medical record, Dr. Roe was notified.",
    "phoned": "Telephoned asking for it.",
    "contacted": "Contacted to schedule it.",
    "d us": "The ward informed us.",
    "d me": "The ward alerted me.",
    "wrong ": "It was the wrong team.",
    "prior": "The prior study was reported.",
    "previous": "It was on the previous CT.",
    "earlier": "It was so at the time of the earlier one.",
    "old": "The old scan was reported.",
    "outside": "It was on the outside CT.",
    " is called": "The critical result is called to the ward.",
    " are called": "Findings are called to the ward.",
    " are communicated": "Results are communicated to the provider.",
    " are reported": "Results are reported to the provider.",
    " agree": "Discussed with the resident and agree.",
    **{
        one: f"Spoke with the {one}."
        for one in ("mother", "father", "wife", "husband", "parents", "daughter", "son", "spouse")
    },
    "prior to": "It was so prior to this exam.",
    "before ": "It was so before the scan.",
}


def test_each_word_has_a_sentence_here() -> None:
    assert {word for word, _ in OF_OTHERS} == set(SAID)


@pytest.mark.parametrize(("word", "sentence"), SAID.items())
def test_a_sentence_about_others_is_found_by_its_word(word: str, sentence: str) -> None:
    assert is_of_others(sentence)
    assert is_of_others(sentence.upper())
    assert re.search(word, sentence, re.IGNORECASE)


@pytest.mark.parametrize(
    "left",
    ["____", "***", "<>", "@NAME@", "{}", "[name]", "XXX", "??", "(blank)", "##", "$x$", "NAME"],
)
def test_a_name_that_nobody_has_filled_in_is_seen_by_its_mark(left: str) -> None:
    assert is_unfilled(f"Discussed with Dr. {left} at 10:30.")
    assert not is_unfilled("Discussed with Dr. Roe at 10:30.")

"""A version without a word says nothing of the finding: what was acknowledged stays so, and whoever
looks sees the report."""

import re
from typing import Any

import pytest

from bot.domain.alert import State
from bot.engine.compose import finding
from bot.sandbox.hospital import Hospital
from tests.scenarios.looking import acknowledge_by_sms, expect_everything, paged, pages
from tests.scenarios.test_promise_02_numbers import oru

WORDS = "Acute subdural hematoma."
NAMED: Any = {"filler": "F1^RIS", "accession": "A1"}


def wordless(message: bytes, form: str) -> bytes:
    """As a RIS sends it that only tells a new status of the order, or the dose of the exam."""
    if form == "figures":
        dose = rb"OBX|1|NM|113813-2^CT DLP^DCM||455|mGy.cm|||||F\r"
        return re.sub(rb"OBX\|[^\r]*\r", dose, message)
    if form == "no OBX":
        return re.sub(rb"OBX\|[^\r]*\r", b"", message)
    return message.replace(WORDS.encode(), b"")


@pytest.mark.parametrize("form", ["no OBX", "an empty OBX", "figures"])
@pytest.mark.parametrize("status", ["F", "C"])
def test_it_neither_asks_again_nor_hides_what_was_read(
    hospital: Hospital, form: str, status: str
) -> None:
    hospital.send(oru(**NAMED, now=hospital.now))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.send(wordless(oru(**NAMED, minutes=5, flag="", status=status, now=hospital.now), form))
    alert = hospital.alert()
    assert (alert.state, alert.cycle, hospital.alerts()) == (State.ACKNOWLEDGED, 1, 1)
    assert hospital.database.look(lambda c: finding(c, alert)) == WORDS
    expect_everything(hospital)


def test_a_flag_on_figures_asks_and_they_are_read_below_the_words(hospital: Hospital) -> None:
    hospital.send(oru(**NAMED, now=hospital.now))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    dose = wordless(oru(**NAMED, minutes=5, flag="", now=hospital.now), "figures")
    hospital.send(dose.replace(b"|mGy.cm|||", b"|mGy.cm||AA|"))
    alert = hospital.alert()
    assert (alert.state, alert.cycle) == (State.OPEN, 2)
    assert hospital.database.look(lambda c: finding(c, alert)) == f"{WORDS}\nCT DLP: 455 mGy.cm"
    paged(hospital.ada)
    expect_everything(hospital)


def test_the_words_that_follow_a_mere_code_are_asked_for(hospital: Hospital) -> None:
    hospital.send(wordless(oru(**NAMED, now=hospital.now), "an empty OBX"))
    _, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.send(oru(**NAMED, minutes=5, now=hospital.now))
    assert (hospital.alert().state, hospital.alert().cycle) == (State.OPEN, 2)
    paged(hospital.ada)
    expect_everything(hospital)


def test_a_code_alone_that_asks_for_more_raises_the_alert(hospital: Hospital) -> None:
    hospital.send(oru(**NAMED, flag="RID49482", now=hospital.now))
    before = len(pages(hospital))
    hospital.send(wordless(oru(**NAMED, minutes=5, now=hospital.now), "an empty OBX"))
    alert = hospital.alert()
    assert (alert.category, len(pages(hospital))) == ("critical", 2 * before)
    assert hospital.database.look(lambda c: finding(c, alert)) == WORDS
    expect_everything(hospital)

"""One patient or two, by what two versions of a report say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.identity import another_patient, contradict, may_be_merged, says_who
from bot.domain.report import Identifier, Patient

MRN = Identifier("77", "MAIN", "MR")
JANET = Patient((MRN,), "DEMO, JANET Q", "1958-04-12", "F")


def patient(*identifiers: Identifier, name: str = "", born: str = "") -> Patient:
    return Patient(identifiers, name, born)


@pytest.mark.parametrize(
    "later",
    [
        JANET,
        patient(MRN, name="Demo, Janet"),
        patient(MRN, name="MARRIED, JANET", born="1958-04-13"),
        patient(Identifier(" 77 ", "main"), name="DEMO^JANET"),
        patient(Identifier("123", "STATE", "SS"), MRN),
        patient(Identifier("77"), name="ROE, RICHARD"),
        patient(Identifier("V9", "MAIN", "VN"), name="DÉMO, Janet", born="1958"),
        patient(Identifier("5", "EAST", "MR"), name="JANET DEMO"),
        patient(name="Demo, Janet Q.", born="19580412"),
        patient(name="Demo, Janet Quinn", born="1958-04-12"),
        patient(Identifier("5", "EAST")),
        Patient(),
    ],
)
def test_the_same_patient_written_in_another_way(later: Patient) -> None:
    assert not another_patient(JANET, later)


@pytest.mark.parametrize(
    "later",
    [
        patient(Identifier("78", "MAIN", "MR"), name=JANET.name, born=JANET.birth_date),
        patient(Identifier("78", "MAIN")),
        patient(Identifier("78", "main", "MR"), Identifier("123", "STATE", "SS")),
        patient(Identifier("77", "EAST", "MR"), name="ROE, RICHARD"),
        patient(name="ROE, RICHARD"),
        patient(name=JANET.name, born="1971-02-03"),
        patient(Identifier("77", "MAIN", "VN"), name="DEMO, JOHN"),
    ],
)
def test_another_patient(later: Patient) -> None:
    assert another_patient(JANET, later)
    assert another_patient(later, JANET)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("O'BRIEN, SEÁN", "Obrien, Sean", True),
        ("SMITH-JONES, ANN", "Smith Jones, Ann", True),
        ("LI, X", "Li, Xu", True),
        ("Q", "R", False),
        ("DEMO, JANET", "DEMO, JANICE", False),
    ],
)
def test_names_are_compared_by_their_words(one: str, other: str, same: bool) -> None:
    assert another_patient(patient(name=one), patient(name=other)) is not same


def test_merged_records_are_of_one_name_and_one_whole_birth_date() -> None:
    number = Identifier("78", "MAIN", "MR")
    assert may_be_merged(JANET, patient(number, name="Demo, Janet", born="19580412"))


@pytest.mark.parametrize(
    "later",
    [
        patient(name="DEMO, JOHN", born="1958-04-12"),
        patient(name="DEMO, JANET Q", born="1958-04-13"),
        patient(name="DEMO, JANET Q", born="1958"),
        patient(name="DEMO, JANET Q"),
        patient(born="1958-04-12"),
    ],
)
def test_by_less_than_name_and_birth_date_nobody_is_taken_for_merged(later: Patient) -> None:
    assert not may_be_merged(JANET, later)


def test_numbers_without_any_authority_are_of_one_sender() -> None:
    assert another_patient(patient(Identifier("1")), patient(Identifier("2")))
    assert contradict([Identifier("1")], [Identifier("2")])


def test_what_names_nobody_contradicts_nobody() -> None:
    assert not contradict([], [MRN])
    assert not contradict([MRN], [])
    assert not contradict([MRN], [Identifier("77", "EAST")])


def test_a_birth_date_alone_does_not_say_who_it_is() -> None:
    assert says_who(patient(MRN))
    assert says_who(patient(name="DEMO"))
    assert not says_who(patient(born="1958-04-12"))


values, places = st.sampled_from(["1", "2", "77"]), st.sampled_from(["", "MAIN", "East"])
identifiers = st.builds(Identifier, values, places, st.sampled_from(["", "MR", "VN"]))
patients = st.builds(
    Patient,
    st.lists(identifiers, max_size=3).map(tuple),
    st.sampled_from(["", "DEMO, JANET", "Demo, Janet Q", "ROE, RICHARD", "Œ, ß"]),
    st.sampled_from(["", "1958", "1958-04-12", "1971-02-03"]),
)


@given(patients, patients)
def test_it_is_the_same_question_either_way_round(one: Patient, other: Patient) -> None:
    assert another_patient(one, other) == another_patient(other, one)


@given(patients, identifiers)
def test_one_more_identifier_is_no_change(one: Patient, more: Identifier) -> None:
    assert not another_patient(one, one)
    grown = Patient((*one.identifiers, more), one.name.swapcase(), one.birth_date)
    assert not another_patient(one, grown)

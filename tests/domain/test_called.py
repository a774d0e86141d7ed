"""A documented call that names the person who is paged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.called import family_name, names

SAID = "Findings were discussed with Dr. Osei by telephone at 14:02."


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Dr. Ada Osei", "Osei"),
        ("OSEI, ADA", "OSEI"),
        ("Ada Osei, MD", "Osei"),
        ("Carla Reyes RN", "Reyes"),
        ("Dr. Tom O'Brien-Lee Jr", "O'Brien-Lee"),
        ("Ada Osei PA-C", "Osei"),
        ("Ada Osei, MSN, CRNP", "Osei"),
        ("Ada Osei CRNP", "Osei"),
        ("Ada Osei M.D.", "Osei"),
        ("Dr.Ada Osei Ph.D.", "Osei"),
        ("Dr.Wei Li", "Li"),
        ("J.R. Osei", "Osei"),
        ("Dr.", ""),
        ("", ""),
        ("4711", ""),
    ],
)
def test_the_family_name_of_a_name_as_the_directory_has_it(name: str, family: str) -> None:
    assert family_name(name) == family


def test_the_name_counts_as_a_word_in_any_case() -> None:
    assert names(SAID, "Dr. Ada OSEI")
    assert names("CALLED TO DR OSEI.", "Osei, Ada")
    assert names("Dr. Osei's nurse took it", "Dr. Ada Osei")


def test_somebody_else_with_the_same_credential_is_not_the_person() -> None:
    """Who is offered "I was already called" for another's call may take it for their own."""
    assert not names("Discussed with Jane Smith, PA-C at 14:02.", "Ada Osei PA-C")
    assert not names("Called to J. Smith CRNP at 14:02.", "Ada Osei CRNP")


def test_a_part_of_a_word_or_another_name_does_not_count() -> None:
    assert not names("Discussed with Dr. Oseiku.", "Dr. Ada Osei")
    assert not names("Discussed with the Osei-Mensah team.".replace("-", ""), "Dr. Ada Osei")
    assert not names(SAID, "Dr. Ben Ito")
    for half in ("Dr. Ada Osei", "Dr. Kofi Mensah"):
        assert not names("Discussed with Dr. Osei-Mensah at 14:02.", half)
    assert names("Discussed with Dr. Osei - at 14:02.", "Dr. Ada Osei")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("Discussed with Dr. Li at 14:02", "Dr. Wei Li"),
        ("CALLED TO DR W. LI", "Li, Wei"),
        ("Discussed with Dr Wei Li.", "Wei Li, MD"),
        ("Wei Li was notified", "Dr. Wei Li"),
        ("Notified: LI, WEI 14:02", "Wei Li"),
        ("Told to Doctor Ng", "Amy Ng MD"),
    ],
)
def test_a_name_of_two_letters_counts_behind_a_title_and_with_the_given_name(
    called: str, name: str
) -> None:
    assert names(called, name)


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("Level of 14 ng, called to Dr. Osei", "Dr. Amy Ng"),
        ("Discussed with Dr. Osei DO at 14:02", "Dr. Kim Do"),
        ("Dr. Osei, an ED physician, was told", "Dr. Lu An"),
        ("Dr. Li-Park was told", "Dr. Wei Li"),
        ("Li was told", "Li"),
    ],
)
def test_elsewhere_two_letters_are_too_likely_to_be_something_else(called: str, name: str) -> None:
    assert not names(called, name)


def test_accents_are_left_away_by_many_systems() -> None:
    assert names("Discussed with Dr. Nunez.", "Dr. José Núñez")
    assert names("Discussed with Dr. N\u00fan\u0303ez.", "Dra. Ana Nunez")
    assert not names("Discussed with Dr. Nunezeta.", "Dr. José Núñez")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("Discussed with Dr. O’Brien by phone", "Dr. Mary O'Brien"),
        ("Discussed with Dr. O'Brien by phone", "Dr. Mary O’Brien"),
        ("CALLED TO DR OBRIEN", "O'Brien, Mary"),
        ("Called Dr. Smith Jones", "Ann Smith-Jones"),
        ("Called Dr. Smith\u2011Jones", "Ann Smith-Jones"),
        ("Besprochen mit Dr. Mueller", "Dr. Hans Müller"),
        ("Besprochen mit Dr. Müller", "Mueller, Hans"),
        ("Besprochen mit Dr. Mu\u0308ller", "Mueller, Hans"),
        ("Called Dr. Sorensen", "Lars Sørensen"),
        ("Called Dr. Soerensen", "Lars Sørensen"),
        ("Called Dr. Strauss", "Dr. Eva Strauß"),
        ("Called Dr. Oe", "Dr. Kenji Ö"),
    ],
)
def test_who_dictates_and_who_keeps_the_directory_spell_a_name_differently(
    called: str, name: str
) -> None:
    assert names(called, name)


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("Discussed with Dr. Brien", "Dr. Mary O'Brien"),
        ("Discussed with Dr. Jones", "Ann Smith-Jones"),
        ("Discussed with Dr. Smith and Dr. Jones", "Ann Smith-Jones"),
        ("Besprochen mit Dr. Moller", "Dr. Hans Müller"),
    ],
)
def test_but_it_stays_that_name(called: str, name: str) -> None:
    assert not names(called, name)


def test_nobody_without_a_name_is_named() -> None:
    assert not names(SAID, "")


@given(st.text(), st.text())
def test_no_text_breaks_it(called: str, name: str) -> None:
    assert names(called, name) in {True, False}

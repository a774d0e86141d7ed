from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.refs import DIGITS, LETTERS, SYMBOLS, code_from, ref_from

FOUR_DIGITS = [code_from(n) for n in range(511)]
OF_EACH_LENGTH = {4: frozenset(FOUR_DIGITS), 6: frozenset(map(code_from, range(511, 33_278)))}


def is_code(text: str) -> bool:
    """Whether one of four or six digits could have been given out."""
    return text in OF_EACH_LENGTH.get(len(text), ())


def test_any_two_codes_of_four_digits_differ_in_at_least_two_of_them() -> None:
    for one, other in combinations(FOUR_DIGITS, 2):
        assert sum(a != b for a, b in zip(one, other, strict=True)) >= 2


def test_two_digits_exchanged_never_give_another_code() -> None:
    codes = set(FOUR_DIGITS)
    for code in FOUR_DIGITS:
        for i, j in combinations(range(4), 2):
            slip = list(code)
            slip[i], slip[j] = slip[j], slip[i]
            assert "".join(slip) == code or "".join(slip) not in codes


def test_the_code_after_the_511_of_four_digits_has_six() -> None:
    assert len(code_from(510)) == 4
    assert len(code_from(511)) == 6
    assert len(code_from(511 + 32_766)) == 6
    assert len(code_from(511 + 32_767)) == 8


def test_no_code_is_one_key_pressed_again_and_again() -> None:
    for codes in OF_EACH_LENGTH.values():
        assert not any(len(set(code)) == 1 for code in codes)
    assert [len(codes) for codes in OF_EACH_LENGTH.values()] == [8**3 - 1, 8**5 - 1]


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """A code, and what a thumb makes of it: a digit wrong, missing or too many, two exchanged."""
    code = code_from(draw(st.integers(0, 510) | st.integers(511, 511 + 32_766)))
    place = draw(st.integers(0, len(code) - 1))
    digit = draw(st.sampled_from("0123456789"))
    other = draw(st.integers(0, len(code) - 1))
    exchanged = list(code)
    exchanged[place], exchanged[other] = exchanged[other], exchanged[place]
    return code, draw(
        st.sampled_from(
            (
                code[:place] + digit + code[place + 1 :],
                code[:place] + code[place + 1 :],
                code[:place] + digit + code[place:],
                "".join(exchanged),
            )
        )
    )


@given(slips())
def test_no_slip_of_a_thumb_turns_a_code_into_any_other(slip: tuple[str, str]) -> None:
    code, typed = slip
    assert typed == code or not is_code(typed)


def test_no_code_of_six_digits_is_one_of_four_with_a_digit_more() -> None:
    four = set(FOUR_DIGITS)
    for n in range(511, 511 + 2000):
        code = code_from(n)
        assert not any(code[:i] + code[i + 1 :] in four for i in range(len(code)))


def test_a_code_with_any_other_last_digit_is_none() -> None:
    for code in FOUR_DIGITS:
        assert [digit for digit in DIGITS if is_code(code[:-1] + digit)] == [code[-1]]


def test_there_is_no_code_before_the_first() -> None:
    with pytest.raises(ValueError, match="from 0"):
        code_from(-1)


@given(st.integers(0, 10**6))
def test_no_code_holds_a_look_alike(n: int) -> None:
    code = code_from(n)
    assert set(code) <= set(DIGITS)
    assert not {"0", "1"} & set(code)


@given(st.integers(0, 511), st.integers(0, 3), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_never_a_code(n: int, place: int, digit: str) -> None:
    code = code_from(n)
    wrong = code[:place] + digit + code[place + 1 :]
    assert wrong == code or not is_code(wrong)


@given(st.integers(0, 10**9), st.integers(4, 8))
def test_a_reference_has_its_length_begins_with_a_letter_and_spells_no_word(
    n: int, length: int
) -> None:
    ref = ref_from(n, length)
    assert len(ref) == length
    assert ref[0] in LETTERS
    assert set(ref) <= set(SYMBOLS)
    assert not set("AEIOUY01LZSB6") & set(ref)


def test_references_do_not_repeat_before_all_were_used() -> None:
    assert len({ref_from(n) for n in range(16 * 23**3)}) == 194_672

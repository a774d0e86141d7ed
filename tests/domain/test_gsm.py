import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.gsm import clip, is_gsm, septets, to_gsm


@given(st.text())
def test_any_text_becomes_one_line_of_gsm(text: str) -> None:
    said = to_gsm(text)
    assert is_gsm(said)
    assert "\n" not in said


@given(st.text(), st.integers(0, 160))
def test_a_clipped_text_is_no_longer_than_asked_and_begins_like_the_whole(
    text: str, most: int
) -> None:
    whole = to_gsm(text)
    part = clip(whole, most)
    assert septets(part) <= most
    assert whole.startswith(part)


def test_characters_of_the_extension_table_count_twice() -> None:
    assert septets("a€b{") == 6


def test_what_the_alphabet_lacks_has_no_length() -> None:
    with pytest.raises(ValueError, match="alphabet"):
        septets("œ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("“quoted” – it’s…", '"quoted" - it\'s...'),
        ("Łódź, Çelik, Ñandú", "Lodz, Çelik, Ñandu"),
        ("naïve café", "naive café"),
        ("診断", "??"),
        ("a\n b\u00a0c", "a b c"),
    ],
)
def test_the_nearest_letter_stands_in(text: str, said: str) -> None:
    assert to_gsm(text) == said

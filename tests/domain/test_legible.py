from hypothesis import given
from hypothesis import strategies as st

from bot.domain.legible import STEERING, legible


@given(st.text())
def test_nothing_that_steers_is_left_and_nothing_else_is_changed(text: str) -> None:
    shown = legible(text)
    assert not STEERING.search(shown)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert len(shown) == len(lines)
    assert all(a == b for a, b in zip(shown, lines, strict=True) if not STEERING.match(b))


def test_lines_tabs_and_any_script_stay() -> None:
    assert legible("CT\tכאב\r\nÄ\rB") == "CT\tכאב\nÄ\nB"


def test_terminal_sequences_and_overrides_are_marked() -> None:
    steering = "a\x1b[31mb\x9bc\x00\x7f\bd\u202ee\u2066"
    assert legible(steering) == "a�[31mb�c���d�e�"

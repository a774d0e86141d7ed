"""How commands speak: what every table and sentence has in common."""

import pytest

from bot.cli.shown import table


def test_a_cell_keeps_its_last_letter_whatever_would_steer_the_terminal_stands_before_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table("", ("text",), [("not \x1b[31mread",)])
    assert "not \N{REPLACEMENT CHARACTER}[31mread" in capsys.readouterr().out

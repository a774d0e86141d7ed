"""How commands speak: what every table and sentence has in common."""

import pytest

from bot.cli.shown import out, table


def test_a_cell_keeps_its_last_letter_whatever_would_steer_the_terminal_stands_before_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table("", ("text",), [("not \x1b[31mread",)])
    assert "not \N{REPLACEMENT CHARACTER}[31mread" in capsys.readouterr().out


def test_where_room_is_short_a_column_of_single_words_is_not_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "_width", 80)
    columns = ("at", "ref", "category", "to", "by", "answer by", "")
    row = (
        "11-30 15:01",
        "TJQ3",
        "significant",
        "Dr. Ada Osei",
        "slack sms",
        "12-01 15:56",
        "would",
    )
    table("First pages", columns, [row])
    printed = capsys.readouterr().out
    assert "significant" in printed
    assert max(map(len, printed.splitlines())) <= out.width

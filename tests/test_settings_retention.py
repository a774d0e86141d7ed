"""How long what belongs to no alert is kept."""

from pathlib import Path

import pytest

from bot.settings import load
from tests.settings_files import SITE, problems, written


def kept(path: Path, days: str) -> Path:
    return written(path, f"{SITE}[retention]\nroutine_days = {days}\n")


def test_everything_is_kept_unless_the_site_says_otherwise(tmp_path: Path) -> None:
    assert load(written(tmp_path), {}).retention.routine_days == 0


@pytest.mark.parametrize("days", [0, 90, 400])
def test_days_in_the_file(tmp_path: Path, days: int) -> None:
    assert load(kept(tmp_path, str(days)), {}).retention.routine_days == days


def test_days_in_the_environment_go_before_the_file(tmp_path: Path) -> None:
    env = {"READBACK_RETENTION__ROUTINE_DAYS": "500"}
    assert load(kept(tmp_path, "400"), env).retention.routine_days == 500


@pytest.mark.parametrize("days", ["1", "89"])
def test_less_than_ninety_is_too_short(tmp_path: Path, days: str) -> None:
    (told,) = problems(kept(tmp_path, days))
    assert told == (
        "retention.routine_days is too short for corrections to find what they correct. "
        "Write 90 or more, or 0 to keep everything."
    )


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("-1", "is out of range. Write a number"),
        ("36501", "is out of range. Write a number"),
        ('"400 days"', "is not a number. Write digits without quotes."),
        ("true", "is not a number. Write digits without quotes."),
    ],
)
def test_what_is_no_number_of_days_is_told(tmp_path: Path, days: str, said: str) -> None:
    (told,) = problems(kept(tmp_path, days))
    assert told.startswith(f"retention.routine_days {said}")

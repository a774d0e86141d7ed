"""Shadow mode and its end, and the viewer of images."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.shadow import Shadow
from bot.settings import load
from tests.settings_files import SITE, problems, written

NOON = datetime(2026, 5, 4, 17, 0, tzinfo=UTC)


def test_shadow_mode_runs_until_its_day(tmp_path: Path) -> None:
    lines = 'mode = "shadow"\nshadow_until = 2026-05-31\n'
    settings = load(written(tmp_path, SITE + lines), {})
    assert settings.shadow == Shadow(date(2026, 5, 31), ZoneInfo("America/Chicago"))
    assert settings.far_end(NOON) == []


def test_without_the_mode_an_end_means_nothing(tmp_path: Path) -> None:
    settings = load(written(tmp_path, f"{SITE}shadow_until = 2020-05-31\n"), {})
    assert settings.shadow is None
    assert settings.far_end(NOON) == []


def test_shadow_mode_without_an_end_is_told_with_its_line(tmp_path: Path) -> None:
    (told,) = problems(written(tmp_path, f'{SITE}mode = "shadow"\n'))
    assert told.startswith('site.mode (line 5) is "shadow" without an end. Add below it')
    assert "shadow_until = 2026-12-31" in told


def test_the_same_from_the_environment_has_no_line(tmp_path: Path) -> None:
    (told,) = problems(written(tmp_path), {"READBACK_SITE__MODE": "shadow"})
    assert told.startswith('site.mode is "shadow" without an end.')


@pytest.mark.parametrize("value", ['"soon"', "31", "2026-05-31T10:00:00", '"2026-13-01"'])
def test_an_end_that_is_no_day_is_told(tmp_path: Path, value: str) -> None:
    (told,) = problems(written(tmp_path, f'{SITE}mode = "shadow"\nshadow_until = {value}\n'))
    assert told.startswith("site.shadow_until is no date. Write year, month and day")


@pytest.mark.parametrize("value", ["9999-12-31", "0001-01-01"])
def test_an_end_at_which_a_calendar_ends_is_told_and_reckoned_with_by_nobody(
    tmp_path: Path, value: str
) -> None:
    (told,) = problems(written(tmp_path, f'{SITE}mode = "shadow"\nshadow_until = {value}\n'))
    assert told.startswith("site.shadow_until")
    assert "is no day that comes. Shadow mode takes 45 days at most: write year" in told


def test_an_end_too_far_away_is_told_with_its_line_and_the_last_day(tmp_path: Path) -> None:
    def far_end(day: str) -> list[str]:
        text = f'{SITE}mode = "shadow"\nshadow_until = {day}\n'
        return [str(found) for found in load(written(tmp_path, text), {}).far_end(NOON)]

    assert far_end("2026-06-18") == [], "45 days"
    (told,) = far_end("2026-06-19")
    assert told.startswith("site.shadow_until (line 6) is 46 days away.")
    assert "write 2026-06-18 or earlier" in told


def test_an_end_that_has_passed_stops_no_start(tmp_path: Path) -> None:
    """It stays in shadow and insists: going live by itself would be worse."""
    text = f'{SITE}mode = "shadow"\nshadow_until = 2020-01-31\n'
    settings = load(written(tmp_path, text), {})
    assert settings.far_end(NOON) == []
    assert settings.shadow is not None


def test_a_viewer_that_cannot_be_used_is_told_with_its_line(tmp_path: Path) -> None:
    text = SITE + '[slack]\nviewer_url_template = "http://pacs.example/{accession}"\n'
    (told,) = problems(written(tmp_path, text))
    assert told.startswith("slack.viewer_url_template (line 6) is no https address. Begin it with")
    text = text.replace("http:", "https:").replace("accession", "mrn")
    (told,) = problems(written(tmp_path, text))
    assert "(line 6) names an unknown field {mrn}. Write {accession} or {study_uid}." in told

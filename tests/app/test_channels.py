"""What the settings say of each channel's rate."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.channels import pace_of
from bot.domain.coverage import SLACK, SMS, VOICE
from bot.engine.limits import Rate, Window
from bot.settings import Settings, load
from tests.app.test_cannot_start import SITE, TOKENS


def settings(folder: Path, **more: str) -> Settings:
    file = folder / "readback.toml"
    file.write_text(SITE.format(url="sqlite:///x.db"), encoding="utf-8")
    return load(file, {**TOKENS, **more})


@pytest.mark.parametrize("a_second", ["0.01", "0.05", "0.5", "1", "20"])
def test_however_slow_a_channel_is_one_message_can_leave(tmp_path: Path, a_second: str) -> None:
    """A burst of less than one would never let any leave."""
    pace = pace_of(
        settings(
            tmp_path,
            READBACK_SLACK__MESSAGES_PER_SECOND=a_second,
            READBACK_TWILIO__MESSAGES_PER_SECOND=a_second,
            READBACK_TWILIO__CALLS_PER_SECOND=a_second,
            READBACK_TWILIO__CALL_FROM="+15005550006",
        )
    )
    assert {SMS, VOICE} == set(pace.channels)
    assert {SLACK, SMS} == set(pace.addresses)
    for rate in (*pace.channels.values(), pace.addresses[SLACK]):
        assert isinstance(rate, Rate)
        assert rate.per_second == float(a_second)
        assert rate.burst >= 1.0


def test_one_number_gets_fifteen_messages_in_half_a_minute_unless_twilio_lets_more_through(
    tmp_path: Path,
) -> None:
    half_a_minute = timedelta(seconds=30)
    usual = pace_of(settings(tmp_path)).addresses[SMS]
    assert usual == Window(15, half_a_minute)
    more = settings(tmp_path, READBACK_TWILIO__MESSAGES_TO_ONE_NUMBER="40")
    assert pace_of(more).addresses[SMS] == Window(40, half_a_minute)

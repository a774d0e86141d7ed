"""What the settings say of each channel's rate, and how its stand-in is reached."""

import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.channels import pace_of, slack_settings, twilio_account
from bot.connections import proxy_for
from bot.domain.coverage import SLACK, SMS, VOICE
from bot.engine.limits import Rate, Window
from bot.sandbox.world import World
from bot.settings import Settings, load
from bot.settings.proxies import spare_this_machine
from bot.slack.transport import web_client
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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "pacs.local"}, "pacs.local,localhost,127.0.0.1,::1"),
        ({"no_proxy": "127.0.0.1,::1,localhost"}, "127.0.0.1,::1,localhost"),
        ({"no_proxy": "*"}, "*"),
    ],
)
def test_what_the_site_spares_a_proxy_stays_spared(before: dict[str, str], after: str) -> None:
    environment = dict(before)
    spare_this_machine(environment)
    assert environment["no_proxy"] == after


def test_a_proxy_that_is_not_there_keeps_nobody_from_a_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo behind a hospital's proxy."""
    monkeypatch.setenv("no_proxy", "")  # what is written into it goes again after the test
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    # Python keeps the first that it makes for good, with the proxies of that moment.
    monkeypatch.setattr(urllib.request, "_opener", None)
    with World() as world:
        given = settings(tmp_path, READBACK_SLACK__API_URL=world.slack_api_url)
        client = web_client(slack_settings(given))
        assert client.auth_test(token=world.slack_tokens.bot)["ok"]


PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy")


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.local:3128"}, "http://proxy.local:3128"),
        ({"https_proxy": "proxy.local:3128"}, "http://proxy.local:3128"),
        ({"HTTP_PROXY": "http://proxy.local:3128"}, "http://proxy.local:3128"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "pacs.local,.twilio.com,.slack.com"}, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, None),
    ],
)
def test_twilio_and_slack_are_asked_through_the_same_proxy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    proxy: str | None,
) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    given = settings(
        tmp_path,
        READBACK_TWILIO__API_URL="https://api.twilio.com",
        READBACK_SLACK__API_URL="https://slack.com/api/",
    )
    assert twilio_account(given).proxy == proxy
    assert web_client(slack_settings(given)).proxy == proxy
    assert proxy_for("http://127.0.0.1:8099/twilio") is None

import pytest
from slack_bolt import App

from bot.clock import system_now
from bot.slack import SlackSettings
from bot.slack.requests import Requests
from bot.slack.transport import web_client


def test_without_a_signing_secret_there_is_no_door(site: SlackSettings) -> None:
    """With an empty one anybody could sign."""
    client = web_client(site)
    client.token = site.bot_token
    with pytest.raises(ValueError, match="SLACK_SIGNING_SECRET"):
        Requests(App(client=client), "", workers=1, now=system_now)

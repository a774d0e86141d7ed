"""All of Slack: its API, its sockets, its error codes, its look. The engine knows none of it."""

from dataclasses import dataclass
from typing import Literal

Phi = Literal["none", "modal", "message"]
Mode = Literal["socket", "http"]
API_URL = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What the rest of this folder needs of the site's settings.

    ``phi`` says where a finding may stand: nowhere in Slack, in the modal that an entitled person
    opened, or in the message as well. ``callback_number`` is where a finding is told by phone.
    ``viewer`` is the template of a study's address in the site's viewer. ``connections``: how many
    Socket Mode connections are kept. In ``mode`` "http" Slack sends signed requests instead.
    """

    bot_token: str
    app_token: str
    callback_number: str
    phi: Phi = "none"
    api_url: str = API_URL
    viewer: str = ""
    connections: int = 2
    mode: Mode = "socket"
    signing_secret: str = ""

    def __repr__(self) -> str:
        """Without tokens and secret."""
        return f"SlackSettings(phi={self.phi!r}, api_url={self.api_url!r})"

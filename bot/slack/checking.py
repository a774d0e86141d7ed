"""What `readback check` asks Slack: tokens, scopes, and whether a person can be reached."""

from dataclasses import dataclass, replace
from http.client import HTTPException
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.domain.coverage import Person
from bot.slack import SlackSettings
from bot.slack.transport import web_client

# manifest.yml asks for the same; a test compares them.
SCOPES = frozenset({"chat:write", "commands", "im:history", "im:write", "users:read"})
CHECK_SECONDS = 10
TROUBLE = (SlackClientError, OSError, HTTPException)
_REINSTALL = "In the app's settings: OAuth & Permissions → Reinstall, then copy the bot token."


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and what helps, each a sentence."""

    what: str
    cure: str


@dataclass(frozen=True, slots=True)
class Checked:
    """``team`` and ``team_id`` are of the workspace that the bot token is for, "" if unknown."""

    team: str = ""
    team_id: str = ""
    problems: tuple[Problem, ...] = ()


def check(settings: SlackSettings) -> Checked:
    """Try both tokens, over HTTP the bot's alone. Blocks for some seconds at most, and raises
    nothing."""
    swapped = _swapped(settings)
    if swapped:
        return Checked(problems=(swapped,))
    bot = check_bot(settings)
    if settings.mode == "http":
        return bot
    try:
        web_client(settings, CHECK_SECONDS).apps_connections_open(app_token=settings.app_token)
    except TROUBLE as error:
        trouble = _trouble("SLACK_APP_TOKEN", error, settings)
        # A Slack that cannot be reached is the same trouble for both.
        return replace(bot, problems=tuple(dict.fromkeys((*bot.problems, trouble))))
    return bot


def check_bot(settings: SlackSettings) -> Checked:
    """Try the bot token alone, and learn which workspace it is for. Raises nothing."""
    try:
        answer = web_client(settings, CHECK_SECONDS).auth_test(token=settings.bot_token)
    except TROUBLE as error:
        return Checked(problems=(_trouble("SLACK_BOT_TOKEN", error, settings),))
    return Checked(str(answer["team"]), str(answer["team_id"]), tuple(missing_scopes(answer)))


def check_person(settings: SlackSettings, person: Person) -> Problem | None:
    """What speaks against posting to this person; None where nothing does."""
    if person.slack is None:
        return None
    cure = "In Slack open the profile, then “Copy member ID”, and import the people again."
    try:
        client = web_client(settings, CHECK_SECONDS)
        answer = client.users_info(token=settings.bot_token, user=person.slack[1])
    except SlackApiError as error:
        if error.response.get("error") in {"user_not_found", "user_not_visible"}:
            return Problem("has a Slack member ID that this workspace does not know", cure)
        return Problem("could not be looked up in Slack", "See what is said about the tokens.")
    except TROUBLE:
        return Problem("could not be looked up in Slack", "See what is said about the tokens.")
    if answer["user"].get("deleted"):
        return Problem("has a Slack account that is deactivated", cure)
    return None


def _swapped(settings: SlackSettings) -> Problem | None:
    if settings.bot_token.startswith("xapp-") or settings.app_token.startswith("xoxb-"):
        what = "SLACK_BOT_TOKEN and SLACK_APP_TOKEN hold each other's value."
        return Problem(what, "The bot's token begins with xoxb-, the app's with xapp-.")
    return None


def missing_scopes(answer: SlackResponse) -> list[Problem]:
    """Slack names the token's scopes in a header; where something else answers there is none."""
    header = next((v for k, v in answer.headers.items() if k.lower() == "x-oauth-scopes"), None)
    if header is None:
        return []
    missing = SCOPES - {scope.strip() for scope in str(header).split(",")}
    what = "The bot token lacks the scope {}."
    return [Problem(what.format(scope), _REINSTALL) for scope in sorted(missing)]


def _trouble(token: str, error: Exception, settings: SlackSettings) -> Problem:
    if not isinstance(error, SlackApiError):
        host = urlsplit(settings.api_url).hostname
        cure = "Check the network, the firewall (outgoing HTTPS) and [slack] api_url."
        return Problem(f"{host} cannot be reached.", cure)
    code = str(error.response.get("error") or "an unknown error")
    if code == "missing_scope":
        cure = "The app-level token needs the scope connections:write."
        return Problem(f"Slack refuses {token}: {code}.", cure)
    return Problem(f"Slack refuses {token}: {code}.", "Copy it again from the app's settings.")

"""Tokens: they come from the environment alone, under the names that Slack and Twilio use."""

from collections.abc import Mapping
from typing import Any

from bot.settings.explaining import PREFIX
from bot.settings.model import Secrets
from bot.settings.problems import Problem

SECRET_NAMES = tuple(name.upper() for name in Secrets.model_fields)
# How people name these keys when they put them into the file, and where they belong.
_MISPLACED = {
    ("slack", "token"): "SLACK_BOT_TOKEN",
    ("slack", "bot_token"): "SLACK_BOT_TOKEN",
    ("slack", "app_token"): "SLACK_APP_TOKEN",
    ("slack", "signing_secret"): "SLACK_SIGNING_SECRET",
    ("twilio", "sid"): "TWILIO_ACCOUNT_SID",
    ("twilio", "account_sid"): "TWILIO_ACCOUNT_SID",
    ("twilio", "token"): "TWILIO_AUTH_TOKEN",
    ("twilio", "auth_token"): "TWILIO_AUTH_TOKEN",
}
_QUOTES = ('"', "'")
"""Those of a file of variables: not everything that reads one takes them away, as docker."""
_OTHERS = {
    "SLACK_BOT_TOKEN": (("xapp-", "xoxp-", *_QUOTES), "xoxb-"),
    "SLACK_APP_TOKEN": (("xoxb-", "xoxp-", *_QUOTES), "xapp-"),
    "TWILIO_ACCOUNT_SID": (("SK", *_QUOTES), "AC"),
}
"""How what is taken for each begins: the other one of Slack's, a user's token, an API key's SID."""


def found_in(env: Mapping[str, str]) -> dict[str, str]:
    """Those that are set, for the settings. Where a token was read out of a file its last line end
    often comes with it."""
    return {name.lower(): env[name].strip() for name in SECRET_NAMES if env.get(name, "").strip()}


def misplaced(told: dict[str, Any]) -> list[Problem]:
    """Take secrets out of what the file said, each with the name it should have had."""
    found = _taken_out(told, "")
    for section, inside in list(told.items()):
        if isinstance(inside, dict):
            found += _taken_out(inside, section)
    if told.pop("secrets", None):
        cure = "Delete it: tokens come from the environment alone."
        found.append(Problem("secrets", "is no section", cure))
    return found


def _taken_out(inside: dict[str, Any], section: str) -> list[Problem]:
    found = []
    for key in list(inside):
        plain = key.upper()
        name = _MISPLACED.get((section, key), plain if plain in SECRET_NAMES else "")
        if name:
            del inside[key]
            where = f"{section}.{key}" if section else key
            cure = f"Delete the line, replace the token if others could read it, and set {name}."
            found.append(Problem(where, "is a secret in a file", cure))
    return found


def secret_meant(name: str) -> str:
    """Tokens keep the names that Slack and Twilio give them, without a prefix of ours."""
    plain = name.upper().removeprefix(PREFIX).removeprefix("SECRETS__").replace("__", "_")
    by_key = {f"{section}_{key}".upper(): secret for (section, key), secret in _MISPLACED.items()}
    return f'Did you mean "{by_key[plain]}"?' if plain in by_key else ""


def mistaken(env: Mapping[str, str]) -> list[Problem]:
    """What is no such token by how it begins."""
    return [
        Problem(name, f"begins with {wrong}", f"The one that is meant begins with {right}.")
        for name, (others, right) in _OTHERS.items()
        for wrong in others
        if env.get(name, "").strip().startswith(wrong)
    ]

"""A settings file of a made-up site, and the problems that are told of it."""

from pathlib import Path

import pytest

from bot.settings import BadSettings, load

SITE = '[site]\nname = "General"\ntimezone = "America/Chicago"\ncallback_number = "312-555-0100"\n'
TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-very-secret",
    "SLACK_APP_TOKEN": "xapp-very-secret",
    "TWILIO_ACCOUNT_SID": "ACvery-secret",
    "TWILIO_AUTH_TOKEN": "very-secret",
}


def written(folder: Path, text: str = SITE) -> Path:
    path = folder / "readback.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load(path, env or {})
    return [str(problem) for problem in caught.value.problems]


FHIR = SITE + '[[fhir]]\nname = "epic"\nbase_url = "https://fhir.example.org/r4"\n'

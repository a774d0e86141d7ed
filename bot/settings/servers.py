"""What is special about the FHIR servers in the settings: named secrets, key files, clashes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.settings.model import FhirSettings
from bot.settings.problems import Problem

NAMED_SECRETS = {"token_env": "token", "hook_secret_env": "hook_secret"}
"""The keys that name a variable of the environment, and where its value goes."""


def named_secrets(told: dict[str, Any], env: Mapping[str, str]) -> list[Problem]:
    """Put what the named variables hold into the sections that name them."""
    found = []
    sections = told.get("fhir")
    for number, section in enumerate(sections if isinstance(sections, list) else [], 1):
        for key, secret in NAMED_SECRETS.items() if isinstance(section, dict) else ():
            where, name = f"fhir[{number}]", section.get(key)
            if section.pop(secret, None) is not None:
                cure = f"Put it into the environment, and the variable's name into {key}."
                found.append(Problem(f"{where}.{secret}", "is a secret in a file", cure))
            if isinstance(name, str) and name:
                if env.get(name):
                    section[secret] = env[name]
                else:
                    what = "names a variable that is not set"
                    found.append(Problem(f"{where}.{key}", what, f"Set {name}."))
    return found


def clashes(servers: tuple[FhirSettings, ...], public_url: str) -> list[Problem]:
    """What each of them is fine without, but not together."""
    found, names = [], [server.name for server in servers]
    for number, server in enumerate(servers, 1):
        where = f"fhir[{number}]"
        if server.name in names[: number - 1]:
            found.append(Problem(f"{where}.name", "is another server's", "Give each its own name."))
        if server.smart and server.token_env:
            cure = "Leave out token_env or [fhir.smart]."
            found.append(Problem(f"{where}.token_env", "stands beside SMART", cure))
        if server.subscribe and not (server.hook_secret and public_url):
            cure = "Set hook_secret_env, and [web] public_url, under which the server reaches us."
            found.append(Problem(f"{where}.subscribe", "needs an address and a secret", cure))
    return found


def with_key_beside(server: FhirSettings, file: Path) -> FhirSettings:
    """A relative key file starts at the settings file."""
    if server.smart is None:
        return server
    smart = server.smart.model_copy(update={"key_file": file.parent / server.smart.key_file})
    return server.model_copy(update={"smart": smart})

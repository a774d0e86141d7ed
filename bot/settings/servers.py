"""``[[fhir]]``: the FHIR servers, with their named secrets, key files and clashes. A failed check
raises ``ValueError(what, cure)``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from bot.settings.kinds import Address, Filled, IfPreliminary, Section, SourceName, Zone
from bot.settings.problems import Lines, Problem, place

_SHORTEST = 16
NAMED_SECRETS = {"token_env": "token", "hook_secret_env": "hook_secret"}
"""The keys that name a variable of the environment, and where its value goes."""


def _query(value: object) -> object:
    if isinstance(value, str) and (value.startswith("?") or "_lastUpdated" in value):
        raise ValueError(
            "holds what is added by itself", 'Leave out "?" and _lastUpdated: "category=RAD".'
        )
    return value


def _long(value: object) -> object:
    if isinstance(value, str) and len(value) < _SHORTEST:
        what = f"is shorter than {_SHORTEST} characters"
        raise ValueError(what, "Put a longer one into the variable that hook_secret_env names.")
    return value


class SmartSettings(Section):
    """SMART Backend Services. ``key_file`` holds the private key (PEM, JWK or JWK set), beside the
    settings; without ``token_url`` the server is asked for it. ``jwks_url`` is where the server
    may fetch the public key; `readback fhir keys` prints it."""

    client_id: Filled
    key_file: Path
    scope: Filled = "system/*.read"
    token_url: Address = ""
    jwks_url: Address = ""


class FhirSettings(Section):
    """One FHIR R4 server that is polled. ``authorities`` maps the system of an identifier to the
    issuer's name in HL7 v2, so that both speak of the same order. ``preliminary`` is what a flagged
    report does before it is final.

    ``token_env`` and ``hook_secret_env`` name environment variables; what those hold is put into
    ``token`` and ``hook_secret`` when the settings are loaded."""

    name: SourceName
    base_url: Annotated[Address, Field(min_length=1)]
    query: Annotated[str, BeforeValidator(_query)] = "category=RAD,LP29684-5"
    poll_seconds: int = Field(default=30, strict=True, ge=1, le=3600)
    overlap_seconds: int = Field(default=300, strict=True, ge=0, le=86_400)
    timezone: Zone | None = None
    authorities: dict[str, Filled] = Field(default_factory=dict)
    preliminary: IfPreliminary = "ignore"
    token_env: str = ""
    token: SecretStr | None = None
    smart: SmartSettings | None = None
    hook_secret_env: str = ""
    hook_secret: Annotated[SecretStr | None, BeforeValidator(_long)] = None
    subscribe: bool = False


def named_secrets(told: dict[str, Any], env: Mapping[str, str], lines: Lines) -> list[Problem]:
    """Put what the named variables hold into the sections that name them."""
    found = []
    sections = told.get("fhir")
    for number, section in enumerate(sections if isinstance(sections, list) else []):
        for key, secret in NAMED_SECRETS.items() if isinstance(section, dict) else ():
            name = section.get(key)
            if section.pop(secret, None) is not None:
                where = place(("fhir", number, secret), lines)
                cure = f"Put it into the environment, and the variable's name into {key}."
                found.append(Problem(where, "is a secret in a file", cure))
            if isinstance(name, str) and name:
                if env.get(name, "").strip():
                    section[secret] = env[name].strip()
                else:
                    where = place(("fhir", number, key), lines)
                    what = "names a variable that is not set"
                    found.append(Problem(where, what, f"Set {name}."))
    return found


def clashes(servers: tuple[FhirSettings, ...], public_url: str, lines: Lines) -> list[Problem]:
    """What each of them is fine without, but not together."""
    found, names = [], [server.name for server in servers]

    def tell(number: int, key: str, what: str, cure: str) -> None:
        found.append(Problem(place(("fhir", number, key), lines), what, cure))

    for number, server in enumerate(servers):
        if server.name in names[:number]:
            tell(number, "name", "is another server's", "Give each its own name.")
        if server.smart and server.token_env:
            tell(number, "token_env", "stands beside SMART", "Leave out token_env or [fhir.smart].")
        if server.subscribe and not (server.hook_secret and public_url):
            cure = "Set hook_secret_env, and [web] public_url, under which the server reaches us."
            tell(number, "subscribe", "needs an address and a secret", cure)
    return found


def with_key_beside(server: FhirSettings, file: Path) -> FhirSettings:
    """A relative key file starts at the settings file."""
    if server.smart is None:
        return server
    smart = server.smart.model_copy(update={"key_file": file.parent / server.smart.key_file})
    return server.model_copy(update={"smart": smart})

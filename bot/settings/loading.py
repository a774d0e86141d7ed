"""From a TOML file and an environment to Settings, or to every problem there is at once."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from sqlalchemy.engine import make_url

from bot.domain import viewer
from bot.domain.nearest import did_you_mean
from bot.domain.toml_lines import lines_of
from bot.settings.explaining import PREFIX, explained, table_in
from bot.settings.folders import folder_clashes, holding
from bot.settings.model import Hl7Settings, Settings
from bot.settings.problems import BadSettings, Lines, Problem, place
from bot.settings.profiles import never_used
from bot.settings.servers import clashes, named_secrets, with_key_beside
from bot.settings.shadow import without_end
from bot.settings.tokens import SECRET_NAMES, found_in, misplaced, mistaken, secret_meant

DEFAULT_FILE = Path("readback.toml")
COPY_EXAMPLE = "Copy readback.example.toml to it, or name another file with --config"
_NOT_HERE = Problem(
    str(DEFAULT_FILE),
    "is not in this folder",
    f"{COPY_EXAMPLE}, or set READBACK_SECTION__KEY for each.",
)
SANDBOX_CLOCK = "READBACK_SANDBOX_CLOCK"
_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
_SECTIONS: dict[str, type[BaseModel]] = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if name != "secrets" and isinstance(field.annotation, type)
}
_NEARLY, _SURELY = 0.6, 0.8


def load(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read ``path``, else the file that READBACK_CONFIG names, else ./readback.toml if it is there.

    ``READBACK_SECTION__KEY`` goes before the file. Raises BadSettings with every problem.
    """
    env = os.environ if env is None else env
    file = path or (Path(env["READBACK_CONFIG"]) if env.get("READBACK_CONFIG") else None)
    told, text, problems = _read(file)
    overrides, misnamed = _overrides(env)
    if problems:  # nothing can be said of what a file that cannot be read lacks
        raise BadSettings((*problems, *misnamed, *mistaken(env)))
    if not (file or overrides or DEFAULT_FILE.exists()):
        raise BadSettings((_NOT_HERE, *misnamed, *mistaken(env)))
    lines = lines_of(text)
    problems += misplaced(told) + named_secrets(told, env, lines)
    misnamed += _nearly(env, told)
    values = _merged(told, overrides)
    try:
        settings = Settings.model_validate({**values, "secrets": found_in(env)}).written(lines)
    except ValidationError as error:
        problems += [explained(detail, overrides, lines) for detail in error.errors()]
        settings = None
    problems += misnamed + mistaken(env) + (_clashes(settings, lines) if settings else [])
    if settings:
        settings = _with_files_beside(settings, file or DEFAULT_FILE).written(lines)
        problems += holding(settings.folder, _own_files(settings, file or DEFAULT_FILE), lines)
    if problems and not (file or DEFAULT_FILE.exists()):
        problems.insert(0, _NOT_HERE)
    if problems or settings is None:
        raise BadSettings(tuple(dict.fromkeys(problems)))
    return settings


def is_configured(path: Path | None = None, env: Mapping[str, str] | None = None) -> bool:
    """Whether ``load`` would find a file, or anything in the environment."""
    env = os.environ if env is None else env
    named = any(name.startswith(f"{PREFIX}SITE__") for name in env)
    return bool(path or env.get("READBACK_CONFIG") or named or DEFAULT_FILE.exists())


def tokens_in_environment(env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The names of the real tokens that are set: the demo refuses to run beside them."""
    env = os.environ if env is None else env
    return tuple(name for name in SECRET_NAMES if env.get(name))


def sandbox_clock(settings: Settings, env: Mapping[str, str] | None = None) -> Path | None:
    """The file of a clock that somebody moves: for the demo and for tests, on stand-ins alone.

    Raises BadSettings where Slack or Twilio are not on this very machine: real people must never
    be paged by a clock that is not the real one.
    """
    env = os.environ if env is None else env
    if not env.get(SANDBOX_CLOCK):
        return None
    hosts = {urlsplit(url).hostname for url in (settings.slack.api_url, settings.twilio.api_url)}
    if not hosts <= _THIS_MACHINE:
        what = "moves the clock, and that is for stand-ins on this machine"
        raise BadSettings((Problem(SANDBOX_CLOCK, what, "Unset it."),))
    return Path(env[SANDBOX_CLOCK])


def _read(file: Path | None) -> tuple[dict[str, Any], str, list[Problem]]:
    """What the file says, its text, and what is wrong with it."""
    try:
        # With a byte order mark or without: Windows editors write one.
        text = (file or DEFAULT_FILE).read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text, []
    except FileNotFoundError:
        cure = f"{COPY_EXAMPLE}."
        return {}, "", [Problem(str(file), "does not exist", cure)] if file else []
    except OSError as error:
        return {}, "", [Problem(str(file or DEFAULT_FILE), "cannot be read", f"{error.strerror}.")]
    except UnicodeDecodeError:
        return {}, "", [Problem(str(file or DEFAULT_FILE), "is not UTF-8", "Save it as UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        cure = "Text stands in quotes, a section in [brackets]."
        return {}, "", [Problem(str(file or DEFAULT_FILE), f"is not TOML: {error}", cure)]
    except RecursionError:
        cure = "Close the brackets that were opened."
        return {}, "", [Problem(str(file or DEFAULT_FILE), "is nested too deeply", cure)]


def _known() -> dict[str, tuple[str, str, FieldInfo]]:
    """The variables that set something, each with its section, key and field."""
    return {
        f"{PREFIX}{section}__{field.alias or name}".upper(): (section, field.alias or name, field)
        for section, model in _SECTIONS.items()
        for name, field in model.model_fields.items()
        if table_in(field.annotation) is None  # no variable holds a list of tables
    }


def _nearly(env: Mapping[str, str], told: dict[str, Any]) -> list[Problem]:
    """Variables that nearly name a setting: one underscore instead of two sets nothing, and would
    go unnoticed. Others may be anybody's (Kubernetes sets READBACK_PORT to an address, a server's
    token has the name that the file gives it)."""
    known = _known()
    elsewhere = {"READBACK_CONFIG", SANDBOX_CLOCK, *_named_in(told)}
    squeezed = {name.replace("_", ""): name for name in known}
    found = []
    for name in env:
        if not name.upper().startswith(PREFIX) or "__" in name or name in elsewhere:
            continue
        meant = squeezed.get(name.upper().replace("_", ""))
        cure = f'Did you mean "{meant}"?' if meant else _near(name, known, _SURELY)
        if cure and "://" not in env[name]:
            found.append(Problem(name, "names no setting", cure))
    return found


def _named_in(told: dict[str, Any]) -> set[str]:
    """Every text of the file's sections: some are names of variables."""
    servers = told.get("fhir")
    sections = (
        [one for one in servers if isinstance(one, dict)] if isinstance(servers, list) else []
    )
    return {value for one in sections for value in one.values() if isinstance(value, str)}


def _overrides(env: Mapping[str, str]) -> tuple[dict[tuple[str, str], Any], list[Problem]]:
    known = _known()
    names = [name for name in env if name.upper().startswith(PREFIX) and "__" in name]
    unknown = [
        Problem(name, "names no setting", _near(name, known) or "Unset it.")
        for name in names
        if name not in known
    ]
    found = {
        known[name][:2]: _from_text(known[name][2].annotation, env[name])
        for name in names
        if name in known
    }
    return found, unknown


def _near(name: str, known: Iterable[str], cutoff: float = _NEARLY) -> str:
    return secret_meant(name) or did_you_mean(name, known, cutoff)


def _from_text(annotation: object, text: str) -> object:
    """What a text of the environment stands for where the setting is a number or a list."""
    if annotation is int and text.strip().isdecimal():
        return int(text)
    if get_origin(annotation) is tuple:
        return _listed(text)
    return None if text == "" and type(None) in get_args(annotation) else text


def _listed(text: str) -> tuple[str, ...]:
    """With the file's brackets and quotes or without: people copy the value from there."""
    bare = text.strip().strip("\"'")
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    parts = (part.strip(" \t\r\n\"'") for part in bare.split(","))
    return tuple(part for part in parts if part)


def _merged(told: dict[str, Any], overrides: dict[tuple[str, str], Any]) -> dict[str, Any]:
    values = {"site": {}, **told}
    for (section, key), value in overrides.items():
        inside = values.get(section, {})
        values[section] = {**inside, key: value} if isinstance(inside, dict) else inside
    return values


def _clashes(settings: Settings, lines: Lines) -> list[Problem]:
    hl7, web, site = settings.hl7, settings.web, settings.site
    found = clashes(settings.fhir, web.public_url, lines)
    found += folder_clashes(settings.folder, lines) + _half_tls(hl7, lines)
    found += never_used(hl7.profile, lines)
    found += without_end(site.mode, site.shadow_until, settings.place("site", "mode"))
    template = settings.slack.viewer_url_template
    if template and (wrong := viewer.trouble(template)):
        found.append(Problem(settings.place("slack", "viewer_url_template"), *wrong))
    if hl7.port == web.port != 0 and hl7.host == web.host:
        found.append(Problem("web.port", "is hl7.port as well", "Give each its own port."))
    return found


def _half_tls(hl7: Hl7Settings, lines: Lines) -> list[Problem]:
    """Whoever sets one of these means all traffic to be encrypted: nothing is left out silently."""
    needed = ("tls_certificate", "tls_key")
    given = [key for key in (*needed, "tls_client_ca") if getattr(hl7, key)]
    lacking = [key for key in needed if given and key not in given]
    return [
        Problem(place(("hl7", given[0]), lines), f"stands without {key}", f"Set {key} as well.")
        for key in lacking
    ]


def _with_files_beside(settings: Settings, file: Path) -> Settings:
    """A relative path starts at the settings file, wherever Readback was started."""
    site, policy = settings.site, settings.site.policy
    if policy is not None:
        site = site.model_copy(update={"policy": file.parent / policy})
    servers = tuple(with_key_beside(server, file) for server in settings.fhir)
    folders = tuple(
        folder.model_copy(update={"path": file.parent / folder.path}) for folder in settings.folder
    )
    tls = {
        key: file.parent / path
        for key in ("tls_certificate", "tls_key", "tls_client_ca")
        if (path := getattr(settings.hl7, key))
    }
    hl7 = settings.hl7.model_copy(update=tls)
    database = settings.database.model_copy(
        update={"url": _file_beside(settings.database.url, file)}
    )
    return settings.model_copy(
        update={
            "site": site,
            "database": database,
            "fhir": servers,
            "folder": folders,
            "hl7": hl7,
        }
    )


def _own_files(settings: Settings, file: Path) -> list[Path]:
    """What Readback itself lives on."""
    hl7, database = settings.hl7, make_url(settings.database.url)
    keys = (server.smart.key_file for server in settings.fhir if server.smart)
    ours = (hl7.tls_certificate, hl7.tls_key, hl7.tls_client_ca, *keys)
    stored = database.database if database.get_backend_name() == "sqlite" else None
    files = (stored and Path(stored), file, settings.site.policy, *ours)
    return [one for one in files if one]


def _file_beside(url: str, file: Path) -> str:
    """SQLite's file: from another folder, one would look into another site's database."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or not parts.database:
        return url
    if parts.database.startswith("file:"):
        return url
    beside = parts.set(database=str(file.parent / parts.database))
    return beside.render_as_string(hide_password=False)

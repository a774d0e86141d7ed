"""From a TOML file and an environment to Settings, or to every problem there is at once."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from bot.domain import viewer
from bot.domain.nearest import did_you_mean
from bot.domain.toml_lines import lines_of
from bot.settings.model import Secrets, Settings
from bot.settings.problems import BadSettings, Lines, Problem, Where, place
from bot.settings.servers import clashes, named_secrets, with_key_beside
from bot.settings.shadow import without_end

DEFAULT_FILE = Path("readback.toml")
COPY_EXAMPLE = "Copy readback.example.toml to it, or name another file with --config"
PREFIX = "READBACK_"
SANDBOX_CLOCK = "READBACK_SANDBOX_CLOCK"
_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
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
_SECTIONS: dict[str, type[BaseModel]] = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if name != "secrets" and isinstance(field.annotation, type)
}
_BOTH_TOKENS = {"SLACK_BOT_TOKEN": ("xapp-", "xoxb-"), "SLACK_APP_TOKEN": ("xoxb-", "xapp-")}

_TELLING = {
    "missing": ("is missing", "Add it to section [{section}], as readback.example.toml shows."),
    "int_type": ("is not a number", "Write digits without quotes."),
    "model_type": ("is not a section", "Write [{section}] on a line of its own, keys below it."),
    "too_short": ("is an empty list", 'Write at least one, as in ["P"].'),
    "bool_type": ("is not true or false", "Write true or false, without quotes."),
    "tuple_type": ("is not a list", 'Write it in brackets, as in ["P"].'),
}


def load(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read ``path``, else the file that READBACK_CONFIG names, else ./readback.toml if it is there.

    ``READBACK_SECTION__KEY`` goes before the file. Raises BadSettings with every problem.
    """
    env = os.environ if env is None else env
    file = path or (Path(env["READBACK_CONFIG"]) if env.get("READBACK_CONFIG") else None)
    told, text, problems = _read(file)
    lines = lines_of(text)
    problems += _misplaced(told) + named_secrets(told, env, lines)
    overrides, misnamed = _overrides(env)
    values = _merged(told, overrides)
    secrets = {name.lower(): env[name] for name in SECRET_NAMES if env.get(name)}
    try:
        settings = Settings.model_validate({**values, "secrets": secrets}).read_from(lines)
    except ValidationError as error:
        problems += [_explained(detail, overrides, lines) for detail in error.errors()]
        settings = None
    problems += misnamed + _swapped(env) + (_clashes(settings, lines) if settings else [])
    if problems and not (file or DEFAULT_FILE.exists()):
        cure = f"{COPY_EXAMPLE}, or set READBACK_SECTION__KEY for each."
        problems.insert(0, Problem(str(DEFAULT_FILE), "is not in this folder", cure))
    if problems or settings is None:
        raise BadSettings(tuple(dict.fromkeys(problems)))
    return _with_files_beside(settings, file or DEFAULT_FILE)


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
        text = (file or DEFAULT_FILE).read_text(encoding="utf-8")
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


def _misplaced(told: dict[str, Any]) -> list[Problem]:
    """Take secrets out of what the file said, each with the name it should have had."""
    found = []
    for (section, key), name in _MISPLACED.items():
        if isinstance(told.get(section), dict) and told[section].pop(key, None) is not None:
            cure = f"Delete the line, replace the token if others could read it, and set {name}."
            found.append(Problem(f"{section}.{key}", "is a secret in a file", cure))
    return found


def _overrides(env: Mapping[str, str]) -> tuple[dict[tuple[str, str], Any], list[Problem]]:
    known = {
        f"{PREFIX}{section}__{field.alias or name}".upper(): (section, field.alias or name, field)
        for section, model in _SECTIONS.items()
        for name, field in model.model_fields.items()
        if _table_in(field.annotation) is None  # no variable holds a list of tables
    }
    names = [name for name in env if name.startswith(PREFIX) and "__" in name]
    unknown = [
        Problem(name, "names no setting", did_you_mean(name, known) or "Unset it.")
        for name in names
        if name not in known
    ]
    found = {
        known[name][:2]: _from_text(known[name][2].annotation, env[name])
        for name in names
        if name in known
    }
    return found, unknown


def _from_text(annotation: object, text: str) -> object:
    """What a text of the environment stands for where the setting is a number or a list."""
    if annotation is int and text.strip().isdecimal():
        return int(text)
    if get_origin(annotation) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return None if text == "" and type(None) in get_args(annotation) else text


def _merged(told: dict[str, Any], overrides: dict[tuple[str, str], Any]) -> dict[str, Any]:
    values = {"site": {}, **told}
    for (section, key), value in overrides.items():
        inside = values.get(section, {})
        values[section] = {**inside, key: value} if isinstance(inside, dict) else inside
    return values


def _explained(
    error: ErrorDetails, overrides: Mapping[tuple[str, str], Any], lines: Lines
) -> Problem:
    path = error["loc"]
    names = [str(part) for part in path]
    if tuple(names[:2]) in overrides:
        where = f"{'.'.join(names[:2])} (from {PREFIX}{'__'.join(names[:2]).upper()})"
    elif _in_tables(path):
        where = place(path, lines)
    else:
        where = ".".join(names[:2])
    return Problem(where, *_what_and_cure(error, path))


def _in_tables(path: Where) -> bool:
    """Whether it leads into a list of tables: the section's name alone would not tell which."""
    return any(
        isinstance(part, int) and _model_at(path[:depth]) is not None
        for depth, part in enumerate(path)
    )


def _model_at(path: Where) -> type[BaseModel] | None:
    """The table that the path leads to."""
    model: type[BaseModel] | None = Settings
    for part in path:
        if isinstance(part, int):
            continue
        fields = model.model_fields if model else {}
        annotation = fields[part].annotation if part in fields else None
        model = annotation if _is_table(annotation) else _table_in(annotation)
    return model


def _is_table(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _table_in(annotation: object) -> type[BaseModel] | None:
    """What a list of tables is a list of, or a table that may be left out."""
    return next((inner for inner in get_args(annotation) if _is_table(inner)), None)


def _what_and_cure(error: ErrorDetails, path: Where) -> tuple[str, str]:
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return _unknown(path)
        case "value_error":
            what, cure = context["error"].args
            return what, cure
        case "literal_error":
            return "has a value that is not known", f"Write one of {context['expected']}."
        case "greater_than_equal" | "less_than_equal":
            return (
                "is out of range",
                f"{error['msg'].replace('Input should be', 'Write a number')}.",
            )
        case "tuple_type" if _model_at(path) is not None:
            return "is not a list of tables", f"Write [[{_section(path)}]], in two brackets."
        case kind:
            what, cure = _TELLING.get(kind, ("is not text", "Put the value in quotes."))
            table = path if kind == "model_type" else path[:-1]
            return what, cure.format(section=_section(table) or path[0])


def _section(path: Where) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def _unknown(path: Where) -> tuple[str, str]:
    if len(path) == 1:
        sections = [name for name in Settings.model_fields if name != "secrets"]
        home = next((name for name, model in _SECTIONS.items() if path[0] in _keys(model)), "")
        if home:
            return "stands in no section", f"Move it below [{home}]."
        near = did_you_mean(str(path[0]), sections)
        return "is no section", near or f"There are {', '.join(sections)}."
    model = _model_at(path[:-1])
    keys = _keys(model) if model else []
    return "is no setting", did_you_mean(str(path[-1]), keys) or f"There are {', '.join(keys)}."


def _keys(model: type[BaseModel]) -> list[str]:
    """What may stand in the file: secrets may not."""
    fields = model.model_fields.items()
    return [f.alias or name for name, f in fields if SecretStr not in get_args(f.annotation)]


def _swapped(env: Mapping[str, str]) -> list[Problem]:
    return [
        Problem(name, f"begins with {wrong}", f"The one that is meant begins with {right}.")
        for name, (wrong, right) in _BOTH_TOKENS.items()
        if env.get(name, "").startswith(wrong)
    ]


def _clashes(settings: Settings, lines: Lines) -> list[Problem]:
    hl7, web, site = settings.hl7, settings.web, settings.site
    found = clashes(settings.fhir, web.public_url, lines)
    found += without_end(site.mode, site.shadow_until, settings.place("site", "mode"))
    template = settings.slack.viewer_url_template
    if template and (wrong := viewer.trouble(template)):
        found.append(Problem(settings.place("slack", "viewer_url_template"), *wrong))
    if hl7.port == web.port != 0 and hl7.host == web.host:
        found.append(Problem("web.port", "is hl7.port as well", "Give each its own port."))
    return found


def _with_files_beside(settings: Settings, file: Path) -> Settings:
    """A relative path starts at the settings file, wherever Readback was started."""
    site, policy = settings.site, settings.site.policy
    if policy is not None:
        site = site.model_copy(update={"policy": file.parent / policy})
    servers = tuple(with_key_beside(server, file) for server in settings.fhir)
    return settings.model_copy(update={"site": site, "fhir": servers})

"""What pydantic finds wrong with a setting, in words: where it stands, and what cures it."""

from collections.abc import Mapping
from typing import Any, TypeGuard, get_args

from pydantic import BaseModel, SecretStr
from pydantic_core import ErrorDetails

from bot.domain.nearest import did_you_mean
from bot.settings.model import Settings
from bot.settings.problems import Lines, Problem, Where, place

PREFIX = "READBACK_"
_TELLING = {
    "missing": ("is missing", "Add it to section {header}, as readback.example.toml shows."),
    "int_type": ("is not a number", "Write digits without quotes."),
    "model_type": ("is not a section", "Write {header} on a line of its own, keys below it."),
    "too_short": ("is an empty list", 'Write at least one, as in ["P"].'),
    "bool_type": ("is not true or false", "Write true or false, without quotes."),
    "float_type": ("is not a number", "Write digits without quotes."),
    "float_parsing": ("is not a number", "Write digits without quotes."),
    "dict_type": ("is not a table", 'Write it in braces, as in {{ "1.2.3" = "MAIN" }}.'),
    "tuple_type": ("is not a list", 'Write it in brackets, as in ["P"].'),
}


_KEY = "[key]"
"""Where pydantic means the key of a table and not its value."""


def explained(
    error: ErrorDetails, overrides: Mapping[tuple[str, str], Any], lines: Lines
) -> Problem:
    path = tuple(part for part in error["loc"] if part != _KEY)
    names = [str(part) for part in path]
    if tuple(names[:2]) in overrides:
        where = f"{'.'.join(names[:2])} (from {PREFIX}{'__'.join(names[:2]).upper()})"
    elif any(isinstance(part, int) for part in path):  # the section's name would not tell which
        where = place(path, lines)
    else:
        where = ".".join(names[:2])
    return Problem(where, *_what_and_cure(error, path))


def _model_at(path: Where) -> type[BaseModel] | None:
    """The table that the path leads to."""
    model: type[BaseModel] | None = Settings
    for part in path:
        if isinstance(part, int):
            continue
        fields = model.model_fields if model else {}
        annotation = fields[part].annotation if part in fields else None
        model = annotation if _is_table(annotation) else table_in(annotation)
    return model


def _is_table(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def table_in(annotation: object) -> type[BaseModel] | None:
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
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            return (
                "is out of range",
                f"{error['msg'].replace('Input should be', 'Write a number')}.",
            )
        case "tuple_type" if _model_at(path) is not None:
            return "is not a list of tables", f"Write [[{_section(path)}]], in two brackets."
        case kind:
            what, cure = _TELLING.get(kind, ("is not text", "Put the value in quotes."))
            table = path if kind == "model_type" else path[:-1]
            return what, cure.format(header=_header(table or path[:1]))


def _header(table: Where) -> str:
    """As the table begins in the file; one of a list of them stands in two brackets."""
    named = f"[{_section(table)}]"
    return f"[{named}]" if isinstance(table[-1], int) else named


def _section(path: Where) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def _unknown(path: Where) -> tuple[str, str]:
    if len(path) == 1:
        sections = [name for name in Settings.model_fields if name != "secrets"]
        home = next((name for name in sections if path[0] in _keys_of(name)), "")
        if home:
            return "stands in no section", f"Move it below [{home}]."
        near = did_you_mean(str(path[0]), sections)
        return "is no section", near or f"There are {', '.join(sections)}."
    model = _model_at(path[:-1])
    keys = _keys(model) if model else []
    return "is no setting", did_you_mean(str(path[-1]), keys) or f"There are {', '.join(keys)}."


def _keys_of(section: str) -> list[str]:
    model = _model_at((section,))
    return _keys(model) if model else []


def _keys(model: type[BaseModel]) -> list[str]:
    """What may stand in the file: secrets may not."""
    fields = model.model_fields.items()
    return [f.alias or name for name, f in fields if SecretStr not in get_args(f.annotation)]

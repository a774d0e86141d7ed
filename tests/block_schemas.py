"""Slack's own JSON Schemas of blocks and views."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend

Json = dict[str, Any]


@cache
def validator_of(file: Path) -> Draft7Validator:
    """For what the file's schema is about."""
    schema = json.loads(file.read_text(encoding="utf-8"))
    plain = Draft7Validator.VALIDATORS["anyOf"]

    def any_of(
        validator: Any, kinds: list[Json], instance: object, within: Json
    ) -> Iterator[ValidationError]:
        """A block is one of thirty kinds. To try all of them takes ten times the time, and those
        of another `type` cannot fit."""
        if isinstance(instance, dict) and "type" in instance:
            asked = (None, instance["type"])
            kinds = [kind for kind in kinds if _type_of(kind, schema) in asked] or kinds
        yield from plain(validator, kinds, instance, within)

    kind: type[Draft7Validator] = extend(  # type: ignore[no-untyped-call]  # its stubs' fault
        Draft7Validator, {"anyOf": any_of}
    )
    return kind(schema)


def _type_of(kind: Json, schema: Json) -> str | None:
    """The only `type` that it takes, None where it takes several."""
    where = kind.get("$ref", "").removeprefix("#/definitions/")
    defined = schema["definitions"].get(where, kind)
    found = defined.get("properties", {}).get("type", {}).get("const")
    return str(found) if found else None

"""Domain values to JSON text and back, by their own type annotations."""

import json
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from storage.columns import storable


def dump(adapter: TypeAdapter[Any], value: Any, exclude: set[str] | None = None) -> str:
    """JSON that reads back as an equal value; half a surrogate pair becomes U+FFFD."""
    try:
        return adapter.dump_json(value, exclude=exclude).decode()
    except PydanticSerializationError:
        plain = adapter.dump_python(value, mode="json", exclude=exclude)
        return storable(json.dumps(plain, ensure_ascii=False, separators=(",", ":")))

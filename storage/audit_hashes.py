"""What the chains and the seals of the audit trail share: the hash, and reading all of it."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def instant(at: datetime) -> str:
    """A time as it is hashed: ISO 8601, with microseconds."""
    return at.isoformat(timespec="microseconds")


def hash_of(body: list[Any]) -> str:
    """SHA-256 of the canonical JSON array of these."""
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def streamed(connection: Connection, statement: Any, values: dict[str, Any] | None = None) -> Any:
    """Rows a thousand at a time: the trail is larger than memory one day."""
    return connection.execute(statement, values or {}, execution_options={"yield_per": 1000})

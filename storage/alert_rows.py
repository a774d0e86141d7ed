"""Alerts as rows: columns for what is searched or listed, JSON for the rest, policies by hash."""

import hashlib
import json
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from bot.domain.alert import Alert
from bot.domain.policy import CategoryPolicy
from bot.domain.policy_json import policy_from_json, policy_to_json
from storage import codec, tables
from storage.columns import AnyRow
from storage.memory import memory

_ALERT = TypeAdapter(Alert)
# Everything else goes into `rest`, so that a new field of Alert needs no migration.
_IN_COLUMNS = {"id", "ref", "key", "policy", "report_id", "state", "owner", "owner_role", "roster",
               "window_opens_at", "due_at", "opened_at", "expired_at"}  # fmt: skip
# As codec writes it; inside of a text the quotes would be escaped.
_SHADOW = '"shadow":true'
IN_SHADOW = tables.alerts.c.rest.contains(_SHADOW)
# What from_alert gives: all that can change between two saves.
CHANGING = (
    "policy_id",
    "report_id",
    "category",
    "state",
    "owner",
    "owner_role",
    "window_opens_at",
    "due_at",
    "next_action_at",
    "expired_at",
    "acknowledged_at",
    "rest",
)

_INSERT_POLICY = insert(tables.policies).on_conflict_do_nothing(index_elements=["id"])
_POLICY = select(tables.policies.c.body).where(tables.policies.c.id == bindparam("policy_id"))


def from_alert(connection: Connection, alert: Alert) -> dict[str, Any]:
    """The columns named in CHANGING. A policy that is new is stored with it."""
    given = alert.acknowledgment
    return {
        "policy_id": _policy_id(connection, alert.policy),
        "report_id": alert.report_id or None,
        "category": alert.category,
        "state": alert.state.value,
        "owner": alert.owner or None,
        "owner_role": alert.owner_role.value,
        "window_opens_at": alert.window_opens_at,
        "due_at": alert.due_at,
        "next_action_at": alert.next_action_at,
        "expired_at": alert.expired_at,
        "acknowledged_at": given.at if given else None,
        "rest": codec.dump(_ALERT, alert, exclude=_IN_COLUMNS),
    }


def to_alert(connection: Connection, row: AnyRow) -> Alert:
    """The alert without its roster, which is never stored."""
    values = json.loads(row.rest)
    values.update(
        id=row.id,
        ref=row.ref,
        key={"authority": row.key_authority, "kind": row.key_kind, "value": row.key_value},
        policy=_policy(connection, row.policy_id),
        window_opens_at=row.window_opens_at,
        due_at=row.due_at,
        opened_at=row.opened_at,
        report_id=row.report_id or "",
        state=row.state,
        owner=row.owner or "",
        owner_role=row.owner_role,
        expired_at=row.expired_at,
    )
    alert: Alert = _ALERT.validate_python(values)
    return alert


def in_shadow(rest: str) -> bool:
    """Whether nobody is paged for it, from the column that holds all that is not searched: also
    where the rest of that cannot be read."""
    return _SHADOW in rest


# ---- the policy's copy ----------------------------------------------------------------------


def _policy_id(connection: Connection, policy: CategoryPolicy) -> str:
    """The id under which this policy is stored, storing it where it is new."""
    policy_id, body = _policy_row(policy)
    shared = memory(connection).shared
    if policy_id not in shared.stored_policies:
        values = {"id": policy_id, "name": policy.name, "body": body}
        connection.execute(_INSERT_POLICY, values)
        # Not before the commit: the insert may be rolled back, and then has to be made again.
        memory(connection).callbacks.append(lambda: shared.stored_policies.add(policy_id))
    return policy_id


@lru_cache(maxsize=256)
def _policy_row(policy: CategoryPolicy) -> tuple[str, str]:
    body = policy_to_json(policy)
    return hashlib.sha256(body.encode()).hexdigest(), body


def _policy(connection: Connection, policy_id: str) -> CategoryPolicy:
    known = memory(connection).shared.policies
    if policy_id not in known:
        body = connection.execute(_POLICY, {"policy_id": policy_id}).scalar_one()
        known[policy_id] = policy_from_json(body)
    return known[policy_id]

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.slack import blocks, checking, commands
from tests.requirements import ROOT

# https://docs.slack.dev/reference/methods: the bot scope of each method; "" needs none, None is
# called with the app-level token (connections:write), which a manifest does not name.
SCOPE_OF = {
    "auth_test": "",
    "apps_connections_open": None,
    "chat_postMessage": "chat:write",
    "chat_update": "chat:write",
    "conversations_history": "im:history",
    "conversations_open": "im:write",
    "conversations_replies": "im:history",
    "users_info": "users:read",
    "views_open": "",
}
FAMILY = re.compile(
    r"(api|apps|auth|bots|chat|conversations|dnd|files|pins|reactions|search|team|users|views)_"
)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return read


def methods_called() -> set[str]:
    """Every Web API method that bot/slack calls on a client."""
    trees = [ast.parse(p.read_text(encoding="utf-8")) for p in (ROOT / "bot/slack").glob("*.py")]
    calls = (node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    names = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    return {name for name in names if FAMILY.match(name)}


def test_the_manifest_is_what_slack_takes(manifest: dict[str, Any], shared: Path) -> None:
    schema = json.loads((shared / "schemas" / "slack_manifest_v2.schema.json").read_text("utf-8"))
    jsonschema.validate(manifest, schema)


def test_each_method_that_is_called_has_its_scope_and_no_other_scope_is_asked_for(
    manifest: dict[str, Any],
) -> None:
    called = methods_called()
    assert called == SCOPE_OF.keys()
    needed = {scope for name in called if (scope := SCOPE_OF[name])} | {"commands"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed
    assert manifest["oauth_config"]["scopes"].keys() == {"bot"}


def test_readback_check_looks_for_the_scopes_of_the_manifest(manifest: dict[str, Any]) -> None:
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == checking.SCOPES


def test_the_command_of_the_manifest_is_the_one_that_is_listened_to(
    manifest: dict[str, Any],
) -> None:
    assert [c["command"] for c in manifest["features"]["slash_commands"]] == [commands.COMMAND]


def test_no_inbound_port_is_needed(manifest: dict[str, Any]) -> None:
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}
    assert "event_subscriptions" not in settings


def test_action_ids_are_apart() -> None:
    assert len({blocks.ACKNOWLEDGE, blocks.DECLINE, blocks.UNDO}) == 3

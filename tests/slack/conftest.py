"""What Slack itself would refuse, as one function for the pure tests."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.sandbox.slack_checks import problems_of_message, problems_of_view

Check = Callable[[Any], None]


@cache
def _validator(path: Path) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def sound_blocks(shared: Path) -> Check:
    """Fails where the blocks break Slack's schema or its published lengths."""

    def check(blocks: Any) -> None:
        _validator(shared / "schemas" / "slack_Blocks.schema.json").validate(blocks)
        assert problems_of_message(blocks) == []

    return check


@pytest.fixture(scope="session")
def sound_view(shared: Path) -> Check:
    """The same for a view."""

    def check(view: Any) -> None:
        _validator(shared / "schemas" / "slack_AnyView.schema.json").validate(view)
        assert problems_of_view(view) == []

    return check

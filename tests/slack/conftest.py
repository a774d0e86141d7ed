"""What Slack itself would refuse, for the pure tests; a clinic at work, for the others."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.sandbox.people import SlackPerson
from bot.sandbox.slack_checks import problems_of_message, problems_of_view
from bot.sandbox.world import World
from bot.slack import Phi, SlackSettings
from tests.block_schemas import validator_of
from tests.patience import patient
from tests.slack.clinic import CALLBACK, Clinic

Check = Callable[[Any], None]


@pytest.fixture(scope="session")
def sound_blocks(shared: Path) -> Check:
    """Fails where the blocks break Slack's schema or its published lengths."""

    def check(blocks: Any) -> None:
        validator_of(shared / "schemas" / "slack_Blocks.schema.json").validate(blocks)
        assert problems_of_message(blocks) == []

    return check


@pytest.fixture(scope="session")
def sound_view(shared: Path) -> Check:
    """The same for a view."""

    def check(view: Any) -> None:
        validator_of(shared / "schemas" / "slack_AnyView.schema.json").validate(view)
        assert problems_of_view(view) == []

    return check


@pytest.fixture
def world() -> Iterator[World]:
    with World() as started:
        yield started


@pytest.fixture
def phi() -> Phi:
    """Where the finding may stand; a test asks for another by parametrizing this."""
    return "modal"


@pytest.fixture
def site(world: World, phi: Phi) -> SlackSettings:
    tokens = world.slack_tokens
    url = world.slack_api_url
    return SlackSettings(tokens.bot, tokens.app, CALLBACK, phi, url, connections=1)


@pytest.fixture
def clinic(
    world: World,
    site: SlackSettings,
    tmp_path: Path,
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Clinic]:
    patient(monkeypatch)
    with structlog.testing.capture_logs() as logged, Clinic(world, tmp_path, site) as started:
        yield started
    assert [line for line in logged if line["log_level"] in {"error", "critical"}] == []


@pytest.fixture
def ada(world: World) -> SlackPerson:
    return world.slack_user("U1", "Dr. Ada Osei")

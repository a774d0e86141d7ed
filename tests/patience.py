"""Slack's three seconds for an answer, within which a busy machine may not be done. Few tests are
about them: for all others they are longer, ours as well."""

from types import ModuleType

import pytest

from bot.sandbox import slack_requests, slack_socket, slack_state
from bot.slack import desk

_LONGER: tuple[tuple[ModuleType, str, float], ...] = (
    (desk, "PATIENCE_SECONDS", 5.0),
    (slack_socket, "ACK_SECONDS", 6.0),
    (slack_requests, "ACK_SECONDS", 6.0),
    (slack_state, "TRIGGER_LIFE_SECONDS", 6.0),
)
_IN_EARNEST = [(module, name, getattr(module, name)) for module, name, _ in _LONGER]


def patient(patch: pytest.MonkeyPatch) -> None:
    """For tests of what is answered."""
    for module, name, seconds in _LONGER:
        patch.setattr(module, name, seconds)


def in_earnest(patch: pytest.MonkeyPatch) -> None:
    """For tests of when."""
    for module, name, seconds in _IN_EARNEST:
        patch.setattr(module, name, seconds)

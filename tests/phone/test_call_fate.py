"""How a call ended, and what that means for its page."""

import pytest

from bot.domain.page import SendFailed
from bot.phone.call_fate import MACHINE, PERSON, Arrived, fate


@pytest.mark.parametrize(
    ("status", "answered_by"), [("completed", "human"), (PERSON, ""), (PERSON, "unknown")]
)
def test_what_a_person_has_taken_has_arrived(status: str, answered_by: str) -> None:
    assert fate(status, answered_by, 1) == Arrived()


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress", "dreaming"])
def test_what_is_under_way_or_unheard_of_is_nothing_yet(status: str) -> None:
    assert fate(status, "", 1) is None


@pytest.mark.parametrize(
    ("status", "answered_by", "reason"),
    [
        ("busy", "", "voice-busy"),
        ("no-answer", "", "voice-no-answer"),
        ("failed", "", "voice-failed"),
        ("canceled", "", "voice-canceled"),
        (MACHINE, "machine_end_beep", "voice-machine"),
        ("completed", "machine_start", "voice-machine"),
        ("completed", "fax", "voice-machine"),
        ("completed", "unknown", "voice-unsure"),
        ("completed", "", "voice-unsure"),
    ],
)
def test_what_nobody_answered_rings_once_more_after_a_minute(
    status: str, answered_by: str, reason: str
) -> None:
    first, second = fate(status, answered_by, 1), fate(status, answered_by, 2)
    assert isinstance(first, SendFailed)
    assert isinstance(second, SendFailed)
    assert (first.reason, first.permanent, first.retry_after) == (reason, False, 60.0)
    assert (second.reason, second.permanent) == (reason, True)

"""Whether a request that failed had begun to leave."""

import aiohttp
import pytest

from bot.slack.wire import Wire


def failure(why: str) -> aiohttp.ClientError:
    """As aiohttp raises it for a body that could not be written."""
    error = aiohttp.ClientOSError(None, "Can not write request body")
    error.__cause__ = aiohttp.ClientConnectionResetError(why)
    return error


@pytest.mark.parametrize(
    ("chunks", "why", "kept"),
    [
        (0, "Connection lost", True),
        (1, "Cannot write to closing transport", True),
        (1, "Connection lost", False),
        (2, "Cannot write to closing transport", False),
    ],
)
def test_a_request_was_kept_where_its_first_write_was_not_begun(
    chunks: int, why: str, kept: bool
) -> None:
    assert Wire(chunks).kept(failure(why)) is kept

"""What a person is told when a listener broke off: that it may not have been recorded."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any

from slack_bolt import BoltResponse

from bot.log import log
from bot.slack import SlackSettings, modals
from bot.slack.elements import section
from bot.slack.transport import answer_privately
from bot.slack.words import escaped


@contextmanager
def apologizing(settings: SlackSettings, response_url: str) -> Iterator[None]:
    """For what a listener does after its ack.

    Bolt must not hear of it: an error within 10 ms of the ack makes it forget the ack, and Slack
    shows "operation timed out" beside our own words.
    """
    try:
        yield
    except Exception as error:
        note(error)
        with suppress(OSError, HTTPException):
            text = sorry(settings)
            answer_privately(response_url, text, [section(text)])


def for_submissions(settings: SlackSettings) -> Any:
    """Bolt's error handler, for modals: they are acknowledged last, with what comes of them."""

    def apologize(error: Exception, body: Mapping[str, Any]) -> BoltResponse | None:
        note(error)
        if body.get("type") != "view_submission":
            return None
        view = modals.told("Not confirmed", sorry(settings))
        return BoltResponse(status=200, body={"response_action": "update", "view": view})

    return apologize


def note(error: Exception) -> None:
    """Too slow is the load's fault, anything else is ours."""
    if isinstance(error, TimeoutError):
        log.warning("slack_listener_too_slow")
    else:
        log.error("slack_listener_failed", exc_info=error)


def sorry(settings: SlackSettings) -> str:
    """Escaped already."""
    number = escaped(settings.callback_number)
    return (
        "Readback could not confirm this. Please look at the alert again: if it is still open, "
        f"try once more, answer by SMS, or call {number}."
    )

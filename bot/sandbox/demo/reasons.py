"""Why a message did not get through, in words: for the failures that the demo can show. Pure."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "twilio-21211": "no valid number",
    "twilio-21610": "opted out by STOP",
    "twilio-21614": "a landline",
    "twilio-30003": "the phone is off",
    "twilio-30004": "the number is blocked",
    "twilio-30005": "the number is out of service",
    "twilio-30034": "our number is not registered",
    "twilio-unreachable": "Twilio cannot be reached",
    "twilio-no-answer": "Twilio does not answer",
    "slack-unreachable": "Slack cannot be reached",
    "slack-no-answer": "Slack does not answer",
    "slack-service_unavailable": "Slack is out of order",
    "slack-no-account": "no Slack account",
    "slack-nothing-to-rewrite": "no message that could be changed",
    "slack-user_disabled": "the account is deactivated",
    "slack-channel_not_found": "the account is gone",
    "no-mobile": "no number on file",
    "number-out": "nothing goes to this number any more",
    "voice-no-answer": "nobody picked up",
    "voice-machine": "a voicemail took it",
    "voice-unsure": "no key was pressed",
    "voice-busy": "the line was busy",
    "voice-failed": "the call did not go through",
}


def why(reason: str) -> str:
    """The reason in words with its code, for whoever looks it up; an unknown one as it is. What a
    call says of itself (``voice-…``) needs no code."""
    words = REASONS.get(reason)
    if reason.startswith("voice-"):
        return words or reason.removeprefix("voice-").replace("-", " ")
    return f"{words}: {reason}" if words else reason

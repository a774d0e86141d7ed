"""What Twilio refuses in a new call, with its own codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.sandbox.twilio_rules import Handset, TwilioError, is_e164, is_url

CALL_PARAMETERS = frozenset(
    {
        "To",
        "From",
        "Method",
        "FallbackUrl",
        "FallbackMethod",
        "StatusCallback",
        "StatusCallbackEvent",
        "StatusCallbackMethod",
        "SendDigits",
        "Timeout",
        "Record",
        "RecordingChannels",
        "RecordingStatusCallback",
        "RecordingStatusCallbackMethod",
        "SipAuthUsername",
        "SipAuthPassword",
        "MachineDetection",
        "MachineDetectionTimeout",
        "RecordingStatusCallbackEvent",
        "Trim",
        "CallerId",
        "MachineDetectionSpeechThreshold",
        "MachineDetectionSpeechEndThreshold",
        "MachineDetectionSilenceTimeout",
        "AsyncAmd",
        "AsyncAmdStatusCallback",
        "AsyncAmdStatusCallbackMethod",
        "Byoc",
        "CallReason",
        "CallToken",
        "RecordingTrack",
        "TimeLimit",
        "ClientNotificationUrl",
        "Url",
        "Twiml",
        "ApplicationSid",
    }
)
EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
DETECTIONS = frozenset({"Enable", "DetectMessageEnd"})
LONGEST_RING, LONGEST_CALL, LONGEST_TWIML = 600, 86_400, 4000
_DETECTION_SECONDS = range(3, 60)


def check_call(params: Mapping[str, str], callers: Collection[str]) -> None:
    """Raises TwilioError for what Twilio refuses in the parameters of a new call."""
    if unknown := params.keys() - CALL_PARAMETERS:
        raise TwilioError(20001, min(unknown))
    to, caller = params.get("To", ""), params.get("From", "")
    if not to:
        raise TwilioError(21201)
    if not is_e164(to):
        raise TwilioError(21211, to)
    if not caller:
        raise TwilioError(21213)
    if caller not in callers:
        raise TwilioError(21210 if is_e164(caller) else 21212, caller)
    _check_what_to_say(params)
    _check_events(params)
    _check_numbers(params)


def _check_what_to_say(params: Mapping[str, str]) -> None:
    url, twiml = params.get("Url", ""), params.get("Twiml", "")
    if not (twiml or params.get("ApplicationSid") or is_url(url)):
        raise TwilioError(21205, url)
    if len(twiml) > LONGEST_TWIML:
        raise TwilioError(20006, "Twiml")


def _check_events(params: Mapping[str, str]) -> None:
    callback = params.get("StatusCallback")
    if callback is not None and not is_url(callback):
        raise TwilioError(21609, callback)
    for event in params.get("StatusCallbackEvent", "").split():
        if event not in EVENTS:
            raise TwilioError(21626, event)


def _check_numbers(params: Mapping[str, str]) -> None:
    if not _is_in(params.get("Timeout", "60"), range(1, LONGEST_RING + 1)):
        raise TwilioError(20006, "Timeout")
    if not _is_in(params.get("TimeLimit", "1"), range(1, LONGEST_CALL + 1)):
        raise TwilioError(20006, "TimeLimit")
    if params.get("MachineDetection", "Enable") not in DETECTIONS:
        raise TwilioError(20006, "MachineDetection")
    if not _is_in(params.get("MachineDetectionTimeout", "30"), _DETECTION_SECONDS):
        raise TwilioError(20006, "MachineDetectionTimeout")


def _is_in(text: str, numbers: range) -> bool:
    return text.isascii() and text.isdigit() and int(text) in numbers


def check_callee(handset: Handset) -> None:
    """Raises TwilioError for what Twilio refuses because of the phone at the other end: none of
    that keeps a landline, or a number that wants no SMS, from being called."""
    if handset.refuse_calls is not None:
        raise TwilioError(handset.refuse_calls, handset.number)

"""What a call does, as TwiML: say something and hang up, or ask for keys.

https://www.twilio.com/docs/voice/twiml. Built with the SDK, which escapes whatever is said.
"""

from twilio.twiml.voice_response import Gather, VoiceResponse

LANGUAGE = "en-US"
KEY_SECONDS = 8
"""How long is waited for a key. With nothing pressed the action is asked as well."""
CODE_SECONDS = 10
LONGEST_CODE = 10


def say(text: str) -> str:
    """Say it and hang up."""
    answer = VoiceResponse()  # type: ignore[no-untyped-call]  # untyped in the SDK
    answer.say(text, language=LANGUAGE)  # type: ignore[no-untyped-call]  # as above
    answer.hangup()  # type: ignore[no-untyped-call]  # as above
    return str(answer)


def ask_key(text: str, action: str) -> str:
    """Say it and wait for one key; speaking stops when it is pressed."""
    return _ask(text, action, num_digits=1, timeout=KEY_SECONDS)


def ask_code(text: str, action: str) -> str:
    """Say it and wait for digits that end with #."""
    return _ask(text, action, finish_on_key="#", timeout=CODE_SECONDS, num_digits=LONGEST_CODE)


def _ask(text: str, action: str, **how: object) -> str:
    answer = VoiceResponse()  # type: ignore[no-untyped-call]  # untyped in the SDK
    asking = Gather(input="dtmf", action=action, action_on_empty_result=True, **how)  # type: ignore[no-untyped-call]  # as above
    asking.say(text, language=LANGUAGE)  # type: ignore[no-untyped-call]  # as above
    answer.append(asking)  # type: ignore[no-untyped-call]  # as above
    return str(answer)

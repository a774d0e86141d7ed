"""What is told when no click in Slack or no report of a source arrives any more, no SMS leaves, or
no step is taken in time, and when it is over.

It names the time: such a notice may be late itself, and then misleads nobody.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain.gsm import clip, to_gsm
from bot.domain.page import Notice, Page
from bot.domain.wording import local_time

_LONGEST_NAME = 32
HL7 = "hl7"
"""The source of that name: senders come to it, so that it may be silent and not broken."""


def told(name: str, at: datetime) -> str:
    """What such a notice comes with: the time (ISO 8601, UTC) and what is out of reach."""
    return f"{at.isoformat()} {name}"


def worded(page: Page) -> Page:
    """The notice with what it says, as its person tells the time."""
    since, _, name = page.reason.partition(" ")
    at = local_time(datetime.fromisoformat(since), page.person.timezone, page.now)
    return replace(page, reason=_said(page.slip.notice, at, clip(to_gsm(name), _LONGEST_NAME)))


def _said(notice: Notice | None, at: str, name: str) -> str:
    match notice:
        case Notice.DATABASE_DOWN | Notice.DATABASE_BACK | Notice.SWEEP_LATE | Notice.SWEEP_BACK:
            return _of_readback(notice, at)
        case Notice.FEED_DOWN | Notice.FEED_BACK:
            return _of_a_source(notice, at, name)
        case Notice.SMS_DOWN | Notice.SMS_BACK | Notice.SLACK_REFUSED | Notice.SLACK_TAKEN:
            return _of_messages(notice, at)
        case Notice.SLACK_BACK:
            return f"Slack is back since {at}: what is pressed there counts again."
        case _:
            said = f"Slack is out of reach, and nothing pressed there has arrived since {at}."
            return f"{said} Please answer by SMS or phone until it is back."


def _of_messages(notice: Notice, at: str) -> str:
    match notice:
        case Notice.SLACK_REFUSED:
            return f"Slack has refused all messages since {at}: please use SMS, and tell IT."
        case Notice.SLACK_TAKEN:
            return f"Slack takes messages again since {at}."
        case Notice.SMS_DOWN:
            return f"No SMS has got through Twilio since {at}: please use Slack, and tell IT."
        case _:
            return f"Twilio is back since {at}: SMS and calls leave again."


def _of_readback(notice: Notice, at: str) -> str:
    match notice:
        case Notice.DATABASE_DOWN:
            what = f"its database has taken nothing since {at}: nobody is paged, and no answer"
            return f"{what} counts. Please tell IT."
        case Notice.DATABASE_BACK:
            return f"its database is there since {at}: people are paged, and answers count again."
        case Notice.SWEEP_LATE:
            late = f"since {at} open alerts have not gone on when it was time."
            return f"{late} Please look after them, and tell IT."
        case _:
            return f"since {at} alerts go on in time again."


def _of_a_source(notice: Notice, at: str, name: str) -> str:
    hl7, back = name == HL7, notice is Notice.FEED_BACK
    if back and hl7:
        return f"HL7 messages come again since {at}."
    if back:
        return f"{name} is read again since {at}; what waited there is read now."
    missing = "no HL7 message has come" if hl7 else f"reports could not be taken from {name}"
    return f"{missing} since {at}: what is critical there may page nobody. Please tell IT."

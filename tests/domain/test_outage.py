from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import outage, wording
from bot.domain.page import OF_OUTAGES, Notice
from tests.domain.worded import NOW, NUMBER, PAGE


def said_of(name: str, notice: Notice) -> str:
    since = outage.told(name, NOW - timedelta(minutes=30))
    page = replace(PAGE, slip=replace(PAGE.slip, notice=notice), reason=since)
    return wording.sms(outage.worded(page), NUMBER)


def test_of_hl7_it_is_told_that_nothing_comes() -> None:
    assert said_of("hl7", Notice.FEED_DOWN) == (
        "READBACK: no HL7 message has come since 13:30: what is critical there may page nobody. "
        "Please tell IT."
    )
    assert said_of("hl7", Notice.FEED_BACK) == "READBACK: HL7 messages come again since 13:30."


@pytest.mark.parametrize(
    ("notice", "said"),
    [
        (
            Notice.SLACK_DOWN,
            "READBACK: Slack is out of reach, and nothing pressed there has arrived since 13:30. "
            "Please answer by SMS or phone until it is back.",
        ),
        (
            Notice.SLACK_BACK,
            "READBACK: Slack is back since 13:30: what is pressed there counts again.",
        ),
        (
            Notice.SMS_DOWN,
            "READBACK: No SMS has got through Twilio since 13:30: please use Slack, and tell IT.",
        ),
        (
            Notice.SMS_BACK,
            "READBACK: Twilio is back since 13:30: SMS and calls leave again.",
        ),
        (
            Notice.FEED_DOWN,
            "READBACK: reports could not be taken from fhir-epic since 13:30: what is critical "
            "there may page nobody. Please tell IT.",
        ),
        (
            Notice.FEED_BACK,
            "READBACK: fhir-epic is read again since 13:30; what waited there is read now.",
        ),
        (
            Notice.SWEEP_LATE,
            "READBACK: since 13:30 open alerts have not gone on when it was time. Please look "
            "after them, and tell IT.",
        ),
        (
            Notice.DATABASE_DOWN,
            "READBACK: its database has taken nothing since 13:30: nobody is paged, and no answer "
            "counts. Please tell IT.",
        ),
        (
            Notice.DATABASE_BACK,
            "READBACK: its database is there since 13:30: people are paged, and answers count "
            "again.",
        ),
        (
            Notice.SLACK_REFUSED,
            "READBACK: Slack has refused all messages since 13:30: please use SMS, and tell IT.",
        ),
        (Notice.SLACK_TAKEN, "READBACK: Slack takes messages again since 13:30."),
        (Notice.SWEEP_BACK, "READBACK: since 13:30 alerts go on in time again."),
    ],
)
def test_an_outage_is_told_with_its_time_as_its_person_tells_it(notice: Notice, said: str) -> None:
    assert said_of("fhir-epic", notice) == said


def test_each_notice_of_an_outage_says_something_of_its_own() -> None:
    said = {said_of("fhir-epic", notice) for notice in OF_OUTAGES}
    assert len(said) == len(OF_OUTAGES)
    assert all("13:30" in each for each in said)

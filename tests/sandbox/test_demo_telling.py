"""The demo's words: what it tells of an entry and of an answer, and the reports it offers."""

from datetime import UTC, datetime

import pytest

from bot.sandbox.demo.reports import Reports, answered, from_text, offered
from bot.sandbox.demo.telling import told
from storage.audit import Entry

NAMES = {"p1": "Dr. Ada Osei", "p2": "Dr. Ben Ito"}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(what: str, actor: str = "readback", **data: str | int | bool | None) -> Entry:
    return Entry("chain", 1, NOON, what, actor, data, "0" * 64)


# ---- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "what", "detail"),
    [
        (entry("page_sent", person="p1", channel="sms"), "SMS sent to Dr. Ada Osei", ""),
        (
            entry("notice_sent", person="p1", channel="slack", notice="handed_over"),
            "Slack notice sent to Dr. Ada Osei",
            "handed over",
        ),
        (
            entry("page_failed", person="p2", channel="sms", reason="twilio-30003"),
            "SMS to Dr. Ben Ito failed",
            "the phone is off: twilio-30003",
        ),
        (
            entry("acknowledged", "p1", channel="slack", read_back="viewed", late=True),
            "Dr. Ada Osei acknowledged",
            "Slack, after the window, read and confirmed",
        ),
        (
            entry("declined", "p1", reason="not_my_patient"),
            "Dr. Ada Osei passed it on",
            "not my patient",
        ),
        (entry("refused", "U0EVE", reason="not_paged"), "U0EVE was refused", "not paged"),
        (entry("reopened", "p2"), "Open again", "by Dr. Ben Ito"),
        (
            entry("page_uncertain", person="p1", channel="sms", possible_repeat=True),
            "SMS to Dr. Ada Osei: outcome unknown",
            "the possible repeat too",
        ),
        (
            entry("page_uncertain", person="p1", channel="slack"),
            "Slack page to Dr. Ada Osei: outcome unknown",
            "looked for, and repeated once at most",
        ),
        (
            entry("page_failed", person="p1", channel="slack", reason="slack-x", permanent=True),
            "Slack page to Dr. Ada Osei failed",
            "slack-x, given up",
        ),
        (
            entry(
                "page_failed", person="p1", channel="sms", reason="twilio-30003", permanent=False
            ),
            "SMS to Dr. Ada Osei failed",
            "the phone is off: twilio-30003, tried again",
        ),
        (
            entry(
                "page_failed",
                person="p1",
                channel="sms",
                reason="twilio-20429",
                permanent=False,
                again=False,
            ),
            "SMS to Dr. Ada Osei failed",
            "twilio-20429, not tried again",
        ),
        (
            entry("call_recorded", "p2", reached="Dr. Ada Osei", repeated_back=True),
            "Dr. Ben Ito recorded a phone call",
            "reached Dr. Ada Osei, repeated back",
        ),
        (
            entry("amended", version=2, material=True),
            "Report version 2 received",
            "the finding or its category has changed",
        ),
        (
            entry("notice_failed", person="p1", channel="sms", notice="withdrawn", reason="busy"),
            "SMS notice to Dr. Ada Osei failed",
            "withdrawn, busy",
        ),
        (
            entry("page_failed", person="p1", channel="sms", reason="twilio-30005"),
            "SMS to Dr. Ada Osei failed",
            "the number is out of service: twilio-30005",
        ),
        (
            entry("notice_given_up", person="p1", channel="slack", notice="acknowledged"),
            "Slack notice to Dr. Ada Osei given up",
            "acknowledged, after a day",
        ),
        (entry("unreachable", person="p9", role="owner"), "p9 cannot be reached", "owner"),
        (entry("brand_new", step=3, note=None), "Brand new", "step 3"),
    ],
)
def test_an_entry_is_told_in_words(line: Entry, what: str, detail: str) -> None:
    assert (told(line, NAMES).what, told(line, NAMES).detail) == (what, detail)


# ---- reports --------------------------------------------------------------------------------


def test_every_sample_is_offered_and_each_report_has_numbers_of_its_own() -> None:
    reports = Reports()
    offers = offered(NOON)
    made = [reports.made(offer["name"], NOON) for offer in offers]
    assert len(offers) >= 12
    assert len({message.split(b"|")[9] for message in made}) == len(made)
    assert all("$" not in offer["hl7"] for offer in offers)


def test_pasted_text_gets_the_line_ends_of_hl7() -> None:
    assert from_text("MSH|a\nPID|b\r\nOBR|c\n\n") == b"MSH|a\rPID|b\rOBR|c\r"
    assert from_text("MSH|\ud800") == b"MSH|?\r"


def test_an_answer_is_taken_apart() -> None:
    ack = "MSH|^~\\&|R\rMSA|AE|C1\rERR|||207^x|E||||no OBR segment\r"
    assert answered(ack)["code"] == "AE"
    assert answered(ack)["said"] == "no OBR segment"
    assert answered("") == {"code": "", "said": "", "ack": ""}
    assert answered("MSH#^~\\&#R\rMSA#AA#C1#received before\r")["code"] == "AA"

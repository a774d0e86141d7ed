"""Messages of Slack that ask for no acknowledgment."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from bot.domain.coverage import Role
from bot.domain.page import OF_OUTAGES, Callee, Notice, Page
from bot.sandbox.slack_render import rendered
from bot.slack import SlackSettings
from bot.slack.blocks import Message, aloud
from bot.slack.notices import notice_message
from tests.slack.given import ADA, BEN, NOW, SITE, notice, pages, sites

Check = Callable[[Any], None]


def read(message: Message) -> str:
    return rendered(message.blocks)


def test_the_radiologist_is_told_how_to_record_the_call() -> None:
    callees = (
        Callee(ADA.name, Role.ORDERING_PROVIDER, "+13125550101"),
        Callee(BEN.name, Role.COORDINATOR, ""),
    )
    told = read(notice_message(notice(Notice.PLEASE_PHONE, callees=callees), SITE))
    assert "Please phone" in told
    assert "Dr. Ada Osei (ordering provider): +13125550101" in told
    assert "Dr. Ben Ito (coordinator): no number on file" in told
    assert "/readback called K7QX" in told


def test_a_wrong_directory_entry_names_neither_patient_nor_decliner() -> None:
    told = read(notice_message(notice(Notice.DIRECTORY_ENTRY, owner_name=BEN.name), SITE))
    assert "not my patient" in told
    assert "Dr. Ben Ito" in told


def test_an_older_version_is_to_be_compared_and_nothing_of_it_is_shown() -> None:
    told = read(notice_message(notice(Notice.OLDER_VERSION, finding="Dissection."), SITE))
    assert "older version" in told
    assert "K7QX" in told
    assert "Dissection" not in told


def test_a_quarantine_notice_needs_no_alert() -> None:
    bare = Page("d1", notice(Notice.QUARANTINE).slip, ADA, NOW, reason="no-order-identifier")
    told = read(notice_message(bare, SITE))
    assert "no order identifier" in told
    assert "Nothing is lost" in told


def test_of_what_was_too_large_it_says_that_only_the_beginning_was_kept() -> None:
    bare = Page("d1", notice(Notice.QUARANTINE).slip, ADA, NOW, reason="too-large")
    told = read(notice_message(bare, SITE))
    assert "Only its first 64 KB were kept" in told
    assert "Nothing is lost" not in told


def test_before_it_is_final_its_reader_is_told_where_to_find_it_without_an_alert() -> None:
    early = notice(Notice.BEFORE_FINAL)
    reason = "CT report, flagged critical, preliminary since 14:02"
    bare = Page("d1", early.slip, ADA, NOW, reason=reason, sender="RIS/<MAIN>")
    message = notice_message(bare, SITE)
    told = read(message)
    assert f"{reason}, from RIS/<MAIN>." in told
    assert "dictate whom and when into the report. It stands in your worklist" in told
    assert "Nobody is paged before it is final." in told
    assert message.text == "READBACK: a flagged report is not final yet"
    slip = replace(early.slip, role=Role.COORDINATOR)
    told = read(notice_message(replace(bare, slip=slip, sender=""), SITE))
    assert f"{reason}." in told
    assert "ask the reading room" in told
    assert "worklist" not in told


def test_each_notice_of_an_outage_has_a_heading_of_its_own_and_says_what_the_sms_says() -> None:
    bare = [Page("d1", notice(kind).slip, ADA, NOW, reason="Since 13:30.") for kind in OF_OUTAGES]
    told = [read(notice_message(page, SITE)).splitlines() for page in bare]
    assert len({heading for heading, *_ in told}) == len(OF_OUTAGES)
    assert {line for _, *rest in told for line in rest} == {"READBACK: Since 13:30."}


@settings(deadline=None)  # validating against the schema takes its time
@given(drawn=pages, site=sites)
def test_every_page_and_notice_is_what_slack_takes(
    drawn: Page, site: SlackSettings, sound_blocks: Check
) -> None:
    message = notice_message(drawn, site)
    sound_blocks(message.blocks)
    assert 0 < len(message.text) <= 150
    reply = aloud(drawn)
    if reply:
        sound_blocks(reply.blocks)

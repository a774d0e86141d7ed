import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from bot.domain.page import Notice, Page
from bot.sandbox.slack_render import rendered
from bot.slack import SlackSettings
from bot.slack.blocks import Message, aloud, collapsed, page_message
from tests.slack.given import ADA, BEN, NOW, SITE, notice, page, pages, sites

MARKER = "SUBDURAL-MARKER"


def read(message: Message) -> str:
    return rendered(message.blocks)


def test_a_page_is_one_header_one_context_line_and_two_buttons() -> None:
    assert [block["type"] for block in page_message(page(), SITE).blocks] == [
        "header",
        "context",
        "actions",
    ]


def test_a_page_says_category_exam_time_left_reference_and_callback_number() -> None:
    assert read(page_message(page(), SITE)).splitlines() == [
        "🔔 Critical result · CT HEAD WITHOUT CONTRAST",
        "answer by 14:40 · 38 min left · ref K7QX · read it in the EHR or call 312-555-0100",
        "[Acknowledge]",
        "[I can't take this]",
    ]


def test_an_exam_whose_name_came_with_a_line_end_stands_in_one_line() -> None:
    header = page_message(page(exam="CT HEAD\nWITHOUT CONTRAST"), SITE).blocks[0]
    assert header["text"]["text"] == "🔔 Critical result · CT HEAD WITHOUT CONTRAST"


def test_the_lock_screen_shows_the_least() -> None:
    message = page_message(page(finding=MARKER), SITE)
    assert message.text == "READBACK: critical imaging result, ref K7QX"


@pytest.mark.parametrize(("phi", "shown"), [("none", False), ("modal", False), ("message", True)])
def test_the_finding_stands_in_the_message_only_where_the_site_allows_it(
    phi: Any, shown: bool
) -> None:
    site = replace(SITE, phi=phi)
    message = page_message(page(finding=MARKER), site)
    assert (MARKER in read(message)) is shown
    assert MARKER not in message.text


def test_a_finding_too_long_for_a_message_says_that_it_goes_on() -> None:
    message = page_message(page(finding="word " * 20_000), replace(SITE, phi="message"))
    assert "The text goes on: read the whole report in the EHR." in read(message)


def test_a_possible_repeat_says_so() -> None:
    slip = replace(page().slip, possible_repeat=True)
    assert "Possible repeat" in read(page_message(page(slip=slip), SITE))


def test_an_alert_that_a_person_must_look_at_says_why() -> None:
    told = read(page_message(page(review="category code not known to the policy"), SITE))
    assert "A person must look: category code not known to the policy" in told


def test_a_note_about_the_window_is_passed_on() -> None:
    told = read(page_message(page(note="no usable finalization time"), SITE))
    assert "Note: no usable finalization time" in told


def test_a_report_that_came_late_says_so() -> None:
    told = read(page_message(page(late_by=timedelta(minutes=25)), SITE))
    assert "Received late: 25 min after the window opened" in told


def test_an_overdue_page_says_since_when_and_can_still_be_acknowledged() -> None:
    told = read(page_message(page(expired_at=NOW, due_at=NOW - timedelta(minutes=5)), SITE))
    assert "OVERDUE" in told
    assert "was due 13:57, 5 min ago" in told
    assert "[Acknowledge]" in told


def handed_over(**changes: Any) -> Page:
    given = {"owner_id": BEN.id, "owner_name": BEN.name, "handed_to": BEN.name}
    at = NOW - timedelta(minutes=10)
    return notice(Notice.HANDED_OVER, **{**given, "handed_at": at, **changes})


def test_what_is_rewritten_holds_nothing_that_gets_old() -> None:
    for drawn in (handed_over(), notice(Notice.CHANGED), notice(Notice.EXPIRED, expired_at=NOW)):
        for due_at in (NOW - timedelta(minutes=5), NOW + timedelta(minutes=5)):
            told = read(page_message(replace(drawn, due_at=due_at), SITE))
            assert not re.search(r"now with|\d (min|h|days)\b|left|ago", told)


def test_who_handed_it_to_nobody_reads_when() -> None:
    assert "Handed over at 13:52\n" in read(page_message(handed_over(handed_to=""), SITE))


def test_who_passed_it_on_where_nobody_could_be_reached_reads_of_no_handing_over() -> None:
    told = read(page_message(handed_over(unreached=True), SITE))
    assert "Passed on at 13:52, but nobody else could be reached. Acknowledge it if you can" in told
    assert "anded over" not in told
    assert BEN.name not in told
    assert "[Acknowledge]" in told


def test_who_is_paged_beside_the_owner_reads_that_anybody_may_answer() -> None:
    told = read(page_message(page(owner_id=BEN.id), SITE))
    assert told.startswith("🔔")
    assert "any one of them may acknowledge" in told


@given(drawn=pages, site=sites)
def test_not_my_patient_leaves_neither_buttons_nor_anything_of_the_report(
    drawn: Page, site: SlackSettings
) -> None:
    theirs = replace(drawn, no_access=True, finding=MARKER, exam=MARKER, note=MARKER, review=MARKER)
    message = page_message(theirs, site)
    told = read(message)
    assert "You passed this on: not your patient" in told
    assert MARKER not in told + message.text
    assert "[" not in told


def test_a_collapsed_message_points_to_the_newer_one_and_says_no_more() -> None:
    told = read(collapsed(page(finding=MARKER)))
    assert told == "⤵️ A newer message about K7QX is below"


def test_who_was_paged_before_may_still_acknowledge_but_not_pass_it_on() -> None:
    told = read(page_message(handed_over(), SITE))
    assert told.startswith("➡️")
    assert "Handed over at 13:52 to Dr. Ben Ito" in told
    assert "[Acknowledge]" in told
    assert "[I can't take this]" not in told


def acknowledged(**changes: Any) -> Page:
    ended = {"state": "acknowledged", "ended_by": ADA.name, "ended_by_id": ADA.id}
    return notice(
        Notice.ACKNOWLEDGED, **{**ended, "ended_at": NOW, "read_back": "repeated", **changes}
    )


def test_an_acknowledged_page_says_by_whom_when_and_how() -> None:
    told = read(page_message(acknowledged(ended_by=BEN.name, ended_by_id=BEN.id), SITE))
    assert "✅ Acknowledged" in told
    assert "By Dr. Ben Ito at 14:02 · repeated back · ref K7QX" in told
    assert "[" not in told


def test_only_who_acknowledged_can_undo_it_and_for_15_minutes() -> None:
    assert "[Undo]" in read(page_message(acknowledged(), SITE))
    late = acknowledged(now=NOW + timedelta(minutes=15, seconds=1))
    assert "[Undo]" not in read(page_message(late, SITE))


@pytest.mark.parametrize(
    ("kind", "said"), [(Notice.WITHDRAWN, "Withdrawn"), (Notice.DOWNGRADED, "Downgraded")]
)
@pytest.mark.parametrize("state", ["", "acknowledged"])
def test_a_result_that_ended_says_so_also_after_its_acknowledgment(
    kind: Notice, said: str, state: str
) -> None:
    told = read(page_message(notice(kind, state=state or kind.value, ended_at=NOW), SITE))
    assert said in told
    assert "[" not in told


def test_an_alert_that_goes_on_as_another_says_as_which() -> None:
    page = notice(Notice.WITHDRAWN, state="withdrawn", joined="B2C3")
    short = aloud(page)
    assert short
    for told in (read(page_message(page, SITE)), read(short)):
        assert "B2C3" in told
        assert "Withdrawn" not in told
    assert page_message(page, SITE).text == "READBACK: K7QX goes on as B2C3"


def test_who_has_nothing_to_do_with_it_any_more_has_no_button() -> None:
    corrected = notice(Notice.ANOTHER_PROVIDER, not_theirs=True)
    told = page_message(corrected, SITE)
    assert "The report now names another ordering provider" in read(told)
    assert not [block for block in told.blocks if block["type"] == "actions"]


def test_a_page_for_a_preliminary_report_says_so() -> None:
    assert "Preliminary report" in read(page_message(page(preliminary=True), SITE))
    assert "reliminary" not in read(page_message(page(), SITE))


def test_a_page_for_a_changed_report_says_so() -> None:
    assert "The report has changed since" in read(page_message(page(changed=True), SITE))
    assert "Open again" in read(page_message(page(again=True), SITE))
    plain = read(page_message(page(), SITE))
    assert not re.search("has changed|Open again", plain)


def test_what_came_too_late_for_its_provider_says_so() -> None:
    assert "only coordinators are paged" in read(page_message(page(stale=True), SITE))
    assert "coordinators" not in read(page_message(page(), SITE))


def test_what_matters_to_a_sleeper_is_said_aloud_and_nothing_else() -> None:
    loud = {kind for kind in Notice if aloud(notice(kind))}
    ended = {Notice.WITHDRAWN, Notice.DOWNGRADED}
    corrected = {Notice.CHANGED, Notice.ANOTHER_PROVIDER, Notice.ANOTHER_PATIENT}
    assert loud == ended | corrected | {Notice.REOPENED}


@given(drawn=pages, site=sites)
def test_buttons_carry_the_alerts_id_and_nothing_else(drawn: Page, site: SlackSettings) -> None:
    rows = [block for block in page_message(drawn, site).blocks if block["type"] == "actions"]
    values = {button["value"] for row in rows for button in row["elements"]}
    assert values <= {"a1"}

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import answers, wording
from bot.domain.coverage import Person, Role
from bot.domain.gsm import SEGMENT, is_gsm, septets
from bot.domain.page import Callee, Notice, Page, Slip
from bot.domain.refs import code_from, ref_from
from bot.domain.replies import Reply, Unclear, Verb, parse_reply

NOW = datetime(2026, 5, 4, 19, 0, tzinfo=UTC)
NUMBER = "312-555-0100"
ADA = Person("ada", "Dr. Ada", "America/Chicago", ("sms",), "+13125550101")
PAGE = Page(
    "d1",
    Slip("ada", Role.ORDERING_PROVIDER, "sms", 1),
    ADA,
    NOW,
    ref="K7QX",
    category="critical",
    due_at=NOW + timedelta(minutes=40),
    code="4827",
    owner_id="ada",
)


def notice(kind: Notice, **changes: object) -> str:
    page = replace(PAGE, slip=replace(PAGE.slip, notice=kind))
    return wording.sms(replace(page, **changes), NUMBER)  # type: ignore[arg-type] # any field


def test_an_alert_that_goes_on_as_another_says_as_which() -> None:
    said = notice(Notice.WITHDRAWN, joined="B2C3")
    assert "ref K7QX goes on as ref B2C3" in said
    assert "withdrawn" not in said


# ---- pages -----------------------------------------------------------------------------------


def test_a_page_reads_as_the_manual_says() -> None:
    assert wording.sms(PAGE, NUMBER) == (
        "READBACK: critical imaging result, ref K7QX. Read it in the EHR or call 312-555-0100, "
        "then reply ACK 4827 by 14:40. Cannot? Reply PASS 4827."
    )


def test_what_could_not_be_read_names_the_command_that_shows_it() -> None:
    review = wording.could_not_be_read("no-obr", "00000000000001234567890abcdef")
    assert review == (
        "flagged, but could not be read: no-obr. Look at it: readback quarantine show 90abcdef"
    )
    assert wording.sms(replace(PAGE, review=review), NUMBER) == (
        "READBACK: unreadable critical result, ref K7QX. Run readback quarantine show 90abcdef "
        "or call 312-555-0100, reply ACK 4827 by 14:40. Or PASS 4827."
    )


@given(st.text(max_size=60), st.text(max_size=40))
def test_a_page_for_a_preliminary_report_says_so_however_little_room_is_left(
    category: str, number: str
) -> None:
    text = wording.sms(replace(PAGE, category=category, preliminary=True), number)
    assert "preliminary imaging result" in text
    assert "ACK 4827" in text
    assert septets(text) <= SEGMENT


@pytest.mark.parametrize(
    ("role", "since", "said"),
    [
        (
            Role.READING_RADIOLOGIST,
            "14:02",
            "READBACK: CT report, flagged critical, preliminary since 14:02. See your worklist. "
            "If you phoned, dictate whom and when. Nobody is paged before it is final.",
        ),
        (
            Role.READING_RADIOLOGIST,
            "23 Nov 14:02 UTC",
            "READBACK: CT report, flagged critical, preliminary since 23 Nov 14:02 UTC. "
            "See your worklist. If you phoned, dictate whom and when.",
        ),
        (
            Role.COORDINATOR,
            "14:02",
            "READBACK: CT report, flagged critical, preliminary since 14:02. Its radiologist could "
            "not be asked. Nobody is paged before it is final.",
        ),
    ],
)
def test_before_it_is_final_its_reader_is_told_and_asked_for_no_answer(
    role: Role, since: str, said: str
) -> None:
    slip = replace(PAGE.slip, role=role, notice=Notice.BEFORE_FINAL)
    reason = f"CT report, flagged critical, preliminary since {since}"
    assert wording.sms(replace(PAGE, slip=slip, reason=reason), NUMBER) == said


@pytest.mark.parametrize("role", [Role.READING_RADIOLOGIST, Role.COORDINATOR])
def test_a_long_category_shortens_what_is_said_before_it_is_final(role: Role) -> None:
    slip = replace(PAGE.slip, role=role, notice=Notice.BEFORE_FINAL)
    reason = f"CT report, flagged {'very ' * 8}critical, preliminary since 23 Nov 14:02 UTC"
    text = wording.sms(replace(PAGE, slip=slip, reason=reason), NUMBER)
    assert "critical, not final yet. " in text
    assert text.endswith(".")


@given(st.text(max_size=60), st.text(max_size=40), st.booleans())
def test_the_command_is_in_one_segment_with_its_code_whatever_the_category_and_number(
    category: str, number: str, late: bool
) -> None:
    due_at = NOW - timedelta(days=9) if late else NOW + timedelta(days=2)
    review = wording.could_not_be_read("no-order-identifier", "0" * 24 + "90abcdef")
    page = replace(PAGE, review=review, category=category, due_at=due_at)
    text = wording.sms(page, number)
    assert septets(text) <= SEGMENT
    assert "readback quarantine show 90abcdef" in text
    assert "ACK 4827" in text


def test_the_day_stands_beside_a_time_that_is_not_today() -> None:
    page = replace(PAGE, due_at=NOW + timedelta(hours=20))
    assert "by Tue 10:00." in wording.sms(page, NUMBER)


def test_a_possible_repeat_says_so() -> None:
    page = replace(PAGE, slip=replace(PAGE.slip, possible_repeat=True))
    text = wording.sms(page, NUMBER)
    assert text.startswith("READBACK (possible repeat): critical")
    assert text.endswith("PASS 4827.")


def test_a_page_after_the_window_says_since_when() -> None:
    page = replace(PAGE, due_at=NOW - timedelta(minutes=5))
    assert "reply ACK 4827 now: was due 13:55." in wording.sms(page, NUMBER)


def test_who_is_paged_beside_the_owner_is_not_offered_to_pass_it_on() -> None:
    assert "PASS" not in wording.sms(replace(PAGE, owner_id="carla"), NUMBER)


def test_a_result_to_review_says_so() -> None:
    page = replace(PAGE, review="category code not known")
    assert "critical imaging result to review," in wording.sms(page, NUMBER)


def test_the_code_in_a_page_is_what_the_reader_of_replies_understands() -> None:
    text = wording.sms(PAGE, NUMBER)
    asked = text[text.index(" ACK ") : text.index(" by ")]
    assert parse_reply(asked) == Reply(Verb.ACK, "4827")


def test_a_long_category_shortens_the_sentence_and_never_the_code() -> None:
    page = replace(PAGE, category="c" * 100, due_at=None)
    assert wording.sms(page, "+1 312 555 0100 ext. 4455") == (
        "READBACK: imaging result, ref K7QX. See EHR or call +1 312 555 0100 ext. 4455, "
        "reply ACK 4827 now. Or PASS 4827."
    )


def test_a_number_that_is_too_long_is_left_out_and_not_cut_to_a_wrong_one() -> None:
    text = wording.sms(PAGE, "+1 (312) 555-0100 extension 4455, then 2")
    assert "Read it in the EHR, then reply ACK 4827" in text
    assert "312" not in text


def test_at_its_longest_a_page_still_holds_reference_code_and_number() -> None:
    slip, person = replace(PAGE.slip, possible_repeat=True), replace(ADA, timezone="?")
    page = replace(PAGE, slip=slip, person=person, ref="K7QXK7QX", code="482748")
    text = wording.sms(replace(page, due_at=NOW - timedelta(days=30)), "5" * 32)
    assert text == (
        f"READBACK: imaging result, ref K7QXK7QX. See EHR or call {'5' * 32}, "
        "reply ACK 482748. Or PASS 482748."
    )


def test_an_answer_that_is_too_long_is_cut() -> None:
    assert len(answers.refused("K7QX", "long " * 100)) == SEGMENT


anything = st.text(max_size=80)
zones = st.sampled_from(["America/Chicago", "Asia/Kolkata", "UTC", "Nowhere/Atall", "", "/etc"])
times = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
times |= st.integers(360, 479).map(
    lambda n: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=n)
)

pages = st.builds(
    replace,
    st.just(PAGE),
    slip=st.builds(
        replace,
        st.just(PAGE.slip),
        notice=st.none() | st.sampled_from(Notice),
        possible_repeat=st.booleans(),
    ),
    person=st.builds(replace, st.just(ADA), timezone=zones),
    category=anything,
    due_at=st.none() | times,
    ended_at=st.none() | times,
    review=anything,
    reason=anything,
    callees=st.lists(
        st.builds(Callee, anything, st.sampled_from(Role), st.sampled_from(["", "+13125550101"])),
        max_size=2,
    ).map(tuple),
    owner_id=st.sampled_from(["", "ada", "ben"]),
    code=st.builds(code_from, st.integers(0, 10**6)),
    ref=st.builds(ref_from, st.integers(0, 10**9), st.integers(4, 8)),
)


@given(pages, anything)
def test_every_sms_is_one_segment_whatever_is_in_it(page: Page, number: str) -> None:
    text = wording.sms(page, number)
    assert is_gsm(text)
    assert septets(text) <= SEGMENT
    if page.slip.notice is None:
        assert f"ACK {page.code}" in text
        assert page.ref in text


@given(anything, anything, anything, st.sampled_from(Unclear))
def test_every_answer_is_one_segment(ref: str, explain: str, number: str, kind: Unclear) -> None:
    for text in (
        answers.acknowledged(ref, "4827"),
        answers.passed(ref),
        answers.undone(ref),
        answers.refused(ref, explain * 3),
        answers.unknown_code(number),
        answers.left(ref[:8], "ordering provider", number),
        answers.unclear(kind, number),
    ):
        assert septets(text) <= SEGMENT


# ---- notices and answers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [kind for kind in Notice if not (kind.quiet or kind in {Notice.ANSWER, Notice.TEST})]
)
def test_every_notice_says_something_and_none_asks_for_a_code(kind: Notice) -> None:
    text = notice(kind, reason="some words")
    assert text.startswith("READBACK: ")
    assert "ACK " not in text.removeprefix("READBACK")


def test_an_answer_is_sent_as_it_was_worded() -> None:
    said = answers.acknowledged("K7QX", "4827")
    assert notice(Notice.ANSWER, reason=said) == said


def test_a_quiet_notice_rings_no_phone() -> None:
    assert notice(Notice.EXPIRED) == ""


def test_notices_tell_when() -> None:
    assert "acknowledged at 13:50." in notice(
        Notice.ACKNOWLEDGED, ended_at=NOW - timedelta(minutes=10)
    )
    assert "was acknowledged." in notice(Notice.ACKNOWLEDGED)
    assert "(due 14:40): please phone." in notice(Notice.PLEASE_PHONE)
    nobody = (Callee("Dr. Ada", Role.ORDERING_PROVIDER, ""),)
    assert notice(Notice.PLEASE_PHONE, callees=nobody) == notice(Notice.PLEASE_PHONE)
    known = (*nobody, Callee("Carla", Role.COORDINATOR, "+13125550103"))
    assert notice(Notice.PLEASE_PHONE, callees=known) == (
        "READBACK: imaging result, ref K7QX, is not answered (due 14:40): "
        "please phone the coordinator, +13125550103."
    )
    assert "(was due 13:00)" in notice(Notice.PLEASE_PHONE, due_at=NOW - timedelta(hours=1))
    assert "not answered:" in notice(Notice.PLEASE_PHONE, due_at=None)


def test_the_coordinator_reads_why_a_message_could_not_be_used() -> None:
    assert "(unknown-status)" in notice(Notice.QUARANTINE, reason="unknown-status")
    too_large = notice(Notice.QUARANTINE, reason="too-large")
    assert "only its first 64 KB were kept: send it again, smaller" in too_large


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Unclear.SEVERAL_CODES, "One code at a time."),
        (Unclear.NO_CODE, "The code is missing."),
        (Unclear.NO_VERB, "Please put ACK or PASS before the code."),
        (Unclear.WORDS, "READBACK: Reply only ACK and the code"),
    ],
)
def test_what_is_unclear_gets_one_helpful_answer(kind: Unclear, said: str) -> None:
    text = answers.unclear(kind, NUMBER)
    assert said in text
    assert NUMBER in text


def test_what_the_carrier_answers_gets_no_answer_from_us() -> None:
    assert answers.unclear(Unclear.CARRIER_WORD, NUMBER) == ""


@pytest.mark.parametrize(
    ("with_whom", "said"),
    [("designee", "is now with the designee"), ("", "needs no answer any more")],
)
def test_who_left_is_told_with_whom_it_is(with_whom: str, said: str) -> None:
    text = answers.left("K7QX", with_whom, NUMBER)
    assert f"Ref K7QX {said}." in text
    assert NUMBER in text
    assert NUMBER not in answers.left("K7QX", with_whom, NUMBER * 9)


# ---- times -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (timedelta(minutes=5), "14:05"),
        (timedelta(hours=12), "Tue 02:00"),
        (timedelta(days=6), "Sun 14:00"),
        (timedelta(days=7), "11 May 14:00"),
        (-timedelta(days=1), "Sun 14:00"),
    ],
)
def test_a_time_is_the_persons_own(later: timedelta, said: str) -> None:
    assert wording.local_time(NOW + later, "America/Chicago", NOW) == said


def test_today_is_the_persons_own_too() -> None:
    assert wording.local_time(NOW + timedelta(hours=1), "Asia/Kolkata", NOW) == "01:30"


def test_a_zone_that_nobody_knows_is_shown_as_utc() -> None:
    assert wording.local_time(NOW, "Nowhere/Atall", NOW) == "19:00 UTC"


@pytest.mark.parametrize(
    ("later", "said"),
    [(-31, "00:59"), (0, "01:30 CDT"), (60, "01:30 CST"), (90, "02:00")],
)
def test_a_time_of_the_hour_that_comes_twice_says_which(later: int, said: str) -> None:
    before = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    at = before + timedelta(minutes=later)
    assert wording.local_time(at, "America/Chicago", before) == said
    assert wording.local_time(at, "America/Chicago", before - timedelta(days=1)) == f"Sun {said}"


def test_a_page_in_the_hour_that_comes_twice_says_by_which_of_the_two() -> None:
    now = datetime(2026, 11, 1, 6, 31, tzinfo=UTC)
    text = wording.sms(replace(PAGE, now=now, due_at=now + timedelta(minutes=59)), "312-555-0100")
    assert "by 01:30 CST" in text
    assert septets(text) <= SEGMENT


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=59), "less than 1 min"),
        (timedelta(minutes=42, seconds=59), "42 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47, minutes=5), "47 h 5 min"),
        (timedelta(days=3, hours=5), "3 days"),
    ],
)
def test_a_duration_is_rounded_down(length: timedelta, said: str) -> None:
    assert wording.duration(length) == said


@pytest.mark.parametrize("kind", [Notice.OPTED_OUT, Notice.WRONG_CODES, Notice.WRONG_NUMBER])
def test_what_is_told_of_a_phone_names_nobody(kind: Notice) -> None:
    assert "Osei" not in notice(kind, reason="Dr. Ada Osei")


def test_the_notice_of_a_stop_names_both_ways_back() -> None:
    text = notice(Notice.OPTED_OUT)
    assert "START from that phone" in text
    assert "another number in the directory" in text

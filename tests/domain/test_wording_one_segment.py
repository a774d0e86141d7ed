"""Whatever is in it, an SMS is one segment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain import answers, wording
from bot.domain.coverage import Role
from bot.domain.gsm import SEGMENT, is_gsm, septets
from bot.domain.page import Callee, Notice, Page
from bot.domain.refs import code_from, ref_from
from bot.domain.replies import Unclear
from tests.domain.worded import ADA, PAGE

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
    review=anything | st.just(wording.could_not_be_read("no OBR", "0123456789")),
    reason=anything,
    callees=st.lists(
        st.builds(Callee, anything, st.sampled_from(Role), st.sampled_from(["", "+13125550101"])),
        max_size=2,
    ).map(tuple),
    owner_id=st.sampled_from(["", "ada", "ben"]),
    changed=st.booleans(),
    again=st.booleans(),
    stale=st.booleans(),
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
        assert ("possible repeat" in text) is page.slip.possible_repeat


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

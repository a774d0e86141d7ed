"""An alert in shadow: the ladder runs, nobody may answer, and it wakes nobody when the site goes
live. And the words about it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.alert import State
from bot.domain.coverage import Person, Role, Roster
from bot.domain.effects import SendNotice
from bot.domain.events import (
    Acknowledged,
    Amended,
    CallRecorded,
    Declined,
    DeclineReason,
    Event,
    NotAllowed,
    PageSent,
    ReadBack,
    Reassigned,
    Reopened,
    ShadowEnded,
    Withdrawn,
)
from bot.domain.gsm import SEGMENT, septets, to_gsm
from bot.domain.page import Notice, Page, Slip
from bot.domain.policy import CategoryPolicy
from bot.domain.shadow import Shadow, is_meant
from bot.domain.wording import sms
from tests.domain.loop import (
    ADA,
    CARLA,
    CRITICAL,
    EVERYBODY,
    SIGNIFICANT,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)


def shadow(roster: Roster = EVERYBODY) -> Loop:
    """One that a report opens in shadow; no provider ever hears of its pages."""
    return Loop(replace(new_alert(roster), shadow=True), held=True)


def amended(
    loop: Loop,
    finding: str,
    *,
    in_shadow: bool,
    policy: CategoryPolicy = CRITICAL,
    first_final: bool = False,
) -> None:
    loop.do(Amended("r2", policy, finding, loop.now, shadow=in_shadow, first_final=first_final))


def who(loop: Loop) -> list[str]:
    return list(dict.fromkeys(name for _, name in loop.asked()))


def test_the_ladder_runs_as_if_nobody_answered() -> None:
    silent, real = shadow().open().pass_to(60), Loop().open().pass_to(60)
    assert silent.asked() == real.asked()
    assert who(silent) == ["ada", "ben", "carla", "chris"]


def test_it_ends_after_the_window_instead_of_being_repeated_for_ever() -> None:
    loop = shadow().open().pass_to(60 * 24)
    assert (loop.alert.state, loop.alert.next_action_at) == (State.SHADOW, None)
    assert loop.alert.expired_at == T0 + minutes(60)
    assert max(minute for minute, _ in loop.asked()) == 60


def test_it_ends_also_where_nobody_could_have_been_paged() -> None:
    nobody = Roster(coordinators=(person("carla", ()),))
    loop = shadow(nobody).open().pass_to(60 * 24)
    assert (loop.alert.state, loop.pages) == (State.SHADOW, [])


def test_one_that_is_stale_on_receipt_ends_after_a_window() -> None:
    loop = shadow().open(received=60 * 30).pass_to(60 * 40)
    assert (loop.alert.state, who(loop)) == (State.SHADOW, ["carla"])


def test_nobody_gets_a_right_by_a_page_that_never_left() -> None:
    assert shadow().open().pass_to(50).alert.paged == ()


@pytest.mark.parametrize(
    "event",
    [
        Acknowledged("ada", "slack", 1, ReadBack.VIEWED),
        Declined("ada", DeclineReason.OFF_SHIFT),
        Reassigned("carla", "chris"),
        CallRecorded("carla", "Dr. X", "5550100", T0, True),
    ],
)
def test_nobody_can_answer_it(event: Event) -> None:
    with pytest.raises(NotAllowed) as refusal:
        shadow().open().do(event)
    assert refusal.value.reason == "shadow"


def test_nobody_can_reopen_it() -> None:
    loop = shadow().open()
    loop.do(ShadowEnded())
    with pytest.raises(NotAllowed) as refusal:
        loop.do(Reopened(CARLA.id))
    assert refusal.value.reason == "shadow"


def test_going_live_ends_it_without_a_word() -> None:
    loop = shadow().open().pass_to(5)
    before = len(loop.pages), len(loop.notices)
    loop.do(ShadowEnded())
    loop.pass_to(120)
    assert loop.alert.state is State.SHADOW
    assert (len(loop.pages), len(loop.notices)) == before


def test_going_live_does_not_end_what_people_were_paged_for() -> None:
    with pytest.raises(NotAllowed) as refusal:
        Loop().open().do(ShadowEnded())
    assert refusal.value.reason == "not_shadow"


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "open"])
def test_a_correction_after_going_live_that_raises_it_pages(ended: bool) -> None:
    """``open``: another copy has opened it in shadow a moment ago."""
    loop = shadow().open().pass_to(5)
    if ended:
        loop.do(ShadowEnded())
    before = len(loop.pages)
    amended(loop, "another finding", in_shadow=False)
    assert (loop.alert.state, loop.alert.shadow) == (State.OPEN, False)
    assert {name for _, name, _ in loop.pages[before:]} == {"ada"}
    assert loop.alert.paged == ("ada",)


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "open"])
def test_a_correction_after_going_live_that_changes_nothing_pages_nobody(ended: bool) -> None:
    loop = shadow().open().pass_to(5)
    if ended:
        loop.do(ShadowEnded())
    before = len(loop.pages)
    amended(loop, "f1", in_shadow=False)
    amended(loop, "f1", in_shadow=False, policy=SIGNIFICANT)
    assert (loop.alert.state, len(loop.pages)) == (State.SHADOW, before)


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "open"])
def test_the_final_after_going_live_pages_whom_its_preliminary_did_not(ended: bool) -> None:
    loop = shadow().open().pass_to(5)
    if ended:
        loop.do(ShadowEnded())
    before = len(loop.pages)
    amended(loop, "f1", in_shadow=False, first_final=True)
    assert (loop.alert.state, loop.alert.shadow) == (State.OPEN, False)
    assert {name for _, name, _ in loop.pages[before:]} == {"ada"}


def test_in_shadow_the_final_that_says_the_same_runs_no_second_ladder() -> None:
    loop = shadow().open().pass_to(120)
    before = len(loop.pages)
    amended(loop, "f1", in_shadow=True, first_final=True)
    assert (loop.alert.state, len(loop.pages)) == (State.SHADOW, before)


def test_a_result_that_is_routine_or_withdrawn_after_going_live_wakes_nobody() -> None:
    for event in (Amended("r2", None, "f1", T0, held=CRITICAL), Withdrawn("r2")):
        loop = shadow().open()
        loop.do(ShadowEnded())
        effects = loop.do(event)
        assert loop.alert.state in {State.DOWNGRADED, State.WITHDRAWN}
        assert not [e for e in effects if isinstance(e, SendNotice)]


def test_in_shadow_a_correction_runs_another_ladder_in_shadow() -> None:
    loop = shadow().open().pass_to(120)
    amended(loop, "another finding", in_shadow=True)
    assert (loop.alert.state, loop.alert.shadow, loop.alert.paged) == (State.OPEN, True, ())


def test_what_people_answered_before_shadow_is_reopened_aloud() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    amended(loop, "another finding", in_shadow=True)
    assert (loop.alert.state, loop.alert.shadow) == (State.OPEN, False)


def test_what_was_withdrawn_before_anybody_was_paged_is_reopened_in_shadow() -> None:
    loop = Loop().open(ended="withdrawn")
    loop.held = True
    amended(loop, "another finding", in_shadow=True)
    assert (loop.alert.state, loop.alert.shadow) == (State.OPEN, True)


def test_an_alert_for_which_people_were_paged_never_falls_silent() -> None:
    loop = Loop().open().pass_to(5)
    amended(loop, "another finding", in_shadow=True)
    assert not loop.alert.shadow
    stale = Loop().open(received=60 * 30)
    assert stale.alert.stale
    amended(stale, "another finding", in_shadow=True)
    assert not stale.alert.shadow


def test_an_open_alert_that_nobody_could_be_paged_for_yet_never_falls_silent() -> None:
    stale = Loop(new_alert(Roster())).open(received=60 * 30)
    assert (stale.alert.stale, stale.alert.paged) == (True, ())
    amended(stale, "another finding", in_shadow=True)
    assert not stale.alert.shadow


def test_a_late_answer_of_a_provider_is_taken_when_shadow_has_ended() -> None:
    loop = shadow().open()
    loop.do(ShadowEnded())
    loop.do(PageSent(Slip("ada", Role.ORDERING_PROVIDER, "slack", 1)))
    assert loop.alert.state is State.SHADOW


# ---- the notice -----------------------------------------------------------------------------

CHICAGO = ZoneInfo("America/Chicago")
UNTIL = Shadow(date(2026, 5, 31), CHICAGO)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


def test_it_is_told_at_the_first_start_and_then_each_morning() -> None:
    assert UNTIL.notice_due(None, at(4, 3))
    assert not UNTIL.notice_due(at(4, 3), at(4, 7, 59))
    assert UNTIL.notice_due(at(4, 3), at(4, 8))
    assert not UNTIL.notice_due(at(4, 8), at(5, 7, 59))
    assert UNTIL.notice_due(at(4, 8), at(5, 8))
    assert UNTIL.notice_due(at(2, 8), at(4, 3)), "a morning that was missed is made up for"


def test_it_ends_with_its_last_day_at_the_site() -> None:
    assert not UNTIL.is_over(at(31, 23, 59))
    assert UNTIL.is_over(at(31, 23, 59) + timedelta(minutes=1))


def test_the_ends_of_a_calendar_are_no_days_that_anybody_means() -> None:
    told = (date.min, date(1999, 12, 31), date(2000, 1, 1), date(2999, 12, 31), date.max)
    assert list(map(is_meant, told)) == [False, False, True, True, False]


def test_past_its_end_it_insists_every_four_hours() -> None:
    over = at(31, 23, 59) + timedelta(minutes=1)
    assert UNTIL.notice_due(at(31, 8), over)
    assert not UNTIL.notice_due(over, over + timedelta(hours=3, minutes=59))
    assert UNTIL.notice_due(over, over + timedelta(hours=4))


def test_the_words_say_until_when_how_many_and_since_when() -> None:
    assert "until 2026-05-31" in UNTIL.told(0, None, at(4, 3))
    assert "12 results would have been paged since Mon 08:00" in UNTIL.told(12, at(4, 8), at(5, 8))
    assert "1 result would" in UNTIL.told(1, at(4, 8), at(5, 8))
    over = at(31, 12) + timedelta(days=2)
    assert "NOBODY IS PAGED" in UNTIL.told(3, at(31, 8), over)
    assert UNTIL.standing(at(4, 3)) == "SHADOW until 2026-05-31: nobody is paged."
    assert "was to end on 2026-05-31" in UNTIL.standing(over)


@pytest.mark.parametrize("notice", [Notice.SHADOW, Notice.SHADOW_OVER])
@pytest.mark.parametrize("day", [4, 31])
def test_the_words_fit_one_sms(notice: Notice, day: int) -> None:
    now = at(day, 8) + timedelta(days=1)
    for last in (None, at(day, 8)):
        text = UNTIL.told(99_999, last, now)
        carla = Person("carla", "Carla", CHICAGO.key, ("sms",))
        slip = Slip(carla.id, Role.COORDINATOR, "sms", 0, notice=notice)
        shown = sms(Page("d1", slip, carla, now, reason=text), "312-555-0100")
        assert shown == to_gsm(f"READBACK: {text}")
        assert septets(shown) <= SEGMENT

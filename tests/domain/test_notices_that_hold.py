"""Which notices still say what is so, and what takes the place of those that do not."""

from dataclasses import replace
from itertools import product

import pytest

from bot.domain.effects import CancelNotices, Effect, SendNotice
from bot.domain.events import (
    AcknowledgmentUndone,
    Event,
    PageUncertain,
    Reopened,
    WindowPassed,
    Withdrawn,
)
from bot.domain.notices import holds
from bot.domain.page import NOT_YOURS, OF_OUTAGES, Notice
from tests.domain.failures import busy
from tests.domain.loop import ADA, EVERYBODY, T0, Loop, minutes, new_alert
from tests.domain.noticing import acknowledged, slip, tries, withdrawn

ALONE = OF_OUTAGES | {
    Notice.QUARANTINE,
    Notice.BEFORE_FINAL,
    Notice.OPTED_OUT,
    Notice.WRONG_CODES,
    Notice.WRONG_NUMBER,
    Notice.ANSWER,
    Notice.SHADOW,
    Notice.SHADOW_OVER,
    Notice.TEST,
}
OF_ALERTS = set(Notice) - ALONE


# ---- what still holds -----------------------------------------------------------------------


def held(loop: Loop, who: str = "ada", round_: int | None = None) -> set[Notice]:
    number = loop.alert.round if round_ is None else round_
    return {
        kind for kind in OF_ALERTS if holds(loop.alert, slip(kind, who=who, round=number), kind)
    }


ALWAYS = {
    Notice.NOT_MY_PATIENT,
    Notice.SUPERSEDED,
    Notice.DIRECTORY_ENTRY,
    Notice.OLDER_VERSION,
    Notice.ANOTHER_PATIENT,
}
OPEN = {Notice.PLEASE_PHONE, Notice.CHANGED, Notice.REOPENED, Notice.EXPIRED}


def test_while_open_nothing_of_an_end_holds() -> None:
    assert held(Loop().open()) == ALWAYS | OPEN


def test_only_who_is_not_the_owner_has_handed_it_over() -> None:
    loop = Loop().open().pass_to(30)
    assert Notice.HANDED_OVER in held(loop, "ada")
    assert Notice.HANDED_OVER not in held(loop, "ben")


def test_after_the_acknowledgment_only_that_holds_and_that_the_report_has_changed() -> None:
    assert held(acknowledged()) == ALWAYS | {Notice.ACKNOWLEDGED, Notice.CHANGED}


def test_after_a_withdrawal_only_that_holds() -> None:
    assert held(withdrawn()) == ALWAYS | {Notice.WITHDRAWN}
    lowered = Loop().open()
    lowered.amend(None)
    assert held(lowered) == ALWAYS | {Notice.DOWNGRADED}


def test_a_withdrawal_of_what_was_acknowledged_holds_in_its_place() -> None:
    loop = acknowledged()
    loop.do(Withdrawn("r2"))
    assert held(loop) == ALWAYS | {Notice.WITHDRAWN}
    loop.amend(None)
    assert held(loop) == ALWAYS | {Notice.DOWNGRADED}


def test_whoever_was_paged_since_has_been_told_more() -> None:
    loop = Loop().open().pass_to(10)
    assert held(loop, "ada", 1) == ALWAYS | {Notice.PLEASE_PHONE}
    assert Notice.CHANGED in held(loop, "ben", 1)


def test_an_older_truth_that_fails_is_not_tried_again() -> None:
    loop = withdrawn()
    for kind in (Notice.CHANGED, Notice.REOPENED, Notice.PLEASE_PHONE, Notice.ACKNOWLEDGED):
        assert tries(loop.do(busy(slip(kind)))) == []
        assert tries(loop.do(PageUncertain(slip(kind)))) == []


# ---- what waits is superseded ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("newer", "older"),
    list(product([Notice.WITHDRAWN, Notice.ACKNOWLEDGED], [Notice.CHANGED, Notice.PLEASE_PHONE])),
)
def test_the_end_cancels_what_speaks_of_an_open_alert(newer: Notice, older: Notice) -> None:
    loop = Loop().open()
    before = len(loop.cancelled)
    if newer is Notice.WITHDRAWN:
        loop.do(Withdrawn("r2"))
    else:
        loop.acknowledge(ADA)
    assert older in {kind for who, kinds in loop.cancelled[before:] if not who for kind in kinds}


@pytest.mark.parametrize("again", [Reopened("rosa"), AcknowledgmentUndone("ada")])
def test_what_is_open_again_cancels_that_it_was_acknowledged(again: Event) -> None:
    loop = acknowledged()
    loop.now += minutes(1)
    before = len(loop.cancelled)
    loop.do(again)
    everybody = [kinds for who, kinds in loop.cancelled[before:] if not who]
    assert any(Notice.ACKNOWLEDGED in kinds for kinds in everybody)


def test_a_page_takes_the_place_of_what_its_reader_has_not_been_told_yet() -> None:
    loop = Loop().open()
    loop.pass_to(10)
    assert [who for who, kinds in loop.cancelled if Notice.REOPENED in kinds] == ["ada", "ada"]


def test_who_becomes_the_owner_in_name_does_not_hear_any_more_that_it_was_handed_over() -> None:
    """Coordinators alone, and every page to them is lost: it comes round to the first again."""
    loop = Loop(new_alert(replace(EVERYBODY, ordering=None, designee=None)), held=True).open()
    while loop.outbox:
        loop.do(PageUncertain(loop.outbox.pop(0).slip))
    assert loop.told("handed_over") == [(0, "carla"), (0, "chris")]
    assert loop.alert.owner == "carla"
    assert ("carla", NOT_YOURS) in loop.cancelled


def test_in_one_instant_only_the_last_word_on_the_owner_is_sent() -> None:
    loop = Loop().open().pass_to(59)
    loop.now = T0 + minutes(60)
    effects = loop.do(WindowPassed())
    order = [
        (type(e).__name__, e.slip.notice)
        for e in effects
        if isinstance(e, SendNotice) and e.slip.person_id == "carla"
    ]
    assert order == [("SendNotice", Notice.EXPIRED), ("SendNotice", Notice.HANDED_OVER)]
    between = effects[effects.index(_of(effects, Notice.EXPIRED)) :]
    assert any(
        isinstance(e, CancelNotices) and e.person_id == "carla" and Notice.EXPIRED in e.kinds
        for e in between
    )


def _of(effects: tuple[Effect, ...], kind: Notice) -> SendNotice:
    return next(
        e
        for e in effects
        if isinstance(e, SendNotice) and e.slip.notice is kind and e.slip.person_id == "carla"
    )

"""A corrected ordering provider after an acknowledgment, a call, or a withdrawal."""

from dataclasses import replace

import pytest

from bot.domain.alert import State
from bot.domain.events import CallRecorded, Correction, NotAllowed, ShadowEnded, Withdrawn
from tests.domain.corrected import TESS, naming
from tests.domain.loop import ADA, BEN, CARLA, EVERYBODY, Loop, new_alert


def test_what_somebody_else_acknowledged_is_open_again_for_the_new_provider() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.amend(correction=naming(TESS))
    assert (loop.alert.state, loop.alert.owner, loop.alert.cycle) == (State.OPEN, "tess", 2)
    assert (loop.told("another_provider"), loop.told("reopened")) == ([(0, "ada")], [])
    with pytest.raises(NotAllowed, match="another_provider"):
        loop.acknowledge(ADA, version=1)


def test_what_the_new_provider_has_acknowledged_stays_so() -> None:
    loop = Loop().open().pass_to(31)
    loop.acknowledge(BEN)
    loop.amend(correction=naming(BEN))
    assert (loop.alert.state, loop.alert.roster.ordering) == (State.ACKNOWLEDGED, BEN)


def test_a_version_that_corrects_another_role_alone_leaves_it_acknowledged() -> None:
    loop = Loop().open().pass_to(31)
    loop.acknowledge(BEN)
    loop.amend(correction=Correction(replace(EVERYBODY, radiologist=TESS)))
    assert loop.alert.state is State.ACKNOWLEDGED


@pytest.mark.parametrize(("reached", "state"), [(TESS.name, State.ACKNOWLEDGED), ("X", State.OPEN)])
def test_a_phone_call_counts_for_whom_it_reached(reached: str, state: State) -> None:
    loop = Loop().open()
    loop.do(CallRecorded("carla", reached, "5550100", loop.now, repeated_back=True))
    loop.amend(correction=naming(TESS))
    assert loop.alert.state is state


def test_for_somebody_unknown_a_coordinators_answer_counts() -> None:
    loop = Loop().open().pass_to(46)
    loop.acknowledge(CARLA)
    loop.amend(correction=naming(None))
    assert loop.alert.state is State.ACKNOWLEDGED


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "open"])
def test_who_is_named_in_live_mode_was_told_by_nobody_in_shadow(ended: bool) -> None:
    loop = Loop(replace(new_alert(), shadow=True)).open()
    if ended:
        loop.do(ShadowEnded())
    loop.amend(correction=naming(TESS))
    assert (loop.alert.state, loop.alert.shadow, loop.alert.owner) == (State.OPEN, False, "tess")
    assert loop.alert.paged == ("tess",)


def test_what_is_issued_again_goes_to_the_provider_whom_it_names() -> None:
    loop = Loop().open()
    loop.do(Withdrawn("r2"))
    loop.amend(correction=naming(TESS))
    assert (loop.alert.owner, loop.told("another_provider")) == ("tess", [(0, "ada")])


def test_a_result_that_is_routine_now_asks_nobody_whoever_ordered_it() -> None:
    loop = Loop().open()
    loop.amend(None, correction=naming(TESS))
    assert (loop.alert.state, loop.asked()) == (State.DOWNGRADED, [(0, "ada")])
    assert loop.told("downgraded") == [(0, "ada")]

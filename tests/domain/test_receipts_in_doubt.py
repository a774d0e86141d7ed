"""Pages of which nobody knows whether they left: repeated once, marked, not waited for."""

import pytest

from bot.domain.effects import SendPage
from bot.domain.events import PageSent, PageUncertain
from bot.domain.policy import CategoryPolicy
from tests.domain.loop import ADA, CRITICAL, SIGNIFICANT, T0, Loop, minutes, new_alert


def test_an_unknown_outcome_is_repeated_once_and_marked() -> None:
    loop = Loop(held=True).open()
    (effect,) = [
        e for e in loop.do(PageUncertain(loop.slip(ADA, "sms"))) if isinstance(e, SendPage)
    ]
    assert effect.slip.possible_repeat
    assert effect.slip.tries == 1


def test_twice_unknown_on_every_channel_asks_the_next_person() -> None:
    loop = Loop(held=True).open()
    for channel in ("slack", "sms"):
        loop.do(PageUncertain(loop.slip(ADA, channel, possible_repeat=True)))
    assert loop.alert.owner == "ben"


def test_a_page_proven_later_says_that_it_was_handed_over() -> None:
    loop = Loop(held=True).open()
    slips = [loop.slip(ADA, c, possible_repeat=True) for c in ("slack", "sms")]
    for slip in slips:
        loop.do(PageUncertain(slip))
    loop.do(PageSent(slips[0]))
    assert loop.told("handed_over")[-1] == (0, "ada")


def everybody_in_doubt(loop: Loop) -> None:
    """The network is cut: nobody knows of any page whether it has left."""
    while loop.outbox:
        loop.do(PageUncertain(loop.outbox.pop(0).slip))


@pytest.mark.parametrize(
    ("policy", "then"), [(CRITICAL, [0.5, 1, 2, 4, 7]), (SIGNIFICANT, [0.5, 1, 2, 4, 8])]
)
def test_a_cut_that_spends_everybody_is_over_soon_and_what_may_have_arrived_is_marked(
    policy: CategoryPolicy, then: list[float]
) -> None:
    loop = Loop(new_alert(policy=policy), held=True).open()
    everybody_in_doubt(loop)
    tried: list[float] = []
    for _ in then:
        assert loop.alert.next_action_at
        loop.pass_to((loop.alert.next_action_at - T0) / minutes(1))
        tried.append(loop.minute)
        assert {page.slip.possible_repeat for page in loop.outbox} == {True}
        everybody_in_doubt(loop)
    assert tried == then

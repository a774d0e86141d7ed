"""What was sent to a number or an account that is not the owner's has not reached them."""

from dataclasses import replace

from bot.domain.alert import State
from bot.domain.events import DirectoryChanged
from tests.domain.loop import ADA, BOTH, EVERYBODY, Loop, new_alert, person

BY_SMS = replace(EVERYBODY, ordering=person("ada", ("sms",)))


def test_an_owner_with_another_number_is_paged_there_at_once() -> None:
    loop = Loop(new_alert(BY_SMS)).open().pass_to(3)
    loop.do(DirectoryChanged(("sms",)))
    assert loop.pages == [(0, "ada", "sms"), (3, "ada", "sms")]
    assert loop.alert.owner == "ada"


def test_what_got_through_on_another_channel_is_not_sent_again() -> None:
    loop = Loop().open().pass_to(3)
    loop.do(DirectoryChanged(("slack",)))
    assert loop.pages[2:] == [(3, "ada", "slack")]


def test_what_still_waits_on_another_channel_is_not_lost() -> None:
    loop = Loop(held=True).open()
    loop.do(DirectoryChanged(("sms",)))
    assert sorted(effect.slip.channel for effect in loop.outbox) == list(BOTH)
    assert {effect.slip.round for effect in loop.outbox} == {loop.alert.round}


def test_a_new_number_on_which_nobody_was_paged_wakes_nobody() -> None:
    loop = Loop().open()
    before = loop.alert
    loop.do(DirectoryChanged(("voice",)))
    assert loop.alert == before


def test_the_reminders_stay_where_they_were() -> None:
    loop = Loop().open().pass_to(3)
    loop.do(DirectoryChanged(("sms",)))
    loop.pass_to(31)
    assert [at for at, who in loop.asked() if who == "ada"] == [0, 3, 10, 20]
    assert loop.alert.owner == "ben"


def test_whoever_has_acknowledged_is_left_alone() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.do(DirectoryChanged(("sms",)))
    assert (loop.alert.state, len(loop.pages)) == (State.ACKNOWLEDGED, 2)

"""A corrected patient: everybody who was paged hears of it, and nobody has answered for them."""

from dataclasses import replace

import pytest

from bot.domain.alert import State
from bot.domain.events import Correction, Declined, DeclineReason, NotAllowed
from tests.domain.corrected import ANOTHER_PATIENT, SAM, TESS, naming
from tests.domain.loop import ADA, EVERYBODY, T0, Loop, minutes


def test_a_corrected_patient_pages_the_owner_again_and_everybody_paged_hears_of_it() -> None:
    loop = Loop().open().pass_to(31)
    loop.amend(correction=ANOTHER_PATIENT)
    assert (loop.alert.owner, loop.asked()[-1]) == ("ben", (31, "ben"))
    assert loop.told("another_patient") == [(31, "ada"), (31, "ben")]
    assert loop.told("changed") == []
    with pytest.raises(NotAllowed, match="superseded"):
        loop.acknowledge(ADA, version=1)


def test_a_corrected_patient_reopens_what_was_acknowledged() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.amend(correction=ANOTHER_PATIENT)
    assert (loop.alert.state, loop.alert.cycle, loop.alert.owner) == (State.OPEN, 2, "ada")
    assert (loop.told("another_patient"), loop.told("reopened")) == ([(0, "ada")], [])


def test_a_quiet_word_that_time_is_up_does_not_stand_for_the_other_patient() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    loop.now = T0 + minutes(70)
    loop.amend(opens=0, correction=ANOTHER_PATIENT)
    assert loop.told("expired") == loop.told("another_patient") == [(70, "ada")]


def test_not_my_patient_was_said_of_the_other_patient() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    loop.do(Declined("ben", DeclineReason.OFF_SHIFT))
    loop.amend(correction=ANOTHER_PATIENT)
    assert (loop.alert.declined, loop.alert.no_access) == (("ben",), ())
    assert "ada" in {who for _, who in loop.told("another_patient")}
    loop.acknowledge(ADA)
    assert loop.alert.state is State.ACKNOWLEDGED


def test_another_patient_and_another_provider_are_told_in_one_notice() -> None:
    loop = Loop().open()
    loop.amend(correction=replace(naming(TESS), another_patient=True))
    assert loop.alert.owner == "tess"
    assert [(what, who) for _, what, who, _ in loop.notices] == [("another_patient", "ada")]


def test_the_radiologist_of_the_version_that_holds_is_the_one_to_be_told() -> None:
    loop = Loop().open()
    loop.amend(correction=Correction(replace(EVERYBODY, radiologist=SAM)))
    assert loop.asked() == [(0, "ada")]
    loop.pass_to(46)
    assert loop.told("please_phone") == [(45, "sam")]

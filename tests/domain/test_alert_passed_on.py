"""An alert that is declined or reassigned, and who has it then."""

from dataclasses import replace

import pytest

from bot.domain.coverage import Role, Roster
from bot.domain.events import Declined, DeclineReason, NotAllowed, Reassigned, Reopened, Withdrawn
from bot.domain.rungs import is_last
from tests.domain.loop import (
    ADA,
    BEN,
    CARLA,
    CHRIS,
    EVERYBODY,
    ROSA,
    T0,
    Loop,
    minutes,
    new_alert,
    person,
)


def test_who_declines_hands_it_up_the_ladder_at_once() -> None:
    loop = Loop().open()
    loop.now = T0 + minutes(5)
    loop.do(Declined("ada", DeclineReason.OFF_SHIFT))
    assert loop.asked()[1:] == [(5, "ben")]
    assert loop.told("handed_over") == [(5, "ada")]


def test_a_decliner_is_never_paged_again() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.CANNOT_ACT))
    loop.pass_to(200)
    assert [m for m, who in loop.asked() if who == "ada"] == [0]


def test_the_only_coordinator_cannot_pass_it_on_in_another_role_either() -> None:
    """Nobody would have been asked again: who has passed it on is not, in no role."""
    provider = Roster(ordering=CARLA, coordinators=(CARLA,), radiologist=ROSA)
    designee = Roster(ordering=ADA, designee=CARLA, coordinators=(CARLA,), radiologist=ROSA)
    for roster, minute in ((provider, 0), (designee, 30)):
        loop = Loop(new_alert(roster)).open().pass_to(minute)
        assert (loop.alert.owner, loop.alert.owner_role) != ("carla", Role.COORDINATOR)
        with pytest.raises(NotAllowed, match="last_one"):
            loop.do(Declined("carla", DeclineReason.CANNOT_ACT))


def test_not_my_patient_ends_access_and_reports_the_directory_entry() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    assert loop.told("directory_entry") == [(0, "carla")]
    with pytest.raises(NotAllowed, match="no_access"):
        loop.acknowledge(ADA)
    loop.acknowledge(BEN)
    assert "ada" not in {who for _, who in loop.told("acknowledged")}


def test_a_wrong_directory_entry_is_told_to_the_first_coordinator_who_can_read_it() -> None:
    coordinators = (person("carla", ("voice",)), CHRIS)
    loop = Loop(new_alert(replace(EVERYBODY, coordinators=coordinators))).open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    assert loop.told("directory_entry") == [(0, "chris")]


def test_who_passes_on_what_they_have_acknowledged_is_told_to_take_that_back_first() -> None:
    loop = Loop().open()
    loop.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="undo_first"):
        loop.do(Declined("ada", DeclineReason.CANNOT_ACT))
    with pytest.raises(NotAllowed, match="ended"):
        loop.do(Declined("ben", DeclineReason.CANNOT_ACT))
    loop.do(Withdrawn("r2"))
    with pytest.raises(NotAllowed, match="ended"):
        loop.do(Declined("ada", DeclineReason.CANNOT_ACT))


def test_only_the_owner_can_decline() -> None:
    loop = Loop().open().pass_to(30)
    with pytest.raises(NotAllowed, match="not_owner"):
        loop.do(Declined("ada", DeclineReason.OFF_SHIFT))


def test_not_my_patient_counts_also_from_whom_it_was_handed_on_meanwhile() -> None:
    loop = Loop().open().pass_to(30)
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    assert loop.alert.owner == "ben"
    assert loop.told("directory_entry") == [(30, "carla")]
    assert loop.told("not_my_patient") == [(30, "ada")]
    with pytest.raises(NotAllowed, match="no_access"):
        loop.acknowledge(ADA)
    with pytest.raises(NotAllowed, match="not_owner"):
        loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    loop.acknowledge(BEN)
    loop.do(Reopened("rosa"))
    assert loop.asked()[-1] == (30, "ben"), "it is not their patient later either"


def test_what_still_waits_for_the_owner_does_not_leave_once_it_is_somebody_elses() -> None:
    loop = Loop(held=True).open()
    loop.do(Reassigned("carla", "ben"))
    assert {page.slip.person_id for page in loop.outbox} == {"ben"}


def test_not_my_patient_of_somebody_who_never_had_it_says_nothing() -> None:
    loop = Loop().open()
    with pytest.raises(NotAllowed, match="not_owner"):
        loop.do(Declined("ben", DeclineReason.NOT_MY_PATIENT))
    assert loop.told("directory_entry") == []


def test_coordinators_pass_it_on_in_turn_and_the_last_one_can_only_reassign() -> None:
    loop = Loop().open().pass_to(45)
    assert not is_last(loop.alert)
    loop.do(Declined("carla", DeclineReason.OFF_SHIFT))
    assert (loop.alert.owner, is_last(loop.alert)) == ("chris", True)
    with pytest.raises(NotAllowed, match="last_one"):
        loop.do(Declined("chris", DeclineReason.OFF_SHIFT))
    loop.do(Reassigned("chris", "ben"))
    assert loop.alert.owner == "ben"


def test_a_provider_can_decline_even_where_nobody_can_be_reached() -> None:
    loop = Loop(new_alert(Roster(ordering=ADA))).open()
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    assert loop.alert.owner == ""
    assert loop.alert.next_action_at == T0 + minutes(3)
    assert loop.told("not_my_patient") == [(0, "ada")]


def test_an_administrator_can_reassign_to_anybody_who_can_be_paged() -> None:
    roster = replace(EVERYBODY, others=(person("sam"),))
    loop = Loop(new_alert(roster)).open()
    loop.do(Reassigned("rosa", "sam"))
    assert loop.alert.owner == "sam"
    assert loop.alert.next_action_at == T0 + minutes(10)
    loop.pass_to(30)
    assert loop.asked()[-1] == (30, "ben")


def test_who_passed_it_on_is_not_asked_again_when_the_next_one_declines() -> None:
    roster = replace(EVERYBODY, others=(person("sam"),))
    loop = Loop(new_alert(roster)).open()
    loop.do(Reassigned("ada", "sam"))
    loop.do(Declined("sam", DeclineReason.CANNOT_ACT))
    assert loop.alert.owner == "ben"


@pytest.mark.parametrize(
    ("by", "to", "reason"),
    [
        ("ben", "carla", "not_entitled"),
        ("ada", "nobody", "cannot_take_it"),
        ("ada", "mute", "cannot_take_it"),
        ("ada", "ada", "already_owner"),
    ],
)
def test_a_reassignment_that_cannot_be_is_refused(by: str, to: str, reason: str) -> None:
    roster = replace(EVERYBODY, others=(person("mute", ()),))
    with pytest.raises(NotAllowed, match=reason):
        Loop(new_alert(roster)).open().do(Reassigned(by, to))


def test_a_decliner_cannot_get_it_back_by_reassignment() -> None:
    loop = Loop().open()
    loop.do(Declined("ada", DeclineReason.OFF_SHIFT))
    with pytest.raises(NotAllowed, match="cannot_take_it"):
        loop.do(Reassigned("carla", "ada"))

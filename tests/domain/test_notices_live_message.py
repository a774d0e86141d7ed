"""A person has one live message of an alert; those before it are collapsed."""

from dataclasses import replace

from bot.domain.events import Declined, DeclineReason, PageSent, PageUncertain, Withdrawn
from tests.domain.loop import ADA, BEN, EVERYBODY, T0, Loop, minutes, new_alert, person


def test_a_further_page_in_slack_collapses_the_ones_before_and_the_first_does_not() -> None:
    loop = Loop().open()
    assert loop.told("superseded") == []
    loop.pass_to(20)
    assert loop.told("superseded") == [(10, "ada"), (20, "ada")]


def test_who_has_no_slack_has_nothing_to_collapse() -> None:
    roster = replace(EVERYBODY, ordering=person("ada", ("sms",)))
    assert Loop(new_alert(roster)).open().pass_to(20).told("superseded") == []


def test_a_page_that_ends_in_the_unknown_and_is_proven_later_is_collapsed_too() -> None:
    loop = Loop(held=True).open()
    late = loop.slip(ADA)
    loop.do(PageUncertain(replace(late, possible_repeat=True)))
    loop.held = False
    loop.work_off()
    loop.do(PageSent(late))
    assert loop.told("superseded") == [(0, "ada")]


def test_an_older_message_tells_of_the_hand_over_though_the_last_page_failed() -> None:
    loop = Loop().open()
    loop.broken = {("ada", "slack"), ("ada", "sms")}
    loop.pass_to(10)
    assert loop.alert.owner == "ben"
    assert loop.told("handed_over") == [(10, "ada")]


def test_the_record_of_the_hand_over_names_the_moment_and_the_person() -> None:
    loop = Loop().open().pass_to(45)
    given = {h.person_id: (h.to, h.at - T0) for h in loop.alert.handed_over}
    assert given == {"ada": ("ben", minutes(30)), "ben": ("carla", minutes(45))}
    again = loop.pass_to(80).alert.handed_over_by("carla")
    assert again is not None
    assert (again.to, again.at) == ("chris", T0 + minutes(80))
    assert loop.alert.handed_over_by("rosa") is None


def test_a_page_in_flight_when_its_person_said_not_my_patient_says_so_for_good() -> None:
    loop = Loop(held=True).open()
    late = loop.slip(ADA)
    loop.do(Declined("ada", DeclineReason.NOT_MY_PATIENT))
    loop.do(PageSent(late))
    loop.acknowledge(BEN)
    loop.do(PageSent(late))
    assert {what for _, what, who, _ in loop.notices if who == "ada"} == {
        "not_my_patient",
        "superseded",
    }


def test_a_page_in_flight_while_it_was_acknowledged_and_then_taken_back_says_the_latter() -> None:
    """And takes the place of no notice of it that still waits."""
    for routine in (False, True):
        loop = Loop(held=True).open()
        late = loop.slip(ADA)
        loop.acknowledge(ADA)
        loop.amend(None) if routine else loop.do(Withdrawn("r2"))
        loop.do(PageSent(late))
        assert [what for _, what, who, _ in loop.notices if who == "ada"][-2:] == [
            "downgraded" if routine else "withdrawn"
        ] * 2

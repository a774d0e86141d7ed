"""The alert follows the ordering provider of the version that holds: whoever was told of a result
that is not theirs hears of it, and the right person is asked at once."""

import re

from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.people import SlackMessage
from storage import alerts
from storage.loaded import AlertFacts
from tests.scenarios.corrected import ANOTHER_PROVIDER, BEN, NOBODY, SAM, TESS, correct, send
from tests.scenarios.looking import (
    acknowledge_by_sms,
    code_in,
    entries,
    expect_everything,
    import_people,
    owner,
    paged,
    paged_until_acknowledged,
    pages,
    people_paged,
)


def told_of_another_provider(hospital: Hospital, message: SlackMessage) -> None:
    """Ada's message has changed, and she hears of it."""
    hospital.ada.slack.expect_now(message, ANOTHER_PROVIDER)
    hospital.ada.slack.expect_new(ANOTHER_PROVIDER)


def facts(hospital: Hospital) -> AlertFacts:
    alert = hospital.alert()
    return hospital.database.look(lambda c: alerts.facts(c, alert.id))


def test_a_corrected_provider_is_paged_at_once_and_the_first_one_is_told(
    hospital: Hospital,
) -> None:
    send(hospital, minutes_ago="5")
    message, _ = paged(hospital.ada)
    began = hospital.alert().due_at
    correct(hospital, provider=TESS)
    assert (owner(hospital), hospital.alert().due_at) == (hospital.tess.name, began)
    told_of_another_provider(hospital, message)
    assert [e.data["before"] for e in entries(hospital, "provider_corrected")] == [
        hospital.alert().paged[0]
    ]
    assert not message.buttons
    paged_until_acknowledged(hospital, hospital.tess)


def test_after_a_correction_the_ladder_is_that_of_the_new_provider(hospital: Hospital) -> None:
    send(hospital)
    correct(hospital, provider=TESS)
    hospital.pass_time(minutes=30)
    assert owner(hospital) == hospital.carla.name
    assert hospital.ben.name not in {name for name, _ in people_paged(hospital)}
    expect_everything(hospital)


def test_the_first_provider_can_no_longer_answer_what_was_sent_to_them(hospital: Hospital) -> None:
    send(hospital)
    _, sms = paged(hospital.ada)
    correct(hospital, provider=TESS)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(re.compile("now names another ordering provider"))
    assert (hospital.alert().state, owner(hospital)) == (State.OPEN, hospital.tess.name)
    expect_everything(hospital)


def test_a_provider_who_was_unknown_is_paged_once_a_correction_names_a_known_one(
    hospital: Hospital,
) -> None:
    send(hospital, provider=NOBODY)
    paged(hospital.carla)
    correct(hospital)
    assert owner(hospital) == hospital.ada.name
    hospital.carla.slack.expect_new(ANOTHER_PROVIDER)
    paged_until_acknowledged(hospital, hospital.ada)
    expect_everything(hospital)


def test_a_correction_to_an_unknown_provider_is_the_coordinators_at_once(
    hospital: Hospital,
) -> None:
    send(hospital)
    message, _ = paged(hospital.ada)
    correct(hospital, provider=NOBODY)
    assert owner(hospital) == hospital.carla.name
    told_of_another_provider(hospital, message)
    paged_until_acknowledged(hospital, hospital.carla)
    expect_everything(hospital)


def test_a_version_that_names_nobody_keeps_the_provider_of_the_one_before(
    hospital: Hospital,
) -> None:
    send(hospital)
    paged(hospital.ada)
    correct(hospital, provider="")
    correct(hospital, provider="^OSEI^ADA", impression="Acute left subdural hematoma, 9 mm.")
    assert owner(hospital) == hospital.ada.name
    hospital.pass_time(minutes=31)
    assert owner(hospital) == hospital.ben.name
    expect_everything(hospital)


def test_withdrawn_and_issued_again_with_another_provider_goes_to_that_one(
    hospital: Hospital,
) -> None:
    send(hospital, minutes_ago="5")
    message, _ = paged(hospital.ada)
    hospital.pass_time(minutes=1)
    send(hospital, status="X")
    correct(hospital, provider=TESS)
    assert (owner(hospital), hospital.alert().cycle) == (hospital.tess.name, 2)
    hospital.ada.slack.expect_now(message, ANOTHER_PROVIDER)
    paged(hospital.tess)
    expect_everything(hospital)


def test_what_the_wrong_provider_acknowledged_is_open_again_for_the_right_one(
    hospital: Hospital,
) -> None:
    send(hospital)
    message, sms = paged(hospital.ada)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    hospital.ada.slack.expect_now(message, re.compile("acknowledged", re.IGNORECASE))
    correct(hospital, provider=TESS)
    alert = hospital.alert()
    assert (alert.state, alert.cycle, owner(hospital)) == (State.OPEN, 2, hospital.tess.name)
    told_of_another_provider(hospital, message)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms("names another ordering provider")
    assert hospital.alert().state is State.OPEN
    paged_until_acknowledged(hospital, hospital.tess)
    expect_everything(hospital)


def test_what_the_right_provider_has_acknowledged_already_stays_acknowledged(
    hospital: Hospital,
) -> None:
    send(hospital)
    hospital.pass_time(minutes=30)
    _, sms = paged(hospital.ben)
    acknowledge_by_sms(hospital, hospital.ben, sms)
    correct(hospital, provider=BEN)
    assert hospital.alert().state is State.ACKNOWLEDGED
    expect_everything(hospital)


def test_a_provider_known_since_the_acknowledgment_reopens_nothing(hospital: Hospital) -> None:
    """The coordinator has dealt with it, and put the provider into the directory afterwards."""
    send(hospital, provider=NOBODY)
    _, sms = paged(hospital.carla)
    acknowledge_by_sms(hospital, hospital.carla, sms)
    import_people(hospital, ("MAIN:1004", "MAIN:1004;MAIN:9999"))
    correct(hospital, provider=NOBODY, flag="")
    alert = hospital.alert()
    assert (alert.state, alert.version) == (State.ACKNOWLEDGED, 2)
    assert alert.roster.ordering
    assert alert.roster.ordering.name == hospital.tess.name
    expect_everything(hospital)


def test_after_the_designee_took_over_the_right_provider_is_asked_first(
    hospital: Hospital,
) -> None:
    send(hospital)
    hospital.pass_time(minutes=30)
    paged(hospital.ben)
    correct(hospital, provider=TESS)
    assert owner(hospital) == hospital.tess.name
    hospital.ben.slack.expect_new(ANOTHER_PROVIDER)
    hospital.ada.slack.expect_new(ANOTHER_PROVIDER)
    hospital.pass_time(minutes=14)
    assert owner(hospital) == hospital.carla.name
    expect_everything(hospital)


def test_too_late_for_a_ladder_the_right_provider_is_paged_beside_the_coordinator(
    hospital: Hospital,
) -> None:
    send(hospital)
    hospital.pass_time(minutes=61)
    before = owner(hospital)
    correct(hospital, provider=SAM)
    assert owner(hospital) == before
    sms = hospital.sam.phone.expect_sms(re.compile(r"ACK \d+"))
    assert "PASS" not in sms.body
    acknowledge_by_sms(hospital, hospital.sam, sms)
    expect_everything(hospital)


def test_an_older_version_that_names_somebody_else_changes_nothing(hospital: Hospital) -> None:
    send(hospital, minutes_ago="1", status="C")
    _, sms = paged(hospital.ada)
    send(hospital, minutes_ago="9", provider=TESS)
    assert (owner(hospital), len(pages(hospital))) == (hospital.ada.name, 2)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


def test_an_older_version_names_the_provider_whom_the_newest_leaves_out(
    hospital: Hospital,
) -> None:
    send(hospital, minutes_ago="1", status="C", provider="")
    paged(hospital.carla)
    send(hospital, minutes_ago="9")
    assert owner(hospital) == hospital.ada.name
    expect_everything(hospital)


def test_the_alert_shows_the_exam_of_the_version_that_holds(hospital: Hospital) -> None:
    send(hospital)
    correct(hospital, exam="CTNECK^CT NECK W CONTRAST^MAIN")
    assert facts(hospital).exam == "CT NECK W CONTRAST"
    expect_everything(hospital)

"""Test pages: proof that each channel reaches its person, and that they know how to answer."""

import json
import os
import re
from typing import Any

import pytest

from bot.domain.coverage import Person
from bot.sandbox.demo.place import CALL_FROM
from bot.sandbox.hospital import Hospital, Member
from bot.sandbox.people import PhoneMessage, SlackMessage
from bot.sandbox.stories import code_in, paged
from storage import audit, drills, people, proofs
from storage.audit import Entry
from storage.drills import Result
from tests.scenarios.looking import (
    acknowledge_by_sms,
    change_directory,
    checked,
    entries,
    expect_everything,
)
from tests.warm import warm

TEST = re.compile("TEST")
ANSWERED = re.compile("TEST answered")


def readback(hospital: Hospital, *words: str) -> Any:
    """A command beside the bot, and its JSON."""
    place = hospital.place
    typed = [*words, "--json", "--config", str(place.config)]
    done = warm().run(typed, {**os.environ, **place.environment})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask(hospital: Hospital, member: Member, *options: str) -> dict[str, Any]:
    """`readback people test` for one person; what was done."""
    (done,) = readback(hospital, "people", "test", member.name, *options)
    hospital.settle()
    return dict(done)


def both(member: Member) -> tuple[SlackMessage, PhoneMessage]:
    """The test on both channels."""
    return member.slack.expect_new(TEST), member.phone.expect_sms(TEST)


def answer(hospital: Hospital, member: Member, sms: PhoneMessage) -> None:
    sms.reply(f"ACK {code_in(sms)}")
    member.phone.expect_sms(ANSWERED)
    hospital.settle()


def person(hospital: Hospital, member: Member) -> Person:
    known = hospital.database.look(people.everybody)
    return next(one for one in known if one.name == member.name)


def proven(hospital: Hospital, member: Member) -> set[str]:
    """The channels by which this person has ever answered, from where they go today."""
    one, now = person(hospital, member), hospital.now
    return hospital.database.look(
        lambda c: {channel for channel in one.channels if proofs.known(c, one, channel, now)}
    )


def results(hospital: Hospital) -> dict[str, Result]:
    return {one.drill.channel: one for one in hospital.database.look(drills.results)}


def trail(hospital: Hospital, what: str) -> list[Entry]:
    chain = hospital.database.look(lambda c: audit.chain(c, audit.ADMIN))
    return [entry for entry in chain if entry.what == what]


def test_each_channel_is_tested_and_answered_in_its_own_way(hospital: Hospital) -> None:
    assert ask(hospital, hospital.ada)["sent"] == ["slack", "sms"]
    message, sms = both(hospital.ada)
    assert proven(hospital, hospital.ada) == set()
    hospital.pass_time(minutes=2)
    answer(hospital, hospital.ada, sms)
    assert proven(hospital, hospital.ada) == {"sms"}
    hospital.ada.slack.click("Acknowledge", message)
    hospital.ada.slack.expect_now(message, "TEST answered after 2 min")
    hospital.settle()
    assert proven(hospital, hospital.ada) == {"slack", "sms"}
    assert hospital.alerts() == 0
    listed = readback(hospital, "people", "test", "--results")
    assert [(one["channel"], one["state"], one["seconds"]) for one in listed] == [
        ("slack", "sent", 120),
        ("sms", "sent", 120),
    ]
    assert all(one["sent_at"] and one["acknowledged_at"] for one in listed)
    assert [bool(one["delivered_at"]) for one in listed] == [False, True]
    said = [entry.data["channel"] for entry in trail(hospital, "test_acknowledged")]
    assert said == ["sms", "slack"]
    assert len(trail(hospital, "test_sent")) == 2
    assert not trail(hospital, "notice_sent")


def test_a_coordinator_asks_in_slack_and_reads_the_results_there(hospital: Hospital) -> None:
    carla = hospital.carla.slack
    told = carla.command("/readback", f"test <@{hospital.ben.slack.id}>").ephemeral.plain
    assert "A test goes to Dr. Ben Ito by Slack and SMS" in told
    _, sms = both(hospital.ben)
    answer(hospital, hospital.ben, sms)
    shown = carla.command("/readback", "test").ephemeral.plain
    assert "Dr. Ben Ito · SMS" in shown
    assert "answered after" in shown
    refused = hospital.ada.slack.command("/readback", f"test <@{hospital.ben.slack.id}>").ephemeral
    assert "Only a coordinator" in refused.plain


def test_one_that_has_failed_for_good_is_sent_again_as_soon_as_somebody_asks(
    hospital: Hospital,
) -> None:
    hospital.ada.phone.state("off")
    ask(hospital, hospital.ada, "--channel", "sms")
    hospital.pass_time(minutes=1)
    assert results(hospital)["sms"].reason == "twilio-30003"
    hospital.ada.phone.on()
    assert ask(hospital, hospital.ada, "--channel", "sms")["sent"] == ["sms"]
    answer(hospital, hospital.ada, hospital.ada.phone.expect_sms(TEST))
    assert proven(hospital, hospital.ada) == {"sms"}


def test_one_that_waits_is_not_sent_again_within_ten_minutes(hospital: Hospital) -> None:
    ask(hospital, hospital.ada)
    _, first = both(hospital.ada)
    answer(hospital, hospital.ada, first)
    hospital.pass_time(minutes=9)
    assert ask(hospital, hospital.ada) == {
        "name": hospital.ada.name,
        "sent": [],
        "waiting": ["slack"],
    }
    hospital.pass_time(minutes=2)
    assert ask(hospital, hospital.ada)["sent"] == ["slack"]
    hospital.ada.slack.expect_new(TEST)
    assert results(hospital)["slack"].drill.round == 1


def test_after_a_day_it_is_over_and_proves_nothing(hospital: Hospital) -> None:
    ask(hospital, hospital.ada)
    message, sms = both(hospital.ada)
    hospital.pass_time(hours=24)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms("is over")
    hospital.ada.slack.click("Acknowledge", message)
    hospital.ada.slack.expect_now(message, "came too late")
    assert proven(hospital, hospital.ada) == set()


def test_a_page_answered_by_sms_proves_the_number_and_says_that_it_was_unproven(
    hospital: Hospital,
) -> None:
    ask(hospital, hospital.ada, "--channel", "sms")
    test_sms = hospital.ada.phone.expect_sms(TEST)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, page = paged(hospital.ada)
    assert code_in(page) != code_in(test_sms), "one code means one thing on one phone"
    acknowledge_by_sms(hospital, hospital.ada, page)
    (given,) = entries(hospital, "acknowledged")
    assert given.data["unproven"] is True
    ref = hospital.alert().ref
    assert readback(hospital, "alerts", "show", ref)["acknowledged_unproven"] is True
    shown = hospital.carla.slack.command("/readback", f"show {ref}").ephemeral.plain
    assert "from a number never tested" in shown
    assert proven(hospital, hospital.ada) == {"sms"}
    hospital.send(hospital.report("cta-chest-pe"))
    acknowledge_by_sms(hospital, hospital.ada, paged(hospital.ada)[1])
    assert entries(hospital, "acknowledged")[0].data["unproven"] is None
    change_directory(hospital, hospital.ada.name, mobile="+13125550177")
    assert proven(hospital, hospital.ada) == set()
    expect_everything(hospital)


def test_stop_takes_the_proof_back(hospital: Hospital) -> None:
    ask(hospital, hospital.ada, "--channel", "sms")
    sms = hospital.ada.phone.expect_sms(TEST)
    answer(hospital, hospital.ada, sms)
    for word in ("STOP", "START"):
        hospital.ada.phone.send(word)
        hospital.settle()
    assert person(hospital, hospital.ada).channels == ("slack", "sms")
    assert proven(hospital, hospital.ada) == set()
    expect_everything(hospital)


def test_a_phone_that_is_off_shows_in_the_results(hospital: Hospital) -> None:
    hospital.ada.phone.refuse(21211)
    ask(hospital, hospital.ada, "--channel", "sms")
    result = results(hospital)["sms"]
    assert (result.state, result.drill.answered_at) == ("failed", None)
    assert "21211" in result.reason
    hospital.pass_time(hours=1)
    assert len(trail(hospital, "test_refused")) == 1


class TestWithoutAPublicUrl:
    """Twilio is asked for what phones have answered."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {CALL_FROM: "+15005550006", "READBACK_WEB__PUBLIC_URL": ""}

    def test_the_sms_is_answered_and_the_call_announces(self, hospital: Hospital) -> None:
        hospital.ada.phone.answers("picks up")
        ask(hospital, hospital.ada)
        _, sms = both(hospital.ada)
        assert "press" not in hospital.ada.phone.expect_call("test of Readback").heard
        answer(hospital, hospital.ada, sms)
        assert proven(hospital, hospital.ada) == {"sms"}


class TestWithAMonthToProveIt:
    """A site that wants to know sooner."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"READBACK_SITE__PROVE_WITHIN_MONTHS": "1"}

    def test_check_lists_who_has_not_answered_for_that_long(self, hospital: Hospital) -> None:
        ask(hospital, hospital.ada, "--channel", "sms")
        answer(hospital, hospital.ada, hospital.ada.phone.expect_sms(TEST))
        for days, listed in ((25, False), (10, True)):
            hospital.pass_time(hours=24 * days)
            (said,) = [one for one in checked(hospital, "advice") if "answered by SMS" in one]
            assert (hospital.ada.name in said) is listed
            assert "or not for 1 month: " in said
        expect_everything(hospital)


def test_check_lists_who_has_proven_nothing_until_they_answer_and_again_after_six_months(
    hospital: Hospital,
) -> None:
    def listed() -> bool:
        said = [what for what in checked(hospital, "advice") if "answered by SMS" in what]
        return hospital.ada.name in " ".join(said)

    assert listed()
    ask(hospital, hospital.ada, "--channel", "sms")
    sms = hospital.ada.phone.expect_sms(TEST)
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ANSWERED)
    hospital.settle()
    assert not listed()
    hospital.pass_time(hours=24 * 190)
    assert listed()
    expect_everything(hospital)

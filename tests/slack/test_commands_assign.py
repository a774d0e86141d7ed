"""Giving an alert to somebody else by /readback assign."""

import pytest

from bot.domain.alert import State
from tests.slack.asking import ask
from tests.slack.clinic import Clinic


@pytest.mark.parametrize(
    "whom",
    [
        "<@U0CARLA>",
        "<@U0CARLA|carla.reyes>",
        "Carla Reyes RN",
        "@carla.reyes",
        "reyes",
        "to <@U0CARLA|carla.reyes>",
        "<@U0CARLA> please",
        "to Carla Reyes",
    ],
)
def test_the_owner_assigns_it_to_whom_they_mention_or_name(clinic: Clinic, whom: str) -> None:
    ref = clinic.page_ada().ref
    assert f"{ref} is with Carla Reyes RN now." in ask(clinic.ada, f"assign {ref} {whom}")
    clinic.carla.expect("Critical result")
    clinic.wait_for_text(clinic.ada, "to Carla Reyes RN")
    assert clinic.alert().state is State.OPEN


@pytest.mark.parametrize("who", ["carla", "rosa"])
def test_a_coordinator_and_a_radiologist_may_assign(clinic: Clinic, who: str) -> None:
    ref = clinic.page_ada().ref
    assert "is with Dr. Ben Ito now" in ask(getattr(clinic, who), f"assign {ref} <@U0BEN>")


@pytest.mark.parametrize("whom", ["me", "to me", "@me please", "Myself"])
def test_who_may_assign_can_take_it(clinic: Clinic, whom: str) -> None:
    ref = clinic.page_ada().ref
    assert f"{ref} is with Carla Reyes RN now." in ask(clinic.carla, f"assign {ref} {whom}")


def test_nobody_else_may_assign_and_that_is_recorded(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    told = ask(clinic.ben, f"assign {ref} <@U0BEN>")
    assert "Only its owner, a coordinator or a radiologist can do this." in told
    assert "does not know your Slack account" in ask(clinic.eve, f"assign {ref} <@U0BEN>")
    assert [reason for _, reason in clinic.refusals()] == ["not_entitled", "unknown_slack_account"]
    assert clinic.alert().owner_role.value == "ordering_provider"


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ("", "To whom?"),
        ("<@U0EVE>", "does not know that Slack account. Try the person's name."),
        ("<@U0BEN> or <@U0CARLA>", "Please name one person, and nothing else."),
        ("not <@U0BEN>", "Please name one person, and nothing else."),
        ("to Bem Ito", "There is nobody named “Bem Ito”."),
        ("Dr.", "Several people: Dr. Ada Osei, Dr. Ben Ito, Dr. Rosa Lind. Which one?"),
        ("Bem Ito", "There is nobody named “Bem Ito”."),
        ("@!", "There is nobody named"),
        ("Ada Osei", "with that person already"),
    ],
)
def test_whom_nobody_can_tell_is_asked_for_again(clinic: Clinic, whom: str, said: str) -> None:
    ref = clinic.page_ada().ref
    assert said in ask(clinic.ada, f"assign {ref} {whom}")


def test_assigned_to_who_has_declined_is_refused(clinic: Clinic) -> None:
    ref = clinic.page_ada().ref
    modal = clinic.ada.click("I can't take this", clinic.ada.messages[0]).modal
    clinic.ada.submit(modal, {"reason": "I am off shift"})
    assert "has declined this alert" in ask(clinic.carla, f"assign {ref} <@U0ADA>")

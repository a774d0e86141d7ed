"""`readback check` names who has never answered by a channel, or not for long."""

import json
from datetime import timedelta

from bot.clock import SystemClock
from tests.cli.conftest import ADA, BEN, CARLA, Place, answered

NEVER = "never answered by {}, or not for {} months: {}"


def told(place: Place, *words: str) -> list[tuple[str, str, str]]:
    """What is said of tests: how it went, what was found, and what to do."""
    place.env |= {
        "READBACK_TWILIO__CALL_FROM": "+13125550100",
        "READBACK_WEB__PUBLIC_URL": "https://readback.example.org",
    }
    found = json.loads(place.run("check", "--json", *words).stdout)["findings"]
    return [(f["result"], f["what"], f["cure"]) for f in found if f["part"] == "tests"]


def test_a_channel_that_a_person_has_answered_by_is_proven(any_place: Place) -> None:
    any_place.imported(CARLA, ADA, BEN)
    assert [what for _, what, _ in told(any_place)] == [
        NEVER.format("Slack", 6, "Carla, Ada"),
        NEVER.format("SMS", 6, "Carla, Ada, Ben"),
        NEVER.format("telephone", 6, "Carla, Ada, Ben"),
    ]
    answered(any_place, SystemClock().now())
    ((result, what, _),) = told(any_place)
    assert (result, what) == (
        "ok",
        "everybody has answered by each of their channels within 6 months",
    )


def test_where_no_channel_is_asked_about_nothing_counts_as_proven(place: Place) -> None:
    place.imported(CARLA, BEN)
    assert told(place, "--without", "slack", "--without", "twilio") == []


def test_a_new_number_is_unproven_and_a_proof_grows_old(place: Place) -> None:
    place.imported(CARLA, BEN)
    answered(place, SystemClock().now() - timedelta(days=170))
    place.imported(CARLA.replace("5550103", "5550133"), BEN)
    assert told(place, "--without", "twilio")[0][0] == "ok"
    assert [(what, cure) for _, what, cure in told(place)] == [
        (
            NEVER.format(named, 6, "Carla"),
            f'`readback people test "Carla" --channel {channel}` tries it.',
        )
        for named, channel in (("SMS", "sms"), ("telephone", "voice"))
    ]
    place.env["READBACK_SITE__PROVE_WITHIN_MONTHS"] = "5"
    _, what, _ = told(place, "--without", "twilio")[0]
    assert what == NEVER.format("Slack", 5, "Carla")

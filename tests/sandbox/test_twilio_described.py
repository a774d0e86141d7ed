"""The stand-in's messages and parameters are those of Twilio's own description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.sandbox.people import Phone
from bot.sandbox.twilio_rules import PARAMETERS, TwilioError, check_message
from bot.sandbox.twilio_sms import sms_json
from bot.sandbox.world import World
from tests.sandbox.texting import PAGE, TO


@pytest.fixture(scope="module")
def openapi(shared: Path) -> Any:
    text = (shared / "schemas" / "twilio_messages_calls.openapi.json").read_text(encoding="utf-8")
    return json.loads(text)


def test_the_answer_is_a_message_as_twilios_own_description_has_it(
    world: World, phone: Phone, openapi: Any
) -> None:
    phone.send("hello")
    schema = {
        "$ref": "#/components/schemas/api.v2010.account.message",
        "components": openapi["components"],
    }
    [sms] = world.twilio.carrier.messages.values()
    answer = {k: v for k, v in sms_json(sms, world.twilio_sid).items() if v is not None}
    assert [e.message for e in Draft202012Validator(schema).iter_errors(answer)] == []
    properties = openapi["components"]["schemas"]["api.v2010.account.message"]["properties"]
    assert answer.keys() <= properties.keys()


def create_schema(openapi: Any) -> Any:
    path = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
    content = openapi["paths"][path]["post"]["requestBody"]["content"]
    return content["application/x-www-form-urlencoded"]["schema"]


def test_we_know_exactly_the_parameters_that_twilio_describes(openapi: Any) -> None:
    assert create_schema(openapi)["properties"].keys() == PARAMETERS


@pytest.mark.parametrize(
    "params",
    [
        {"To": TO, "From": "+15005550006", "Body": PAGE},
        {"To": TO, "From": "+15005550006", "Body": PAGE, "ValidityPeriod": 36_000},
        {"To": TO, "From": "+15005550006", "Body": PAGE, "StatusCallback": "https://x.example/s"},
        {"To": "5550101", "From": "+15005550006", "Body": PAGE},
        {"To": TO, "Body": PAGE},
        {"To": TO, "From": "+15005550006", "Body": "x" * 1601},
        {"To": TO, "From": "+15005550006", "Body": PAGE, "ValidityPeriod": 36_001},
        {"To": TO, "From": "+15005550006", "Body": PAGE, "Colour": "red"},
        {"From": "+15005550006", "Body": PAGE},
    ],
)
def test_our_check_of_parameters_agrees_with_twilios_description(
    openapi: Any, params: dict[str, Any]
) -> None:
    schema = {**create_schema(openapi), "components": openapi["components"]}
    try:
        check_message({k: str(v) for k, v in params.items()}, {"+15005550006"})
        taken = True
    except TwilioError:
        taken = False
    assert Draft202012Validator(schema).is_valid(params) == taken

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.policy import CategoryPolicy
from bot.domain.policy_json import policy_from_json, policy_to_json
from tests.domain.loop import POLICY, shipped
from tests.domain.test_calls import RINGS

PATIENT = replace(RINGS, receipt_within=timedelta(minutes=4))
CATEGORIES = [*POLICY.categories, *shipped("acr-three-categories").categories, RINGS, PATIENT]


@pytest.mark.parametrize(
    "policy",
    CATEGORIES,
    ids=["critical", "significant", "category 1", "category 2", "category 3", "rings", "patient"],
)
def test_the_copy_on_an_alert_is_the_policy(policy: CategoryPolicy) -> None:
    assert policy_from_json(policy_to_json(policy)) == policy


def test_equal_policies_give_equal_text() -> None:
    again = shipped("default").categories[0]
    assert policy_to_json(again) == policy_to_json(POLICY.categories[0])


def test_the_copy_of_an_earlier_release_calls_nobody_and_waits_as_long_as_the_default() -> None:
    told = json.loads(policy_to_json(POLICY.categories[0]))
    del told["receipt_within"]
    for step in told["steps"]:
        del step["call_after"]
    silent = (replace(step, call_after=None) for step in POLICY.categories[0].steps)
    assert policy_from_json(json.dumps(told)) == replace(POLICY.categories[0], steps=tuple(silent))

import pytest

from bot.domain.policy import CategoryPolicy
from bot.domain.policy_json import policy_from_json, policy_to_json
from tests.domain.loop import POLICY, shipped

CATEGORIES = [*POLICY.categories, *shipped("acr-three-categories").categories]


@pytest.mark.parametrize("policy", CATEGORIES, ids=lambda policy: policy.name)
def test_the_copy_on_an_alert_is_the_policy(policy: CategoryPolicy) -> None:
    assert policy_from_json(policy_to_json(policy)) == policy


def test_equal_policies_give_equal_text() -> None:
    again = shipped("default").categories[0]
    assert policy_to_json(again) == policy_to_json(POLICY.categories[0])

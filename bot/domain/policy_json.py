"""The copy of a category's policy that stays on the alert, as JSON. Durations are in seconds."""

import json
from datetime import timedelta

from bot.domain.coverage import Role
from bot.domain.policy import RECEIPT_WITHIN, CategoryPolicy, Step


def policy_to_json(policy: CategoryPolicy) -> str:
    """One line, with the keys in a fixed order: equal policies give equal text."""
    return json.dumps(
        {
            "name": policy.name,
            "severity": policy.severity,
            "window": policy.window.total_seconds(),
            "least_gap": policy.least_gap.total_seconds(),
            "stale_after": policy.stale_after.total_seconds(),
            "steps": [_step_to_json(step) for step in policy.steps],
            "repeat_every": policy.repeat_every.total_seconds(),
            "repeat_channels": policy.repeat_channels,
            "receipt_within": policy.receipt_within.total_seconds(),
        },
        separators=(",", ":"),
    )


def policy_from_json(text: str) -> CategoryPolicy:
    """What ``policy_to_json`` wrote. Raises KeyError or ValueError for anything else."""
    told = json.loads(text)
    return CategoryPolicy(
        name=told["name"],
        severity=told["severity"],
        window=timedelta(seconds=told["window"]),
        least_gap=timedelta(seconds=told["least_gap"]),
        stale_after=timedelta(seconds=told["stale_after"]),
        steps=tuple(
            Step(
                after=timedelta(seconds=step["after"]),
                who=Role(step["who"]),
                channels=tuple(step["channels"]),
                please_phone=step["please_phone"],
                call_after=_seconds(step.get("call_after")),
            )
            for step in told["steps"]
        ),
        repeat_every=timedelta(seconds=told["repeat_every"]),
        repeat_channels=tuple(told["repeat_channels"]),
        receipt_within=_seconds(told.get("receipt_within")) or RECEIPT_WITHIN,
    )


def _step_to_json(step: Step) -> dict[str, object]:
    return {
        "after": step.after.total_seconds(),
        "who": step.who.value,
        "channels": step.channels,
        "please_phone": step.please_phone,
        "call_after": None if step.call_after is None else step.call_after.total_seconds(),
    }


def _seconds(told: float | None) -> timedelta | None:
    """What an alert of an earlier release carries has none."""
    return None if told is None else timedelta(seconds=told)

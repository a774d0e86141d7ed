"""The rows of results/latest.json with their goals. Nothing else knows a goal."""

import operator
from collections.abc import Callable
from dataclasses import dataclass

_COMPARE: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True, slots=True)
class Goal:
    """What a measure should reach, such as ">= 0.7", and its unit ("" for a ratio)."""

    goal: str
    unit: str
    what: str

    def met(self, value: float) -> bool:
        """Whether this value reaches it."""
        sign, limit = self.goal.split()
        return _COMPARE[sign](value, float(limit))


GOALS = {
    "ack_ratio_1": Goal(">= 0.7", "", "ACK/s, one sender, to the reference"),
    "ack_ratio_16": Goal(">= 0.3", "", "ACK/s, 16 senders, to the reference"),
    "parse_vs_split": Goal("<= 5", "", "read a report, to a bare split()"),
    "parse_vs_python_hl7": Goal(">= 10", "", "python-hl7's parse, to ours"),
    "parse_full_vs_split": Goal("<= 5", "", "the same, of 3.5 KB as full as a RIS sends it"),
    "parse_full_vs_python_hl7": Goal(">= 10", "", "the same, of 3.5 KB as full as a RIS sends it"),
    "first_request_p50_20": Goal("<= 2", "", "report sent → first request, 20/s, median"),
    "first_request_p99_20": Goal("<= 2", "", "the same, 99th percentile"),
    "first_request_p50_100": Goal("<= 2", "", "report sent → first request, 100/s, median"),
    "first_request_p99_100": Goal("<= 2", "", "the same, 99th percentile"),
    "step_lateness_p99_10k_ms": Goal("<= 50", "ms", "1,000 steps in a second, 10 k open alerts"),
    "step_lateness_p99_1m_ms": Goal("<= 50", "ms", "1,000 steps in a second, 1 M open alerts"),
    "burst_claim_1000_ms": Goal("<= 100", "ms", "1,000 pages due at once, all claimed durably"),
    "channel_calls_vs_sdk": Goal(">= 0.5", "", "pages/s, to the bare SDK"),
}

"""Ways a provider fails, each set for the next call or for all of them."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

How = Literal[
    "error", "status", "refuse", "lost_reply", "hang", "hang_reply",
    "bad_gateway", "unavailable", "page", "cut_json", "hollow", "empty", "server_error",
]  # fmt: skip
# refuse: cut before processing. lost_reply: processed, then cut without an answer.
# hang: not processed, never answered. hang_reply: processed, never answered.
# Processed, and then something in between answers in the provider's place: bad_gateway (502 and a
# page of HTML), unavailable (503 and the same), page (200 and the same), cut_json (half of the
# answer), hollow (that it went well, and no word more), empty (200 and nothing). server_error:
# processed, then the provider's own 500.

UNREADABLE: Collection[How] = (
    "bad_gateway", "unavailable", "page", "cut_json", "hollow", "empty",
)  # fmt: skip
PROCESSED: Collection[How] = ("lost_reply", "hang_reply", "server_error", *UNREADABLE)


@dataclass(frozen=True)
class Fault:
    how: How
    error: str | int | None = None
    status: int = 500
    retry_after: int = 1


@dataclass
class Planned:
    fault: Fault
    method: str
    to: str | None
    times: int

    def fits(self, method: str, recipients: Collection[str]) -> bool:
        return self.method in ("*", method) and (self.to is None or self.to in recipients)


@dataclass
class Chance:
    """One call in so many fails, drawn with a seed so that a run can be repeated."""

    share: float
    faults: Sequence[Fault]
    methods: Collection[str]
    dice: random.Random


@dataclass
class Faults:
    """One provider's failure switches. `down` cuts every call; `latency`: seconds before an answer.

    `failed` counts the calls that failed, `ambiguous` those of them that were processed.
    """

    down: bool = False
    latency: float = 0.0
    planned: list[Planned] = field(default_factory=list)
    chance: Chance | None = None
    failed: int = 0
    ambiguous: int = 0

    def fail_next(
        self,
        method: str = "*",
        how: How | None = None,
        *,
        error: str | int | None = None,
        status: int | None = None,
        retry_after: int = 1,
        to: str | None = None,
        times: int = 1,
    ) -> None:
        """Fail the next `times` calls of `method` ("*" for any), of one recipient or of all.

        Give one of `error` (the provider's own code), `status` (of HTTP; 429 carries Retry-After
        with `retry_after` seconds) or `how`.
        """
        kind: How = how or ("error" if error is not None else "status")
        if kind not in get_args(How):
            raise ValueError(f"how must be one of {', '.join(get_args(How))}, not {how!r}")
        self.planned.append(
            Planned(Fault(kind, error, status or 500, retry_after), method, to, times)
        )

    def fail_sometimes(
        self,
        share: float,
        faults: Sequence[Fault],
        *,
        methods: Collection[str] = ("*",),
        seed: int = 1,
    ) -> None:
        """Fail this share (0 to 1) of the calls, each with one of `faults`; 0 ends it."""
        self.chance = Chance(share, faults, methods, random.Random(seed)) if share else None

    def clear(self) -> None:
        self.down, self.latency, self.chance = False, 0.0, None
        self.planned.clear()

    def take(self, method: str, recipients: Collection[str] = ()) -> Fault | None:
        fault = (
            Fault("refuse")
            if self.down
            else self._next_planned(method, recipients) or self._drawn(method)
        )
        if fault:
            self.failed += 1
            self.ambiguous += fault.how in PROCESSED
        return fault

    def _next_planned(self, method: str, recipients: Collection[str]) -> Fault | None:
        for plan in self.planned:
            if plan.fits(method, recipients):
                plan.times -= 1
                if plan.times <= 0:
                    self.planned.remove(plan)
                return plan.fault
        return None

    def _drawn(self, method: str) -> Fault | None:
        chance = self.chance
        if chance is None or ("*" not in chance.methods and method not in chance.methods):
            return None
        return chance.dice.choice(chance.faults) if chance.dice.random() < chance.share else None

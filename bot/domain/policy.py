"""The site's policy as data: per category the window, the ladder of steps, and what flags it."""

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.coverage import VOICE, Role

RECEIPT_WITHIN = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: ``after`` the window opened, ``who`` is paged on ``channels``.

    A step for Role.OWNER is a reminder; any other moves ownership.
    ``please_phone`` also asks the reading radiologist to phone. ``call_after`` is how long after
    they became the owner their phone rings, None where it does not.
    """

    after: timedelta
    who: Role
    channels: tuple[str, ...]
    please_phone: bool = False
    call_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CategoryPolicy:
    """The window and ladder of one category. A copy stays on every alert that it governs.

    ``least_gap`` is the least time between steps on a ladder compressed by late receipt;
    ``stale_after``, counted from the opening of the window, is the age at receipt from which a
    coordinator reviews the alert and nobody else is woken. ``repeat_every`` starts at expiry.
    ``severity`` 0 is the most severe of the file. ``receipt_within``: an SMS without a receipt of
    its delivery for so long is followed by another channel of the same person.
    """

    name: str
    severity: int
    window: timedelta
    least_gap: timedelta
    stale_after: timedelta
    steps: tuple[Step, ...]
    repeat_every: timedelta
    repeat_channels: tuple[str, ...]
    receipt_within: timedelta = RECEIPT_WITHIN

    @property
    def calls(self) -> bool:
        """Whether phones may ring for this category."""
        named = {channel for step in self.steps for channel in step.channels}
        called = any(step.call_after is not None for step in self.steps)
        return called or VOICE in named | set(self.repeat_channels)


@dataclass(frozen=True, slots=True)
class TriageRules:
    """Which coded values mean which category; ``not_actionable`` codes mean routine, explicitly."""

    codes: tuple[tuple[str, str], ...]
    abnormal_flags: tuple[tuple[str, str], ...]
    not_actionable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy file: versioned, approved by a named person, most severe category first."""

    version: str
    approved_by: str
    categories: tuple[CategoryPolicy, ...]
    triage: TriageRules

    def category(self, name: str) -> CategoryPolicy:
        """The policy of this category. Raises KeyError where the file has none of that name."""
        for category in self.categories:
            if category.name == name:
                return category
        raise KeyError(name)

    def severity(self, name: str) -> int:
        """0 is the most severe; a name that is not in the file (routine) comes after all."""
        names = [category.name for category in self.categories]
        return names.index(name) if name in names else len(names)

"""What can be wrong with the settings, said so that it can be cured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what to do about it. Quotes no secret."""

    where: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.where} {self.what}. {self.cure}"


class BadSettings(Exception):
    """The settings cannot be used. ``problems`` are all there are, each with its cure."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

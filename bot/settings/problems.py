"""What can be wrong with the settings, said so that it can be cured."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.toml_lines import Path as Where
from bot.domain.toml_lines import line_of

__all__ = ["BadSettings", "Lines", "Problem", "Where", "place"]
Lines = Mapping[Where, int]


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


def place(path: Where, lines: Lines) -> str:
    """``hl7.profile[1].rules[2].at (line 6)``: people count from one."""
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{''.join(parts).removeprefix('.')} (line {line_of(lines, path)})"

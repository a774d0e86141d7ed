"""``[[folder]]``: folders into which others put files. A failed check raises ``ValueError(what,
cure)``."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from bot.settings.kinds import Filled, IfPreliminary, Section, SourceName, Zone
from bot.settings.problems import Lines, Problem, place

_NO_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 32


def _folder(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("is empty", 'Name the folder: "/var/spool/readback".')
    return value


class FolderSettings(Section):
    """One folder with HL7 v2 or FHIR JSON files in it. ``authorities`` maps the system of an
    identifier in a FHIR file to the issuer's name in HL7 v2, ``timezone`` is for times without a
    zone. Without a ``name`` it goes by that of the folder. ``preliminary`` is what a flagged report
    does before it is final: in HL7 where no profile says it, and without it as over MLLP."""

    path: Annotated[Path, BeforeValidator(_folder)]
    name: SourceName
    poll_seconds: int = Field(default=2, strict=True, ge=1, le=3600)
    timezone: Zone | None = None
    authorities: dict[str, Filled] = Field(default_factory=dict)
    preliminary: IfPreliminary | None = None
    max_file_bytes: int = Field(default=100_000_000, strict=True, ge=65_536, le=1_000_000_000)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, told: Any) -> Any:
        if isinstance(told, dict) and "name" not in told:
            last = Path(str(told.get("path", ""))).name.lower()
            short = _NO_NAME.sub("-", last).strip("-0123456789")
            return {**told, "name": short[:_LONGEST_NAME] or "folder"}
        return told

    @property
    def source(self) -> str:
        """What messages from here are said to come from."""
        return f"folder:{self.name}"


def folder_clashes(folders: tuple[FolderSettings, ...], lines: Lines) -> list[Problem]:
    """What each of them is fine without, but not together."""
    found = []
    for number, folder in enumerate(folders):
        before = folders[:number]
        if folder.name in {other.name for other in before}:
            key = "name" if ("folder", number, "name") in lines else "path"
            where = place(("folder", number, key), lines)
            found.append(Problem(where, "gives it another folder's name", "Set another name."))
        if any(_within(folder.path, other.path) for other in (*before, *folders[number + 1 :])):
            where = place(("folder", number, "path"), lines)
            cure = "Files are moved about in there: name a folder of its own."
            found.append(Problem(where, "lies in another [[folder]], or is the same", cure))
    return found


def holding(
    folders: tuple[FolderSettings, ...], own: Iterable[Path], lines: Lines
) -> list[Problem]:
    """Whatever lies in a folder is read and moved away: the database is not to be. ``own`` are the
    files that Readback lives on; all paths start where they do."""
    found, own = [], list(own)
    for number, folder in enumerate(folders):
        here = folder.path.resolve()
        if first := next((one for one in own if one.resolve().parent == here), None):
            cure = "What lies in there is read and moved away: name a folder of its own."
            where = place(("folder", number, "path"), lines)
            found.append(Problem(where, f"holds Readback's own {first.name}", cure))
    return found


def _within(path: Path, other: Path) -> bool:
    return path.absolute().is_relative_to(other.absolute())

"""The invented reports and people of the demo, and the templates' blanks filled in."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from string import Template

HERE = files(__package__)
PEOPLE_CSV = HERE.joinpath("people.csv").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Sample:
    """One report to send. ``template`` has blanks for times and identifiers."""

    name: str
    title: str
    modality: str
    category: str
    template: str


@cache
def samples() -> tuple[Sample, ...]:
    """All samples, in the order of the index."""
    index = tomllib.loads(HERE.joinpath("index.toml").read_text(encoding="utf-8"))
    return tuple(
        Sample(**entry, template=HERE.joinpath(f"{entry['name']}.hl7").read_text(encoding="utf-8"))
        for entry in index["sample"]
    )


def sample(name: str) -> Sample:
    """The sample of this name. Raises KeyError."""
    found = {each.name: each for each in samples()}
    return found[name]


def fill(template: str, *, now: datetime, accession: str, control_id: str) -> bytes:
    """The HL7 message, finalized ``now`` (UTC): segments end in CR as the standard wants."""
    text = Template(template).safe_substitute(
        NOW=hl7_time(now),
        FINAL=hl7_time(now),
        EXAM=hl7_time(now - timedelta(minutes=40)),
        ACCESSION=accession,
        PLACER=f"P{accession}",
        CONTROL=control_id,
    )
    return text.strip().replace("\n", "\r").encode() + b"\r"


def hl7_time(at: datetime) -> str:
    """HL7 DTM in UTC, zone written out."""
    return at.strftime("%Y%m%d%H%M%S+0000")

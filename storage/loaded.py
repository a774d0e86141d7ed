"""What is read of the database as a whole and remembered for a while, see storage.memory."""

from dataclasses import dataclass

from bot.domain.coverage import Person


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What the alert's row says of its exam, and which people its providers were resolved to."""

    exam: str = ""
    modality: str = ""
    accession: str = ""
    ordering_person: str | None = None
    radiologist_person: str | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody, in file order, and the ways to find them. ``designees`` maps a person's id to
    the id of who stands in."""

    people: dict[str, Person]
    active: tuple[Person, ...]
    coordinators: tuple[Person, ...]
    designees: dict[str, str]
    identifiers: dict[tuple[str, str], str]
    slack: dict[tuple[str, str], str]

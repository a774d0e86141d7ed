"""From where in a message each part of a report was read: for people who set up an interface."""

from dataclasses import dataclass

Places = dict[str, str]
"""By the name of the report's field: "OBR-16", "OBX[2-5]-5", "MSH-7"."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a message says of itself: ``kind`` is MSH-9, ``charset`` the codec that was used."""

    kind: str
    charset: str
    profile: str

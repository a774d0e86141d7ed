"""The people, and the identifiers by which reports name them."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from storage.columns import Instant
from storage.tables.base import Row


class People(Row, table=True):
    """Somebody who can be paged. Who left the directory stays, inactive: old alerts name them."""

    __tablename__ = "people"

    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    mobile: str = Field(sa_type=Text)
    slack_team: str = Field(sa_type=Text)
    slack_user: str = Field(sa_type=Text)
    timezone: str = Field(sa_type=Text)
    roles: str = Field(sa_type=Text)
    designee_id: str | None = Field(default=None, foreign_key="people.id", sa_type=Text)
    position: int
    active: bool
    changed_at: datetime = Field(sa_type=Instant)


class StoppedNumbers(Row, table=True):
    """A number whose holder has answered STOP: the carrier takes no SMS to it until START from it,
    whoever has it by then."""

    __tablename__ = "stopped_numbers"

    mobile: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=Instant)


class WrongNumbers(Row, table=True):
    """A number whose holder says that it is not who we think. It is out until START from it."""

    __tablename__ = "wrong_numbers"

    mobile: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=Instant)


class Landlines(Row, table=True):
    """A number of which Twilio says that it takes no SMS. It can ring."""

    __tablename__ = "landlines"

    mobile: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_type=Instant)


class PersonIdentifiers(Row, table=True):
    """An identifier by which reports name a person: an NPI, or a local id with its authority."""

    __tablename__ = "person_identifiers"

    # Upper case, as it is compared; "NPI" for national provider identifiers.
    authority: str = Field(primary_key=True, sa_type=Text)
    value: str = Field(primary_key=True, sa_type=Text)
    person_id: str = Field(foreign_key="people.id", sa_type=Text)
    written: str = Field(sa_type=Text)


class Pins(Row, table=True):
    """The hash of the PIN with which a person answers calls: see storage/pins.py."""

    __tablename__ = "pins"

    person_id: str = Field(primary_key=True, foreign_key="people.id", sa_type=Text)
    hashed: str = Field(sa_type=Text)


class Editions(Row, table=True):
    """The newest of the thing named. A new value tells every process that its copy of the directory
    is old; that of the trail is compared when the trail is verified (storage/audit_heads.py)."""

    __tablename__ = "editions"

    name: str = Field(primary_key=True, sa_type=Text)
    edition: str = Field(sa_type=Text)

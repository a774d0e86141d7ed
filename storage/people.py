"""The directory: who can be paged, by which identifiers reports name them, and who fills an alert's
roles.

It is read as a whole and kept in the process, since it is small, read with each report and changed
a few times a week. Its edition, looked up once in each transaction, tells when another process has
changed it.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.domain.coverage import SLACK, SMS, VOICE, Calls, NoSms, Person, Roster
from bot.domain.identity import authority_names
from bot.domain.report import Identifier
from storage import tables
from storage.columns import AnyRow, storable
from storage.ids import new_id
from storage.loaded import Directory
from storage.memory import memory

COORDINATOR = "coordinator"

_EDITION = select(tables.editions.c.edition).where(tables.editions.c.name == "people")
_new_edition = insert(tables.editions).values(name="people", edition=bindparam("edition"))
_NEW_EDITION = _new_edition.on_conflict_do_update(
    index_elements=["name"], set_={"edition": _new_edition.excluded.edition}
)
_EVERYBODY = select(tables.people).order_by(tables.people.c.position, tables.people.c.id)
_IDENTIFIERS = select(
    tables.person_identifiers.c.authority,
    tables.person_identifiers.c.value,
    tables.person_identifiers.c.person_id,
)
_STOP = insert(tables.stopped_numbers).on_conflict_do_nothing(index_elements=["mobile"])
_START = delete(tables.stopped_numbers).where(
    tables.stopped_numbers.c.mobile == bindparam("of_mobile")
)
_STOPPED_NUMBERS = select(tables.stopped_numbers.c.mobile)
_TOUCH = (
    update(tables.people)
    .where(
        tables.people.c.mobile == bindparam("of_mobile"),
        tables.people.c.changed_at < bindparam("now"),
    )
    .values(changed_at=bindparam("now"))
)
_CHANGED_SINCE = select(tables.people.c.id).where(
    tables.people.c.mobile == bindparam("of_mobile"),
    tables.people.c.changed_at > bindparam("since"),
)
_WRONG = insert(tables.wrong_numbers).on_conflict_do_nothing(index_elements=["mobile"])
_RIGHT = delete(tables.wrong_numbers).where(tables.wrong_numbers.c.mobile == bindparam("of_mobile"))
_WRONG_NUMBERS = select(tables.wrong_numbers.c.mobile)
_LANDLINE = insert(tables.landlines).on_conflict_do_nothing(index_elements=["mobile"])
_NO_LANDLINE = delete(tables.landlines).where(tables.landlines.c.mobile == bindparam("of_mobile"))
_LANDLINES = select(tables.landlines.c.mobile)
_PINS = select(tables.pins.c.person_id)


def everybody(connection: Connection) -> list[Person]:
    """All people that the last import named, in file order."""
    return list(directory(connection).active)


def is_active(connection: Connection, person_id: str) -> bool:
    """Whether the last import named this person."""
    return any(person.id == person_id for person in directory(connection).active)


def load(connection: Connection, person_id: str) -> Person | None:
    """The person of this id, in the directory or not any more. None where there never was one."""
    return directory(connection).people.get(person_id)


def designee(connection: Connection, person_id: str) -> Person | None:
    """Who stands in for this person."""
    known = directory(connection)
    return known.people.get(known.designees.get(person_id, ""))


def coordinators(connection: Connection) -> list[Person]:
    """Everybody with that role, in file order."""
    return list(directory(connection).coordinators)


def by_slack(connection: Connection, team: str, user: str) -> Person | None:
    """The person of this Slack account."""
    known = directory(connection)
    return known.people.get(known.slack.get((team, user), ""))


def by_mobile(connection: Connection, mobile: str) -> list[Person]:
    """Everybody who is reached by this number (E.164): a shared phone has several."""
    return [person for person in everybody(connection) if mobile and person.mobile == mobile]


def by_identifiers(connection: Connection, identifiers: Sequence[Identifier]) -> Person | None:
    """The first person whom one of these names: an NPI, or a local id with its authority."""
    known = directory(connection)
    for identifier in identifiers:
        for authority in authorities(identifier):
            found = known.identifiers.get((authority, storable(identifier.value.strip())))
            if found:
                return known.people[found]
    return None


def authorities(identifier: Identifier) -> list[str]:
    """The names under which an identifier's authority may be on file."""
    return [storable(name) for name in authority_names(identifier)]


def roster(
    connection: Connection,
    ordering_id: str | None,
    radiologist_id: str | None,
    others: Iterable[str] = (),
) -> Roster:
    """Who fills each role now; ``others`` are people who were paged and may fill none any more."""
    known = directory(connection)
    ordering = known.people.get(ordering_id or "")
    stand_in = known.people.get(known.designees.get(ordering_id or "", ""))
    radiologist = known.people.get(radiologist_id or "")
    duty = known.coordinators
    named = {person.id for person in (ordering, stand_in, radiologist, *duty) if person}
    left = tuple(
        known.people[i] for i in dict.fromkeys(others) if i in known.people and i not in named
    )
    return Roster(ordering, stand_in, duty, radiologist, left)


def opt_out(
    connection: Connection, mobile: str, now: datetime, *, out: bool = True
) -> list[Person]:
    """The number's holder wants no SMS (``out``), or wants it again, as they have said ``now``
    (UTC). Returns whom it reaches."""
    connection.execute(_TOUCH, {"of_mobile": mobile, "now": now})
    if out:
        connection.execute(_STOP, {"mobile": mobile, "at": now})
    else:
        for said in (_START, _RIGHT, _NO_LANDLINE):
            connection.execute(said, {"of_mobile": mobile})
    changed(connection)
    return by_mobile(connection, mobile)


def forget_stop(connection: Connection, mobile: str) -> None:
    """START from a number that nobody has at present: it may come back."""
    connection.execute(_START, {"of_mobile": mobile})


def changed_since(connection: Connection, mobile: str, since: datetime) -> bool:
    """Whether the entry of anybody with this number has changed since then (UTC)."""
    values = {"of_mobile": mobile, "since": since}
    return connection.execute(_CHANGED_SINCE, values).first() is not None


def wrong_number(connection: Connection, mobile: str, now: datetime) -> None:
    """The number's holder is somebody else than the directory says."""
    connection.execute(_WRONG, {"mobile": mobile, "at": now})
    changed(connection)


def landline(connection: Connection, mobile: str, now: datetime) -> None:
    """The number takes no SMS, whoever has it."""
    connection.execute(_LANDLINE, {"mobile": mobile, "at": now})
    changed(connection)


def edition(connection: Connection) -> str:
    """Another one whenever any process has changed the directory."""
    found: str | None = connection.execute(_EDITION).scalar_one_or_none()
    return found or ""


def directory(connection: Connection) -> Directory:
    """The directory as this transaction sees it."""
    here = memory(connection)
    if here.directory is None:
        now, known = edition(connection), here.shared.directory
        if known is None or known[0] != now:
            known = here.shared.directory = (now, _read(connection))
        # Not what is shared by now: who sees an older directory may have put theirs there.
        here.directory = known[1]
    return here.directory


def changed(connection: Connection) -> None:
    """The directory was written to: every process, this one included, has to read it anew."""
    connection.execute(_NEW_EDITION, {"edition": new_id()})
    here = memory(connection)
    here.directory = None
    here.forget_loaded()


def _read(connection: Connection) -> Directory:
    rows = connection.execute(_EVERYBODY).all()
    identifiers = connection.execute(_IDENTIFIERS).all()
    known = _Numbers(
        stopped=set(connection.execute(_STOPPED_NUMBERS).scalars()),
        wrong=set(connection.execute(_WRONG_NUMBERS).scalars()),
        landlines=set(connection.execute(_LANDLINES).scalars()),
        pins=set(connection.execute(_PINS).scalars()),
        calls=memory(connection).shared.calls,
    )
    people = {row.id: _person(row, known) for row in rows}
    active = tuple(people[row.id] for row in rows if row.active)
    return Directory(
        people=people,
        active=active,
        coordinators=tuple(person for person in active if COORDINATOR in person.roles),
        designees={row.id: row.designee_id for row in rows if row.designee_id},
        identifiers={(authority, value): person_id for authority, value, person_id in identifiers},
        slack={
            (row.slack_team, row.slack_user): row.id
            for row in rows
            if row.active and row.slack_user
        },
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What is known of telephone numbers; ``pins`` are the people who have one."""

    stopped: Set[str]
    wrong: Set[str]
    landlines: Set[str]
    pins: Set[str]
    calls: Calls

    def no_sms(self, row: AnyRow) -> NoSms | None:
        if row.mobile in self.wrong:
            return NoSms.WRONG_NUMBER
        if row.mobile in self.stopped:
            return NoSms.STOPPED
        return NoSms.LANDLINE if row.mobile in self.landlines else None


def _person(row: AnyRow, known: _Numbers) -> Person:
    """Who wants no SMS (STOP) has said nothing about calls; a wrong number is wrong for both."""
    slack = (row.slack_team, row.slack_user) if row.slack_user else None
    no_sms = known.no_sms(row) if row.mobile else None
    rings = bool(row.mobile and known.calls) and no_sms is not NoSms.WRONG_NUMBER
    ways = ((SLACK, slack), (SMS, row.mobile and no_sms is None), (VOICE, rings))
    channels = tuple(channel for channel, works in ways if works)
    person = Person(
        id=row.id,
        name=row.name,
        timezone=row.timezone,
        channels=(),
        mobile=row.mobile,
        slack=slack,
        email=row.email,
        roles=tuple(row.roles.split()),
        pin=row.id in known.pins and known.calls is Calls.KEYS,
        rings=rings,
        no_sms=no_sms,
        active=bool(row.active),
    )
    able = row.active and person.can_answer(channels)
    return replace(person, channels=channels) if able else person

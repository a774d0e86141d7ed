"""Who of the directory a row of the file is: by NPI first, then by a local id, then by a contact.

A wrong match hands one doctor's alerts to another one, a missed one only passes them on. So a row
is never somebody with another NPI, and an e-mail address, Slack account or mobile tells who it is
only together with the name: such things go from one person to the next.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from bot.domain.identity import NPI, names_differ
from bot.domain.people_file import PersonRow
from bot.domain.report import Identifier
from storage import people
from storage.columns import AnyRow

Name = tuple[str, ...]


class Known:
    """The people on file, each to be found once."""

    def __init__(self, rows: list[AnyRow], identifiers: list[AnyRow]) -> None:
        self._left = {row.id: row for row in rows}
        self._entries = {(row.authority, row.value): dict(row._mapping) for row in identifiers}
        self._of: dict[str, set[Name]] = defaultdict(set)
        for known, entry in self._entries.items():
            self._of[entry["person_id"]].add(known)
        self._holders: dict[Name, list[str]] = defaultdict(list)
        for row in rows:
            contacts = _contacts(row.email, row.slack_team, row.slack_user, row.mobile)
            for name in (*self._of[row.id], *contacts):
                self._holders[name].append(row.id)

    def take(self, rows: Sequence[PersonRow]) -> list[AnyRow | None]:
        """Who each row is. All rows are tried by the surer clue before any by the next one."""
        found: dict[int, AnyRow] = {}
        for clue, may_be in ((_npi, self._agree), (_ids, self._agree), (_reach, self._same_name)):
            for place, row in enumerate(rows):
                if place not in found and (met := self._first(row, clue(row), may_be)):
                    found[place] = self._left.pop(met)
        return [found.get(place) for place in range(len(rows))]

    def left(self) -> list[AnyRow]:
        """Whom no row has taken."""
        return list(self._left.values())

    def entries(self) -> dict[tuple[str, str], dict[str, str]]:
        """Every identifier by authority and value."""
        return self._entries

    def identifiers(self) -> dict[tuple[str, str], dict[str, str]]:
        """Of those who are not in the file: they come back as the same people one day."""
        return {
            name: entry for name, entry in self._entries.items() if entry["person_id"] in self._left
        }

    def differences(self, row: PersonRow, old: AnyRow) -> tuple[str, ...]:
        """Which kinds of identifier the file changes for this person."""
        changed = self._of[old.id] ^ {name for name, _ in named(row)}
        kinds = {"npi" if authority == NPI else "local_ids" for authority, _ in changed}
        return tuple(sorted(kinds, reverse=True))

    def _first(
        self, row: PersonRow, names: Iterable[Name], may_be: Callable[[PersonRow, str], bool]
    ) -> str | None:
        holders = (person_id for name in names for person_id in self._holders.get(name, ()))
        return next((i for i in holders if i in self._left and may_be(row, i)), None)

    def _agree(self, row: PersonRow, person_id: str) -> bool:
        npis = {value for authority, value in self._of[person_id] if authority == NPI}
        return not (row.npi and npis) or row.npi in npis

    def _same_name(self, row: PersonRow, person_id: str) -> bool:
        same = not names_differ(row.name, self._left[person_id].name)
        return same and self._agree(row, person_id)


def named(row: PersonRow) -> Iterator[tuple[tuple[str, str], str]]:
    """The identifiers by which reports name this person, and how the authority was written."""
    npi = [Identifier(row.npi, NPI, NPI)] if row.npi else []
    for identifier in (*npi, *row.local_ids):
        authority = people.authorities(identifier)[0]
        yield (authority, identifier.value), identifier.authority


def _npi(row: PersonRow) -> list[Name]:
    return [(NPI, row.npi)] if row.npi else []


def _ids(row: PersonRow) -> list[Name]:
    return [name for name, _ in named(row)]


def _reach(row: PersonRow) -> list[Name]:
    return _contacts(row.email, *(row.slack or ("", "")), row.mobile)


def _contacts(email: str, team: str, user: str, mobile: str) -> list[Name]:
    contacts = [("email", email.casefold()), ("slack", team, user), ("mobile", "", mobile)]
    return [contact for contact in contacts if contact[-1]]

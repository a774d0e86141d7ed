"""What has to hold between the rows of the directory: who may stand in for whom, shared phones."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.people_file import BadPeople, PersonRow, RowProblem, read_rows

# A cell or row that could not be read may be the very one that a rule looks for.
_LOST_ROW = ""
_TELLS_NPI = {_LOST_ROW, "npi"}
_ONE_PERSONS = "Each belongs to one person."
_CURES = {"email": "Give each their own, or leave a shared mailbox out."}
_TELLS_COORDINATOR = {_LOST_ROW, "roles", "mobile", "slack_user_id"}


def read_people(data: bytes, timezone: str) -> tuple[PersonRow, ...]:
    """The whole directory from a CSV file; ``timezone`` is for people who have none in it.

    Raises BadPeople with everything that speaks against it, in rows and between them.
    """
    rows, problems = read_rows(data, timezone)
    unsure = {problem.column for problem in problems}
    problems += [*_twice(rows), *_own_designees(rows), *_shared_mobiles(rows)]
    if not unsure & _TELLS_NPI:
        problems += _unknown_designees(rows)
    if not unsure & _TELLS_COORDINATOR:
        problems += _no_coordinator(rows)
    if problems:
        raise BadPeople(problems)
    return tuple(rows)


def _twice(rows: Sequence[PersonRow]) -> Iterator[RowProblem]:
    checks: tuple[tuple[str, Callable[[PersonRow], Iterable[Hashable]]], ...] = (
        ("npi", lambda row: [row.npi] if row.npi else []),
        ("local_ids", lambda row: {(i.authority.casefold(), i.value) for i in row.local_ids}),
        ("email", lambda row: [row.email.casefold()] if row.email else []),
        ("slack_user_id", lambda row: [row.slack] if row.slack else []),
    )
    for column, values in checks:
        first: dict[Hashable, int] = {}
        for row in rows:
            for value in values(row):
                line = first.setdefault(value, row.line)
                if line != row.line:
                    what = f"is that of line {line} as well"
                    yield RowProblem(row.line, column, what, _CURES.get(column, _ONE_PERSONS))


def _own_designees(rows: Sequence[PersonRow]) -> Iterator[RowProblem]:
    for row in rows:
        if row.designee_npi and row.designee_npi == row.npi:
            cure = "Name somebody else, or nobody."
            yield RowProblem(row.line, "designee_npi", "is their own", cure)


def _unknown_designees(rows: Sequence[PersonRow]) -> Iterator[RowProblem]:
    known = {row.npi for row in rows}
    for row in rows:
        if row.designee_npi and row.designee_npi not in known:
            cure = "Add that person's line, or correct the NPI."
            yield RowProblem(row.line, "designee_npi", "nobody in this file has it", cure)


def _shared_mobiles(rows: Sequence[PersonRow]) -> Iterator[RowProblem]:
    """An alert's ladder is the ordering provider, their designee and every coordinator: a code
    sent to two of them would arrive on one phone, and an answer could not be told apart."""
    sharing: dict[str, _Phone] = defaultdict(_Phone)
    for row in rows:
        met = sharing[row.mobile].met_by(row) if row.mobile else None
        if met:
            what = f"is that of line {met.line} as well, on the same ladder"
            cure = "Give each their own, or leave one empty."
            yield RowProblem(row.line, "mobile", what, cure)


@dataclass(slots=True)
class _Phone:
    """Whoever has one number, so far: a clinic's may be that of thousands, and asking each of them
    about each other took minutes."""

    first: PersonRow | None = None
    coordinator: PersonRow | None = None
    by_npi: dict[str, PersonRow] = field(default_factory=dict)
    by_designee: dict[str, PersonRow] = field(default_factory=dict)

    def met_by(self, row: PersonRow) -> PersonRow | None:
        """The first of them who is on one ladder with this one, who joins them."""
        coordinates = "coordinator" in row.roles
        anybody = self.first if coordinates else self.coordinator
        on_one = (anybody, self.by_npi.get(row.designee_npi), self.by_designee.get(row.npi))
        met = min((other for other in on_one if other), key=lambda o: o.line, default=None)
        self.first = self.first or row
        self.coordinator = self.coordinator or (row if coordinates else None)
        if row.npi:
            self.by_npi.setdefault(row.npi, row)
        if row.designee_npi:
            self.by_designee.setdefault(row.designee_npi, row)
        return met


def _no_coordinator(rows: Sequence[PersonRow]) -> Iterator[RowProblem]:
    coordinators = [row for row in rows if "coordinator" in row.roles]
    if not any(row.mobile or row.slack for row in coordinators):
        line = coordinators[0].line if coordinators else 1
        cure = "Give the role coordinator to somebody with a mobile or a Slack ID."
        yield RowProblem(line, "roles", "nobody would be a coordinator who can be paged", cure)

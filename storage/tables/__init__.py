"""The tables, by name. Rows never leave storage/: its other modules turn them into values.

An empty text means "none", except in columns that refer to another table, where it is NULL.
"""

from sqlalchemy import Table
from sqlmodel import SQLModel

from storage.tables.directory import (
    Editions,
    Landlines,
    People,
    PersonIdentifiers,
    Pins,
    StoppedNumbers,
    WrongNumbers,
)
from storage.tables.drills import DrillPages, Drills, Proofs
from storage.tables.paging import Alerts, Codes, Pages, Policies
from storage.tables.received import (
    Inbound,
    Messages,
    OrderNumbers,
    Quarantine,
    Reports,
    SourceCursors,
)
from storage.tables.trail import Audit, Seals


def _table(row: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(row.__tablename__)]


messages = _table(Messages)
quarantine = _table(Quarantine)
reports = _table(Reports)
order_numbers = _table(OrderNumbers)
policies = _table(Policies)
people = _table(People)
wrong_numbers = _table(WrongNumbers)
landlines = _table(Landlines)
stopped_numbers = _table(StoppedNumbers)
person_identifiers = _table(PersonIdentifiers)
pins = _table(Pins)
drills = _table(Drills)
drill_pages = _table(DrillPages)
proofs = _table(Proofs)
editions = _table(Editions)
alerts = _table(Alerts)
pages = _table(Pages)
codes = _table(Codes)
inbound = _table(Inbound)
source_cursors = _table(SourceCursors)
audit = _table(Audit)
seals = _table(Seals)

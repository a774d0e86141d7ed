"""What keeps a database from being used, in our own words: those of the drivers quote names of
hosts and accounts, values of rows, and of a mistyped URL a piece of its password.
"""

import re

from sqlalchemy.exc import DBAPIError

BEHIND = "its tables are missing, or those of an earlier release"
_SAID = (
    (r"lock timeout|obtain lock", "somebody keeps a row or a table of it locked"),
    (r"connection refused|no such file or directory", "no server listens at its address"),
    (r"resolve host|translate host|name or service", "the name of its host is not known"),
    (r"timeout expired|timed? ?out|no route to host|unreachable", "its server does not answer"),
    (r"no such (table|column)|(relation|column) .* does not exist", BEHIND),
    (r"password authentication failed|role .* does not exist", "name or password are refused"),
    (r"no password supplied", "its server asks for a password"),
    (r"pg_hba\.conf", "its server lets this account or machine not in, by pg_hba.conf"),
    (r"database .* does not exist", "its server has no database of that name"),
    (r"permission denied|read-?only", "this account may not use or write it"),
    (r"not a database|malformed", "its file is no SQLite database, or a damaged one"),
    (r"unable to open database file", "its file cannot be opened"),
    (r"database is locked", "another program keeps it locked"),
    (r"disk is full|no space left", "the disk is full"),
)


def why(error: DBAPIError) -> str:
    """The reason; where the driver says something else, what kind of error it is."""
    said = str(error.orig)
    known = (ours for theirs, ours in _SAID if re.search(theirs, said, re.IGNORECASE))
    return next(known, type(error.orig).__name__)

"""Why a database cannot be used is said, and nothing of what the driver quotes."""

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from storage.engines import read_url
from storage.trouble import BEHIND, why


def reason(url: str) -> str:
    engine = create_engine(read_url(url), connect_args={"connect_timeout": 5})
    with pytest.raises(OperationalError) as caught:
        engine.connect()
    return why(caught.value)


def test_a_server_that_is_not_there_is_told() -> None:
    assert reason("postgresql://me:secret@127.0.0.1:1/x") == "no server listens at its address"
    assert reason("postgresql://me@/x?host=/nowhere") == "no server listens at its address"


def test_a_piece_of_a_password_that_is_taken_for_the_host_is_not_told() -> None:
    assert reason("postgresql://me:pass@word@here.invalid/x") == "the name of its host is not known"


def test_a_server_that_knows_no_such_database_or_account_is_told(postgres_url: str) -> None:
    here = make_url(postgres_url)

    def but(**parts: str) -> str:
        return here.set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]

    assert reason(but(database="nowhere")) == "its server has no database of that name"
    assert reason(but(username="nobody_here")) == "name or password are refused"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ('FATAL:  password authentication failed for user "me"', "name or password are refused"),
        ("fe_sendauth: no password supplied", "its server asks for a password"),
        ('no pg_hba.conf entry for host "10.1.2.3"', "its server lets this account or machine not"),
        ("connection timeout expired", "its server does not answer"),
        ("permission denied for table alerts", "this account may not use or write it"),
        ("attempt to write a readonly database", "this account may not use or write it"),
        ("file is not a database", "its file is no SQLite database"),
        ("no such table: pages", BEHIND),
        ("no such column: pages.lost_at", BEHIND),
        ('relation "pages" does not exist', BEHIND),
        ("database is locked", "another program keeps it locked"),
        ("canceling statement due to lock timeout", "somebody keeps a row or a table of it locked"),
        ("database or disk is full", "the disk is full"),
        ('something new about "Doe, Jane"', "RuntimeError"),
    ],
)
def test_what_a_driver_says_is_told_in_words_of_our_own(theirs: str, ours: str) -> None:
    told = why(OperationalError("SELECT", {}, RuntimeError(theirs)))
    assert told.startswith(ours)
    assert "Doe" not in told

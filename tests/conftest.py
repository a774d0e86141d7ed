"""What all tests share: databases, samples, the browser, and the count of what was skipped."""

import gc
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.engine import Engine

from storage.database import Database
from tests.postgres import find_postgres, running_postgres
from tests.requirements import (
    ROOT,
    chromium_program,
    memory_folder,
    missing,
    shared_folder,
    spread,
)
from tests.statements import keep
from tests.written import as_it_was

OUTCOMES = {"passed": ["passed"], "failed": ["failed", "error"], "skipped": ["skipped"]}
# A test waits for the disk at each of its thousand commits, and no test is about the disk.
if "TMPDIR" not in os.environ and (memory := memory_folder()):
    os.environ["TMPDIR"], tempfile.tempdir = memory, None

# A worker is told the width of the terminal, and rich would keep that for every command.
os.environ.pop("COLUMNS", None)

# In the background of a script Ctrl-C is ignored, and so by the children that tests send it to.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Ten thousand tests that are collected all stay: to look through them takes a third of the time.
gc.disable()

event.listen(Engine, "engine_connect", keep)

# How long an example takes says more of what else the machine does: what must be quick is measured
# by the time of its thread, and each test has its timeout.
settings.register_profile("new", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The suite says whether a change is sound: what an example of chance finds is no fault of that
# change. `make fuzz` looks for new ones.
settings.register_profile("same", settings.get_profile("new"), derandomize=True)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """No test writes to the log of another one, whose stream may be closed by then."""
    with as_it_was():
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.__stderr__))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of samples: READBACK_SHARED, seen from the repository's root (../shared)."""
    return shared_folder() or missing("the folder of samples (READBACK_SHARED)")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for Playwright's executable_path."""
    return chromium_program() or missing("Chromium")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of the maintenance database of a server of the tests' own, one for each worker."""
    with running_postgres(find_postgres() or missing("PostgreSQL")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_maintenance(postgres_url: str) -> Iterator[Engine]:
    """For statements that cannot run in a transaction or in the database they are about."""
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@contextmanager
def new_database(maintenance: Engine, template: str) -> Iterator[str]:
    """The URL of a copy of ``template``, dropped afterwards with whoever is still connected.

    Its files are copied: through the server's log, as from version 15 on, takes thrice the time.
    """
    name = f"test_{uuid4().hex}"
    with maintenance.connect() as c:
        how = "STRATEGY file_copy" if (c.dialect.server_version_info or ()) >= (15,) else ""
        c.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} {how}"))
    yield maintenance.url.set(database=name).render_as_string(hide_password=False)
    with maintenance.connect() as c:
        c.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def migrated_on_postgresql(postgres_maintenance: Engine) -> Iterator[str]:
    """The name of a database with all tables: to copy it takes a tenth of the time to make it."""
    with new_database(postgres_maintenance, "template0") as url:
        migrate(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def migrated_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of one."""
    file = tmp_path_factory.mktemp("migrated") / "readback.db"
    migrate(f"sqlite:///{file}")
    return file


def migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()


@pytest.fixture
def postgres_database(postgres_maintenance: Engine, migrated_on_postgresql: str) -> Iterator[str]:
    """The URL of a database with empty tables, of the test's own."""
    with new_database(postgres_maintenance, migrated_on_postgresql) as url:
        yield url


@pytest.fixture
def sqlite_url(migrated_on_sqlite: Path, tmp_path: Path) -> str:
    """The same on SQLite: `readback.db` in the test's folder."""
    return f"sqlite:///{shutil.copy(migrated_on_sqlite, tmp_path)}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with empty tables, of each kind that Readback runs on."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_database"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The same without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'readback.db'}"
        return
    with new_database(request.getfixturevalue("postgres_maintenance"), "template0") as url:
        yield url


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest come first: in the end one of them would run alone, for half a minute."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What has been imported stays: the collector need not look through it again and again."""
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was skipped and why, and leave the counts for the last line of `make test`."""
    skipped = [
        (report.nodeid, _reason(report)) for report in terminalreporter.getreports("skipped")
    ]
    if skipped:
        terminalreporter.section("skipped")
    for name, reason in sorted(skipped, key=lambda pair: pair[::-1]):
        terminalreporter.write_line(f"{reason}: {name}")
    reasons = Counter(reason for _, reason in skipped).most_common()
    why = "".join(f"skipped, because {reason}: {count}\n" for reason, count in reasons)
    if spread():
        why += "scenarios beside the promises: on one database each, on both with `make both`\n"
    summary = ROOT / ".pytest_cache" / "readback-summary"
    summary.parent.mkdir(exist_ok=True)
    summary.write_text(f"{why}tests: {_counts(terminalreporter)}\n", encoding="utf-8")


def _reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def _counts(terminalreporter: pytest.TerminalReporter) -> str:
    found = terminalreporter.stats
    return ", ".join(
        f"{sum(len(found.get(key, [])) for key in keys)} {outcome}"
        for outcome, keys in OUTCOMES.items()
    )

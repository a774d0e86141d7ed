"""What all tests share: databases, samples, the browser, and the count of what was skipped."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from tests.postgres import find_postgres, running_postgres
from tests.requirements import ROOT, chromium_program, missing, shared_folder
from tests.written import as_it_was

OUTCOMES = {"passed": ["passed"], "failed": ["failed", "error"], "skipped": ["skipped"]}


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


@pytest.fixture
def postgres_database(postgres_maintenance: Engine) -> Iterator[str]:
    """The URL of a new, empty database, dropped after the test with whoever is still connected."""
    name = f"test_{uuid4().hex}"
    with postgres_maintenance.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    url = postgres_maintenance.url.set(database=name)
    yield url.render_as_string(hide_password=False)
    with postgres_maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database of each kind that Readback runs on."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'readback.db'}"
    url: str = request.getfixturevalue("postgres_database")
    return url


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

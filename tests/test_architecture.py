"""The rules of docs/architecture.md that a reader of one file cannot see."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.requirements import ROOT

SOURCES = sorted(path for folder in ("bot", "storage") for path in (ROOT / folder).rglob("*.py"))
DOMAIN = [path for path in SOURCES if path.is_relative_to(ROOT / "bot" / "domain")]
FOLDERS = ("benchmarks", "bot", "storage", "tests")
MOST_LINES = 300
# The transitions of an alert, and the tables of the first release, make no sense in parts.
READ_AS_A_WHOLE = {"bot/domain/alert.py", "storage/migrations/versions/0001_foundation.py"}
ENVIRONMENT = {"os.environ", "os.getenv", "os.environb", "os.getenvb"}
CLOCKS = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "time.time",
    "time.time_ns",
}


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """The full name behind each imported name: `from a.b import c as d` gives ("d", "a.b.c")."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            for name in node.names:
                bound = name.asname or name.name.partition(".")[0]
                yield bound, name.name if name.asname else bound
                yield name.name, name.name
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield name.asname or name.name, f"{node.module or '.'}.{name.name}"


@cache
def uses(path: Path) -> set[str]:
    """Every dotted name that the file reads, as the full name behind it."""
    known = dict(imports(path))
    found = set(known.values())
    for node in nodes(path):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            found.add(f"{known.get(first, first)}.{rest}")
    return found


def using(forbidden: set[str], allowed: tuple[str, ...]) -> list[str]:
    return [
        f"{where(path)}: {name}"
        for path in SOURCES
        if not where(path).startswith(allowed)
        for name in sorted(uses(path) & forbidden)
    ]


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", DOMAIN, ids=where)
def test_the_domain_imports_the_standard_library_and_itself_alone(path: Path) -> None:
    foreign = [
        name
        for _, name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("bot.domain.")
    ]
    assert foreign == []


def test_the_environment_is_read_in_settings_alone() -> None:
    # The stand-ins start the bot as a process of its own and hand it an environment.
    assert using(ENVIRONMENT, allowed=("bot/settings", "bot/sandbox/")) == []


def test_the_clock_is_read_in_one_place() -> None:
    # Slack's SDK refuses signatures that are five minutes off, so the stand-ins keep real time.
    assert using(CLOCKS, allowed=("bot/clock.py", "bot/sandbox/realtime.py")) == []


def test_only_the_command_line_and_the_app_know_the_settings() -> None:
    knowing = [
        where(path)
        for path in SOURCES
        if any(name.startswith("bot.settings") for _, name in imports(path))
    ]
    assert [
        path for path in knowing if not path.startswith(("bot/cli", "bot/app", "bot/settings"))
    ] == []


def test_pypdf_is_imported_only_in_the_process_that_reads_pdfs() -> None:
    importing = [
        where(path)
        for path in SOURCES
        if any(name.startswith(("pypdf", "bot.sources.pdf_words")) for _, name in imports(path))
    ]
    assert importing == ["bot/sources/pdf_words.py"]


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    longer = {
        where(path)
        for path in files
        if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES
    }
    assert longer == READ_AS_A_WHOLE

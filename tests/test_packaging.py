"""A clone installs itself from nothing but the index that the site's pip is set to."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, requires
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from packaging.requirements import Requirement

from tests.requirements import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("requirements.lock", "requirements-dev.lock")
CODE = ("bot", "storage", "tests", "benchmarks")
TARGETS = ("help", "venv", "lint", "test", "demo", "bench", "lock")
# Split, so that this file does not name them itself.
REGISTRY_HOSTS = ("pypi." + "org", "python" + "hosted", "npm" + "js", "deb." + "debian")
PINNED = re.compile(
    r"^(?P<name>[a-z0-9-]+)(?:\[(?P<extras>[a-z0-9,-]+)\])?==(?P<version>\S+)(?: ; [^\\]+)? \\$"
)
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pinned(lock: str) -> list[re.Match[str]]:
    lines = (ROOT / lock).read_text().splitlines()
    return [match for line in lines if (match := PINNED.match(line))]


def pins(lock: str) -> dict[str, str]:
    return {match["name"]: match["version"] for match in pinned(lock)}


def tracked(*folders: str) -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = (Path(name) for name in done.stdout.split("\0") if name)
    return [path for path in paths if (ROOT / path).is_file()]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_nothing_but_pinned_versions_each_with_its_hashes(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert [line for line in lines if not PINNED.match(line) and not HASH.match(line)] == []
    unhashed = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if PINNED.match(line) and not HASH.match(following)
    ]
    assert unhashed == []


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    groups = PROJECT["dependency-groups"]
    runtime = [*PROJECT["project"]["dependencies"], *groups["build"]]
    wanted = {"requirements.lock": runtime, "requirements-dev.lock": [*runtime, *groups["dev"]]}
    for lock, requirements in wanted.items():
        held = pins(lock)
        for requirement in map(Requirement, requirements):
            assert requirement.specifier.contains(held[requirement.name]), f"{lock}: run make lock"


def test_developers_and_sites_run_the_same_versions() -> None:
    site, development = map(pins, LOCKS)
    assert site.items() <= development.items()


def test_what_a_package_wants_with_an_extra_is_pinned_with_it() -> None:
    """pip before 23.3, which Python 3.11 brings, otherwise takes the newest release for the extra,
    finds no hash for it, and refuses the whole lock as soon as there is a newer release."""
    lock = "requirements-dev.lock"
    extras = {match["name"]: set((match["extras"] or "").split(",")) for match in pinned(lock)}
    for name in extras.keys() & {each.name.lower() for each in distributions()}:
        for requirement in map(Requirement, requires(name) or []):
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if applies and requirement.extras:
                assert requirement.extras <= extras[requirement.name], f"{name} wants {requirement}"


def test_the_lock_brings_the_build_backend_since_pip_may_fetch_nothing_unhashed() -> None:
    backend = {Requirement(each).name for each in PROJECT["build-system"]["requires"]}
    assert backend <= pins("requirements.lock").keys()


def test_no_tracked_file_names_a_package_registry() -> None:
    named = [
        f"{path}: {host}"
        for path in tracked()
        for host in REGISTRY_HOSTS
        if host.encode() in (ROOT / path).read_bytes()
    ]
    assert named == []


def test_a_commit_is_checked_by_what_make_lint_runs() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    pre_commit = Path(sys.executable).with_name("pre-commit")
    subprocess.run([pre_commit, "validate-config", config], check=True)
    hooks = [hook for repo in yaml.safe_load(config.read_text())["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}  # nothing is fetched
    run = {" ".join(word for word in hook["entry"].split() if word[0] != "-") for hook in hooks}
    recipe = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    in_make = {
        " ".join(word for word in line.split()[:2] if word[0] != "-").replace("$(BIN)", ".venv/bin")
        for line in recipe.splitlines()[1:]
    }
    assert {re.sub(r"(mypy) .*", r"\1", entry) for entry in run} == in_make
    (mypy,) = (hook["entry"] for hook in hooks if hook["id"] == "mypy")
    assert mypy.split()[1:] == [name for name in CODE if (ROOT / name).is_dir()]


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_and_lists_the_target(target: str) -> None:
    def make(*arguments: str) -> str:
        # The tests themselves run under make, whose flags must not reach this one.
        clean = ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make", *arguments]
        return subprocess.run(clean, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert f"make {target} " in make()
    make("-n", target)


def test_the_wheel_ships_every_tracked_file_of_the_packages(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(
        [*build, "--directory", str(tmp_path)], cwd=ROOT, capture_output=True, check=True
    )
    (wheel,) = tmp_path.glob("readback-*.whl")
    with ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    assert {str(path) for path in tracked("bot", "storage")} - shipped == set()

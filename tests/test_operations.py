"""What docs/operations.md says is what the program has."""

import configparser
import re

from typer.testing import CliRunner

from bot import metrics
from bot.cli import app
from tests.requirements import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
_SUFFIXES = {"counter": "_total"}


def test_every_metric_stands_in_its_table_with_what_it_says_of_itself() -> None:
    told = re.findall(r"^\| `(readback_[a-z_]+)` \| ([^|]+) \|", OPERATIONS, re.MULTILINE)
    there = [
        (one.name + _SUFFIXES.get(one.type, ""), one.documentation)
        for one in metrics.REGISTRY.collect()
    ]
    assert told == there


def test_an_alarm_is_only_on_a_metric_that_there_is() -> None:
    there = {one.name + _SUFFIXES.get(one.type, "") for one in metrics.REGISTRY.collect()}
    assert set(re.findall(r"readback_[a-z_]+", OPERATIONS)) <= there


def test_the_service_runs_a_command_that_there_is_and_never_gives_up() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.read_string(OPERATIONS.partition("```ini\n")[2].partition("```")[0])
    program, *words = unit["Service"]["ExecStart"].split()
    assert program.endswith("/.venv/bin/readback")
    assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"

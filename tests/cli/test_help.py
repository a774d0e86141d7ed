"""What the command line says to somebody who does not know it yet, or mistypes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import ORDER, app
from tests.requirements import ROOT


def output(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "120"})
    return result.exit_code, result.output


def test_help_lists_the_commands_in_the_order_a_newcomer_needs_them() -> None:
    _, text = output("--help")
    assert tuple(re.findall(r"^│ ([a-z]+) ", text, re.MULTILINE)) == ORDER
    assert "Exit codes: 0 all is well" in text


def test_every_command_is_in_the_order() -> None:
    registered = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]  # each has one of them
    assert registered | {group.name for group in app.registered_groups} == set(ORDER)


@pytest.mark.parametrize("command", ORDER)
def test_every_command_has_help(command: str) -> None:
    code, text = output(command, "--help")
    assert code == 0
    assert "Usage: " in text


@pytest.mark.parametrize("group", ["people", "quarantine", "audit", "alerts", "shadow", "fhir"])
def test_a_list_of_commands_has_a_sentence_for_each_that_fits_its_line(group: str) -> None:
    _, text = output(group, "--help")
    listed = text.partition(" Commands ")[2]
    lines = [line for line in listed.splitlines() if line.startswith("│")]
    assert lines
    assert [line for line in lines if line.startswith("│  ")] == []


def test_a_mistyped_command_is_told_what_would_work() -> None:
    code, text = output("srve")
    assert code == 2
    assert "Did you mean 'serve'?" in text


def test_a_mistyped_option_is_told_what_would_work() -> None:
    code, text = output("serve", "--confg", "x")
    assert code == 2
    assert "--config" in text


def test_a_mistyped_subcommand_is_told_what_would_work() -> None:
    code, text = output("quarantine", "lst")
    assert code == 2
    assert "Did you mean 'list'?" in text


def test_a_command_that_is_close_to_none_is_told_which_there_are() -> None:
    code, text = output("people", "ring")
    assert code == 2
    assert "No such command 'ring'. What there is: import, list, test." in text


def test_the_version_is_that_of_the_package() -> None:
    assert re.fullmatch(r"readback \d+\.\d+\.\d+\n", output("--version")[1])


def test_the_module_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("readback ")


def test_help_imports_neither_the_database_nor_the_sdks() -> None:
    code = (
        "import sys; sys.argv = ['readback', '--help']\n"
        "from bot.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'sqlalchemy', 'slack_sdk', 'twilio', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        *((name,) for name in ORDER),
        ("quarantine", "dismiss"),
        ("alerts", "show"),
        ("shadow", "report"),
    ],
)
def test_no_flag_asks_for_a_type(words: tuple[str, ...]) -> None:
    text = output(*words, "--help")[1]
    assert "--help" in text
    assert not re.search("bool", text, re.IGNORECASE)


def explained(encoding: str, *more: str) -> str:
    """What a process of its own writes: Python reads this variable only as it starts."""
    command = [sys.executable, "-m", "bot", "explain", str(ROOT / "report.example.hl7"), *more]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
    return done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_pipe_without_unicode_gets_the_nearest_signs(encoding: str) -> None:
    assert "+ report" in explained(encoding)


def test_a_pipe_without_unicode_gets_json_all_the_same() -> None:
    assert json.loads(explained("ascii", "--json"))["outcome"] == "report"


@pytest.mark.parametrize("words", [["--help"], ["explain"], ["explain", "--json"]])
def test_a_full_disk_gets_a_sentence_and_no_crash(words: list[str]) -> None:
    more = [str(ROOT / "report.example.hl7")] if "explain" in words else []
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words, *more],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "The disk is full" in done.stderr
    assert "Traceback" not in done.stderr


ENDED = """
import atexit, gc, sys
from bot.cli import main
atexit.register(lambda: print(gc.get_freeze_count() > 0))
sys.argv = ["readback", "--version"]
main()
"""


def test_as_it_ends_python_need_not_look_through_all_that_it_has_imported() -> None:
    command = [sys.executable, "-c", ENDED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "True"

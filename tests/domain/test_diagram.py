import subprocess
import sys

from bot.domain.alert import TRANSITIONS
from bot.domain.diagram import diagram
from tests.requirements import ROOT


def test_the_page_in_the_docs_is_what_the_code_says_now() -> None:
    committed = (ROOT / "docs" / "state-machine.md").read_text(encoding="utf-8")
    assert committed == diagram(), "run: python -m bot.domain.diagram > docs/state-machine.md"


def test_every_transition_has_its_row() -> None:
    text = diagram()
    for event in {event for _, event in TRANSITIONS}:
        rows = sum(of is event for _, of in TRANSITIONS)
        assert text.count(f"| {event.__name__} |") == rows


def test_the_module_prints_the_page() -> None:
    command = [sys.executable, "-m", "bot.domain.diagram"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert printed.stdout.decode() == diagram()

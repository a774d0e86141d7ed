"""What the tests of sources share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.fhir_server import Reading, reading_into
from tests.written import writing


@pytest.fixture
def reading(sqlite_url: str) -> Iterator[Reading]:
    """An engine that takes in what a source reads."""
    with writing(), reading_into(sqlite_url) as found:
        yield found


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder

"""What the tests of sources share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.fhir_server import Reading, reading_into
from tests.written import writing


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Reading]:
    """An engine that takes in what a source reads."""
    with writing(), reading_into(tmp_path) as found:
        yield found

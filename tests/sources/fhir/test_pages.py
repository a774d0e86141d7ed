"""How the pages of a search are turned, whatever their server calls what is on them."""

import json

import pytest

from tests.sources.fhir_polls import many, poll
from tests.sources.fhir_server import Reading


@pytest.mark.parametrize("same", ["fullUrl", "id"])
def test_pages_whose_entries_are_all_named_alike_are_turned_to_the_last(
    reading: Reading, same: str
) -> None:
    """They looked like links that lead in a circle: a few pages were read, and the rest never."""

    def named(page: bytes) -> bytes:
        found = json.loads(page)
        for entry in found["entry"]:
            entry["fullUrl"] = "https://ehr.example.org/r4/DiagnosticReport"
            entry["resource"].pop(same, None)
        return json.dumps(found).encode()

    server = many(50, page_size=5, spoils=named)
    assert poll(reading, server) == [50]

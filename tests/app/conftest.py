"""What the tests of the app share."""

import pytest


@pytest.fixture(autouse=True)
def _tables(sqlite_url: str) -> None:
    """The site has its `readback.db` already: to migrate it is most of what a start costs."""

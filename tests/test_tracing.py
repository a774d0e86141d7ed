"""What is not to be watched is not watched: only then does it take no more than its own time."""

import sys
import threading

import pytest


@pytest.mark.no_cover
def test_a_test_that_need_not_be_watched_is_not_traced() -> None:
    assert sys.gettrace() is None
    assert threading.gettrace() is None

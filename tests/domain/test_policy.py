import pytest

from tests.domain.loop import CRITICAL, POLICY


def test_a_category_is_found_by_its_name() -> None:
    assert POLICY.category("critical") == CRITICAL
    with pytest.raises(KeyError):
        POLICY.category("routine")


def test_routine_is_less_severe_than_every_category() -> None:
    assert [POLICY.severity(n) for n in ("critical", "significant", "routine")] == [0, 1, 2]

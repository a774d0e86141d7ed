import pytest

from bot.connections import is_local


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8099/api/", "http://[::1]:1/", "http://localhost:8099/slack/api/"]
)
def test_this_machine_needs_no_proxy(url: str) -> None:
    assert is_local(url)


@pytest.mark.parametrize("url", ["https://slack.com/api/", "http://10.0.0.7/api/", ""])
def test_everything_else_may_need_one(url: str) -> None:
    assert not is_local(url)

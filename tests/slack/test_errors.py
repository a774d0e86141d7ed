from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.page import SendFailed, SendUncertain
from bot.slack.errors import CODES, Kind, breakdown, for_all, refusal

MARKER = "SUBDURAL-MARKER"


def refused(data: Any, status: int = 200, **headers: str) -> SlackApiError:
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.invalid/api/chat.postMessage",
        req_args={},
        data=data,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        status_code=status,
    )
    return SlackApiError(MARKER, response)  # type: ignore[no-untyped-call]  # the SDK's omission


def code(error: str, status: int = 200, **headers: str) -> SendFailed | SendUncertain:
    return refusal(refused({"ok": False, "error": error}, status, **headers))


@pytest.mark.parametrize("error", [c for c, kind in CODES.items() if kind is Kind.ADDRESS])
def test_a_person_who_cannot_be_reached_is_given_up_for_good(error: str) -> None:
    failed = code(error)
    assert isinstance(failed, SendFailed)
    assert (failed.permanent, failed.configuration) == (True, False)
    assert failed.reason == f"slack-{error}"


@pytest.mark.parametrize("error", [c for c, kind in CODES.items() if kind is Kind.CONFIGURATION])
def test_what_the_operator_must_mend_is_told_to_the_operator(error: str) -> None:
    failed = code(error)
    assert isinstance(failed, SendFailed)
    assert (failed.permanent, failed.configuration) == (True, True)


@pytest.mark.parametrize("error", [c for c, kind in CODES.items() if kind is Kind.TRANSIENT])
def test_what_passes_is_tried_again(error: str) -> None:
    failed = code(error)
    assert isinstance(failed, SendFailed)
    assert (failed.permanent, failed.configuration) == (False, False)


@pytest.mark.parametrize("error", ["fatal_error", "internal_error"])
def test_where_slack_itself_does_not_know_neither_do_we(error: str) -> None:
    assert isinstance(code(error), SendUncertain)


def test_an_error_that_nobody_knows_goes_to_the_next_channel_and_to_the_operator() -> None:
    failed = code("a_brand_new_error")
    assert isinstance(failed, SendFailed)
    assert (failed.permanent, failed.configuration) == (True, True)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("30.0", 30.0), ("soon", None)])
def test_a_rate_limit_says_how_long_to_wait(header: str, seconds: float | None) -> None:
    failed = code("ratelimited", 429, Retry_After=header)
    assert isinstance(failed, SendFailed)
    assert (failed.permanent, failed.retry_after) == (False, seconds)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_gateway_that_failed_may_have_passed_the_message_on(status: int) -> None:
    assert isinstance(refusal(refused("<html>", status)), SendUncertain)


@pytest.mark.parametrize("data", ["<html>", {}, None, ""])
def test_a_success_that_slack_did_not_write_may_have_been_one(data: Any) -> None:
    assert isinstance(refusal(refused(data, 200)), SendUncertain)


def test_a_slack_that_says_itself_that_it_is_out_of_service_has_taken_nothing() -> None:
    failed = code("service_unavailable", 503)
    assert isinstance(failed, SendFailed)
    assert not failed.permanent


def test_an_answer_by_something_that_is_not_slack_is_the_operators_concern() -> None:
    failed = refusal(refused("<html>", 403))
    assert isinstance(failed, SendFailed)
    assert failed.configuration


@pytest.mark.parametrize("status", [408, 425])
def test_a_gateway_that_has_not_taken_it_lets_it_come_again(status: int) -> None:
    failed = refusal(refused("<html>", status))
    assert isinstance(failed, SendFailed)
    assert (failed.permanent, failed.configuration) == (False, False)


def test_an_answer_that_is_no_json_leaves_it_open() -> None:
    assert isinstance(refusal(SlackApiError(MARKER, object())), SendUncertain)  # type: ignore[no-untyped-call]  # the SDK hands out aiohttp's response there


@pytest.mark.parametrize(
    "data", [{"error": f"{MARKER} is no slug"}, {"error": 7}, "text", {"error": "x" * 65}]
)
def test_a_reason_never_quotes_what_came_back(data: Any) -> None:
    assert MARKER not in str(refusal(refused(data, 500)))


def test_a_connection_that_was_never_made_is_a_failure() -> None:
    failed = breakdown(aiohttp.ConnectionTimeoutError())
    assert isinstance(failed, SendFailed)
    assert (failed.reason, failed.permanent) == ("slack-unreachable", False)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError(104, "Connection reset by peer"),
        aiohttp.SocketTimeoutError(),
        TimeoutError(),
        aiohttp.ClientConnectionResetError("Connection lost"),
    ],
)
def test_a_connection_that_broke_under_a_request_leaves_it_open(
    error: aiohttp.ClientError | TimeoutError,
) -> None:
    assert isinstance(breakdown(error), SendUncertain)


@pytest.mark.parametrize(
    ("code", "everybody"),
    [
        ("token_revoked", True),
        ("missing_scope", True),
        ("user_not_found", False),
        ("msg_too_long", False),
        ("message_not_found", False),
        ("unheard_of", False),
    ],
)
def test_what_is_the_tokens_is_so_for_everybody(code: str, everybody: bool) -> None:
    assert for_all(SendFailed(f"slack-{code}", permanent=True, configuration=True)) is everybody

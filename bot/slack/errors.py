"""Slack's error codes as what the caller should do about them.

https://docs.slack.dev/reference/methods/chat.postMessage#errors and …/chat.update#errors.
"""

import re
from collections.abc import Mapping
from enum import Enum

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.connections import NEVER_CONNECTED, NOT_TAKEN, retry_after
from bot.domain.notices import LONGEST_RETRY_AFTER
from bot.domain.page import SendFailed, SendUncertain


class Kind(Enum):
    """Whose fault it is, and so what helps."""

    ADDRESS = "address"  # this person cannot be reached in Slack
    CONFIGURATION = "configuration"  # the operator must act: token, scope, our own request
    TRANSIENT = "transient"  # not taken, try again
    UNCERTAIN = "uncertain"  # Slack itself does not say whether it was taken
    GONE = "gone"  # the message to rewrite or to answer is not there any more


_ADDRESS = (
    "account_inactive_user cannot_dm_bot channel_not_found channel_type_not_supported is_archived"
    " not_in_channel recipient_not_found user_disabled user_not_found user_not_visible"
    " users_not_found"
)
_CONFIGURATION = (
    "access_denied account_inactive accesslimited as_user_not_supported ekm_access_denied"
    " enterprise_is_restricted invalid_arguments invalid_auth invalid_blocks"
    " invalid_blocks_format invalid_metadata_format invalid_metadata_schema message_limit_exceeded"
    " messages_tab_disabled metadata_too_large missing_scope msg_blocks_too_long msg_too_long"
    " no_permission no_text not_allowed_token_type not_authed org_login_required"
    " restricted_action team_access_not_granted team_not_found token_expired token_revoked"
)
_TRANSIENT = "rate_limited ratelimited request_timeout service_unavailable team_added_to_org"
# "It's possible some aspect of the operation succeeded before the error was raised."
_UNCERTAIN = "fatal_error internal_error"
_GONE = "cant_update_message edit_window_closed message_not_found thread_not_found"
CODES: Mapping[str, Kind] = {
    code: kind
    for kind, codes in (
        (Kind.ADDRESS, _ADDRESS),
        (Kind.CONFIGURATION, _CONFIGURATION),
        (Kind.TRANSIENT, _TRANSIENT),
        (Kind.UNCERTAIN, _UNCERTAIN),
        (Kind.GONE, _GONE),
    )
    for code in codes.split()
}
GONE = frozenset(f"slack-{code}" for code in _GONE.split())
_OF_EVERYBODY = (
    "access_denied account_inactive accesslimited ekm_access_denied enterprise_is_restricted"
    " invalid_auth messages_tab_disabled missing_scope no_permission not_allowed_token_type"
    " not_authed org_login_required restricted_action team_access_not_granted team_not_found"
    " token_expired token_revoked"
)
_FOR_ALL = frozenset(f"slack-{code}" for code in _OF_EVERYBODY.split())
_SLUG = re.compile(r"[a-z_]{1,64}")
_TOO_MANY, _SERVER_ERROR, _REDIRECTED = 429, 500, 300


def code_of(error: SlackApiError) -> str:
    """Slack's own code, "" where the answer was none of Slack's."""
    data = error.response.data if isinstance(error.response, AsyncSlackResponse) else None
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) and _SLUG.fullmatch(code) else ""


def refusal(error: SlackApiError) -> SendFailed | SendUncertain:
    """What an answer with ``ok: false``, or none that can be read, means for the message."""
    response, code = error.response, code_of(error)
    status = response.status_code if isinstance(response, AsyncSlackResponse) else 0
    if status == _TOO_MANY:
        wait = retry_after(response.headers, LONGEST_RETRY_AFTER)
        return SendFailed("slack-ratelimited", permanent=False, retry_after=wait)
    if not code:
        return _without_code(status)
    return _by_code(code)


def _by_code(code: str) -> SendFailed | SendUncertain:
    match CODES.get(code):
        case Kind.ADDRESS | Kind.GONE:
            return SendFailed(f"slack-{code}", permanent=True)
        case Kind.TRANSIENT:
            return SendFailed(f"slack-{code}", permanent=False)
        case Kind.UNCERTAIN:
            return SendUncertain(f"slack-{code}")
        case _:  # unknown codes as well: the next channel now, and the operator is told
            return SendFailed(f"slack-{code}", permanent=True, configuration=True)


def _without_code(status: int) -> SendFailed | SendUncertain:
    """An answer by something between us and Slack, which may have passed the request on; a proxy
    says 503 also where the connection behind it broke under the request."""
    if status >= _SERVER_ERROR or status < _REDIRECTED:  # 0 where not even that can be told
        return SendUncertain(f"slack-status-{status}")
    operators = status not in NOT_TAKEN
    return SendFailed(f"slack-status-{status}", permanent=operators, configuration=operators)


def breakdown(error: aiohttp.ClientError | TimeoutError) -> SendFailed | SendUncertain:
    """What a broken connection means for the request that was on it."""
    if isinstance(error, NEVER_CONNECTED):
        return SendFailed("slack-unreachable", permanent=False)
    return SendUncertain("slack-no-answer")


def for_all(failed: SendFailed) -> bool:
    """Whether nobody gets a message as long as this is so: the token or the workspace is why."""
    return failed.reason in _FOR_ALL


def was_connected(error: aiohttp.ClientError) -> bool:
    """Whether there was a connection at all; if not, a second try at once would fare no better."""
    return not isinstance(error, NEVER_CONNECTED)

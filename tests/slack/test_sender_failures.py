"""What is certain after Slack has refused, lost an answer, or was away."""

import socket
from dataclasses import replace

import pytest

from bot.domain.page import Notice, SendFailed, SendUncertain, Sent
from bot.sandbox.people import SlackPerson
from bot.sandbox.world import World
from bot.slack import SlackSettings
from tests.slack.given import notice, page
from tests.slack.sending import find, posted, send


def test_a_rewriting_that_slack_refuses_for_another_reason_fails(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    [sent] = send(site, page())
    world.slack.faults.fail_next("chat.update", error="ratelimited")
    with pytest.raises(SendFailed) as failed:
        send(site, notice(Notice.HANDED_OVER, owner_id="p-ben", posted=posted(sent)))
    assert failed.value.reason == "slack-ratelimited"


def test_a_lost_answer_is_uncertain_and_can_be_proven(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", "lost_reply")
    with pytest.raises(SendUncertain):
        send(site, page())
    found = find(site, page())
    assert found == Sent(ada.messages[0].ts, ada.messages[0].channel)


def test_a_message_that_slack_never_had_is_not_found(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", "refuse")
    with pytest.raises(SendUncertain):
        send(site, page())
    assert find(site, page()) is None


def test_the_sdk_repeats_nothing_by_itself(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", "lost_reply")
    with pytest.raises(SendUncertain):
        send(site, page())
    posts = [e.method for e in world.log if e.method.startswith("chat.")]
    assert posts == ["chat.postMessage"]


def test_a_lost_answer_to_a_rewriting_is_only_a_reason_to_try_again(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    [sent] = send(site, page())
    world.slack.faults.fail_next("chat.update", "lost_reply")
    with pytest.raises(SendFailed) as failed:
        send(site, notice(Notice.HANDED_OVER, owner_id="p-ben", posted=posted(sent)))
    assert not failed.value.permanent


def test_a_question_without_an_answer_is_a_failure(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("conversations.history", status=500)
    with pytest.raises(SendFailed) as failed:
        find(site, page())
    assert not failed.value.permanent


@pytest.mark.parametrize("method", ["conversations.open", "conversations.history"])
def test_half_an_answer_to_a_question_is_a_failure_like_any_other(
    site: SlackSettings, world: World, ada: SlackPerson, method: str
) -> None:
    world.slack.faults.fail_next(method, "hollow")
    with pytest.raises(SendFailed) as failed:
        find(site, page())
    assert not failed.value.permanent


def test_half_an_answer_to_whether_an_account_is_active_leaves_the_post_as_it_is(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("users.info", "hollow")
    [sent] = send(site, page())
    assert sent.provider_id == ada.messages[0].ts


def test_a_rate_limit_is_passed_on_with_its_wait(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", status=429, retry_after=12)
    with pytest.raises(SendFailed) as failed:
        send(site, page())
    assert (failed.value.permanent, failed.value.retry_after) == (False, 12.0)


def test_a_deactivated_person_is_given_up_for_good(site: SlackSettings, ada: SlackPerson) -> None:
    ada.deactivate("user_disabled")
    with pytest.raises(SendFailed) as failed:
        send(site, page())
    assert (failed.value.permanent, failed.value.configuration) == (True, False)


def test_a_missing_scope_is_the_operators_concern(ada: SlackPerson, world: World) -> None:
    with World(scopes=["commands"]) as poor:
        poor.slack_user("U1")
        tokens = poor.slack_tokens
        site = SlackSettings(tokens.bot, tokens.app, "1", "none", poor.slack_api_url)
        with pytest.raises(SendFailed) as failed:
            send(site, page())
    assert failed.value.configuration


def test_somebody_without_slack_is_refused_before_any_call(
    site: SlackSettings, world: World
) -> None:
    with pytest.raises(SendFailed) as failed:
        send(site, page(person=replace(page().person, slack=None)))
    assert failed.value.permanent
    assert world.log == []


def test_slack_being_away_is_certain_and_passes() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = taken.getsockname()[1]
        site = SlackSettings("xoxb-x", "xapp-x", "1", "none", f"http://127.0.0.1:{port}/api/")
        with pytest.raises(SendFailed) as failed:
            send(site, page())
    assert failed.value.reason == "slack-unreachable"
    assert not failed.value.permanent


def test_an_exception_quotes_neither_the_page_nor_the_answer(
    site: SlackSettings, world: World, ada: SlackPerson
) -> None:
    world.slack.faults.fail_next("chat.postMessage", error="invalid_blocks")
    with pytest.raises(SendFailed) as failed:
        send(site, page())
    assert str(failed.value) == "slack-invalid_blocks"
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__

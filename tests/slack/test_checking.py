from dataclasses import replace

import pytest
from slack_sdk.web import SlackResponse

from bot.sandbox.people import SlackPerson
from bot.sandbox.slack_state import TEAM
from bot.sandbox.world import World
from bot.slack import SlackSettings
from bot.slack.checking import Checked, check, check_bot, check_person, missing_scopes
from tests.slack.given import ADA


def what(checked: Checked) -> list[str]:
    return [problem.what for problem in checked.problems]


def test_tokens_that_work_tell_their_workspace(site: SlackSettings) -> None:
    assert check(site) == Checked("Stand-in", TEAM)


def test_nothing_is_posted_to_find_out(site: SlackSettings, world: World) -> None:
    check(site)
    assert [entry.method for entry in world.log] == ["auth.test", "apps.connections.open"]


def test_tokens_in_each_others_place_are_named_without_asking_slack(
    site: SlackSettings, world: World
) -> None:
    swapped = replace(site, bot_token=site.app_token, app_token=site.bot_token)
    assert what(check(swapped)) == ["SLACK_BOT_TOKEN and SLACK_APP_TOKEN hold each other's value."]
    assert world.log == []


@pytest.mark.parametrize(
    ("field", "name"), [("bot_token", "SLACK_BOT_TOKEN"), ("app_token", "SLACK_APP_TOKEN")]
)
def test_a_token_that_slack_refuses_is_named(site: SlackSettings, field: str, name: str) -> None:
    wrong = replace(site, **{field: f"{getattr(site, field)[:5]}wrong"})  # type: ignore[arg-type]  # both are strings
    assert what(check(wrong)) == [f"Slack refuses {name}: invalid_auth."]


def test_an_app_token_without_its_scope_says_which(site: SlackSettings, world: World) -> None:
    world.slack.faults.fail_next("apps.connections.open", error="missing_scope")
    [problem] = check(site).problems
    assert "connections:write" in problem.cure


def test_slack_being_out_of_reach_points_to_the_network(site: SlackSettings, world: World) -> None:
    world.slack_down()
    [problem] = check(site).problems  # whichever token it was asked with
    assert problem.what == "127.0.0.1 cannot be reached."
    assert "firewall" in problem.cure


def test_an_answer_that_is_not_slacks_is_no_traceback(site: SlackSettings, world: World) -> None:
    world.slack.faults.fail_next("auth.test", status=502)
    assert check_bot(site).problems


def test_somebody_who_can_be_posted_to_is_no_problem(site: SlackSettings, ada: SlackPerson) -> None:
    assert check_person(site, ADA) is None


def test_somebody_without_slack_is_not_asked_about(site: SlackSettings, world: World) -> None:
    assert check_person(site, replace(ADA, slack=None)) is None
    assert world.log == []


def test_an_account_that_is_deactivated_is_found(site: SlackSettings, ada: SlackPerson) -> None:
    ada.deactivate()
    problem = check_person(site, ADA)
    assert problem is not None
    assert "deactivated" in problem.what


def test_a_member_id_of_another_workspace_is_found(site: SlackSettings) -> None:
    problem = check_person(site, ADA)
    assert problem is not None
    assert "does not know" in problem.what


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("chat:write,commands,im:history,im:write,users:read,files:read", []),
        ("chat:write, commands, im:write, users:read", ["im:history"]),
    ],
)
def test_scopes_that_the_token_lacks_are_named(header: str, missing: list[str]) -> None:
    """The stand-in does not send the header in which Slack names a token's scopes."""
    answer = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.invalid/api/auth.test",
        req_args={},
        data={"ok": True},
        headers={"X-OAuth-Scopes": header},
        status_code=200,
    )
    assert [p.what for p in missing_scopes(answer)] == [
        f"The bot token lacks the scope {scope}." for scope in missing
    ]


@pytest.mark.parametrize("fault", ["error", "down"])
def test_a_question_that_got_no_answer_blames_nobody(
    site: SlackSettings, world: World, ada: SlackPerson, fault: str
) -> None:
    if fault == "down":
        world.slack_down()
    else:
        world.slack.faults.fail_next("users.info", error="missing_scope")
    problem = check_person(site, ADA)
    assert problem is not None
    assert "could not be looked up" in problem.what

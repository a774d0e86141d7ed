"""Opening, pushing, updating and closing views, for the methods and for submissions alike."""

from __future__ import annotations

from bot.sandbox.journal import Json
from bot.sandbox.slack_checks import problems_of_view
from bot.sandbox.slack_state import (
    APP,
    BOT,
    MOST_STACKED_VIEWS,
    TEAM,
    SlackError,
    View,
    Workspace,
    with_ids,
)

_DEFAULTS: Json = {
    "private_metadata": "",
    "callback_id": "",
    "external_id": "",
    "clear_on_close": False,
    "notify_on_close": False,
    "submit": None,
    "close": None,
}


def checked_view(data: object) -> Json:
    """The view with its defaults and ids. Raises SlackError as Slack does."""
    if (problems := problems_of_view(data)) or not isinstance(data, dict):
        raise SlackError("invalid_arguments", response_metadata={"messages": problems})
    return {**_DEFAULTS, **data, "blocks": with_ids(data["blocks"])}


def open_view(
    workspace: Workspace, user: str, data: Json, trigger: str, *, on_top: bool = False
) -> View:
    """A new modal for this person; unless it is pushed `on_top`, those that were open are gone."""
    below = workspace.stack(user)
    if on_top and len(below) >= MOST_STACKED_VIEWS:
        raise SlackError("push_limit_reached")
    if not on_top:
        for view in below:
            view.open = False
    view = View(workspace.new_id("V"), user, {}, "", trigger)
    view.root, view.previous = (
        (below[0].root, below[-1].id) if on_top and below else (view.id, None)
    )
    view.show(data)
    workspace.views[view.id] = view
    workspace.journal.tell("slack.view_opened", user=user, view_id=view.id)
    return view


def change_view(workspace: Workspace, view: View, data: Json) -> None:
    view.show(data)
    workspace.journal.tell("slack.view_updated", user=view.user, view_id=view.id)


def close_view(workspace: Workspace, view: View, *, everything: bool = False) -> None:
    for each in workspace.stack(view.user) if everything else [view]:
        each.open = False
    workspace.journal.tell("slack.view_closed", user=view.user, view_id=view.id)


def view_json(view: View) -> Json:
    """The view as Slack hands it out: what the app sent, the state, and Slack's own fields."""
    return {
        "id": view.id,
        "team_id": TEAM,
        "state": {"values": view.values},
        "hash": view.hash,
        "previous_view_id": view.previous,
        "root_view_id": view.root or view.id,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": BOT,
        **view.data,
    }

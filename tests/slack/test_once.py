"""Acts that are delivered again: the first one's answer, and nothing done twice."""

import threading
from types import SimpleNamespace

import pytest
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from bot.slack import once
from bot.slack.once import Answers, OnceApp, act_of

ANYBODY = AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="a token")
FINE, REFUSED = BoltResponse(status=200, body="fine"), BoltResponse(status=404, body="")


def test_the_second_gets_the_answer_of_the_first() -> None:
    answers = Answers()
    assert answers.begin("1") is None
    second = answers.begin("1")
    assert second is not None
    assert not second.done()
    answers.settle("1", FINE)
    assert second.result(0) is FINE
    third = answers.begin("1")
    assert third is not None
    assert third.result(0) is FINE


def test_what_did_not_succeed_may_be_tried_again() -> None:
    answers = Answers()
    answers.begin("1")
    answers.settle("1", REFUSED)
    assert answers.begin("1") is None


def test_answers_are_kept_for_a_while_and_never_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "MOST_REMEMBERED", 2)
    answers = Answers()
    for act in "123":
        answers.begin(act)
    assert answers.begin("3") is not None
    assert answers.begin("1") is None
    monkeypatch.setattr(once, "REMEMBERED_SECONDS", 0.0)
    assert answers.begin("3") is None


def test_of_many_at_once_one_begins() -> None:
    answers, begun = Answers(), []
    threads = [threading.Thread(target=lambda: begun.append(answers.begin("1"))) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun.count(None) == 1


@pytest.mark.parametrize(
    ("body", "act"),
    [
        ({"type": "view_submission", "trigger_id": "1.2"}, "1.2"),
        ({"type": "event_callback", "event_id": "Ev1"}, "Ev1"),
        ({"type": "view_closed"}, None),
    ],
)
def test_an_act_is_known_by_its_trigger_or_event(body: dict[str, str], act: str | None) -> None:
    assert act_of(BoltRequest(body=body, mode="socket_mode")) == act


def test_an_act_that_cannot_be_looked_up_fails_and_may_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever pressed the button again waited for an answer that nobody was to give."""
    monkeypatch.setattr(once, "PATIENCE_SECONDS", 0.1)

    def broken(_: object) -> bool:
        raise RuntimeError("the database is closed")

    app = OnceApp(signing_secret="none", authorize=lambda: ANYBODY)
    app.use_once(SimpleNamespace(database=SimpleNamespace(look=broken)))  # type: ignore[arg-type]  # all that is asked of it
    body = {"type": "block_actions", "trigger_id": "1.2", "actions": [{"action_id": "undo"}]}
    answers = [app.dispatch(BoltRequest(body=body, mode="socket_mode")) for _ in range(2)]
    assert [answer.status for answer in answers] == [500, 500]
    assert app.answers.begin("1.2") is None

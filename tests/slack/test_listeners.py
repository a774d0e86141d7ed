"""The connection, and what happens when the engine or Slack is not there for a click."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.engine.bridge import Bridge
from bot.sandbox.world import World
from bot.slack import SlackSettings, blocks, desk
from bot.slack.listeners import SlackListeners
from tests.slack.clinic import Clinic, report
from tests.waiting import until
from tests.written import Written, writing

HERE = "I have read and understood this finding"


@pytest.fixture
def another(clinic: Clinic) -> Iterator[SlackListeners]:
    """A second app on the same engine, not started yet."""
    made = SlackListeners(clinic.engine, Bridge(clinic.loop), clinic.settings)
    yield made
    made.stop()


@contextmanager
def busy(clinic: Clinic) -> Iterator[None]:
    """Nothing can be written meanwhile, which is found out long before Slack's three seconds."""
    over = threading.Event()
    unit = clinic.database.submit(lambda _: over.wait(20))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(desk, "PATIENCE_SECONDS", min(desk.PATIENCE_SECONDS, 0.5))
            yield
    finally:
        over.set()
        unit.result(20)


def test_it_says_whether_a_click_would_arrive_and_comes_back(clinic: Clinic, world: World) -> None:
    world.slack_down()
    until(lambda: not clinic.listeners.connected())
    world.slack_down(down=False)
    until(clinic.listeners.connected)
    clinic.page_ada()
    assert clinic.ada.click("Acknowledge", clinic.ada.messages[0]).modal.is_open


def test_a_connection_that_is_asked_to_move_moves(clinic: Clinic, world: World) -> None:
    [before] = world.slack.socket.links
    world.disconnect_sockets()
    world.wait_until(lambda: before not in world.slack.socket.links, why="it stayed")
    world.wait_connected()
    clinic.page_ada()
    assert clinic.ada.click("Acknowledge", clinic.ada.messages[0]).modal.is_open


def test_it_starts_while_slack_is_away_and_connects_when_it_is_back(
    another: SlackListeners, world: World
) -> None:
    world.slack.faults.fail_next("apps.connections.open", status=500)
    another.start()
    until(another.connected)
    assert [e.method for e in world.log].count("apps.connections.open") == 3


def test_it_can_be_stopped_while_it_still_tries_to_connect(
    another: SlackListeners, world: World
) -> None:
    world.slack.faults.fail_next("apps.connections.open", status=500, times=100)
    another.start()
    until(lambda: len(world.log) > 1)
    began = time.monotonic()
    another.stop()
    assert time.monotonic() - began < 5
    assert not another.connected()


def test_stopping_does_not_wait_for_the_sdk_to_time_out(
    another: SlackListeners, world: World
) -> None:
    another.start()
    world.wait_connected(2)
    until(another.connected)
    began = time.monotonic()
    another.stop()
    assert time.monotonic() - began < 2.5


def test_it_was_never_connected_without_a_start(another: SlackListeners) -> None:
    assert not another.connected()


def test_a_click_that_the_engine_cannot_answer_in_time_is_told_so(clinic: Clinic) -> None:
    clinic.page_ada()
    with busy(clinic):
        answer = clinic.ada.click("Acknowledge", clinic.ada.messages[0])
        assert "Readback could not confirm this." in answer.ephemeral.plain


ACTIONS = (blocks.ACKNOWLEDGE, blocks.ALREADY_CALLED, blocks.DECLINE, blocks.UNDO)


@pytest.mark.parametrize("action", ACTIONS)
def test_whichever_button_breaks_off_its_person_is_told_so(clinic: Clinic, action: str) -> None:
    clinic.page_ada()
    for block in clinic.ada.messages[0].blocks:
        for element in block.get("elements", []):
            if element.get("action_id") == blocks.ACKNOWLEDGE:
                element["action_id"] = action
    with busy(clinic):
        answer = clinic.ada.click("Acknowledge", clinic.ada.messages[0])
        assert "Readback could not confirm this." in answer.ephemeral.plain


def test_an_error_right_after_the_ack_shows_our_apology_and_no_timeout_of_slacks(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bolt looks for the ack every 10 ms; an error within them made it forget the ack."""
    clinic.page_ada()
    monkeypatch.setattr(desk, "PATIENCE_SECONDS", 0.0)
    with busy(clinic):
        answers = (
            clinic.ada.click("Acknowledge", clinic.ada.messages[0]),
            clinic.ada.click("I can't take this", clinic.ada.messages[0]),
            clinic.ada.command("/readback", f"assign {clinic.alert().ref} @ben"),
        )
        for answer in answers:
            assert (answer.outcome, answer.error) == ("acknowledged", None)
            assert "Readback could not confirm this." in answer.ephemeral.plain


def test_a_submission_without_an_answer_in_time_says_that_it_may_not_count(
    clinic: Clinic,
) -> None:
    clinic.page_ada()
    modal = clinic.ada.click("Acknowledge", clinic.ada.messages[0]).modal
    with busy(clinic):
        answer = clinic.ada.submit(modal, {"Confirm": HERE})
        assert answer.outcome == "updated"
        assert answer.view is not None
        assert "Readback could not confirm this." in answer.view.text
    clinic.wait_for_state("acknowledged")


def test_twelve_people_who_click_at_once_all_get_their_modal(clinic: Clinic) -> None:
    clinic.page_ada()
    message = clinic.ada.messages[0]
    answers = []

    def click() -> None:
        answers.append(clinic.ada.click("Acknowledge", message))

    threads = [threading.Thread(target=click) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 12
    assert all(answer.modal.id for answer in answers)


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine_itself(
    monkeypatch: pytest.MonkeyPatch, clinic: Clinic, another: SlackListeners
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # the discard port: nobody listens
    another.start()
    until(another.connected)
    clinic.listeners.stop()
    clinic.page_ada()
    told = clinic.ada.command("/readback", "help").ephemeral.plain
    assert "/readback open" in told


@pytest.fixture
def written() -> Iterator[Written]:
    with writing() as stream:
        yield stream


def test_nothing_that_was_said_in_slack_reaches_the_log(
    site: SlackSettings, world: World, tmp_path: Path, written: Written
) -> None:
    with Clinic(world, tmp_path, site) as clinic:
        clinic.page_ada()
        modal = clinic.ada.click("Acknowledge", clinic.ada.messages[0]).modal
        clinic.ada.submit(modal, {"words": "WORDS-MARKER"})
        clinic.ada.command("/readback", "show TYPED-MARKER").ephemeral  # noqa: B018 - waits for it
        world.slack.faults.fail_next("views.open", error="invalid_arguments")
        clinic.receive(report(clinic.clock.now(), "A2"))
        clinic.wait_for_text(clinic.ada, "[Acknowledge]", 1)
        told = clinic.ada.click("Acknowledge", clinic.ada.messages[1]).ephemeral
        assert "Readback could not confirm this." in told.plain
        unknown = {
            "type": "block_actions",
            "actions": [{"action_id": "ID-MARKER", "type": "button"}],
        }
        world.server.run(world.slack.socket.deliver("interactive", unknown))
    events = [line["event"] for line in written.lines]
    assert "slack_listener_failed" in events
    assert "library" in events
    assert "MARKER" not in written.getvalue()
    assert clinic.settings.bot_token not in written.getvalue()

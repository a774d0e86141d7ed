"""Several connections: what is replaced, in which order, and what Slack's limits do to it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
import structlog
from slack_bolt import Ack, App

from bot.sandbox.people import SlackPerson
from bot.sandbox.world import World
from bot.slack import SlackSettings, connection
from bot.slack.sockets import Sockets
from bot.slack.transport import web_client
from tests.waiting import until

Start = Callable[[int], Sockets]


@pytest.fixture
def start(world: World, site: SlackSettings) -> Iterator[Start]:
    """So many connections of an app that answers /readback, started."""
    client = web_client(site)
    client.token = site.bot_token
    app = App(client=client)
    app.command("/readback")(_here)
    app.command("/long")(_long)
    app.command("/slow")(partial(_when_another_is_there, world))
    started: list[Sockets] = []
    app.command("/stop")(partial(_while_it_stops, world, started))

    def begin(count: int) -> Sockets:
        sockets = Sockets(app, replace(site, connections=count), workers=2)
        started.append(sockets)
        sockets.start()
        return sockets

    yield begin
    for sockets in started:
        sockets.stop()


def _here(ack: Ack) -> None:
    ack("here")


def _when_another_is_there(world: World, ack: Ack) -> None:
    """Within the three seconds that Slack waits."""
    until = time.monotonic() + 2
    while len(world.slack.socket.links) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    ack("here")


def _while_it_stops(world: World, started: list[Sockets], ack: Ack) -> None:
    """Half a second into the stop, or once there is no connection left."""
    threading.Thread(target=started[0].stop, daemon=True).start()
    until = time.monotonic() + 0.5
    while world.slack.socket.links and time.monotonic() < until:
        time.sleep(0.01)
    ack("here")


LONG = "A long report, über 64 KB. " * 3_000


def _long(ack: Ack) -> None:
    ack(LONG)


@pytest.fixture
def ada(world: World) -> SlackPerson:
    return world.slack_user("U0ADA", "Dr. Ada Osei")


def test_a_connection_counts_once_slack_has_greeted_it(
    world: World, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HELLO_SECONDS", 0.3)
    world.slack.socket.mute = True
    sockets = start(1)
    world.wait_connected()
    assert sockets.live() == 0
    world.slack.socket.mute = False
    until(lambda: sockets.live() == 1)


def test_beyond_slacks_limit_the_others_work_and_slack_is_not_stormed(
    world: World, start: Start, ada: SlackPerson
) -> None:
    world.slack.socket.most_links = 2
    with structlog.testing.capture_logs() as logged:
        sockets = start(3)
        until(lambda: any(line.get("error") == "too_many_websockets" for line in logged))
        until(lambda: sockets.live() == 2)
    assert [e.method for e in world.log].count("apps.connections.open") == 3
    assert ada.command("/readback").ephemeral.text == "here"


def test_an_old_connection_goes_when_its_successor_is_there_and_its_acts_have_ended(
    world: World, start: Start, ada: SlackPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.sockets.OLDEST_SECONDS", 0.5)
    sockets = start(1)
    world.wait_connected()
    (first,) = world.slack.socket.links
    assert ada.command("/slow").ephemeral.text == "here"
    until(lambda: first not in world.slack.socket.links)
    assert sockets.live() == 1


def test_a_connection_that_is_asked_to_go_is_followed_before_it_ends(
    world: World, start: Start, ada: SlackPerson
) -> None:
    sockets = start(2)
    world.wait_connected(2)
    until(lambda: sockets.live() == 2)
    before = list(world.slack.socket.links)
    world.disconnect_sockets("warning")
    until(lambda: len(set(world.slack.socket.links) - set(before)) == sockets.live() == 2)
    assert ada.command("/readback").ephemeral.text == "here"


def test_an_answer_of_more_than_64_kilobytes_arrives(
    start: Start, world: World, ada: SlackPerson
) -> None:
    start(1)
    world.wait_connected()
    assert ada.command("/long").ephemeral.text == LONG


def test_an_envelope_of_a_megabyte_is_read(start: Start, world: World, ada: SlackPerson) -> None:
    """A submitted modal comes back with all that it showed."""
    start(1)
    world.wait_connected()
    assert ada.command("/readback", "x" * 1_200_000).ephemeral.text == "here"


def test_the_log_says_why_slack_lets_nobody_in(world: World, start: Start) -> None:
    world.slack.faults.fail_next("apps.connections.open", error="not_allowed_token_type")
    with structlog.testing.capture_logs() as logged:
        sockets = start(1)
        until(lambda: sockets.live() == 1)
    assert "not_allowed_token_type" in [line.get("error") for line in logged]


def test_slack_is_left_alone_for_as_long_as_it_asks(world: World, start: Start) -> None:
    world.slack.faults.fail_next("apps.connections.open", status=429, retry_after=2)
    began = time.monotonic()
    sockets = start(1)
    until(lambda: sockets.live() == 1)
    assert time.monotonic() - began >= 2


def test_links_that_are_greeted_and_lost_again_and_again_do_not_storm_slack(
    world: World, start: Start
) -> None:
    sockets = start(1)
    ends = time.monotonic() + 3.5  # the pauses are none, then 1, 2 and 4 seconds
    while time.monotonic() < ends:
        if sockets.live():
            world.cut_sockets()
        time.sleep(0.01)
    assert [e.method for e in world.log].count("apps.connections.open") <= 4
    until(lambda: sockets.live() == 1)


def test_a_click_during_a_stop_is_answered(world: World, start: Start, ada: SlackPerson) -> None:
    start(1)
    world.wait_connected()
    assert ada.command("/stop").ephemeral.text == "here"
    until(lambda: not world.slack.socket.links)

"""The request went out and no answer came: evidence first, one marked repeat, the next channel.

Each fault of the wire is a real one, between the bot and the provider's stand-in.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from bot.engine import proof
from bot.phone import client as twilio
from bot.sandbox.faults import Faults, How
from bot.sandbox.hospital import Hospital
from bot.sandbox.world import World
from bot.slack import sender as slack
from storage.page_history import PageRow
from tests.scenarios.looking import (
    acknowledge_by_sms,
    asked_by,
    expect_everything,
    owner,
    paged,
    pages,
)
from tests.scenarios.wire import PROCESSED, Fault, Wire

NOT_PROCESSED: tuple[Fault, ...] = ("reset before", "deaf")
CALLS = {"slack": b"chat.postMessage", "sms": b"/Messages.json"}
METHODS = {"slack": "chat.postMessage", "sms": "messages.create"}
both_channels = pytest.mark.parametrize("channel", CALLS)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it takes on this machine, instead of across the world."""
    monkeypatch.setattr(twilio, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(slack, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0, 0.3))


@pytest.fixture
def wired(hospital: Hospital) -> Iterator[Callable[[str], Wire]]:
    """Start the bot anew with this channel's provider at the end of a wire."""
    with ExitStack() as ending:

        def start(channel: str) -> Wire:
            hospital.close()
            world = hospital.world
            upstream = world.slack_api_url if channel == "slack" else world.twilio_api_url
            wire = ending.enter_context(Wire(upstream, CALLS[channel]))
            name = "SLACK" if channel == "slack" else "TWILIO"
            here = {**hospital.place.environment, f"READBACK_{name}__API_URL": wire.url}
            hospital.place.environment = here
            hospital.open()
            return wire

        yield start
        hospital.close()


def rows(hospital: Hospital, channel: str) -> list[PageRow]:
    return [row for row in pages(hospital) if row.slip.channel == channel]


def faults_of(hospital: Hospital, channel: str) -> Faults:
    world = hospital.world
    return world.slack.faults if channel == "slack" else world.twilio.faults


def got(hospital: Hospital, channel: str) -> int:
    """How many messages Ada has there."""
    return len(hospital.ada.slack.messages if channel == "slack" else hospital.ada.phone.sms)


@pytest.mark.parametrize("fault", [*PROCESSED, *NOT_PROCESSED])
def test_a_fault_is_met_by_a_page_and_not_by_what_the_bot_asks_meanwhile(fault: Fault) -> None:
    with World() as world, Wire(world.twilio_api_url, CALLS["sms"], fault) as wire:
        with pytest.raises(HTTPError):  # the stand-in's answer, which has come through
            urlopen(f"{wire.url}/Messages.json", timeout=20)  # noqa: S310 - our own server
        assert (wire.met, wire.fault) == (0, fault)


@both_channels
@pytest.mark.parametrize("fault", PROCESSED)
def test_what_was_taken_is_found_and_never_sent_again(
    hospital: Hospital, wired: Callable[[str], Wire], channel: str, fault: Fault
) -> None:
    wire = wired(channel)
    wire.fault = fault
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    assert (wire.met, got(hospital, channel)) == (1, 1)
    assert [(row.state, row.slip.possible_repeat) for row in rows(hospital, channel)] == [
        ("sent", False)
    ]
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


@both_channels
@pytest.mark.parametrize("fault", NOT_PROCESSED)
def test_what_was_not_taken_is_sent_once_more_and_marked(
    hospital: Hospital, wired: Callable[[str], Wire], channel: str, fault: Fault
) -> None:
    wire = wired(channel)
    wire.fault = fault
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    assert (wire.met, got(hospital, channel)) == (1, 1)
    assert [(row.state, row.slip.possible_repeat) for row in rows(hospital, channel)] == [
        ("uncertain", False),
        ("sent", True),
    ]
    said = message.plain if channel == "slack" else sms.body
    assert "possible repeat" in said.lower()
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


@both_channels
@pytest.mark.parametrize("how", ["server_error", "unavailable"])
def test_an_error_that_comes_after_the_page_was_taken_repeats_nothing(
    hospital: Hospital, channel: str, how: How
) -> None:
    """A 500 of the provider's own, and a 503 of something in between."""
    faults_of(hospital, channel).fail_next(METHODS[channel], how)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    _, sms = paged(hospital.ada)
    assert got(hospital, channel) == 1
    assert [(row.state, row.slip.possible_repeat) for row in rows(hospital, channel)] == [
        ("sent", False)
    ]
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


@both_channels
def test_an_error_of_the_server_that_took_nothing_is_repeated_once_and_marked(
    hospital: Hospital, channel: str
) -> None:
    faults_of(hospital, channel).fail_next(METHODS[channel], status=500)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    message, sms = paged(hospital.ada)
    assert got(hospital, channel) == 1
    said = message.plain if channel == "slack" else sms.body
    assert "possible repeat" in said.lower()
    expect_everything(hospital)


@both_channels
def test_a_connection_that_has_gone_stale_loses_no_page_and_repeats_none_unmarked(
    hospital: Hospital, wired: Callable[[str], Wire], channel: str
) -> None:
    wire = wired(channel)
    hospital.send(hospital.report("ct-head-hemorrhage", accession="1"))
    paged(hospital.ada)
    wire.fault = "stale"
    hospital.send(hospital.report("ct-head-hemorrhage", accession="2"))
    paged(hospital.ada)
    assert got(hospital, channel) == 2
    second = [row for row in pages(hospital, "2") if row.slip.channel == channel]
    assert second[-1].state == "sent"
    assert [row.slip.possible_repeat for row in second] == [False, True][: len(second)]
    assert len(second) == 1 + wire.met or len(second) == 1, "replaced before anything had left"
    expect_everything(hospital)


@both_channels
def test_in_doubt_twice_the_next_channel_takes_over(
    hospital: Hospital, wired: Callable[[str], Wire], channel: str
) -> None:
    """Without proof after one marked repeat it counts as gone: the other channel has it."""
    wire = wired(channel)
    faults_of(hospital, channel).fail_next(METHODS[channel], "refuse", times=2)
    hospital.send(hospital.report("ct-head-hemorrhage"))
    hospital.settle()
    assert [row.state for row in rows(hospital, channel)] == ["uncertain", "uncertain"]
    assert wire.met == 0
    other = "sms" if channel == "slack" else "slack"
    assert got(hospital, other) == 1
    assert hospital.alert().is_open
    expect_everything(hospital)


def test_a_cut_that_spends_everybody_in_seconds_is_not_waited_out_for_minutes(
    hospital: Hospital,
) -> None:
    began, providers = hospital.now, (hospital.world.slack, hospital.world.twilio)
    for provider in providers:
        provider.faults.fail_next("*", status=503, times=10_000)
    hospital.send(hospital.report("ct-chest-nodule"))
    hospital.pass_time(minutes=0.5)
    assert {row.state for row in pages(hospital)} == {"uncertain"}
    for provider in providers:
        provider.faults.clear()
    hospital.pass_time(minutes=1)
    message, sms = paged(hospital.ada, "significant")
    assert "possible repeat" in message.plain.lower()
    assert owner(hospital) == hospital.ada.name
    assert hospital.now - began < timedelta(minutes=2)
    acknowledge_by_sms(hospital, hospital.ada, sms)
    expect_everything(hospital)


class TestBeforeAnythingHasLeft:
    """A connection that is refused or never opens leaves no doubt: nothing was sent."""

    @pytest.fixture(params=CALLS)
    def channel(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def settings(self, channel: str, tmp_path: Path) -> dict[str, str]:
        return asked_by(channel, tmp_path)

    @pytest.fixture(autouse=True)
    def _short_connect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(twilio, "CONNECT_SECONDS", 0.3)
        monkeypatch.setattr(slack, "CONNECT_SECONDS", 0.3)

    @pytest.mark.parametrize("out_of_reach", [Wire.shut, Wire.fill_up])
    def test_the_other_channel_has_it_at_once_and_the_page_comes_later_and_unmarked(
        self,
        hospital: Hospital,
        wired: Callable[[str], Wire],
        channel: str,
        out_of_reach: Callable[[Wire], None],
    ) -> None:
        wire = wired(channel)
        out_of_reach(wire)
        began, other = hospital.now, "sms" if channel == "slack" else "slack"
        hospital.send(hospital.report("ct-head-hemorrhage"))
        assert (got(hospital, other), got(hospital, channel), hospital.now) == (1, 0, began)
        first = rows(hospital, channel)[0]
        assert (first.state, first.slip.tries) == ("failed", 1)
        wire.shut()
        wire.open()
        hospital.pass_time(minutes=1)
        message, sms = paged(hospital.ada)
        assert "possible repeat" not in f"{message.plain} {sms.body}".lower()
        assert owner(hospital) == hospital.ada.name
        acknowledge_by_sms(hospital, hospital.ada, sms)
        expect_everything(hospital)

"""Several copies on one PostgreSQL share the work: each page is sent by one of them, and one that
dies is replaced within seconds."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from bot.app import CannotStart, rehearsal
from bot.app.rehearsal import Place
from bot.domain.alert import State
from bot.sandbox.hospital import Hospital, RunningBot
from bot.sandbox.stories import paged
from storage import audit
from tests.scenarios.looking import (
    acknowledge_by_sms,
    expect_everything,
    nothing_waits_for_nothing,
    pages,
)
from tests.scenarios.test_shadow import shadow_for
from tests.written import writing

REPEAT = re.compile("possible repeat", re.IGNORECASE)
SECONDS = 10.0
"""Real ones, in which the other takes over what was under way."""
ALERTS = 12


@dataclass
class Pair:
    """A hospital with two copies, each with ports of its own: a process that can be killed, and one
    on a thread of ours."""

    there: Hospital
    first: RunningBot
    second: RunningBot

    def send(self, accession: str, to: RunningBot) -> None:
        message = self.there.report("ct-head-hemorrhage", accession=accession)
        assert "MSA|AA|" in to.send(message)

    def the_first_dies(self) -> None:
        """The hospital asks the other one from now on."""
        self.first.kill()
        self.there.bot = self.second


@pytest.fixture
def pair(postgres_database: str, tmp_path: Path) -> Iterator[Pair]:
    """Afterwards nothing may be lost, unexpected, or broken, at neither."""
    with (
        writing(),
        rehearsal.hospital(postgres_database, as_child=True) as there,
        beside(there, postgres_database, tmp_path) as second,
    ):
        pair = Pair(there, cast(RunningBot, there.bot), second)
        yield pair
        there.settle()
        nothing_waits_for_nothing(there)
        assert not there.world.unexpected()
        assert pair.first.errors() + second.errors() == []
        assert there.database.look(audit.verify).ok


@contextmanager
def beside(there: Hospital, url: str, folder: Path) -> Iterator[RunningBot]:
    """A second copy. Replies by SMS come to it, as a balancer could decide."""
    first = cast(Place, there.place)
    place = Place(there.world, folder, url, first.clock, first.environment)
    second = place.start_thread()
    try:
        there.world.wait_connected(2 * place.settings.slack.connections)
        yield second
    finally:
        second.stop()


def test_each_page_is_sent_by_one_of_them_and_an_answer_counts_at_both(pair: Pair) -> None:
    there = pair.there
    for number in range(ALERTS):
        pair.send(f"S{number}", (pair.first, pair.second)[number % 2])
    there.settle()
    assert len(there.ada.slack.messages) == len(there.ada.phone.sms) == ALERTS
    assert all(copy.log_text().count('"message_sent"') for copy in (pair.first, pair.second))
    for sms in there.ada.phone.sms[: ALERTS // 2]:
        sms.record.expected = True
        acknowledge_by_sms(there, there.ada, sms)
    there.pass_time(minutes=10)
    states = Counter(there.alert(f"S{number}").state for number in range(ALERTS))
    assert states == {State.ACKNOWLEDGED: ALERTS // 2, State.OPEN: ALERTS // 2}
    sent = Counter(len(pages(there, f"S{number}")) for number in range(ALERTS))
    assert sent == {2: ALERTS // 2, 4: ALERTS // 2}  # both channels, and the reminder's
    expect_everything(there)


@pytest.mark.parametrize(
    ("provider", "method"), [("slack", "chat.postMessage"), ("twilio", "messages.create")]
)
@pytest.mark.parametrize(("how", "marked"), [("hang", True), ("hang_reply", False)])
def test_what_one_had_under_way_as_it_died_the_other_looks_up_and_sends_within_seconds(
    pair: Pair, provider: str, method: str, how: str, marked: bool
) -> None:
    there, faults = pair.there, getattr(pair.there.world, provider).faults
    faults.fail_next(method, how)
    pair.send("U1", pair.first)
    there.world.wait_until(lambda: faults.failed)
    pair.the_first_dies()
    there.world.wait_until(
        lambda: there.ada.slack.messages and there.ada.phone.sms, SECONDS, "it was not replaced"
    )
    slack, sms = paged(there.ada)
    text = slack.plain if provider == "slack" else sms.body
    assert bool(REPEAT.search(text)) == marked
    acknowledge_by_sms(there, there.ada, sms)
    assert len(there.ada.slack.messages) == 1
    assert there.alert("U1").state is State.ACKNOWLEDGED


def test_the_steps_of_alerts_that_one_had_opened_come_from_the_other(pair: Pair) -> None:
    there = pair.there
    pair.send("D1", pair.first)
    there.settle()
    paged(there.ada)
    pair.the_first_dies()
    there.pass_time(minutes=10)
    paged(there.ada)
    there.pass_time(minutes=20)
    expect_everything(there)
    assert there.ben.phone.sms, "the designee was not paged"
    acknowledge_by_sms(there, there.ben, there.ben.phone.sms[-1])
    assert there.alert("D1").state is State.ACKNOWLEDGED


LIVE: dict[str, str] = {}


@pytest.mark.parametrize(
    ("mode", "other", "named"),
    [(LIVE, shadow_for(30), "live"), (shadow_for(30), LIVE, "shadow")],
    ids=["shadow beside live", "live beside shadow"],
)
def test_a_copy_in_another_mode_does_not_start_beside_the_others(
    postgres_database: str, tmp_path: Path, mode: dict[str, str], other: dict[str, str], named: str
) -> None:
    """What the one in shadow received first would page nobody, and is a duplicate to the other."""
    with writing(), rehearsal.hospital(postgres_database, environment=mode) as there:
        first = cast(Place, there.place)
        wrong = Place(there.world, tmp_path, postgres_database, first.clock, other)
        with pytest.raises(CannotStart, match=f"runs in {named} mode on this database"):
            wrong.start_thread()
        there.close()
        wrong.start_thread().stop()
        expect_everything(there)

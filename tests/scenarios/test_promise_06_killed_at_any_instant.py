"""Killed with -9 at any instant it resumes: every due page is sent, none twice unless marked."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from typing import cast

import pytest

from bot.app import rehearsal
from bot.app.rehearsal import Place
from bot.domain.alert import State
from bot.sandbox.hospital import Hospital
from bot.sandbox.people import PhoneMessage, SlackMessage
from bot.sandbox.stories import CODE, code_in
from storage import audit
from tests.scenarios.looking import (
    ACKNOWLEDGED,
    attempts,
    entries,
    expect_everything,
    nothing_waits_for_nothing,
    pages,
)
from tests.scenarios.mortal import Mortal, nursery
from tests.written import writing

REPEAT = "possible repeat"
Supervised = Callable[[str], AbstractContextManager[tuple[Hospital, Mortal]]]


@pytest.fixture
def supervised() -> Supervised:
    """A hospital whose bot dies and comes back; afterwards nothing may be lost."""

    def born(place: Place) -> Mortal:
        return Mortal(nursery(), place)

    @contextmanager
    def living(url: str) -> Iterator[tuple[Hospital, Mortal]]:
        with writing(), rehearsal.hospital(url, start=born) as there:
            yield there, cast(Mortal, there.bot)
            nothing_waits_for_nothing(there)
            assert there.bot
            assert not there.bot.errors()
            assert there.database.look(audit.verify).ok

    return living


def sent_once_or_marked(slack: list[SlackMessage], sms: list[PhoneMessage], expected: int) -> None:
    """Each page came; what came once more says that it may be a repeat."""
    for texts in ([m.plain for m in slack], [m.body for m in sms]):
        marked = [REPEAT in text.lower() for text in texts]
        assert len(texts) - sum(marked) <= expected <= len(texts), texts


def new_messages(hospital: Hospital) -> tuple[list[SlackMessage], list[PhoneMessage]]:
    """What Ada got since she looked last."""
    slack = [m for m in hospital.ada.slack.messages if not any(v.expected for v in m.versions)]
    sms = [m for m in hospital.ada.phone.sms if not m.record.expected]
    expect_everything(hospital)
    return slack, sms


def one_alert_and_a_reminder(hospital: Hospital, accession: str) -> None:
    """The small story in which the bot dies: two pages, ten minutes, two more."""
    hospital.send(hospital.report("ct-head-hemorrhage", accession=accession))
    sent_once_or_marked(*new_messages(hospital), expected=1)
    hospital.pass_time(minutes=10)
    sent_once_or_marked(*new_messages(hospital), expected=1)


def acknowledged_after_all(hospital: Hospital, accession: str) -> None:
    sms = hospital.ada.phone.sms[-1]
    sms.reply(f"ACK {code_in(sms)}")
    hospital.ada.phone.expect_sms(ACKNOWLEDGED)
    hospital.settle()
    assert hospital.alert(accession).state is State.ACKNOWLEDGED
    assert len(entries(hospital, "opened", accession)) == 1
    assert {row.state for row in attempts(hospital, accession)} <= {"sent", "uncertain"}
    repeats = [row.slip for row in pages(hospital, accession) if row.slip.possible_repeat]
    assert len(repeats) == len({(slip.channel, slip.round) for slip in repeats})


def dies_at(hospital: Hospital, bot: Mortal, moment: str, number: int) -> bool:
    """Play the story with a death at this commit of it. False where it has fewer commits."""
    deaths, accession = bot.deaths, f"K{moment}{number}"
    bot.light_fuse(moment, number)
    one_alert_and_a_reminder(hospital, accession)
    burnt = bot.put_out_fuse()
    if burnt:
        hospital.world.wait_until(lambda: bot.deaths > deaths)
    # A page in doubt is repeated at once, a notice after a moment.
    hospital.settle()
    hospital.pass_time(minutes=1)
    sent_once_or_marked(*new_messages(hospital), expected=0)
    acknowledged_after_all(hospital, accession)
    expect_everything(hospital)
    assert bot.deaths == deaths + burnt
    return burnt


# How many there are is a matter of timing: what is ready together shares a commit. But a page is
# claimed in one that comes before the call to the provider, and its outcome is written down in one
# that comes after. The story has two rounds of pages.
FEWEST_COMMITS = 2 * 2


def die_at_each(hospital: Hospital, bot: Mortal, moment: str, first: int, step: int) -> None:
    """Die at the first, at the next ``step`` commits later, and so on to the story's end."""
    died = list(takewhile(partial(dies_at, hospital, bot, moment), count(first, step)))
    assert len(died) >= len(range(first, FEWEST_COMMITS + 1, step)), died


@pytest.mark.parametrize(("moment", "first"), [("after", 1), ("after", 2), ("before", 2)])
def test_killed_at_every_second_commit_on_sqlite_it_resumes(
    supervised: Supervised, tmp_path: Path, moment: str, first: int
) -> None:
    with supervised(f"sqlite:///{tmp_path}/readback.db") as (hospital, bot):
        die_at_each(hospital, bot, moment, first, step=2)


# What is committed and what follows it is the same there, and SQLite is killed at each commit. Each
# death takes five seconds of a core; these look at what differs: who is alive, and who claims.
@pytest.mark.parametrize(("moment", "first"), [("before", 1), ("after", 1)])
def test_killed_at_every_third_commit_on_postgresql_it_resumes(
    supervised: Supervised, postgres_database: str, moment: str, first: int
) -> None:
    with supervised(postgres_database) as (hospital, bot):
        die_at_each(hospital, bot, moment, first, step=3)


PROVIDERS = {"slack": "chat.postMessage", "twilio": "messages.create"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_killed_before_the_provider_has_taken_it_the_page_is_repeated_and_marked(
    supervised: Supervised, database_url: str, provider: str
) -> None:
    with supervised(database_url) as (hospital, bot):
        die_in_a_call(hospital, bot, provider, "hang")
        found = hospital.ada.slack.messages, hospital.ada.phone.sms
        marked = [REPEAT in text.lower() for text in (found[0][0].plain, found[1][0].body)]
        assert (len(found[0]), len(found[1])) == (1, 1)
        assert marked == [provider == "slack", provider == "twilio"]
        expect_everything(hospital)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_killed_after_the_provider_has_taken_it_the_page_is_found_and_not_repeated(
    supervised: Supervised, database_url: str, provider: str
) -> None:
    with supervised(database_url) as (hospital, bot):
        die_in_a_call(hospital, bot, provider, "hang_reply")
        found = hospital.ada.slack.messages, hospital.ada.phone.sms
        assert (len(found[0]), len(found[1])) == (1, 1)
        assert REPEAT not in (found[0][0].plain + found[1][0].body).lower()
        assert {row.state for row in pages(hospital)} == {"sent"}
        acknowledged_after_all(hospital, "")
        assert "Acknowledged" in hospital.ada.slack.messages[0].plain
        expect_everything(hospital)


def die_in_a_call(hospital: Hospital, bot: Mortal, provider: str, how: str) -> None:
    """The bot is killed while it waits for the provider's answer; then it comes back."""
    world = hospital.world
    faults = world.slack.faults if provider == "slack" else world.twilio.faults
    faults.fail_next(PROVIDERS[provider], how)  # type: ignore[arg-type]  # one of How
    bot.send(hospital.report("ct-head-hemorrhage"))
    world.wait_until(lambda: faults.failed)
    other = "slack" if provider == "twilio" else "twilio"
    world.wait_until(partial(_taken, hospital, other))
    bot.kill()
    world.wait_until(lambda: bot.deaths)
    world.wait_connected()
    hospital.settle()


def _taken(hospital: Hospital, provider: str) -> bool:
    """The other channel's page has been written down as sent."""
    channel = "slack" if provider == "slack" else "sms"
    return any(row.state == "sent" for row in pages(hospital) if row.slip.channel == channel)


def test_a_stop_at_any_moment_leaves_no_page_in_doubt(hospital: Hospital) -> None:
    hospital.world.slack.faults.latency = 0.1
    for number in range(6):
        assert hospital.bot
        accession = f"S{number}"
        report = hospital.report("ct-head-hemorrhage", accession=accession)
        hospital.bot.send(report)
        hospital.close()
        hospital.open()
        hospital.settle()
        assert {row.state for row in pages(hospital, accession)} == {"sent"}
        assert len(pages(hospital, accession)) == 2
        hospital.ada.phone.expect_sms(CODE)
    expect_everything(hospital)

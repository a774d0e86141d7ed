"""Pages whose sending is in doubt: proven, repeated once, or asked for again."""

import asyncio

import pytest

from bot.domain.page import Page, SendFailed, Sent
from bot.engine import dispatcher, proof
from storage import claims
from tests.engine.conftest import Bench, Channel, lost, proven, states


def test_a_page_in_doubt_that_the_provider_proves_counts_as_sent(bench: Bench) -> None:
    bench.sms = Channel(lost, proven)
    bench.report()
    bench.dispatch(bench.quiet)
    (row,) = [row for row in bench.attempts() if row.slip.channel == "sms"]
    assert (row.state, row.provider_id) == ("sent", f"found-{row.delivery_id}")
    assert len(bench.sms.pages) == 1


def test_a_page_in_doubt_without_proof_is_repeated_once_under_a_new_id_and_marked(
    bench: Bench, one_question: None
) -> None:
    bench.sms = Channel(lost)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("uncertain", 1, False), ("uncertain", 1, True)]
    first, second = bench.sms.pages
    assert first.delivery_id != second.delivery_id
    assert (first.slip.possible_repeat, second.slip.possible_repeat) == (False, True)


def test_a_provider_that_cannot_be_asked_for_proof_is_asked_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "PROOF_WAITS", (0.0, 0.0, 0.0))

    async def at_the_third_time(page: Page) -> Sent | None:
        if len(bench.sms.asked) < 3:
            raise SendFailed("busy", permanent=False)
        return await proven(page)

    bench.sms = Channel(lost, at_the_third_time)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("sent", 1, False)]


def test_a_provider_that_answers_no_question_is_not_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "PROOF_SECONDS", 0.05)

    async def deaf(_: Page) -> Sent | None:
        await asyncio.Event().wait()
        return None

    bench.sms = Channel(lost, deaf)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("uncertain", 1, False), ("uncertain", 1, True)]


def test_an_attempt_that_broke_off_is_found_again_and_asked_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "ORPHANS_EVERY", 0.0)

    async def breaks(_: Page) -> Sent:
        raise ZeroDivisionError

    bench.sms = Channel(breaks, proven)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("sent", 1, False)]
    assert {line["event"] for line in bench.log.error_lines} == {"attempt_broke_off"}


def test_a_page_that_breaks_its_sender_and_the_question_for_proof_goes_another_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, one_question: None
) -> None:
    monkeypatch.setattr(dispatcher, "ORPHANS_EVERY", 0.0)

    async def breaks(_: Page) -> Sent:
        raise ZeroDivisionError

    bench.sms = Channel(breaks, breaks)
    bench.report()
    bench.dispatch(bench.quiet)
    assert states(bench, "sms") == [("uncertain", 1, False), ("uncertain", 1, True)]
    broke = [line["event"] for line in bench.log.error_lines]
    assert broke == ["attempt_broke_off", "proof_broke_off"] * 2


def test_what_a_dead_copy_had_claimed_is_looked_up_before_it_is_repeated(
    bench: Bench, one_question: None
) -> None:
    bench.report()
    bench.database.run(lambda c: claims.claim(c, bench.clock.at, 77))
    bench.slack.proves = proven
    bench.dispatch(bench.quiet)
    assert not bench.slack.pages
    assert states(bench, "slack") == [("sent", 1, False)]
    assert states(bench, "sms") == [("uncertain", 1, False), ("sent", 1, True)]

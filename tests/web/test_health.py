"""Is it alive, is it ready, and what do its counters say."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from bot import metrics
from bot.web import health as module
from bot.web.health import Check, Health
from storage.database import OUTAGES, Database
from tests.web.served import answers

NOW = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    metrics.swept(NOW)
    yield opened
    opened.close()


def saying(state: str) -> Check:
    async def answer() -> str:
        return state

    return answer


def ask(health: Health, path: str) -> tuple[int, str]:
    return answers(health.routes(), path)[0]


def ready(health: Health) -> tuple[int, dict[str, Any]]:
    status, text = ask(health, "/readyz")
    return status, json.loads(text)


def test_alive_is_alive(database: Database) -> None:
    assert ask(Health(database), "/livez") == (200, "ok\n")


def test_ready_names_every_part(database: Database) -> None:
    channels = {"slack": saying("ok"), "sms": saying("ok")}
    assert ready(Health(database, channels)) == (
        200,
        {
            "ready": True,
            "parts": {"database": "ok", "sweep": "ok"},
            "channels": {"slack": "ok", "sms": "ok"},
            "mode": "live",
        },
    )


@pytest.mark.parametrize("state", ["ok", "some-out-of-reach", "none-can-be-paged"])
def test_coordinators_who_cannot_be_paged_are_told_and_make_no_copy_less_ready(
    database: Database, state: str
) -> None:
    status, said = ready(Health(database, coordinators=saying(state)))
    assert (status, said["coordinators"]) == (200, state)


def test_where_nobody_can_look_the_coordinators_are_unknown(database: Database) -> None:
    async def away() -> str:
        raise OUTAGES[0]("", None, Exception())

    assert ready(Health(database, coordinators=away))[1]["coordinators"] == "unknown"


def test_without_its_database_it_is_not_ready(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    gone = Database(f"sqlite:///{folder / 'readback.db'}")
    rmtree(folder)
    status, said = ready(Health(gone))
    gone.close()
    assert status == 503
    assert said["parts"]["database"] == "unreachable"


def test_a_database_that_takes_nothing_more_is_not_ready(database: Database) -> None:
    health = Health(database)
    assert ready(health)[0] == 200
    database.run(lambda c: c.exec_driver_sql("PRAGMA query_only = ON"))
    assert ready(health)[0] == 200, "asked again within two seconds it does not write again"
    status, said = ready(Health(database))
    assert status == 503
    assert said["parts"]["database"] == "cannot-write"


def test_a_database_that_keeps_whoever_writes_waiting_is_not_ready(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.05)
    release = threading.Event()
    health = Health(database)
    held = database.submit(lambda _: release.wait(20))
    assert ready(health)[1]["parts"]["database"] == "no-answer"
    assert ready(health)[1]["parts"]["database"] == "no-answer"
    release.set()
    held.result(20)


def test_with_a_late_sweep_it_is_not_ready(database: Database) -> None:
    status, said = ready(Health(database, oldest_sweep=-1.0))
    assert status == 503
    assert said["parts"]["sweep"] == "late"


def test_one_channel_that_fails_is_shown_and_leaves_it_ready(database: Database) -> None:
    channels = {"slack": saying("not-connected"), "sms": saying("ok")}
    status, said = ready(Health(database, channels))
    assert status == 200
    assert said["channels"]["slack"] == "not-connected"
    value = metrics.REGISTRY.get_sample_value
    assert value("readback_channel_up", {"channel": "slack"}) == 0
    assert value("readback_channel_up", {"channel": "sms"}) == 1


def test_who_reads_the_metrics_alone_hears_of_a_feed_and_a_channel_that_fail(
    database: Database,
) -> None:
    channels, feeds = {"sms": saying("twilio-20003")}, {"fhir-ehr": saying("search-401")}
    _, text = ask(Health(database, channels, feeds=feeds), "/metrics")
    assert 'readback_channel_up{channel="sms"} 0.0' in text
    assert 'readback_source_up{source="fhir-ehr"} 0.0' in text


def test_without_any_channel_it_is_not_ready(database: Database) -> None:
    channels = {"slack": saying("not-connected"), "sms": saying("twilio-20003")}
    assert ready(Health(database, channels))[0] == 503


def test_a_part_that_does_not_answer_is_named_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> str:
        await asyncio.Event().wait()
        return "ok"

    monkeypatch.setattr(module, "CHECK_SECONDS", 0.05)
    status, said = ready(Health(database, {"slack": never}))
    assert status == 503
    assert said["channels"]["slack"] == "no-answer"


def test_a_part_cannot_put_text_of_its_own_there(database: Database) -> None:
    _, said = ready(Health(database, {"slack": saying("DOE^JANE is not reachable")}))
    assert said["channels"]["slack"] == "other"


def test_metrics_are_shown_while_the_database_is_away(database: Database) -> None:
    async def away() -> None:
        raise OUTAGES[0]("", None, Exception())

    status, text = ask(Health(database, before_scrape=(away,)), "/metrics")
    assert status == 200
    assert "readback_sweep_age_seconds" in text


def test_metrics_wait_for_no_database_that_does_not_answer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "CHECK_SECONDS", 0.05)
    assert ask(Health(database, before_scrape=(never,)), "/metrics")[0] == 200


def test_metrics_are_brought_up_to_date_before_they_are_shown(database: Database) -> None:
    asked: list[str] = []

    def noting(name: str) -> Callable[[], Awaitable[None]]:
        async def refresh() -> None:
            asked.append(name)

        return refresh

    status, text = ask(Health(database, before_scrape=(noting("outbox"),)), "/metrics")
    assert status == 200
    assert asked == ["outbox"]
    assert "# TYPE readback_pages_total counter" in text
    assert "readback_sweep_age_seconds" in text

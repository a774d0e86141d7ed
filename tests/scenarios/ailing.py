"""A part of Readback, or of the world around it, that fails; and who has heard of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from bot.app import rehearsal
from bot.app.rehearsal import Place
from bot.domain.page import Notice
from bot.engine.outage import Line
from bot.sandbox.hospital import Hospital, RunningBot
from storage import cursors, tables
from tests.sources.fhir_server import FhirServer, serving
from tests.waiting import until

SOURCES = """
[[fhir]]
name = "ehr"
base_url = "{base}"
poll_seconds = 1

[[folder]]
name = "ris"
path = "in"
poll_seconds = 1
"""
COORDINATORS = ["Carla Reyes RN", "Chris Novak RN"]
PATIENCE = 30.0


def heard(hospital: Hospital, notice: Notice) -> list[tuple[str, str]]:
    """Who has got this notice and by which channel, each time that somebody has."""
    pages, people = tables.pages.c, tables.people.c
    wanted = (
        select(people.name, pages.channel)
        .select_from(tables.pages.join(tables.people, pages.person_id == people.id))
        .where(pages.notice == notice.value, pages.state == "sent")
        .order_by(pages.created_at, people.name)
    )
    return hospital.database.look(lambda c: [(name, by) for name, by in c.execute(wanted)])


def by_all(channel: str) -> list[tuple[str, str]]:
    """Every coordinator, once, by this channel."""
    return [(name, channel) for name in COORDINATORS]


def noted(hospital: Hospital, what: str) -> datetime | None:
    """When that was, as the watch over a line writes it down."""
    return hospital.database.look(lambda c: cursors.load(c, what))


def is_told(hospital: Hospital, line: Line, minutes: float) -> None:
    """It has failed, and stays so for so long."""
    until(lambda: noted(hospital, line.connected))
    hospital.pass_time(minutes=minutes)
    until(lambda: a_second_later(hospital) and noted(hospital, line.outage))
    hospital.settle()


def a_second_later(hospital: Hospital) -> bool:
    """Else the clock stands still while the bot waits."""
    hospital.clock.advance(timedelta(seconds=1))
    return True


def is_over(hospital: Hospital, line: Line) -> None:
    """It works again, and goes on doing so for long enough."""
    until(lambda: noted(hospital, line.again))
    hospital.pass_time(minutes=15)
    until(lambda: not noted(hospital, line.outage))
    hospital.settle()


@contextmanager
def hospital_with_sources(url: str) -> Iterator[tuple[Hospital, FhirServer, Path]]:
    """One that also asks a FHIR server and watches a folder."""
    inboxes: list[Path] = []
    with fhir_server() as server:

        def start(place: Place) -> RunningBot:
            inboxes.append(place.config.parent / "in")
            inboxes[0].mkdir(exist_ok=True)
            with place.config.open("a", encoding="utf-8") as config:
                config.write(SOURCES.format(base=server.base))
            return Place.start_thread(place)

        with rehearsal.hospital(url, start=start) as there:
            yield there, server, inboxes[0]


@contextmanager
def fhir_server() -> Iterator[FhirServer]:
    """On a thread of its own."""
    loop, server = asyncio.new_event_loop(), FhirServer(clock=None)
    thread = threading.Thread(target=loop.run_forever, name="fhir")
    thread.start()
    opened = serving(server)
    asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(PATIENCE)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()

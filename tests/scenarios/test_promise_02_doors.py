"""Versions through every door: MLLP, a file, a poll of a FHIR server and its Subscription's
deliveries, each the real one, in any order and repetition."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.report import KeyKind, ReportKey
from bot.engine import intake
from bot.engine.context import Engine
from bot.sources.fhir.auth import FixedToken
from bot.sources.fhir.client import FhirClient
from bot.sources.fhir.hook import Hook
from bot.sources.fhir.polling import Poller
from bot.sources.files import Known
from bot.sources.folder import Folder, Watching
from bot.sources.mllp import server as mllp
from bot.sources.mllp.client import ask
from bot.web.app import Server, build
from storage import alerts, reports
from tests.scenarios.intake import CHICAGO, intake_alone
from tests.scenarios.looking import examples
from tests.scenarios.test_promise_02_sources import (
    DISSECTION,
    HEMATOMA,
    ORIGIN,
    Said,
    as_fhir,
    as_hl7,
)
from tests.sources.fhir_door import BEARER, SECRET
from tests.sources.fhir_samples import Json, bundle, others
from tests.sources.fhir_server import FhirServer, serving

BY_HL7 = ("mllp", "hl7 file")
BY_FHIR = ("poll", "put", "put without a body", "post", "post of a bundle", "empty post", "file")
Arrival = tuple[Said, str]


@dataclass
class Doors:
    """A bot's sources, open on one database, and those who come to them."""

    engine: Engine
    listener: mllp.Listener
    server: FhirServer
    poller: Poller
    hook: str
    session: aiohttp.ClientSession
    folder: Folder
    inbox: Path

    async def bring(self, said: Said, door: str, accession: str, number: int) -> None:
        """Deliver this version there, and wait until it is stored."""
        if door in BY_HL7:
            await self._hl7(as_hl7(said, accession, number), door, number)
        else:
            await self._fhir(as_fhir(said, accession), door, number)

    async def _hl7(self, message: bytes, door: str, number: int) -> None:
        if door == "mllp":
            assert "MSA|AA|" in await ask("127.0.0.1", self.listener.port, message)
        else:
            await self._put_down(f"{number}.hl7", message)

    async def _fhir(self, body: Json, door: str, number: int) -> None:
        self.server.put(body)
        match door:
            case "poll":
                await self.poller.poll()
            case "put":
                await self._sent("PUT", f"/DiagnosticReport/{body['id']}", body)
            case "put without a body":
                await self._sent("PUT", f"/DiagnosticReport/{body['id']}")
            case "post":
                await self._sent("POST", "", body)
            case "post of a bundle":
                await self._sent("POST", "", bundle(body, *others()))
            case "empty post":
                await self._sent("POST")
                assert self.poller._asked.is_set()
                await self.poller.poll()
            case _:
                whole = json.dumps(bundle(body, *others()))
                await self._put_down(f"{number}.json", whole.encode())

    async def _sent(self, method: str, path: str = "", body: Json | None = None) -> None:
        data = json.dumps(body).encode() if body else b""
        url = self.hook + path
        async with self.session.request(method, url, data=data, headers=BEARER) as answer:
            assert answer.status == 200
            assert "OperationOutcome" not in await answer.text()

    async def _put_down(self, name: str, data: bytes) -> None:
        (self.inbox / name).write_bytes(data)
        await self.folder.look()
        assert (self.inbox / "done" / name).exists()

    async def end_of(self, accession: str, arriving: Sequence[Arrival]) -> tuple[object, ...]:
        """State, category, the version that holds, and whether time still runs."""
        for number, (said, door) in enumerate(arriving):
            await self.bring(said, door, accession, number)
        for moved in (self.inbox / "done").glob("*"):
            moved.unlink()
        key = ReportKey("RIS", KeyKind.ACCESSION, accession)
        alert = self.engine.database.look(lambda c: alerts.by_key(c, key))
        if alert is None:
            return ()
        shown = self.engine.database.look(lambda c: reports.load(c, alert.report_id))
        runs = alert.next_action_at is not None
        return alert.state, alert.category, shown.status.name, shown.impression, runs


@asynccontextmanager
async def opened(engine: Engine, inbox: Path) -> AsyncIterator[Doors]:
    server = FhirServer(clock=engine.clock.now())
    server.put(*others())
    async with serving(server), aiohttp.ClientSession() as session:
        poller = Poller(engine, FhirClient(server.base, session, FixedToken("")), ORIGIN)
        door = Hook("/fhir/ehr", poller, SECRET, engine.clock.now)
        web = Server(build(door.routes()), "127.0.0.1", 0)
        listener = mllp.Listener(
            lambda raw: intake.receive(engine, raw), engine.clock.now, mllp.Listening(CHICAGO)
        )
        await web.start()
        await listener.open("127.0.0.1", 0)
        known = Known("folder:ris", CHICAGO, ORIGIN, 5_000_000)
        folder = Folder(engine, Watching("ris", inbox, known, every=timedelta(0)))
        hook = f"http://127.0.0.1:{web.port}/fhir/ehr"
        try:
            yield Doors(engine, listener, server, poller, hook, session, folder, inbox)
        finally:
            await listener.stop()
            await web.stop()


@contextmanager
def all_doors(url: str, inbox: Path) -> Iterator[tuple[Doors, asyncio.Runner]]:
    """The doors, and the loop in which they stand open whenever it runs."""
    with intake_alone(url) as engine, asyncio.Runner() as runner:
        opening = opened(engine, inbox)
        doors = runner.run(opening.__aenter__())
        try:
            yield doors, runner
        finally:
            runner.run(opening.__aexit__(None, None, None))


def at(doors: tuple[str, ...], by_fhir: bool) -> st.SearchStrategy[Arrival]:
    said = st.builds(
        Said,
        st.integers(0, 5),
        st.sampled_from("FFCCXP"),
        st.sampled_from(["", "RID50261", "RID49482", "RID49480"]),
        st.sampled_from([HEMATOMA, DISSECTION]),
        st.sampled_from([False, False, True] if by_fhir else [False, False, True, None]),
        st.just(by_fhir),
    )
    return st.tuples(said, st.sampled_from(doors))


# Of two sent in the same instant the content hash decides, and each order's numbers are part of it.
ARRIVING = st.lists(
    at(BY_HL7, False) | at(BY_FHIR, True),
    min_size=2,
    max_size=5,
    unique_by=lambda arrival: arrival[0].minute,
)


@pytest.mark.long
def test_any_order_and_repetition_through_every_door_ends_alike(
    database_url: str, tmp_path: Path
) -> None:
    """A version that comes again may do so through another door."""
    numbers = count(10_000)
    with all_doors(database_url, tmp_path) as (doors, runner):

        @settings(max_examples=examples(database_url, 45), deadline=None)
        @given(ARRIVING, st.data())
        def ends_alike(told: list[Arrival], data: st.DataObject) -> None:
            again = [
                (said, data.draw(st.sampled_from(BY_FHIR if said.by_fhir else BY_HL7)))
                for said, _ in told[:2]
            ]
            shuffled = data.draw(st.permutations([*told, *again]))
            first, second = (
                runner.run(doors.end_of(f"N{next(numbers)}", some)) for some in (told, shuffled)
            )
            assert first == second

        ends_alike()


@pytest.mark.parametrize("first", [*BY_HL7, *BY_FHIR])
def test_a_version_through_one_door_is_corrected_and_withdrawn_through_each_other(
    database_url: str, tmp_path: Path, first: str
) -> None:
    with all_doors(database_url, tmp_path) as (doors, runner):
        for number, later in enumerate((*BY_HL7, *BY_FHIR)):
            told = [
                (Said(0, "F", "RID49482", HEMATOMA, by_fhir=first in BY_FHIR), first),
                (Said(2, "C", "RID49480", DISSECTION, True, later in BY_FHIR), later),
            ]
            end = runner.run(doors.end_of(f"C{number}", told))
            assert end == ("open", "critical", "CORRECTED", DISSECTION, True), later
            gone = (Said(4, "X", "", DISSECTION, True, first in BY_FHIR), first)
            end = runner.run(doors.end_of(f"W{number}", [gone, *reversed(told)]))
            assert end[:3] == ("withdrawn", "critical", "WITHDRAWN"), later

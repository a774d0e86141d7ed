"""Is it alive, is it ready, and what do its counters say. Nothing here names a person."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import metrics
from storage import probe
from storage.database import OUTAGES, Database

Check = Callable[[], Awaitable[str]]
"""Answers OK, or in a slug what is wrong."""

OK = "ok"
CHECK_SECONDS = 2.0
WRITE_EVERY = 2.0
"""Seconds. Whoever asks more often gets the last answer: each try is a commit."""


@dataclass
class Health:
    """``channels`` and ``feeds`` say by name how each of them does; ``before_scrape`` brings
    gauges up to date.

    ``coordinators`` says whether they can be paged: not being able to is for a person to mend, and
    this copy pages everybody else.
    ``oldest_sweep`` in real seconds: the sweep sleeps for one at most. ``mode`` says whether
    people are paged at all; nothing but a person can change that, so ready is what it was.
    """

    database: Database
    channels: Mapping[str, Check] = field(default_factory=dict)
    before_scrape: Sequence[Callable[[], Awaitable[object]]] = ()
    oldest_sweep: float = 10.0
    feeds: Mapping[str, Check] = field(default_factory=dict)
    mode: Callable[[], str] = lambda: "live"
    coordinators: Check | None = None

    def __post_init__(self) -> None:
        self._writing = _Writing(self.database)

    def routes(self) -> list[Route]:
        """/livez, /readyz and /metrics."""
        return [
            Route("/livez", _live),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
        ]

    async def _ready(self, _: Request) -> Response:
        """503 without the database, the sweep or any channel at all.

        One failing channel of several is shown and no more: this copy still pages by the others,
        and a load balancer that left it out would cut off the replies to what it has sent.
        """
        parts, (channels, feeds) = await asyncio.gather(self._parts(), self._both())
        ready = _is_ready(parts, channels)
        body: dict[str, object] = {"ready": ready, "parts": parts, "channels": channels}
        body["mode"] = self.mode()
        if self.coordinators:
            body |= await _asked({"coordinators": self._coordinators})
        if feeds:  # one that fails does not make this copy less able to page
            body["feeds"] = feeds
        return JSONResponse(body, 200 if ready else 503)

    async def ready(self) -> bool:
        """What /readyz says with its status."""
        parts, (channels, _) = await asyncio.gather(self._parts(), self._both())
        return _is_ready(parts, channels)

    async def _both(self) -> tuple[dict[str, str], dict[str, str]]:
        """How channels and feeds do, noted in the gauges as well."""
        channels, feeds = await asyncio.gather(_asked(self.channels), _asked(self.feeds))
        for name, state in channels.items():
            metrics.CHANNEL_UP.labels(metrics.slug(name)).set(state == OK)
        for name, state in feeds.items():
            metrics.SOURCE_UP.labels(metrics.slug(name)).set(state == OK)
        return channels, feeds

    async def _parts(self) -> dict[str, str]:
        return await _asked({"database": self._database, "sweep": self._sweep})

    async def _database(self) -> str:
        """A full disk and a database that is read-only are read from as ever."""
        try:
            await self.database.read(probe.read)
        except OUTAGES:
            return "unreachable"
        return await self._writing.ask()

    async def _sweep(self) -> str:
        return OK if metrics.sweep_age() <= self.oldest_sweep else "late"

    async def _coordinators(self) -> str:
        try:
            return await self.coordinators() if self.coordinators else OK
        except OUTAGES:
            return "unknown"

    async def _metrics(self, _: Request) -> Response:
        """Whoever asks for nothing but this hears of a source that has failed, too."""
        await self._both()
        for refresh in self.before_scrape:
            await _refreshed(refresh)
        return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _is_ready(parts: Mapping[str, str], channels: Mapping[str, str]) -> bool:
    reachable = not channels or OK in channels.values()
    return reachable and all(state == OK for state in parts.values())


async def _live(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _refreshed(refresh: Callable[[], Awaitable[object]]) -> None:
    """While the database is away the other numbers are shown all the same: the sweep's age tells of
    it to who reads nothing else."""
    with suppress(*OUTAGES, TimeoutError):
        async with asyncio.timeout(CHECK_SECONDS):
            await refresh()


async def _asked(checks: Mapping[str, Check]) -> dict[str, str]:
    answers = await asyncio.gather(*(_in_time(check) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))


async def _in_time(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return metrics.slug(await check())
    except TimeoutError:
        return "no-answer"


@dataclass
class _Writing:
    """Whether anything can be written: what was found, and when, in the loop's seconds."""

    database: Database
    asked_at: float = float("-inf")
    found: str = OK

    async def ask(self) -> str:
        now = asyncio.get_running_loop().time()
        if now - self.asked_at >= WRITE_EVERY:
            self.asked_at, self.found = now, "no-answer"  # stands where the try is cut short
            self.found = await self._try()
        return self.found

    async def _try(self) -> str:
        try:
            await self.database.write(probe.write)
        except OUTAGES:
            return "cannot-write"
        return OK

"""The HL7 listener of one copy, as the settings have it."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from bot.app import descriptors
from bot.app.channels import Loop
from bot.domain.message import RawMessage, Receipt
from bot.domain.site_codes import knowing
from bot.engine import intake, outage
from bot.engine.context import Engine
from bot.log import log
from bot.settings import BadSettings, Problem, Settings
from bot.sources.fhir.polling import OUTAGES
from bot.sources.mllp import server as mllp
from bot.sources.mllp.tls import BadTls, TlsFiles, ends_at, server_context

AWAY_SECONDS = 15.0
"""How long an answer waits for a database that is started anew. Senders wait for 30, most of them,
and many stop the whole feed at a negative one until somebody comes."""
_AGAIN_SECONDS, _ANOTHER_OUTAGE_SECONDS = 0.5, 30.0


@dataclass
class Ear:
    """Whether HL7 messages come at all; ``heard_at`` is the event loop's, in seconds."""

    engine: Engine
    silence_minutes: int
    heard_at: float = float("-inf")
    # Of a database that is away: since when, and when it was last found so. The event loop's times.
    _away_since: float = float("-inf")
    _away_at: float = float("-inf")

    async def receive(self, raw: RawMessage) -> Receipt:
        """Have it taken in; whatever it is, its sender is there. For a database that is away for
        moments the answer waits. Raises whatever else kept it from being stored."""
        self.heard_at = asyncio.get_running_loop().time()
        while True:
            try:
                receipt = await intake.receive(self.engine, raw)
            except OUTAGES as outage:
                if not self._may_come_back(type(outage).__name__):
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                self._away_at = float("-inf")
                return receipt

    def _may_come_back(self, error: str) -> bool:
        """The outage has just begun: all messages that come in it wait together."""
        now = asyncio.get_running_loop().time()
        if now - self._away_at > _ANOTHER_OUTAGE_SECONDS:
            self._away_since = now
            log.warning("messages_wait_for_database", error=error)
        self._away_at = now
        return now - self._away_since < AWAY_SECONDS

    def hears(self) -> bool:
        """Since the last note of it."""
        return asyncio.get_running_loop().time() - self.heard_at < outage.NOTE_EVERY

    def loops(self) -> dict[str, Loop]:
        """The watch over a silence that the site wants to hear of."""
        if not self.silence_minutes:
            return {}
        line = outage.hl7(self.silence_minutes)
        return {"outage-hl7": outage.Watch(self.engine, self.hears, line).run}


async def open_listener(settings: Settings, engine: Engine, ear: Ear, stack: AsyncExitStack) -> int:
    """Open the port, closed by the stack; the real one where 0 was set. Raises BadSettings where
    certificate or key cannot be used, and OSError where the port is taken."""
    hl7 = settings.hl7
    how = mllp.Listening(
        timezone=hl7.timezone or settings.site.timezone,
        on_unusable=hl7.on_unusable,
        limit=hl7.max_message_bytes,
        feeds=knowing(hl7.feeds(), engine.policy),
        allow=hl7.allow,
        tls=_tls_files(settings),
        most=descriptors.for_senders(),
    )
    try:
        listener = mllp.Listener(ear.receive, engine.clock.now, how)
    except BadTls as bad:
        raise BadSettings((_problem(bad, settings),)) from None
    await listener.open(hl7.host, hl7.port)
    stack.push_async_callback(listener.stop)
    return listener.port


def tls_problem(settings: Settings) -> Problem | None:
    """What is wrong with certificate, key or CA, where they are set."""
    files = _tls_files(settings)
    try:
        if files:
            server_context(files)
    except BadTls as bad:
        return _problem(bad, settings)
    return None


def tls_ends_at(settings: Settings) -> datetime | None:
    """When the listener's certificate ends, where it has one. Raises BadTls."""
    files = _tls_files(settings)
    return ends_at(files) if files else None


def _tls_files(settings: Settings) -> TlsFiles | None:
    hl7 = settings.hl7
    if hl7.tls_certificate is None or hl7.tls_key is None:
        return None
    return TlsFiles(hl7.tls_certificate, hl7.tls_key, hl7.tls_client_ca)


def _problem(bad: BadTls, settings: Settings) -> Problem:
    return Problem(settings.place("hl7", f"tls_{bad.which}"), bad.what, bad.cure)

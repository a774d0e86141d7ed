"""A rest-hook Subscription on a FHIR server: made, watched, and made active again (R4, 2.46)."""

import asyncio
from dataclasses import dataclass, field

from bot.log import log
from bot.sources.fhir.client import JSON, FhirClient
from bot.sources.fhir.exchange import Refused, TryLater
from bot.sources.fhir.shapes import Resource, many, one, text

OK = "ok"
WATCH_SECONDS = 300.0
SOON_SECONDS = 20.0
"""Until one that was asked for just now is looked at: many a server answers first."""
PENDING = "pending"
"""Asked for just now, and not said to be active yet."""
_ACTIVE, _REQUESTED = "active", "requested"
_REASON = "Readback: critical imaging results"


@dataclass(frozen=True)
class Wish:
    """What is asked of the server: ``criteria`` as "DiagnosticReport?category=RAD", sent to
    ``endpoint`` with ``secret`` in the Authorization header."""

    criteria: str
    endpoint: str
    secret: str = field(repr=False)

    def resource(self) -> dict[str, object]:
        """The Subscription, requested; the server makes it active."""
        return {
            "resourceType": "Subscription",
            "status": _REQUESTED,
            "reason": _REASON,
            "criteria": self.criteria,
            "channel": {
                "type": "rest-hook",
                "endpoint": self.endpoint,
                "payload": JSON,
                "header": [f"Authorization: Bearer {self.secret}"],
            },
        }


async def found(client: FhirClient, wish: Wish) -> Resource | None:
    """The server's Subscription for our endpoint, an active one first. Raises TryLater, Refused."""
    ours: list[Resource] = []
    async for page in client.search("Subscription", [("url", wish.endpoint)]):
        resources = (one(entry.get("resource")) for entry in many(page.get("entry")))
        ours += [
            r for r in resources if text(one(r.get("channel")).get("endpoint")) == wish.endpoint
        ]
    return min(ours, key=lambda r: text(r.get("status")) != _ACTIVE, default=None)


async def subscribe(client: FhirClient, wish: Wish, known: Resource | None = None) -> Resource:
    """Have one Subscription, with today's secret and criteria; ``known`` is one that a search need
    not show. Raises TryLater or Refused."""
    existing = known or await found(client, wish)
    if existing is None:
        return await client.write("POST", "Subscription", wish.resource())
    number = text(existing.get("id"))
    return await client.write("PUT", f"Subscription/{number}", {**wish.resource(), "id": number})


class Watch:
    """Keeps the Subscription alive. Polling goes on meanwhile, so that a dead one only costs time.

    It is renewed once at the start, because the secret may be another one than last time.
    """

    def __init__(self, name: str, client: FhirClient, wish: Wish) -> None:
        self._name = name
        self._client = client
        self._wish = wish
        self._renewed = self._looked_soon = False
        self._number = ""
        self.state = "not-looked-at-yet"

    async def check(self) -> str:
        """For health: "ok", or a slug of what is wrong."""
        return self.state

    async def run(self) -> None:
        """Look every five minutes until cancelled, and once soon after it was asked for."""
        while True:
            await self.look()
            soon = self.state == PENDING and not self._looked_soon
            self._looked_soon = self.state != OK
            await asyncio.sleep(SOON_SECONDS if soon else WATCH_SECONDS)

    async def look(self) -> None:
        """Read the status, and ask anew where the Subscription does not stand."""
        try:
            self._is(await self._status())
        except (TryLater, Refused) as failure:
            self._is(failure.reason)
        except Exception:  # whatever a server made us stumble over, people are paged all the same
            log.exception("source_broke", source=self._name)
            self._is("broke")

    async def _status(self) -> str:
        """OK where it delivers. One that is still requested does not: the server, or a person
        there, has yet to set it up (R4, subscription-status), and asking anew would begin that
        again."""
        existing = await self._existing() if self._renewed else None
        status = text(existing.get("status")) if existing else "missing"
        if status == _ACTIVE:
            return OK
        if status == _REQUESTED:
            return status
        if self._renewed:
            log.error("subscription_failed", source=self._name, status=_known(status))
        made = await subscribe(self._client, self._wish, existing)
        self._renewed = True
        self._number = text(made.get("id")) or self._number
        return OK if text(made.get("status")) == _ACTIVE else PENDING

    async def _existing(self) -> Resource | None:
        """Also where a search does not show it: else there would be one more at each look."""
        shown = await found(self._client, self._wish)
        if shown or not self._number:
            return shown
        return await self._client.read(f"Subscription/{self._number}")

    def _is(self, state: str) -> None:
        if state not in {self.state, OK, PENDING}:
            log.error("subscription_failed", source=self._name, reason=state)
        self.state = state


def _known(status: str) -> str:
    return status if status in {"missing", "error", "off"} else "other"

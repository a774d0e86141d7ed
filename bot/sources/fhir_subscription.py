"""A rest-hook Subscription on a FHIR server: made, watched, and made active again (R4, 2.46)."""

import asyncio
from dataclasses import dataclass, field

from bot.log import log
from bot.sources.fhir_client import JSON, FhirClient
from bot.sources.fhir_http import Refused, TryLater
from bot.sources.fhir_json import Resource, many, one, text

OK = "ok"
WATCH_SECONDS = 300.0
_STANDING = frozenset({"active", "requested"})
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
            "status": "requested",
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
    return min(ours, key=lambda r: text(r.get("status")) != "active", default=None)


async def subscribe(client: FhirClient, wish: Wish) -> Resource:
    """Have one Subscription, with today's secret and criteria. Raises TryLater or Refused."""
    existing = await found(client, wish)
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
        self._renewed = False
        self.state = "not-looked-at-yet"

    async def check(self) -> str:
        """For health: "ok", or a slug of what is wrong."""
        return self.state

    async def run(self) -> None:
        """Look every five minutes until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(WATCH_SECONDS)

    async def look(self) -> None:
        """Read the status, and ask anew where the Subscription does not stand."""
        try:
            existing = await found(self._client, self._wish) if self._renewed else None
            status = text(existing.get("status")) if existing else "missing"
            if status not in _STANDING:
                if self._renewed:
                    log.error("subscription_failed", source=self._name, status=_known(status))
                await subscribe(self._client, self._wish)
                self._renewed = True
            self._is(OK)
        except (TryLater, Refused) as failure:
            self._is(failure.reason)
        except Exception:  # whatever a server made us stumble over, people are paged all the same
            log.exception("source_broke", source=self._name)
            self._is("broke")

    def _is(self, state: str) -> None:
        if state not in {self.state, OK}:
            log.error("subscription_failed", source=self._name, reason=state)
        self.state = state


def _known(status: str) -> str:
    return status if status in {"missing", "error", "off"} else "other"

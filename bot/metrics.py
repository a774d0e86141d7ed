"""What /metrics shows. A label is a slug out of a short list, never a value from a message."""

import re
import time
from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
_SLUG = re.compile(r"[a-z][a-z0-9:_-]{0,47}")
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"readback_{name}", text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"readback_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, *labels: str) -> Histogram:
    return Histogram(f"readback_{name}", text, labels, buckets=_SECONDS, registry=REGISTRY)


MESSAGES = _counter("messages", "Messages received and kept", "source", "outcome")
QUARANTINED = _counter("quarantined", "Messages that could not be used", "reason")
REMOVED = _counter("removed", "What [retention] has removed, by kind", "what")
WAITING = _gauge("quarantine_waiting", "Messages that wait in quarantine", "reason")
OPENED = _counter("alerts_opened", "Alerts opened", "category")
EXPIRED = _counter("alerts_expired", "Windows that passed unacknowledged", "category")
ACKNOWLEDGMENTS = _counter("acknowledgments", "Alerts acknowledged", "channel")
TRANSITIONS = _counter("audit_entries", "What happened to alerts, by audit entry", "what")
PAGES = _counter("pages", "Attempts to hand a page or notice to a provider", "channel", "outcome")
DELIVERED = _counter("pages_delivered", "Receipts from the carrier", "channel", "outcome")
DUE_TO_SENT = _histogram("page_due_to_sent_seconds", "From due to taken by provider", "channel")
SENT_TO_DELIVERED = _histogram("page_sent_to_delivered_seconds", "From taken to phone", "channel")
IN_FLIGHT = _gauge("pages_in_flight", "Attempts claimed by this copy and not settled")
OUTBOX_DEPTH = _gauge("outbox_depth", "Pages and notices that wait to be claimed")
OUTBOX_OLDEST = _gauge("outbox_oldest_due_seconds", "How long the oldest due one has waited")
COORDINATORS = _gauge(
    "coordinators", "Coordinators of the directory, by whether a page can reach them", "in_reach"
)
SHADOW = _gauge("shadow", "1 in shadow mode: nobody is paged; 2 past the end of it")
STEPS_FAILING = _gauge("steps_failing", "Open alerts whose due step failed when it was last tried")
SWEPT_AT = _gauge("last_sweep_timestamp_seconds", "The last look for what is due, Readback's time")
SWEEP_AGE = _gauge("sweep_age_seconds", "Since the last look for what is due")
CLOCK_AHEAD = _gauge(
    "clock_ahead_seconds", "How far Readback is before a system clock that was stepped back"
)
CHANNEL_UP = _gauge("channel_up", "1 where the channel works, 0 where it does not", "channel")
SLACK_CONNECTIONS = _gauge("slack_connections", "Socket Mode connections that Slack answers on")
SLACK_REPLACED = _counter("slack_connections_replaced", "Connections made anew, by why", "reason")
SLACK_REPEATED = _counter("slack_repeated", "Acts that Slack delivered again, done only once")
SOURCE_UP = _gauge("source_up", "1 where the source answers, 0 where it does not", "source")
REPLIES = _counter("sms_replies", "Messages from phones, by what became of them", "outcome")
CONNECTIONS_REFUSED = _counter("connections_refused", "HL7 senders turned away", "reason")
WEBHOOKS_REFUSED = _counter("webhooks_refused", "Webhook requests refused", "reason")
WEBHOOKS_NOT_KEPT = _counter(
    "webhooks_not_kept", "Webhook requests that the database could not take", "door"
)
LOG_KEYS_DROPPED = _counter("log_keys_dropped", "Keys kept out of the log, by place", "key")


def slug(value: object) -> str:
    """The value where it can be a label, else "other": a label must not carry text."""
    text = str(value)
    return text if _SLUG.fullmatch(text) else "other"


class _Sweep:
    """When the last sweep was, on the monotonic clock: a stepped wall clock makes it no older."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def age(self) -> float:
        return time.monotonic() - self.last


_sweep = _Sweep()
SWEEP_AGE.set_function(_sweep.age)


def swept(now: datetime) -> None:
    """The timers have just looked for what is due at ``now``."""
    _sweep.last = time.monotonic()
    SWEPT_AT.set(now.timestamp())


def sweep_age() -> float:
    """Real seconds since the last sweep; since the start where there was none."""
    return _sweep.age()


def backlog(count: int, oldest: datetime | None, now: datetime) -> None:
    """So many pages and notices are due and wait to be claimed, the oldest since ``oldest``."""
    OUTBOX_DEPTH.set(count)
    OUTBOX_OLDEST.set((now - oldest).total_seconds() if oldest else 0.0)


def received(source: str, outcome: str) -> None:
    """A message is kept: reports, duplicate, set_aside, not_production or quarantined."""
    MESSAGES.labels(slug(source), slug(outcome)).inc()


def quarantined(reason: str) -> None:
    """A message went to quarantine for this reason."""
    QUARANTINED.labels(slug(reason)).inc()


def removed(orders: int, reports: int, messages: int) -> None:
    """So many were older than the site keeps them."""
    for what, count in (("orders", orders), ("reports", reports), ("messages", messages)):
        REMOVED.labels(what).inc(count)


def quarantine_waiting(counts: Mapping[str, int]) -> None:
    """So many wait in quarantine for each reason; a reason that nothing waits for is zero."""
    for reason in _waited_for:
        WAITING.labels(reason).set(0)
    for reason, count in counts.items():
        _waited_for.add(slug(reason))
        WAITING.labels(slug(reason)).set(count)


def coordinators(able: int, unable: int) -> None:
    """So many can be paged, and so many not."""
    COORDINATORS.labels("yes").set(able)
    COORDINATORS.labels("no").set(unable)


_waited_for: set[str] = set()


def transition(what: str, category: str, data: Mapping[str, object]) -> None:
    """An audit entry of an alert has been committed."""
    TRANSITIONS.labels(slug(what)).inc()
    match what:
        case "opened":
            OPENED.labels(slug(category)).inc()
        case "expired":
            EXPIRED.labels(slug(category)).inc()
        case "acknowledged":
            ACKNOWLEDGMENTS.labels(slug(data.get("channel", ""))).inc()
        case "call_recorded":
            ACKNOWLEDGMENTS.labels("phone").inc()
        case _:
            pass


def page_settled(channel: str, outcome: str, seconds: float | None = None) -> None:
    """An attempt ended: sent, refused or lost. ``seconds`` since the page was due, where sent."""
    PAGES.labels(slug(channel), slug(outcome)).inc()
    if seconds is not None and outcome == "sent":
        DUE_TO_SENT.labels(slug(channel)).observe(max(seconds, 0.0))


def page_delivered(channel: str, outcome: str, seconds: float | None = None) -> None:
    """The carrier reported: delivered or failed. ``seconds`` since the provider took it."""
    DELIVERED.labels(slug(channel), slug(outcome)).inc()
    if seconds is not None and outcome == "delivered":
        SENT_TO_DELIVERED.labels(slug(channel)).observe(max(seconds, 0.0))


def reply(outcome: str) -> None:
    """A phone has written: ack, pass, undo, refused, or why it was not understood."""
    REPLIES.labels(slug(outcome)).inc()


def webhook_not_kept(door: str) -> None:
    """The database could not take what a request brought: sms or status."""
    WEBHOOKS_NOT_KEPT.labels(slug(door)).inc()


def webhook_refused(reason: str) -> None:
    """A request to a webhook was turned away."""
    WEBHOOKS_REFUSED.labels(slug(reason)).inc()


def connection_refused(reason: str) -> None:
    """A sender was turned away: its address, or what went wrong with TLS."""
    CONNECTIONS_REFUSED.labels(slug(reason)).inc()


def log_key_dropped(key: str) -> None:
    """A log call carried a key that must not be there: a bug to find."""
    LOG_KEYS_DROPPED.labels(slug(key)).inc()

"""The counters, and what can stand in their labels."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from bot import metrics

NOW = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"readback_{name}", labels) or 0.0


def test_a_message_is_counted_by_source_and_outcome() -> None:
    before = value("messages_total", source="hl7", outcome="reports")
    metrics.received("hl7", "reports")
    assert value("messages_total", source="hl7", outcome="reports") == before + 1


def test_a_quarantined_message_is_counted_by_reason() -> None:
    before = value("quarantined_total", reason="no-msh")
    metrics.quarantined("no-msh")
    assert value("quarantined_total", reason="no-msh") == before + 1


@pytest.mark.parametrize(
    ("what", "data", "name", "labels"),
    [
        ("opened", {}, "alerts_opened_total", {"category": "critical"}),
        ("expired", {}, "alerts_expired_total", {"category": "critical"}),
        ("acknowledged", {"channel": "sms"}, "acknowledgments_total", {"channel": "sms"}),
        ("call_recorded", {}, "acknowledgments_total", {"channel": "phone"}),
        ("owner", {}, "audit_entries_total", {"what": "owner"}),
    ],
)
def test_a_transition_counts_what_it_is(
    what: str, data: dict[str, object], name: str, labels: dict[str, str]
) -> None:
    before = value(name, **labels)
    metrics.transition(what, "critical", data)
    assert value(name, **labels) == before + 1


def test_a_sent_page_is_timed_and_a_failed_one_is_not() -> None:
    before = value("page_due_to_sent_seconds_count", channel="sms")
    metrics.page_settled("sms", "sent", 0.2)
    metrics.page_settled("sms", "refused", 0.2)
    assert value("page_due_to_sent_seconds_count", channel="sms") == before + 1
    assert value("pages_total", channel="sms", outcome="refused") >= 1


def test_a_delivered_page_is_timed_and_an_undelivered_one_is_not() -> None:
    before = value("page_sent_to_delivered_seconds_count", channel="sms")
    metrics.page_delivered("sms", "delivered", 3.0)
    metrics.page_delivered("sms", "failed", 3.0)
    assert value("page_sent_to_delivered_seconds_count", channel="sms") == before + 1
    assert value("pages_delivered_total", channel="sms", outcome="failed") >= 1


def test_the_age_of_the_sweep_starts_anew_with_each() -> None:
    metrics.swept(NOW)
    assert metrics.sweep_age() < 5
    assert value("last_sweep_timestamp_seconds") == NOW.timestamp()
    assert value("sweep_age_seconds") < 5


def test_refused_webhooks_and_dropped_log_keys_are_counted() -> None:
    before = (
        value("webhooks_refused_total", reason="signature"),
        value("log_keys_dropped_total", key="name"),
    )
    metrics.webhook_refused("signature")
    metrics.log_key_dropped("name")
    assert value("webhooks_refused_total", reason="signature") == before[0] + 1
    assert value("log_keys_dropped_total", key="name") == before[1] + 1


@given(st.text())
def test_a_label_is_a_slug_whatever_it_is_given(text: str) -> None:
    label = metrics.slug(text)
    assert label in {text, "other"}
    assert label.isascii()
    assert " " not in label


def test_text_in_a_label_never_reaches_the_page() -> None:
    metrics.quarantined("DOE^JOHN 19600101")
    metrics.received("hl7", "MRN 12345678")
    assert b"DOE" not in generate_latest(metrics.REGISTRY)
    assert b"12345678" not in generate_latest(metrics.REGISTRY)


def test_the_backlog_says_how_many_wait_and_for_how_long() -> None:
    metrics.backlog(3, NOW - timedelta(seconds=90), NOW)
    assert (value("outbox_depth"), value("outbox_oldest_due_seconds")) == (3, 90)
    metrics.backlog(0, None, NOW)
    assert (value("outbox_depth"), value("outbox_oldest_due_seconds")) == (0, 0)


def test_what_waits_in_quarantine_is_shown_by_reason_and_goes_back_to_zero() -> None:
    def shown(reason: str) -> float | None:
        return metrics.REGISTRY.get_sample_value("readback_quarantine_waiting", {"reason": reason})

    metrics.quarantine_waiting({"no-obr": 2})
    assert shown("no-obr") == 2
    metrics.quarantine_waiting({"no-msh": 1})
    assert (shown("no-obr"), shown("no-msh")) == (0, 1)

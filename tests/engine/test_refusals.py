"""Who is turned away, as the log has it."""

from datetime import UTC, datetime, timedelta

from bot.engine.refusals import Refusals
from tests.written import writing

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_flood_makes_one_line_a_minute_for_each_door_and_reason_that_counts_it() -> None:
    refusals = Refusals()
    with writing() as log:
        for second in range(59):
            refusals.note("signature", "slack", NOON + timedelta(seconds=second))
        refusals.note("too-large", "slack", NOON)
        refusals.note("signature", "fhir", NOON)
        refusals.note("signature", "slack", NOON + timedelta(seconds=60))
    assert [(line["kind"], line["reason"], line["count"]) for line in log.lines] == [
        ("slack", "signature", 1),
        ("slack", "too-large", 1),
        ("fhir", "signature", 1),
        ("slack", "signature", 59),
    ]

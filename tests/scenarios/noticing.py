"""Notices on record, and a provider that is away for a while."""

from bot.domain.page import Notice
from bot.sandbox.hospital import Hospital
from storage.page_history import PageRow
from tests.scenarios.looking import attempts

OUTAGE = 20  # minutes
LONGEST_BACKOFF = 5  # minutes


def notices(hospital: Hospital, kind: Notice) -> list[PageRow]:
    return [row for row in attempts(hospital) if row.slip.notice is kind]


def withdraw(hospital: Hospital, accession: str) -> None:
    report = hospital.report("ct-head-hemorrhage", accession=accession)
    hospital.send(report.replace(b"|CT|F|", b"|CT|X|"))


def slack_is_away(hospital: Hospital, minutes: float = OUTAGE) -> None:
    """From now on for this long; then there was time for the longest pause between two tries."""
    hospital.world.slack_down()
    hospital.pass_time(minutes=minutes)
    hospital.world.slack_down(down=False)
    hospital.pass_time(minutes=LONGEST_BACKOFF)

"""Reports made up for the tests of this folder."""

from dataclasses import replace

from bot.domain.report import Flag, KeyKind, Patient, Report, ReportKey, Status
from tests.domain.loop import T0

PLAIN = Report(
    key=ReportKey("RIS", KeyKind.ACCESSION, "A1"),
    status=Status.FINAL,
    status_at=T0,
    finalized_at=T0,
    discovered_at=None,
    content_hash="h1",
    exam="CT CHEST",
    modality="CT",
    text="Findings. Impression.",
    impression="Tension pneumothorax.",
    addenda=(),
    flags=(),
    patient=Patient(),
    ordering=(),
    attending=(),
    copies_to=(),
    radiologist=None,
    accession="A1",
    filler="",
    placer="",
    processing_id="P",
    sender="RIS",
    control_id="1",
)


def report(**changes: object) -> Report:
    return replace(PLAIN, **changes)  # type: ignore[arg-type] # any field of a report


def flag(value: str, where: str = "OBX[1]-8") -> Flag:
    return Flag(value, "", where)

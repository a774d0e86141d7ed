"""What Readback makes of real senders' messages, as the tables of docs/interop.md.

``python -m tests.interop_table`` prints them, ``--write`` puts them into the document. The messages
are read from the folder of samples (READBACK_SHARED, else ../shared).
"""

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.domain.message import RawMessage, Reports, SetAside, Unusable
from bot.domain.report import Report, Status
from bot.sources.hl7.reader import read_all
from tests.requirements import ROOT, shared_folder

DOCUMENT = ROOT / "docs" / "interop.md"
BEGINS, ENDS = "<!-- hl7 tables: python -m tests.interop_table --write -->", "<!-- end -->"
ZONE = ZoneInfo("America/Chicago")
LATER = datetime(2027, 1, 1, tzinfo=UTC)
"""After every message of the corpus: none of its times lies in the future."""

HAS: dict[str, Callable[[Report], object]] = {
    "text": lambda one: one.text,
    "impression": lambda one: one.impression,
    "final": lambda one: Status.FINAL <= one.status <= Status.CORRECTED,
    "finalized at": lambda one: one.finalized_at,
    "patient": lambda one: one.patient.identifiers,
    "orderer with id": lambda one: any(person.identifiers for person in one.ordering),
    "… and authority": lambda one: any(
        identifier.authority or identifier.kind
        for person in one.ordering
        for identifier in person.identifiers
    ),
    "attending": lambda one: one.attending,
    "radiologist": lambda one: one.radiologist,
    "modality": lambda one: one.modality,
    "study UID": lambda one: one.study_uid,
}


def tables(shared: Path) -> str:
    """Both tables and the reasons, in Markdown."""
    found = list(_messages(shared))
    return "\n\n".join((_by_project(found), _by_sender(found), _reasons(found)))


def _messages(shared: Path) -> Iterator[tuple[str, RawMessage]]:
    """Each message of the corpus with the project that it comes from."""
    folder = shared / "corpus" / "hl7"
    with (folder / "SOURCES.tsv").open(encoding="utf-8", newline="") as file:
        sources = {row["file"]: row["repo"] for row in csv.DictReader(file, delimiter="\t")}
    for name, project in sorted(sources.items()):
        data = (folder / name).read_bytes()
        for raw in read_all(data, source="corpus", timezone=ZONE, now=LATER):
            yield project, raw


def _by_project(found: list[tuple[str, RawMessage]]) -> str:
    groups = _grouped((project, raw) for project, raw in found)
    rows = [[name, *_counts(raws)] for name, raws in groups.items()]
    total = ["**all**", *_counts([raw for _, raw in found])]
    return _table(["source", "messages", "read", "set aside", "not usable"], [*rows, total])


def _by_sender(found: list[tuple[str, RawMessage]]) -> str:
    """Those that send reports: how many of their reports have what."""
    having = ((raw.sender or "(none given)", raw) for _, raw in found)
    rows = []
    for name, raws in _grouped(having).items():
        reports = [one for raw in raws for one in _reports(raw)]
        if reports:
            has = [str(sum(bool(test(one)) for one in reports)) for test in HAS.values()]
            rows.append([name, str(len(reports)), *has])
    return _table(["sender (MSH-3/MSH-4)", "reports", *HAS], rows)


def _reasons(found: list[tuple[str, RawMessage]]) -> str:
    """What becomes of those that are no reports; messages set aside by their type."""
    aside = Counter(r.reading.reason for _, r in found if isinstance(r.reading, SetAside))
    bad = Counter(r.reading.reason for _, r in found if isinstance(r.reading, Unusable))
    kinds: dict[str, list[str]] = defaultdict(list)
    for reason, count in sorted(aside.items()):
        kinds[reason.partition("-")[0]].append(f"{reason} {count}")
    rows = [["set aside", kind, ", ".join(told)] for kind, told in kinds.items()]
    rows += [["quarantine", reason, str(count)] for reason, count in sorted(bad.items())]
    return _table(["", "reason", "messages"], rows)


def _grouped(pairs: Iterable[tuple[str, RawMessage]]) -> dict[str, list[RawMessage]]:
    groups: dict[str, list[RawMessage]] = defaultdict(list)
    for name, raw in pairs:
        groups[name].append(raw)
    return dict(sorted(groups.items(), key=lambda group: group[0].casefold()))


def _reports(raw: RawMessage) -> tuple[Report, ...]:
    return raw.reading.reports if isinstance(raw.reading, Reports) else ()


def _counts(raws: list[RawMessage]) -> list[str]:
    kinds = Counter(type(raw.reading) for raw in raws)
    return [str(len(raws)), *(str(kinds[kind]) for kind in (Reports, SetAside, Unusable))]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines)


def written(document: str, made: str) -> str:
    """The document with these tables between its two marks."""
    before, rest = document.split(BEGINS)
    _, after = rest.split(ENDS)
    return f"{before}{BEGINS}\n\n{made}\n\n{ENDS}{after}"


def main() -> None:
    """Print the tables, or write them into the document."""
    shared = shared_folder()
    if shared is None:
        sys.exit("The folder of samples is missing: set READBACK_SHARED to it.")
    made = tables(shared)
    if "--write" not in sys.argv:
        sys.stdout.write(f"{made}\n")
        return
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8"), made), encoding="utf-8")


if __name__ == "__main__":
    main()

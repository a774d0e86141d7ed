"""The same report by another filler: an EHR, say, that passes it on under a number of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Connection

from bot.domain.identity import may_be_merged
from bot.domain.numbers import Order
from bot.domain.ordering import Version
from bot.domain.report import ROUTINE, Report, ReportKey, Status, words_of
from storage import reports


def of(c: Connection, report: Report, order: Order, category: str | None) -> tuple[Version, ...]:
    """The order's versions that say the very same as this report for another filler's number.

    None where nothing asks for anybody: two exams may well be "Normal." both. What withdraws, or
    says that it is routine, does so for its own number.
    """
    if report.status is Status.WITHDRAWN or category == ROUTINE:
        return ()
    if not (report.order and words_of(report)):
        return ()
    same = [one for one in _alike(c, report, order.key) if one.order not in {"", report.order}]
    return tuple(same) if category or any(one.category for one in same) else ()


def of_its_own(c: Connection, report: Report, key: ReportKey) -> tuple[Version, ...]:
    """Those for the report's own number alone that say the very same: they came before it was known
    that it is another's, too."""
    return tuple(one for one in _alike(c, report, key) if one.order == report.order)


def of_merged(c: Connection, report: Report, key: ReportKey) -> bool:
    """Whether the order of this key has the report already, word for word, of a patient who may be
    the same one under another number: records are merged, and what they hold is sent again."""
    words = words_of(report)
    known = (reports.load(c, one.report_id) for one in reports.versions(c, key)) if words else ()
    return any(
        words_of(one) == words and may_be_merged(one.patient, report.patient) for one in known
    )


def _alike(c: Connection, report: Report, key: ReportKey) -> Iterator[Version]:
    for one in reports.versions(c, key):
        silent = one.unread or one.status is Status.WITHDRAWN or one.category == ROUTINE
        if not silent and _is_copy(reports.load(c, one.report_id), report):
            yield one


def _is_copy(one: Report, other: Report) -> bool:
    """The same words, about what is called the same exam, where both say which."""
    exams = {name for report in (one, other) if (name := report.exam.strip().casefold())}
    return words_of(one) == words_of(other) and len(exams) < 2  # noqa: PLR2004 - one exam


def under_all(c: Connection, report: Report, copied: Iterable[Version]) -> Report:
    """From now on each of them is the report of all their orders."""
    same = tuple(copied)
    numbers = {*report.order.split(), *(number for one in same for number in one.orders)}
    every = " ".join(sorted(numbers))
    for one in same:
        if one.order != every:
            reports.name_orders(c, one.report_id, every)
    return replace(report, order=every)

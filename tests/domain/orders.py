"""Orders as they are known, by a few numbers, to be compared in tests."""

from datetime import UTC, datetime

from bot.domain.numbers import Order, key_of
from bot.domain.report import Identifier, KeyKind, OrderNumber, ReportKey

THEN = datetime(2026, 6, 1, tzinfo=UTC)
JANET = (Identifier("1", "MAIN", "MR"),)
OTHER = (Identifier("2", "MAIN", "MR"),)
OWN = ReportKey("RIS", KeyKind.ACCESSION, "NEW")


def accession(value: str, authority: str = "RIS", *, stated: bool = True) -> OrderNumber:
    return OrderNumber(KeyKind.ACCESSION, value, authority, stated)


def filler(value: str, authority: str = "RIS") -> OrderNumber:
    return OrderNumber(KeyKind.FILLER, value, authority)


def placer(value: str) -> OrderNumber:
    return OrderNumber(KeyKind.PLACER, value, "CPOE")


def order(*numbers: OrderNumber, who: tuple[Identifier, ...] = (), alert: str = "") -> Order:
    opened = THEN if alert else None
    return Order(key_of(numbers), numbers, who, alert, alert, opened, bool(alert))

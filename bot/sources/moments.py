"""HL7 times (DTM, v2.5.1 section 2.A.22) and what is wrong with those that cannot be used."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

# Before this no report was sent by HL7 v2 as we read it. Systems write their zero instead of
# nothing: year 1, 1753, 30 December 1899, 1900, 1970.
_OLDEST = 1990
_TO_THE_MINUTE = 12
_ZONE = re.compile(r"[+-]\d{4}$")


@dataclass(slots=True)
class Moment:
    """A time in UTC, or None; ``note`` says in words what is the matter with it.

    Only a time of at least minutes counts: a day alone would open a window at midnight.
    """

    at: datetime | None
    note: str = ""


NOTHING = Moment(None, "is empty")


def moment(value: str, zone: tzinfo, latest: datetime) -> Moment:
    """Read YYYYMMDDHHMM[SS[.S…]][±ZZZZ], or ISO 8601; ``zone`` is for times without one.

    A local time that came twice at a change of daylight saving is read as the later of its two
    meanings where that is not after ``latest``, else as the earlier, and the note says so: read
    always as the earlier, a correction would count as older than what it corrects. One that never
    came is of a clock that was not changed yet, or too early: the same rule tells which.
    """
    value = value.strip()
    if not value or value == '""':
        return NOTHING
    if not value.isascii():
        return Moment(None, "is not a date and time")
    try:
        try:
            read = _parsed(value)
        except ValueError:
            read = _unusual(value)
        return _in_utc(read, zone, latest)
    except (ValueError, OverflowError):
        return Moment(None, _why_not(value))


def instant(value: str) -> datetime | None:
    """A FHIR instant, which carries its offset, in UTC; one that lacks it is taken as UTC."""
    return moment(value, UTC, datetime.max.replace(tzinfo=UTC)).at


@lru_cache(maxsize=64)
def _offset(sign: str, hours: str, minutes: str) -> tzinfo | None:
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    if ahead >= timedelta(days=1):
        return None
    return timezone(-ahead if sign == "-" else ahead)


def zone_of(value: str) -> tzinfo | None:
    """The offset that a time carries: None where it has none."""
    value = value.strip()
    if value[-3:-2] == ":" and value[-6:-5] in {"+", "-"}:
        value = value[:-3] + value[-2:]  # as ISO 8601 writes it
    elif value[-1:] == "Z" and value[:4].isdigit():
        return UTC
    if value[-5:-4] not in {"+", "-"} or not value[-4:].isdecimal() or not value.isascii():
        return None
    return _offset(value[-5], value[-4:-2], value[-2:])


def _parsed(value: str) -> datetime:
    if value[:_TO_THE_MINUTE].isdigit() and len(value) >= _TO_THE_MINUTE:
        return datetime.fromisoformat(f"{value[:8]}T{value[8:]}")
    if len(value) < len("2026-01-15T14:30"):
        raise ValueError
    return datetime.fromisoformat(value)


_PARTS = re.compile(
    r"(\d{4})([/-]?)(\d\d)\2(\d\d)[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:\.\d+)?)? ?"
    r"([+-]\d\d:?\d\d|[Zz]|UTC|GMT)?(?:\[[\w/+-]{1,40}\])?"
)


def _unusual(value: str) -> datetime:
    """Midnight as 24:00 (ISO 8601), the second of a leap second, a blank before the time or the
    zone, slashes in a date that begins with its year, a small z, the name of the zone behind it (as
    Java writes it). Raises ValueError for anything else."""
    found = _PARTS.fullmatch(value)
    if found is None:
        raise ValueError
    year, _, month, day, hour, minute, second, zone = (part or "" for part in found.groups())
    midnight, leap = (hour, minute, second or "00") == ("24", "00", "00"), second == "60"
    clock = f"{'00' if midnight else hour}{minute}{'00' if leap else second or '00'}"
    later = timedelta(days=midnight, minutes=leap)
    zone = "Z" if zone.isalpha() else zone
    return datetime.fromisoformat(f"{year}{month}{day}T{clock}{zone}") + later


def _in_utc(read: datetime, zone: tzinfo, latest: datetime) -> Moment:
    if read.year < _OLDEST:
        return Moment(None, "is a placeholder")
    if read.tzinfo is not None:
        return Moment(read.astimezone(UTC))
    local = read.replace(tzinfo=zone)
    again = local.replace(fold=1)
    first = local.astimezone(UTC)
    if local.utcoffset() == again.utcoffset():
        return Moment(first)
    second = again.astimezone(UTC)
    came = "came twice" if first < second else "never came"
    earlier, later = sorted((first, second))
    which, at = ("later", later) if later <= latest else ("earlier", earlier)
    return Moment(
        at, f"{came} at the change of daylight saving and has no zone: the {which} meaning counts"
    )


def _why_not(value: str) -> str:
    digits = _ZONE.sub("", value).replace("-", "")
    if digits.isdigit() and len(digits) in {4, 6, 8, 10}:
        return "has no minutes"
    return "is not a date and time"

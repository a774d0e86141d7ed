"""A report message to vary in tests: give a field another value, or leave its segment out."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.domain.message import RawMessage, Reports, Unusable
from bot.domain.profile import Feeds, Profile
from bot.domain.report import Report
from bot.sources.hl7.reader import read

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)
FINAL = "20260115120000-0600"

MSH = r"MSH|^~\&|RIS|MAIN|READBACK|MAIN|20260115120100-0600||ORU^R01^ORU_R01|MSG1|P|2.5.1"
PID = "PID|1||DEMO1^^^MAIN^MR||EXAMPLE^ANN^Q||19500203|F"
PV1 = "PV1|1|I|ICU^12^B||||2001^ROE^JAN^^^DR^^^MAIN"
ORC = "ORC|RE|P100|A2000^RIS"
OBX = "OBX|1|TX|19005-8^Radiology impression^LN|1|Tension pneumothorax.|||HH|||F"


def obr(values: dict[int, str] | None = None) -> str:
    """An OBR; ``values`` replaces fields by their number."""
    fields = {
        1: "1",
        2: "P100",
        3: "A2000^RIS",
        4: "XR1^XR CHEST 1 VIEW^MAIN",
        7: "20260115110000-0600",
        16: "1003^PARK^SAM^^^DR^^^MAIN",
        18: "A2000",
        22: FINAL,
        24: "DX",
        25: "F",
        32: "3001&LIND&ROSA&&&DR&&&MAIN",
        **(values or {}),
    }
    return "|".join(["OBR", *(fields.get(number, "") for number in range(1, 33))])


def message(*segments: str, msh: str = MSH, end: str = "\r") -> bytes:
    """The segments after MSH, PID and PV1 as one message."""
    return end.join([msh, PID, PV1, *segments, ""]).encode()


def sample(*results: str, fields: dict[int, str] | None = None) -> bytes:
    """A whole report with these OBX, and with these fields of OBR."""
    return message(ORC, obr(fields), *(results or [OBX]))


def raw(data: bytes, now: datetime = NOW) -> RawMessage:
    """What the reader makes of it."""
    return read(data, source="hl7", timezone=CHICAGO, now=now)


def report(data: bytes) -> Report:
    """The only report of the message."""
    (one,) = reports(data)
    return one


def reports(data: bytes) -> tuple[Report, ...]:
    """The reports of the message."""
    reading = raw(data).reading
    assert isinstance(reading, Reports), reading
    return reading.reports


def unusable(data: bytes) -> Unusable:
    """Why the message cannot be used."""
    reading = raw(data).reading
    assert isinstance(reading, Unusable), reading
    return reading


def as_read(data: bytes, *profiles: Profile, machines: tuple[str, ...] = ()) -> Report:
    """The first report of the message, by the profiles and with the machines that are known."""
    feeds = Feeds(profiles, frozenset(machines))
    reading = read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds).reading
    assert isinstance(reading, Reports), reading
    return reading.reports[0]

"""Reports to measure with: about 2 KB, 20 OBX, each with an order of its own."""

from datetime import UTC, datetime

FLAGGED_EVERY = 12
"""One report in twelve is critical or significant in a large hospital (91 of 1,100 a day)."""

_LINE = "The visualized structures are of normal size. Line {}."


_DICTATED = (
    "Large pulmonary embolism.~CRITICAL RESULT: discussed with Dr. Roe by telephone at 10:30.~"
    "ACR actionable finding category 1."
)


def reading_mix() -> list[bytes]:
    """A dozen as they come, each ordered by somebody else: the flagged one has its macros and its
    call in the text, which costs a reader most."""
    plain = b"Impression of the exam."
    mix = [
        report(number, flagged=number == 0, provider=f"90000000{number:02}")
        for number in range(FLAGGED_EVERY)
    ]
    return [mix[0].replace(plain, _DICTATED.encode()), *mix[1:]]


def report(number: int, *, flagged: bool, provider: str = "9000000000") -> bytes:
    """One final report, finalized now, in HL7 with CR."""
    now = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    head = (
        f"MSH|^~\\&|RIS|BENCH|READBACK|BENCH|{now}||ORU^R01|M{number}|P|2.5.1\r"
        f"PID|1||MRN{number}^^^BENCH^MR||DOE^JANE||19600101|F\r"
        f"PV1|1|I|4W^12^A\r"
        f"ORC|RE|P{number}|F{number}^BENCH\r"
        f"OBR|1|P{number}|F{number}^BENCH|CTHEAD^CT HEAD|||{now}|||||||||{provider}^ROE^RICHARD"
        f"^^^^^^NPI^^^^NPI||F{number}||||{now}||CT|F\r"
    )
    body = "".join(_obx(i, _LINE.format(i), "") for i in range(1, 20))
    return (head + body + _obx(20, "Impression of the exam.", "AA" if flagged else "")).encode()


def _obx(index: int, text: str, flag: str) -> str:
    section = "IMP" if index == 20 else "GDT"
    return f"OBX|{index}|TX|REPORT&{section}^Report||{text}|||{flag}|||F\r"

"""The answer to a message: MSH, MSA and, for what went to quarantine, ERR (HL7 v2.5.1, 2.9).

Which code stands in MSA-1: AA once the message is committed, also for one in quarantine (a
warning in ERR says so); where the listener rejects those, AE for content and AR for what is not
supported. A sender that asks in MSH-15 for an accept acknowledgment, and in MSH-16 for no
application one, as ER does where all is well, gets CA, CE or CR instead (enhanced mode). One answer
a message: a second would be taken for the answer to the next message.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.message import RawMessage, Receipt, Reports, Unusable
from bot.sources.hl7.batch import from_header
from bot.sources.hl7.charsets import header_text, unmarked
from bot.sources.hl7.marks import at

_UNSUPPORTED = frozenset({"200", "201", "202", "203"})
_CONDITIONS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "207": "Application internal error",
}
_ESCAPES = str.maketrans({"|": "/", "^": " ", "~": " ", "\\": "/", "&": "+", "\r": " ", "\n": " "})


@dataclass(frozen=True, slots=True)
class Answer:
    """What an ACK says besides the echo. ``condition`` is from table 0357, ``severity`` W or E."""

    code: str
    text: str = ""
    condition: str = ""
    severity: str = ""
    location: str = ""
    detail: str = ""


def accepted(raw: RawMessage, receipt: Receipt, *, reject: bool) -> Answer:
    """The answer after the commit. ``reject`` is the listener's on_unusable = "reject"."""
    if not receipt.quarantined:
        return Answer("AA", _told(receipt))
    problem = _problem(raw, receipt)
    reject = reject and not problem.used
    code = ("AR" if problem.error_code in _UNSUPPORTED else "AE") if reject else "AA"
    return Answer(
        code,
        text=f"kept in quarantine: {problem.reason}",
        condition=problem.error_code,
        severity="E" if reject else "W",
        location=problem.location,
        detail=problem.detail,
    )


def _problem(raw: RawMessage, receipt: Receipt) -> Unusable:
    """Why it waits, or the first of its orders that does; what a report is only used without comes
    behind them."""
    match raw.reading:
        case Unusable() as unusable:
            return unusable
        case Reports(left=left) if left:
            return min(left, key=lambda one: one.used)
        case _:
            return Unusable(receipt.quarantined, receipt.detail)


def _told(receipt: Receipt) -> str:
    """Whoever tries out an interface has to see why nobody was paged."""
    if receipt.duplicate:
        return "received before"
    not_live = receipt.set_aside == "not-production"
    return "kept, pages nobody: its processing id is not one that may" if not_live else ""


NOT_STORED = Answer(
    "AE",
    "not stored, send again",
    "207",
    "E",
    detail="The message could not be stored: send it again",
)


def gravity(answer: Answer) -> int:
    """Of several messages in one frame the gravest answer is given: nothing unstored is hidden."""
    if answer is NOT_STORED:
        return 3
    return 2 if answer.code != "AA" else int(bool(answer.condition))


def write(data: bytes, answer: Answer, *, control_id: str, now: datetime) -> bytes:
    """The ACK to the message in ``data``, in its delimiters and bytes, whatever its charset.

    Of several messages in one frame the first is named: the sender waits for one answer. Without
    an MSH it is still well-formed. ``control_id`` is our own MSH-10; MSA-2 echoes theirs.
    """
    # The codec carries any byte through unchanged, so that what is echoed is what was sent.
    line, codec = header_text(from_header(unmarked(data)).lstrip())
    header = _header(line)
    separator, marks = header[1], header[2]
    component, repetition = marks[0:1] or "^", marks[1:2] or "~"
    trigger = at(at(header, 9).split(component), 1)
    kind = component.join(("ACK", trigger, "ACK")) if trigger else "ACK"
    msh = [
        "MSH",
        marks,
        *(at(header, n) for n in (5, 6, 3, 4)),
        now.strftime("%Y%m%d%H%M%S+0000"),
        "",
    ]
    msh += [kind, control_id, at(header, 11) or "P", at(header, 12) or "2.5.1"]
    if at(header, 18):
        msh += ["", "", "", "", "", at(header, 18).split(repetition, 1)[0]]
    msa = ["MSA", _mode(answer.code, header), at(header, 10), _plain(answer.text)]
    lines = [msh, msa, *([_err(answer, component)] if answer.condition else [])]
    return b"".join(_line(fields, separator, codec) for fields in lines)


def _line(fields: list[str], separator: str, codec: str) -> bytes:
    return separator.join(fields).rstrip(separator).encode(codec, "replace") + b"\r"


def _header(line: str) -> list[str]:
    """MSH with the fields where HL7 counts them; the usual delimiters where there is none."""
    if line[:3] != "MSH" or not line[4:]:
        return ["MSH", "|", "^~\\&"]
    header = line.split(line[3])
    header.insert(1, line[3])
    return header


def _mode(code: str, header: list[str]) -> str:
    """C for A where the sender wants the accept acknowledgment only."""
    wanted, application = (at(header, number).strip().upper() for number in (15, 16))
    now, not_now = ("SU", "ER") if code == "AA" else ("ER", "SU")
    asked = wanted in {"AL", now} and application in {"", "NE", not_now}
    return f"C{code[1]}" if asked else code


def _err(answer: Answer, component: str) -> list[str]:
    words = _CONDITIONS.get(answer.condition, "Application internal error")
    condition = component.join((answer.condition, words, "HL70357"))
    location = answer.location.replace("^", component)
    return ["ERR", "", location, condition, answer.severity, "", "", "", _plain(answer.detail)]


def _plain(text: str) -> str:
    return text.translate(_ESCAPES)

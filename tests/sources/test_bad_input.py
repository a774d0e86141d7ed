"""Bad input, and what it gets: a row each, over a real connection, accepted and rejected."""

from dataclasses import replace

import pytest

from bot.domain.message import Unusable
from bot.sources.mllp import Listener
from bot.sources.mllp_frames import frame
from tests.sources.oru import MSH, OBX, ORC, PID, message, obr, sample
from tests.sources.test_mllp import HOW, Inbox, Sender, told

LIMIT = 300_000

ROWS = [
    # what came, reason, MSA-1 where the listener rejects, ERR-2, ERR-3.1, a flag was saved
    ("a NUL", sample() + b"\0", "undecodable", "AE", "MSH^1^18", "102", True),
    (
        "a byte that the declared charset does not have",
        sample().replace(b"2.5.1", b"2.5.1||||||BIG-5").replace(b"Tension", b"T\xff"),
        "undecodable",
        "AE",
        "MSH^1^18",
        "102",
        True,
    ),
    (
        "a frame over the limit",
        sample(OBX, "OBX|2|ED|PDF||" + "A" * LIMIT),
        "too-large",
        "AE",
        "",
        "207",
        True,
    ),
    ("nothing in the frame", b"", "no-segments", "AE", "", "100", False),
    ("no MSH", sample()[len(MSH) + 1 :], "no-msh", "AE", "MSH", "100", True),
    (
        "an MSH that is no header",
        sample() + b"MSH\r",
        "several-messages",
        "AE",
        "MSH^2",
        "100",
        True,
    ),
    ("no OBR", message(ORC, OBX), "no-obr", "AE", "OBR", "100", True),
    (
        "no number for the order",
        message(obr({2: "", 3: "", 18: ""}), OBX),
        "no-order-identifier",
        "AE",
        "OBR^1^3",
        "101",
        True,
    ),
    (
        "a status of no table",
        sample(fields={25: "?"}),
        "unknown-status",
        "AE",
        "OBR^1^25",
        "103",
        True,
    ),
    (
        "no status at all",
        sample(OBX.removesuffix("F"), fields={25: ""}),
        "unknown-status",
        "AE",
        "OBR^1^25",
        "101",
        True,
    ),
    (
        "no message type",
        sample().replace(b"ORU^R01^ORU_R01", b""),
        "no-message-type",
        "AE",
        "MSH^1^9",
        "101",
        True,
    ),
    (
        "a message type that is none",
        sample().replace(b"ORU^R01^ORU_R01", b"report"),
        "no-message-type",
        "AR",
        "MSH^1^9",
        "200",
        True,
    ),
]

SOUND = [
    ("an impossible date", sample(fields={22: "20261345990000"})),
    ("no date", sample(fields={22: ""})),
    ("a code that is no category", sample(OBX.replace("HH", "RID49483^^RADLEX"))),
    ("a provider with no identifier", sample(fields={16: "^PARK^SAM"})),
    ("a message that carries no report", sample().replace(b"ORU^R01^ORU_R01", b"ADT^A01")),
    ("a message that is not for production", sample().replace(b"|MSG1|P|", b"|MSG1|T|")),
    ("an answer sent to us", sample().replace(b"ORU^R01^ORU_R01", b"ACK") + b"MSA|AA|1\r"),
    ("a patient without a name", sample().replace(PID.encode(), b"PID|1")),
]


def answered(data: bytes, *, reject: bool) -> tuple[bytes, Inbox]:
    """The answer, and what was stored."""
    answers: list[bytes] = []

    async def conversation(_: Inbox, __: Listener, sender: Sender) -> None:
        await sender.send(frame(data))
        answers.append(await sender.answer())

    how = replace(HOW, limit=LIMIT, on_unusable="reject" if reject else "accept")
    inbox = told(conversation, how)
    return answers[0], inbox


@pytest.mark.parametrize(
    ("data", "reason", "negative", "location", "condition", "flagged"),
    [row[1:] for row in ROWS],
    ids=[row[0].replace(" ", "-") for row in ROWS],
)
def test_bad_input_is_kept_and_answered_with_its_place_and_cure(
    data: bytes, reason: str, negative: str, location: str, condition: str, flagged: bool
) -> None:
    for reject, code, severity in ((False, "AA", "W"), (True, negative, "E")):
        answer, inbox = answered(data, reject=reject)
        (kept,) = inbox.messages
        assert isinstance(kept.reading, Unusable)
        assert kept.reading.reason == reason
        assert bool(kept.reading.flags) is flagged
        assert data.startswith(kept.data)
        assert kept.size == len(data)
        _, msa, err = answer.strip(b"\x0b\x1c\r").decode("latin-1").split("\r")
        assert msa.split("|")[1] == code
        assert msa.split("|")[3] == f"kept in quarantine: {reason}"
        assert err.split("|")[2] == location
        assert err.split("|")[3].startswith(f"{condition}^")
        assert err.split("|")[4] == severity
        assert ": " in err.split("|")[8]


@pytest.mark.parametrize("data", [row[1] for row in SOUND], ids=[row[0] for row in SOUND])
def test_what_is_only_odd_is_accepted_and_handed_on(data: bytes) -> None:
    answer, inbox = answered(data, reject=True)
    assert b"MSA|AA|MSG1\r" in answer
    assert inbox.reasons == []


def test_no_answer_about_bad_input_quotes_a_value() -> None:
    for _, data, *_ in ROWS:
        answer, _ = answered(data, reject=False)
        for value in (b"EXAMPLE", b"DEMO1", b"A2000", b"PARK", b"Tension"):
            assert value not in answer

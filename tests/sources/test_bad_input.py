"""Bad input, and what it gets: a row each, over a real connection, accepted and rejected."""

import time
from dataclasses import replace

import pytest

from bot.domain.message import Unusable
from bot.sources.hl7.wire import cut
from bot.sources.mllp.frames import frame
from bot.sources.mllp.server import Listener
from tests.sources.mllp_senders import HOW, Inbox, Sender, told
from tests.sources.oru import MSH, OBX, ORC, PID, message, obr, raw, report, sample

LIMIT = 300_000

ROWS = [
    # what came, reason, MSA-1 where the listener rejects, ERR-2, ERR-3.1, a flag was saved
    ("a NUL", sample() + b"\0Z", "undecodable", "AE", "MSH^1^18", "102", True),
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


@pytest.mark.parametrize(
    "end",
    [" ", "\t", r"\r", r"\r\n", "<CR>", "<0x0D><0x0A>", "\x1e", "\u2028", "[CR]", "{CR}{LF}", ""],
)
def test_a_message_shown_on_one_line_is_cut_at_its_segments(end: str) -> None:
    assert report(sample().rstrip().replace(b"\r", end.encode())) == report(sample())


@pytest.mark.parametrize("end", [" ", r"\r", r"\n", "[CR]"])
@pytest.mark.parametrize(
    "behind", ["PRT||UC||SB^Send by|1^X^Y", "ROL|1|AD|PP|1^X^Y", "DSC|", "CTI|1"]
)
def test_it_is_cut_at_any_segment_that_may_stand_behind_a_result(end: str, behind: str) -> None:
    data = sample(OBX, behind, fields={25: ""})
    assert report(data.rstrip().replace(b"\r", end.encode())) == report(data)


def test_a_text_on_one_line_is_not_cut_at_what_only_looks_like_a_segment() -> None:
    data = sample("OBX|1|TX|R||Seen in OBX room; see PID or pid.||||||F")
    found = report(data.rstrip().replace(b"\r", b" "))
    assert found.text == "Seen in OBX room; see PID or pid."


def test_names_of_segments_in_small_letters_are_names() -> None:
    lines = sample().decode().split("\r")
    small = "\r".join(line[:3].lower() + line[3:] for line in lines).encode()
    found = report(small)
    assert found.impression == report(sample()).impression
    assert raw(small).data == small


def test_a_line_of_text_keeps_its_letters() -> None:
    wire = cut("MSH|^~\\&|A\rthe|others\robx|1", "utf-8")
    assert wire.lines[1:] == ["the|others", "OBX|1"]


def test_five_megabytes_of_blanks_on_one_line_take_no_time() -> None:
    began = time.process_time()
    raw(b"MSH|^~\\&|A|B" + b" " * 5_000_000 + b"x")
    assert time.process_time() - began < 20

import pytest

from bot.domain.message import Receipt
from bot.sources.hl7 import acks
from bot.sources.hl7.acks import Answer, accepted
from tests.sources.oru import NOW, raw, sample


def fields(data: bytes, segment: bytes, separator: bytes = b"|") -> list[bytes]:
    """Of the ACK's segment, numbered as HL7 does."""
    found = next(line for line in data.split(b"\r") if line.startswith(segment))
    parts = found.split(separator)
    return [b"MSH", separator, *parts[1:]] if segment == b"MSH" else parts


def ack(data: bytes, answer: Answer = Answer("AA")) -> bytes:  # noqa: B008 - frozen
    return acks.write(data, answer, control_id="ours1", now=NOW)


def test_the_answer_turns_sender_and_receiver_round_and_echoes_the_rest() -> None:
    answer = ack(sample())
    msh = fields(answer, b"MSH")
    assert msh[3:7] == [b"READBACK", b"MAIN", b"RIS", b"MAIN"]
    assert msh[7] == b"20260115183000+0000"
    assert msh[9:13] == [b"ACK^R01^ACK", b"ours1", b"P", b"2.5.1"]
    assert fields(answer, b"MSA") == [b"MSA", b"AA", b"MSG1"]
    assert answer.endswith(b"\r")


def test_the_control_id_is_echoed_byte_for_byte() -> None:
    data = sample().replace(b"|MSG1|", "|M\\T\\ü|".encode("cp1252"))
    assert fields(ack(data), b"MSA")[2] == "M\\T\\ü".encode("cp1252")
    assert fields(ack(sample().replace(b"|MSG1|", b"||")), b"MSA") == [b"MSA", b"AA"]


def test_the_answer_uses_the_senders_delimiters() -> None:
    data = sample().translate(bytes.maketrans(b"|^~&", b"#@*%"))
    answer = ack(data)
    assert answer.startswith(b"MSH#@*\\%#READBACK#")
    assert fields(answer, b"MSH", b"#")[9] == b"ACK@R01@ACK"


def test_the_declared_charset_is_declared_again() -> None:
    data = sample().replace(b"2.5.1", b"2.5.1||||||UNICODE UTF-8~x")
    assert fields(ack(data), b"MSH")[18] == b"UNICODE UTF-8"


@pytest.mark.parametrize(
    ("facility", "charset", "codec"),
    [
        ("教育", "BIG-5", "big5"),
        ("ポート", "SHIFT_JIS", "cp932"),
        ("万", "~ISO IR87", "iso2022_jp"),
        ("万", "", "iso2022_jp"),
    ],
)
def test_a_facility_with_half_a_letter_that_looks_like_a_separator_moves_no_field_of_the_answer(
    facility: str, charset: str, codec: str
) -> None:
    name = facility.encode(codec)
    assert b"|" in name
    data = sample().replace(b"|MAIN|", b"|" + name + b"|", 1)
    answer = ack(data.replace(b"2.5.1", b"2.5.1||||||" + charset.encode()))
    assert fields(answer, b"MSA") == [b"MSA", b"AA", b"MSG1"]
    assert b"|RIS|" + name + b"|20260115183000+0000|" in answer


def test_a_nul_before_the_header_hides_no_control_id() -> None:
    assert fields(ack(b"\0\0" + sample()), b"MSA") == [b"MSA", b"AA", b"MSG1"]


@pytest.mark.parametrize("data", [b"", b"PID|1", b"MSH", b"MSH|", b"\0\xff"])
def test_without_a_header_the_answer_is_still_well_formed(data: bytes) -> None:
    answer = ack(data)
    assert answer.startswith(b"MSH|")
    assert fields(answer, b"MSA")[1] == b"AA"


@pytest.mark.parametrize(
    ("accept", "application", "code", "expected"),
    [
        ("", "", "AA", b"AA"),
        ("AL", "NE", "AA", b"CA"),
        ("AL", "", "AE", b"CE"),
        ("AL", "NE", "AR", b"CR"),
        ("AL", "AL", "AA", b"AA"),
        ("NE", "NE", "AA", b"AA"),
        ("ER", "NE", "AA", b"AA"),
        ("ER", "NE", "AE", b"CE"),
        ("SU", "NE", "AA", b"CA"),
        ("SU", "NE", "AE", b"AE"),
        ("AL", "ER", "AA", b"CA"),
        ("AL", "ER", "AE", b"AE"),
        ("AL", "SU", "AA", b"AA"),
        ("AL", "SU", "AR", b"CR"),
        ("AL ", "  ", "AA", b"CA"),
        (" er", "NE ", "AE", b"CE"),
    ],
)
def test_a_sender_in_enhanced_mode_gets_the_accept_codes(
    accept: str, application: str, code: str, expected: bytes
) -> None:
    data = sample().replace(b"2.5.1", f"2.5.1|||{accept}|{application}".encode())
    assert fields(ack(data, Answer(code)), b"MSA")[1] == expected


def test_a_message_received_before_is_accepted_again() -> None:
    answer = accepted(raw(sample()), Receipt("1", duplicate=True), reject=False)
    assert (answer.code, answer.text) == ("AA", "received before")


@pytest.mark.parametrize(("reject", "code", "severity"), [(False, "AA", "W"), (True, "AE", "E")])
def test_what_went_to_quarantine_is_said_with_its_place_and_cure(
    reject: bool, code: str, severity: str
) -> None:
    data = sample(fields={25: "?"})
    message = raw(data)
    answer = ack(data, accepted(message, Receipt("1", quarantined="unknown-status"), reject=reject))
    assert fields(answer, b"MSA") == [
        b"MSA",
        code.encode(),
        b"MSG1",
        b"kept in quarantine: unknown-status",
    ]
    err = fields(answer, b"ERR")
    assert err[2:5] == [b"OBR^1^25", b"103^Table value not found^HL70357", severity.encode()]
    assert b"table 0123" in err[8]


def test_an_unsupported_type_is_rejected_rather_than_an_error() -> None:
    data = sample().replace(b"ORU^R01^ORU_R01", b"???")
    answer = accepted(raw(data), Receipt("1", quarantined="no-message-type"), reject=True)
    assert answer.code == "AR"


def test_what_was_not_stored_is_never_accepted() -> None:
    answer = ack(sample(), acks.NOT_STORED)
    assert fields(answer, b"MSA")[1:4] == [b"AE", b"MSG1", b"not stored, send again"]
    assert fields(answer, b"ERR")[3] == b"207^Application internal error^HL70357"

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.refs import code_from
from bot.domain.replies import Reply, Unclear, Verb, carriers_word, codes_in, parse_reply, wants_sms

spaces = st.text(" \t\n\u00a0", max_size=3)
letters_of = {verb: [verb.value, verb.value.lower(), verb.value.title()] for verb in Verb}


@given(st.sampled_from(Verb), st.integers(0, 5000), st.data(), spaces, spaces, spaces)
def test_a_verb_and_a_code_are_understood_in_any_case_and_spacing(
    verb: Verb, n: int, data: st.DataObject, before: str, between: str, after: str
) -> None:
    word = data.draw(st.sampled_from(letters_of[verb]))
    code = code_from(n)
    assert parse_reply(f"{before}{word}{between}{code}{after}") == Reply(verb, code)


@pytest.mark.parametrize(
    "body",
    [
        *("ack4827", "ACK 4827.", '"ACK 4827"', "Ack: 48 27", "ＡＣＫ ４８２７", "ack-4827!"),
        *("“ACK 4827”", "ACK (4827)", "ACK—4827", "ack:4827.", "ACK\u00a04827", "ACK ٤٨٢٧"),
        *("\ufeffACK\u200b 48\u200d27", "\u202aACK 4827\u202c", "ACK 4827 👍🏽", "ACK 4️⃣8️⃣2️⃣7️⃣"),
        *("«ACK» ‹4827›", "[ACK] <4827>", "*ACK* _4827_", "ACK #4827", "ACK=4827", "ACK\r\n4827"),
        *("ACK 4827\nSent from my iPhone", "ACK 4827\n--\nDr. Ada Osei\n312-555-0101"),
        *("Ack 4,827", "ACK, 4,827."),  # as a phone writes what is dictated
        *("ACK 4827\u2028Get Outlook for iOS", "ACK 4827\r\n—\u2014 \r\nA. Osei, MD"),
    ],
)
def test_what_people_type_around_it_does_not_matter(body: str) -> None:
    assert parse_reply(body) == Reply(Verb.ACK, "4827")


@pytest.mark.parametrize(
    "body",
    ["ACK 4827 ACK 5839", "ACK 4827 5839", "ack 4827, pass 5839", "4827 5839", "ACK 4827\n4827"],
)
def test_two_codes_acknowledge_neither(body: str) -> None:
    assert parse_reply(body) is Unclear.SEVERAL_CODES


@pytest.mark.parametrize(
    "body",
    [
        "Liked “{}”",
        "Reacted 👍 to “{}”",
        "👍 to “{}”",
        "Le gustó “{}”",
        "> {}\nok, on my way",
        "ACK 4827\n\n{}",
    ],
)
@pytest.mark.parametrize("start", ["READBACK", "READBACK (possible repeat)"])
def test_a_reaction_to_our_message_or_a_quote_of_it_asks_for_nothing(body: str, start: str) -> None:
    ours = f"{start}: critical imaging result, ref K7QX. Reply ACK 4827 by 14:40. Or PASS 4827."
    assert parse_reply(body.format(ours)) is Unclear.QUOTED


@pytest.mark.parametrize(
    "word",
    [
        "STOP",
        "stop.",
        "StopAll",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "REVOKE",
        "OPTOUT",
        "YES",
        "START",
        "HELP",
        " info ",
    ],
)
def test_the_carriers_words_are_never_verbs(word: str) -> None:
    assert parse_reply(word) is Unclear.CARRIER_WORD
    assert not isinstance(parse_reply(f"{word} 4827"), Reply)


@pytest.mark.parametrize(
    ("body", "word", "wanted"),
    [
        ("STOP\nSent from my iPhone", "STOP", False),
        ("Start\n--\nSam", "START", True),
        ("help", "HELP", None),
        ("stop paging me", "", None),
    ],
)
def test_a_signature_changes_no_word_of_the_carriers(
    body: str, word: str, wanted: bool | None
) -> None:
    assert (carriers_word(body), wants_sms(body)) == (word, wanted)


@pytest.mark.parametrize("body", ["Help!", "HELP.", "“help”", "Info."])
def test_the_carrier_answers_help_alone_so_that_we_answer_it_with_more_around_it(body: str) -> None:
    assert (parse_reply(body), carriers_word(body)) == (Unclear.WORDS, "")


@pytest.mark.parametrize("body", ["ack", " PASS. ", "Undo"])
def test_a_verb_without_a_code_lacks_it(body: str) -> None:
    assert parse_reply(body) is Unclear.NO_CODE


@pytest.mark.parametrize("body", ["4827", " 4827. "])
def test_a_code_without_a_verb_lacks_it(body: str) -> None:
    assert parse_reply(body) is Unclear.NO_VERB


@pytest.mark.parametrize(
    "body",
    [
        *("", "👍", "ok", "I will not ACK 4827", "ACK 4827 please call me", "ACK K7QX"),
        *("NACK 4827", "ACK 4827 👎", "ACK 482", "ACK 4 8 2", "ACK 4827?", "~ACK 4827~"),
        *("A\u0336C\u0336K\u0336 4827", "ACK 4827 ❌", "АСК 4827", "ACK 4827\nnot mine, call Ben"),
        *("ACK 4827\n--\nsorry, not me", "ACK 4827\nSent from my iPhone: do NOT ack"),
        *("ACK 4827\n--\nI don't", "paß 4827", "ACK 4827\n- Ada", "un-ACK 4827", "no ACK 4827"),
    ],
)
def test_anything_else_asks_for_nothing(body: str) -> None:
    assert parse_reply(body) is Unclear.WORDS


@given(st.sampled_from(Verb), st.integers(0, 5000), st.data())
def test_the_digits_of_a_code_may_be_split_anywhere(
    verb: Verb, n: int, data: st.DataObject
) -> None:
    code = code_from(n)
    split = data.draw(st.sampled_from((" ", "  ", "\u00a0", "-", " - ", ".", "\n", "\u2013")))
    assert parse_reply(f"{verb} {split.join(code)}") == Reply(verb, code)


@pytest.mark.parametrize(
    "body", ["ACK 4 8 2 7", "ACK 48 2 7", "ack 4 82 7.", "ACK 482 7", "ACK 4 827", "ACK 4-8-2-7"]
)
def test_groups_of_digits_are_one_code(body: str) -> None:
    assert parse_reply(body) == Reply(Verb.ACK, "4827")


def test_a_split_code_without_a_verb_lacks_it_and_too_many_digits_are_no_code() -> None:
    assert parse_reply("4 8 2 7") is Unclear.NO_VERB
    assert parse_reply("ACK 4 8 2 7 5 8 3 9 2") is Unclear.WORDS
    assert parse_reply("312 555 0100") is Unclear.WORDS


def test_codes_are_found_in_a_message_of_any_kind() -> None:
    assert codes_in("ACK 4827 thanks, or 5 8 3 9? 4827! 123456789 12") == ["4827", "5839"]
    assert codes_in("thanks") == []


@given(st.text())
def test_no_text_breaks_the_reader(body: str) -> None:
    assert isinstance(parse_reply(body), Reply | Unclear)


# ---- decoration -----------------------------------------------------------------------------

WORN = (
    " \t\r\n\"'“”‘’«»„.,:;!#()[]{}<>*_=/|+-–—−\u00a0\u2009\u3000\u200b\u200d\u2060\ufeff\u00ad👍✅"
)
worn = st.text(WORN, max_size=6).filter(lambda text: "--" not in text)
SIGNATURES = ("", "\nSent from my Galaxy", "\n--\nDr. Ada Osei, pager 4711, room 1234")


def disguised(text: str, data: st.DataObject) -> str:
    """Each character in one of the shapes that phones and keyboards give it."""

    def shapes(character: str) -> tuple[str, ...]:
        wide = chr(ord(character) + 0xFEE0)
        arabic = (chr(0x660 + int(character)),) if character.isdigit() else (character.lower(),)
        return (character, wide, f"{character}\u200b", *arabic)

    return "".join(data.draw(st.sampled_from(shapes(character))) for character in text)


@given(
    st.sampled_from(Verb), st.integers(0, 5000), worn, worn, worn,
    st.sampled_from(SIGNATURES), st.data(),
)  # fmt: skip
def test_decoration_never_changes_what_is_read(
    verb: Verb, n: int, before: str, between: str, after: str, signed: str, data: st.DataObject
) -> None:
    code = code_from(n)
    shown = disguised(verb, data) + between + disguised(code, data)
    assert parse_reply(f"{before}{shown}{after}{signed}") == Reply(verb, code)


PIECES = (
    "ACK",
    "ack",
    "PASS",
    "UNDO",
    "N",
    "not ",
    "4827",
    "58",
    "39",
    "1",
    "?",
    "~",
    "\n",
    "-- \n",
)
pieces = st.lists(st.sampled_from(PIECES) | st.text(WORN + "aK4👎\u0336", max_size=3), max_size=8)


@given(pieces.map("".join) | st.text(max_size=30))
def test_only_a_verb_and_one_code_and_nothing_else_is_read_as_an_answer(body: str) -> None:
    reading = parse_reply(body)
    if isinstance(reading, Reply):
        above = re.split(r"\n *--", unicodedata.normalize("NFKC", body).replace("\u00ad", ""))[0]
        said = "".join(c for c in above.upper() if c.isalnum())
        assert said == f"{reading.verb}{reading.code}"


@pytest.mark.parametrize(
    "body",
    [
        *("Wrong number", "WRONG NUMBER!!", "you have the wrong number.", "wrong  phone number"),
        *("Wrong person, please stop", "I think wrong number", "sorry, wrong #", "wrong nr"),
        *("número equivocado", "NUMERO EQUIVOCADO", "Se ha equivocado de número"),
        *("Wrong number, who is this?", "Who is this? Wrong number", "No, wrong number"),
        *("You've reached the wrong number", "You texted the wrong number", "falsche Nummer"),
        *("wrong number. stop texting me", "Wrong no.", "Número equivocado, no soy doctor"),
        *(
            "This is the wrong number for Dr. Park",
            "Mauvais numéro !",
            "Someone gave you a wrong #",
        ),
        *("I don’t know any Dr. Park, wrong number", "I do not know you you have the wrong number"),
        *("This is not Dr. Park", "This isn’t Dr. Sam O’Brien, stop", "Not Dr Park"),
        *("I'm not Dr. Park", "this is not dr park this is his wife"),
    ],
)
def test_whoever_has_the_phone_may_say_that_the_number_is_wrong(body: str) -> None:
    assert parse_reply(body) is Unclear.WRONG_NUMBER


@pytest.mark.parametrize(
    "body",
    [
        *("wrong patient", "this is not the wrong number", "wrong", "not a wrong number"),
        *("the number is wrong for slice 4", "wrong number of slices", "this is not wrong number"),
        *("I don’t think this is a wrong number", "This isn't the wrong number"),
        *("No es un número equivocado", "Das ist keine falsche Nummer"),
        *("I was given the wrong number", "Wrong number for the reading room", "wrong # of slices"),
        *("The callback number is a wrong number", "There is a wrong number on the report"),
        *(
            "This is not Dr. Park’s patient",
            "I am not the doctor on call",
            "I'm not doctor on call",
        ),
        *("That's wrong no bleed seen", "Wrong number? PASS", "Wrong number, the code was 4827"),
        "You have the wrong person on this one, ask the surgeon",
        "ACK 4827. I called, reading room gave me the wrong number though",
    ],
)
def test_words_about_other_wrong_things_silence_nobody(body: str) -> None:
    assert parse_reply(body) is Unclear.WORDS


_WORDS = ["not ", "no ", "un ", "it's ", "wrong ", "number ", "I was ", "called ", "dr. ", "a "]
_SIGNS = ["'", '"', " ", "\n", "1 ", "1-", "ACK", "-- \n", "(", " - ", "sent from ", "ñ"]


@given(
    unit=st.lists(st.sampled_from(_WORDS + _SIGNS), min_size=1, max_size=3).map("".join),
    first=st.sampled_from(("", "not ", "ACK ", "sorry ")),
    last=st.sampled_from(("", "x", "wrong number", "x wrong number", "!x")),
)
def test_no_message_of_a_stranger_keeps_the_reader_busy(unit: str, first: str, last: str) -> None:
    """Twilio passes on 1,600 characters, and what is read holds up everybody's pages."""
    body = first + unit * (1500 // len(unit)) + last
    began = time.process_time()
    parse_reply(body)
    assert time.process_time() - began < 0.5

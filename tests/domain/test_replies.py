import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.refs import code_from
from bot.domain.replies import Reply, Unclear, Verb, parse_reply

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
    "body", ["ack4827", "ACK 4827.", '"ACK 4827"', "Ack: 48 27", "ＡＣＫ ４８２７", "ack-4827!"]
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
        "info",
    ],
)
def test_the_carriers_words_are_never_verbs(word: str) -> None:
    assert parse_reply(word) is Unclear.CARRIER_WORD
    assert not isinstance(parse_reply(f"{word} 4827"), Reply)


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
        *("NACK 4827", "ACK 4827 👍", "ACK 482", "ACK 4 827"),
    ],
)
def test_anything_else_asks_for_nothing(body: str) -> None:
    assert parse_reply(body) is Unclear.WORDS


@given(st.text())
def test_no_text_breaks_the_reader(body: str) -> None:
    assert isinstance(parse_reply(body), Reply | Unclear)

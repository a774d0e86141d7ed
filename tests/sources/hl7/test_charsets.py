"""Whatever MSH-18 says of the bytes, a report that is text is read."""

import pytest

from bot.domain.report import Report
from tests.sources.oru import OBX, message, obr, report, sample, unusable


def said(words: str, codec: str, charset: str) -> bytes:
    data = sample().decode().replace("2.5.1", f"2.5.1||||||{charset}", 1)
    return data.replace("Tension", words).encode(codec)


def told(words: str, codec: str, charset: str) -> Report:
    return report(said(words, codec, charset))


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("", "utf-8"),
        ("", "cp1252"),
        ("ASCII", "cp1252"),
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8", "utf-8"),
        ("ISO IR192", "utf-8"),
        ("UNICODE", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/1", "cp1252"),
        ("ISO_8859-1:1987", "latin-1"),
        ("ISO IR100", "latin-1"),
        ("ISO 2022 IR 100", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("ISO 8859-2", "iso8859-2"),
        ("ISO IR101", "iso8859-2"),
        ("WINDOWS-1250", "cp1250"),
        ("WIN1250", "cp1250"),
        ("CP850", "cp850"),
        ("~UNICODE UTF-8", "utf-8"),
        ("ASCII~8859/1", "latin-1"),
        ("8859/1~8859/15", "latin-1"),
        ("WHATEVER", "utf-8"),
        ("WHATEVER", "cp1252"),
        ("UTF-8", "cp1252"),
    ],
)
def test_the_charset_is_the_declared_one_or_found_by_trial(charset: str, codec: str) -> None:
    assert told("Größerer", codec, charset).impression == "Größerer pneumothorax."


@pytest.mark.parametrize(
    ("charset", "codec", "words"),
    [
        ("ISO IR144", "iso8859_5", "Перелом"),
        ("WINDOWS-1251", "cp1251", "Перелом"),
        ("KOI8-R", "koi8_r", "Перелом"),
        ("CP949", "cp949", "기흉"),
        ("CP950", "cp950", "氣胸"),
        ("ISO IR87", "iso2022_jp", "気胸"),
        ("ASCII~ISO IR87", "iso2022_jp", "気胸"),
        ("GB 18030-2000", "gb18030", "气胸"),
        ("BIG-5", "big5", "氣胸"),
        ("KS X 1001", "euc_kr", "기흉"),
    ],
)
def test_other_alphabets_are_read_by_what_is_declared(charset: str, codec: str, words: str) -> None:
    assert told(words, codec, charset).impression == f"{words} pneumothorax."


@pytest.mark.parametrize("charset", ["8859/1", "8859/2", "8859/15", "ISO IR101"])
def test_the_quotes_and_dashes_of_windows_stand_in_any_of_iso_s_charsets(charset: str) -> None:
    data = sample().replace(b"2.5.1", b"2.5.1||||||" + charset.encode(), 1)
    found = report(data.replace(b"Tension", b"\x93T\x94 \x96 it\x92s"))
    assert found.impression == "“T” – it’s pneumothorax."


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(codec: str) -> None:
    data = sample().decode().replace("Tension", "Größerer").encode(codec)
    assert report(data).impression == "Größerer pneumothorax."


def test_a_byte_of_no_charset_is_kept_as_latin_1() -> None:
    data = sample().replace(b"Tension", b"T\x81\xfcnsion\x97")
    assert report(data).impression == "T\x81ünsion— pneumothorax."


def test_letters_that_may_be_wrong_are_noted_and_no_others() -> None:
    note = ("MSH-18 does not name the charset, read as cp1252",)
    assert told("Größerer", "cp1252", "WHATEVER").time_notes == note
    assert told("Größerer", "cp1252", "UTF-8").time_notes == note
    for charset in ("", "8859/1", "WINDOWS-1252"):
        assert told("Größerer", "cp1252", charset).time_notes == ()
    assert told("Tension", "ascii", "WHATEVER").time_notes == ()


def test_where_each_letter_has_several_bytes_a_wrong_one_is_not_guessed_at() -> None:
    data = message(obr(), OBX).replace(b"2.5.1", b"2.5.1||||||BIG-5").replace(b"T", b"\xff")
    assert unusable(data).reason in {"undecodable", "no-msh"}


@pytest.mark.parametrize("charset", ["~ISO IR87", "ISO IR87", "ISO IR13~ISO IR87", "", "ASCII"])
def test_kanji_whose_bytes_are_separators_cut_no_field(charset: str) -> None:
    for_sure = "万塞栓症"  # ESC $ B K | ...
    assert b"|" in for_sure.encode("iso2022_jp")
    found = told(for_sure, "iso2022_jp", charset)
    assert (found.impression, found.time_notes) == (f"{for_sure} pneumothorax.", ())


def test_katakana_of_one_byte_may_stand_between_kanji() -> None:
    assert told("右ﾊｲ動脈", "iso2022_jp_ext", "~ISO IR87").impression == "右ﾊｲ動脈 pneumothorax."


def test_an_escape_before_what_is_no_japanese_is_read_as_it_stands() -> None:
    data = sample().replace(b"Tension", b"\x1b$B\x01\x01\xff")
    assert report(data).impression.endswith("pneumothorax.")


def test_what_is_said_to_be_japanese_and_is_utf_8_is_read_and_noted() -> None:
    found = told("肺塞栓症", "utf-8", "~ISO IR87")
    assert found.impression == "肺塞栓症 pneumothorax."
    assert found.time_notes == ("MSH-18 does not name the charset, read as utf-8",)


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("8859/1", "Größe – naïve"),
        ("WINDOWS-1252", "Größe – naïve"),
        ("8859/15", "Größe – naïve"),
        ("8859/2", "Závěr: rozsáhlé krvácení"),
        ("8859/5", "Массивное кровоизлияние"),
    ],
)
def test_utf_8_under_another_charset_of_one_byte_is_read_and_noted(
    charset: str, words: str
) -> None:
    found = told(words, "utf-8", charset)
    assert words.removeprefix("Závěr: ") in found.impression
    assert found.time_notes == (f"MSH-18 says {charset}, and the letters are UTF-8",)


def test_a_macro_with_a_no_break_space_in_it_counts_under_a_wrong_charset_too() -> None:
    found = told("CRITICAL\u00a0RESULT\u00a0:", "utf-8", "8859/1")
    assert [flag.value for flag in found.flags if not flag.where.endswith("-8")] == [
        "CRITICAL RESULT"
    ]


def test_the_charset_is_that_of_the_message_behind_the_header_of_a_batch() -> None:
    found = report(b"FHS|^~\\&|X\rBHS|^~\\&|X\r" + said("Тромб", "iso8859_5", "8859/5"))
    assert "Тромб" in found.text


@pytest.mark.parametrize(
    ("charset", "codec", "words"),
    [
        ("WINDOWS-1251", "cp1251", "Тромб"),
        ("8859/2", "iso8859_2", "Płuco"),
        ("BIG-5", "big5", "肺"),
    ],
)
def test_letters_that_are_what_msh_18_says_are_not_noted(
    charset: str, codec: str, words: str
) -> None:
    assert told(words, codec, charset).time_notes == ()


def test_euc_of_japan_is_known() -> None:
    assert told("肺塞栓症", "euc_jp", "EUC-JP").impression == "肺塞栓症 pneumothorax."


@pytest.mark.parametrize(("charset", "codec"), [("8859/5", "iso8859_5"), ("", "utf-8")])
def test_a_header_in_small_letters_has_its_charset_too(charset: str, codec: str) -> None:
    data = sample().decode().replace("2.5.1", f"2.5.1||||||{charset}", 1)
    small = "msh" + data.replace("Tension", "Перелом")[3:]
    assert report(small.encode(codec)).impression == "Перелом pneumothorax."


@pytest.mark.parametrize(
    ("words", "codec"),
    [
        ("印象：急性脑出血", "gbk"),
        ("診断：急性硬膜下血腫", "shift_jis"),
        ("ЗАКЛЮЧЕНИЕ: Кровоизлияние", "cp1251"),
    ],
)
def test_letters_that_make_no_words_where_msh_18_is_silent_are_noted(
    words: str, codec: str
) -> None:
    (note,) = told(words, codec, "").time_notes
    assert note.startswith("MSH-18 does not name the charset")


def test_letters_that_make_no_words_in_latin_1_are_noted_though_msh_18_names_it() -> None:
    (note,) = told("ЗАКЛЮЧЕНИЕ: Кровоизлияние", "cp1251", "8859/1").time_notes
    assert note == "MSH-18 says 8859/1, and read as cp1252 the letters make no words"


def test_accents_where_msh_18_is_silent_are_no_cause_for_doubt() -> None:
    assert told("Größe 3 € – „akut“, naïf, œdème", "cp1252", "").time_notes == ()


@pytest.mark.parametrize(
    ("facility", "charset", "codec", "words"),
    [
        ("教育", "BIG-5", "big5", "氣胸"),
        ("ポート", "SHIFT_JIS", "cp932", "気胸"),
        ("東方", "GB 18030-2000", "gb18030", "气胸"),
    ],
)
def test_half_a_letter_that_looks_like_a_separator_moves_no_field_of_the_header(
    facility: str, charset: str, codec: str, words: str
) -> None:
    assert b"|" in facility.encode(codec)
    data = sample().decode().replace("|MAIN|", f"|{facility}|", 1).replace("Tension", words)
    found = report(data.replace("2.5.1", f"2.5.1||||||{charset}", 1).encode(codec))
    assert (found.impression, found.time_notes) == (f"{words} pneumothorax.", ())


@pytest.mark.parametrize("mark", [b"|", b"#", b"^"])
def test_a_nul_around_fields_or_before_the_header_is_padding(mark: bytes) -> None:
    sound = sample().translate(bytes.maketrans(b"|^", mark + (b"^" if mark != b"^" else b"|")))
    padded = sound.replace(mark + b"F", b"\0\0" + mark + b"\0F\0").replace(b"\r", b"\0\r\0")
    found = report(b"\0" + padded + b"\0\0\r")
    assert (found.impression, found.numbers) == (report(sound).impression, report(sound).numbers)
    assert unusable(padded.replace(b"Tension", b"Ten\0sion")).reason == "undecodable"
    assert (
        unusable(padded.replace(b"Tension", "Tension".encode("utf-16-le"))).reason == "undecodable"
    )

"""Bytes to text: by a byte order mark, by MSH-18 (table 0211, and what senders write for it), else
by trial. A report is read whatever a sender says of its bytes, as long as they are text."""

import codecs
import re
from contextlib import suppress

from bot.sources.hl7.batch import from_header


class Undecodable(Exception):
    """No text: ``detail`` says why and what to send instead."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


# Names without blanks, dashes and slashes. What is not in here is read by trial; ASCII too, since
# senders write it without having looked at their 8-bit text.
_CODECS = {
    **dict.fromkeys(("UTF8", "UNICODEUTF8", "ISOIR192", "65001", "CP65001"), "utf-8"),
    **{f"8859{part}": f"iso8859_{part}" for part in (*range(2, 12), 13, 14, 15, 16)},
    **{f"WINDOWS{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"WIN{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"CP{page}": f"cp{page}" for page in (437, 850, 852, 866, 874, *range(1250, 1259))},
    **{f"IBM{page}": f"cp{page}" for page in (437, 850, 852)},
    **{f"LATIN{part}": f"iso8859_{number}" for part, number in ((2, 2), (5, 9), (9, 15))},
    # The registration numbers that DICOM and HL7 use for the parts of ISO 8859.
    **dict.fromkeys(("ISOIR101",), "iso8859_2"),
    **dict.fromkeys(("ISOIR109",), "iso8859_3"),
    **dict.fromkeys(("ISOIR110",), "iso8859_4"),
    **dict.fromkeys(("ISOIR144",), "iso8859_5"),
    **dict.fromkeys(("ISOIR127",), "iso8859_6"),
    **dict.fromkeys(("ISOIR126",), "iso8859_7"),
    **dict.fromkeys(("ISOIR138",), "iso8859_8"),
    **dict.fromkeys(("ISOIR148",), "iso8859_9"),
    **dict.fromkeys(("ISOIR203",), "iso8859_15"),
    **dict.fromkeys(("ISOIR166", "TIS620"), "tis_620"),
    **dict.fromkeys(("GB180302000", "GB18030", "GBK", "GB2312", "ISOIR58"), "gb18030"),
    **dict.fromkeys(("CP936", "MS936"), "gb18030"),
    **dict.fromkeys(("BIG5", "CNS116431992"), "big5"),
    **dict.fromkeys(("CP950", "MS950"), "cp950"),
    **dict.fromkeys(("KSX1001", "KSC5601", "ISOIR149", "EUCKR"), "euc_kr"),
    **dict.fromkeys(("CP949", "MS949", "UHC"), "cp949"),
    "KOI8R": "koi8_r",
    "KOI8U": "koi8_u",
    **dict.fromkeys(("MACINTOSH", "MACROMAN"), "mac_roman"),
    "EUCJP": "euc_jp",
    **dict.fromkeys(("SHIFTJIS", "SJIS", "ISOIR13", "CP932", "MS932"), "cp932"),
    **dict.fromkeys(("ISOIR87", "ISOIR159", "ISOIR14"), "iso2022_jp_1"),
}
_PARTS_OF_8859 = frozenset(codec for codec in _CODECS.values() if codec.startswith("iso8859"))
_LATIN_1 = frozenset({"88591", "LATIN1", "ISOIR100", "L1"})
_ASCII = frozenset({"", "ASCII", "USASCII", "ISOIR6", "ISO646"})
# Where a byte does not fit in here the whole text is in doubt, not one letter.
_MANY_BYTES = frozenset(
    {"gb18030", "big5", "cp950", "euc_kr", "cp949", "cp932", "euc_jp", "iso2022_jp_1"}
)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""What stands before a text that Windows has saved as "Unicode", and what it says of the rest."""
_UNMARKED = ((b"M\0S\0H\0", "utf-16-le"), (b"\0M\0S\0H", "utf-16-be"))

# The quotes, dashes and dots of Windows, which stand there in each of its code pages. ISO 8859 has
# control characters there that no report has.
_OF_WINDOWS = {
    byte: bytes([byte]).decode("cp1252")
    for byte in (0x80, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8B, *range(0x91, 0x98), 0x99, 0x9B)
}


def unmarked(data: bytes) -> bytes:
    """The message without a byte order mark before it; what is UTF-16, marked or not, in UTF-8.
    Its first name in capitals: by that it is known for HL7."""
    if data[:3] == b"MSH":
        return data
    for mark, codec in _MARKS:
        if data.startswith(mark):
            rest = data[len(mark) :]
            return rest if codec == "utf-8" else rest.decode(codec, "replace").encode()
    for begins, codec in _UNMARKED:
        if data.startswith(begins):
            return data.decode(codec, "replace").encode()
    return b"MSH" + data[3:] if data[:3].upper() == b"MSH" else data


_ENDS = b"\0\x1a"
"""What ends a string in C and a file in DOS: behind the message it is no part of it."""
_PADDING = r"\0+(?=[{mark}\r\n])|(?<={mark})\0+|(?<=[\r\n])\0+(?=[A-Z][A-Z\d]{{2}}{mark})"
"""Around a field it is none of it either: some programs send fields of a fixed length so."""


def decode(data: bytes) -> tuple[str, str]:
    """The text and the codec used. Raises Undecodable for a NUL within a field, and for bytes that
    a declared charset of many bytes a letter does not have."""
    if data[:1] == b"\0" and (bare := data.lstrip(b"\0"))[:3] == b"MSH":
        data = bare
    plain = unmarked(data)
    marked = len(plain) != len(data)
    data = plain.rstrip(_ENDS)
    if b"\0" in data and b"\0" in (data := _without_padding(data)):
        raise Undecodable("The message has a NUL byte: send text, in UTF-8 and not in UTF-16")
    if marked:
        return by_trial(data, ("utf-8", "cp1252"))
    declared = _declared(data)
    codec = _CODECS.get(declared) if declared else None
    if _ESCAPE in data and _KANJI_FOLLOWS in data and (read := _switching(data, codec)):
        return read, _JAPANESE
    if codec is None or (codec not in _MANY_BYTES and not data.isascii() and _is_utf_8(data)):
        return by_trial(data, ("utf-8", "cp1252"))
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        if codec not in _MANY_BYTES:
            return by_trial(data, ("utf-8", "cp1252"))
        if _ESCAPE not in data and _is_utf_8(data):
            return data.decode(), "utf-8"
        where = f"Byte {error.start} is not in the charset that MSH-18 declares: correct MSH-18"
        raise Undecodable(where) from None
    return (text.translate(_OF_WINDOWS) if codec in _PARTS_OF_8859 else text), codec


def _without_padding(data: bytes) -> bytes:
    header = from_header(data)
    if header[:3] != b"MSH":
        return data
    mark = re.escape(header[3:4].decode("latin-1") or "|")
    return re.sub(_PADDING.format(mark=mark).encode("latin-1"), b"", data)


def _is_utf_8(data: bytes) -> bool:
    """Bytes that fit into UTF-8 are in it: nothing else looks so by chance."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


_KANJI_FOLLOWS, _JAPANESE = b"\x1b$", "iso2022_jp_1"
_ESCAPE = _KANJI_FOLLOWS[:1]
"""A single byte is looked for at once, two take as long as the decoding."""
# JIS X 0208 and 0212 in two bytes of ASCII, JIS X 0201 in one: any of them looks like a separator.
_SWITCHED = re.compile(rb"(\x1b(?:\$[@B]|\$\(D|\(I)[^\x1b\r\n]*)")
_SWITCHED_BACK = re.compile(rb"\x1b[()][BJI]")


def _switching(data: bytes, codec: str | None) -> str:
    """A text that escapes switch to Japanese (ISO 2022), whether MSH-18 says so or not; empty where
    it is none. What stands between may have a codec of its own."""
    parts = _SWITCHED.split(data)
    try:
        parts_read = [
            (part + b"\x1b(B").decode("iso2022_jp_ext") if number % 2 else _between(part, codec)
            for number, part in enumerate(parts)
        ]
    except UnicodeDecodeError:
        return ""
    return "".join(parts_read)


def _between(part: bytes, codec: str | None) -> str:
    bare = _SWITCHED_BACK.sub(b"", part)
    return bare.decode("utf-8" if codec in {None, _JAPANESE} else codec)


def by_trial(data: bytes, likely: tuple[str, ...]) -> tuple[str, str]:
    """Decoded by the first that fits; Latin-1 fits always."""
    for codec in likely:
        try:
            return data.decode(codec), codec
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1").translate(_OF_WINDOWS), "latin-1"


def doubt(stated: str, codec: str, text: str) -> str:
    """In words, where letters may be wrong: MSH-18 names a charset that is unknown, or that the
    bytes are not in. ``stated`` is the field, with ~ between its repetitions."""
    if text.isascii():
        return ""
    names = [_plain(name) for name in stated.split("~")]
    name = next((name for name in names if name not in _ASCII), "")
    known = _CODECS.get(name)
    if codec == "utf-8" and (name in _LATIN_1 or known not in {None, "utf-8", *_MANY_BYTES}):
        return f"MSH-18 says {stated}, and the letters are UTF-8"
    if name in _ASCII | _LATIN_1 and codec in _BY_TRIAL and _NO_WORD.search(text):
        says = "does not name the charset" if name in _ASCII else f"says {stated}"
        return f"MSH-18 {says}, and read as {codec} the letters make no words"
    if codec in map(_CODECS.get, names) or name in _ASCII | _LATIN_1:
        return ""
    if codec == "utf-8" and known is None:
        return ""
    return f"MSH-18 does not name the charset, read as {codec}"


_BY_TRIAL = frozenset({"cp1252", "latin-1"})
_NO_WORD = re.compile(r"[^\x00-\x7f–—…•·°“”„‘’±×²³µ½¼¾]{4}")
"""No language of Western Europe has four letters with accents in a row: Cyrillic, Chinese and Shift
JIS that are read so have nothing else."""


_MSH_18 = 18  # MSH-1 is the separator itself, so this is also the number of parts before MSH-19


def _declared(data: bytes) -> str:
    # Nearly every message says nothing here: then its separators are counted, and that is all.
    data = from_header(data)
    header, separator = header_line(data), data[3:4] or b"|"
    if header.count(separator) < _MSH_18 - 1:
        return ""
    if not header.isascii():
        stated = header.split(separator)[_MSH_18 - 1 :]
    else:
        stated = [header.split(separator, _MSH_18)[_MSH_18 - 1]]
    names = [_first_of(field.decode("latin-1").split("~")) for field in stated]
    # Half a letter may look like a separator (the second byte of "\u80b2" in Big5): then what names
    # the charset stands further back.
    return next((name for name in names if _CODECS.get(name) in _MANY_BYTES), names[0])


def header_text(data: bytes) -> tuple[str, str]:
    """The header line as text, and the codec that makes the same bytes of it again: that of letters
    of many bytes where it is declared, as half of one may look like a separator, else Latin-1."""
    line = header_line(data)
    if not line.isascii() or _KANJI_FOLLOWS in line:
        codec = _CODECS.get(_declared(line), "")
        codec = _JAPANESE if _KANJI_FOLLOWS in line else codec
        with suppress(UnicodeError):
            if codec in _MANY_BYTES and (text := line.decode(codec)).encode(codec) == line:
                return text, codec
    return line.decode("latin-1"), "latin-1"


def _first_of(names: list[str]) -> str:
    """Of several the first that says more than ASCII: the others are switched to by escapes."""
    plain = [_plain(name) for name in names]
    return next((name for name in plain if name not in _ASCII), "")


def _plain(name: str) -> str:
    """ "ISO 8859-1", "ISO_8859/1" and "ISO 2022 IR 100" as the tables above have them."""
    bare = re.sub(r"[\s/_().:-]", "", name.split("^", 1)[0].upper())
    return re.sub(r"^ISO(?=8859)|(?<=^ISO)2022(?=IR)", "", bare)


def header_line(data: bytes) -> bytes:
    """The first line, without its end."""
    end = data.find(b"\r")
    line = data if end < 0 else data[:end]
    end = line.find(b"\n")
    return line if end < 0 else line[:end]

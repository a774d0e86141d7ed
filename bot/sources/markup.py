"""Words that stand in a string as RTF, HTML, entities or another language's escapes."""

import html
import re

from bot.sources.documents import words_in

BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
MARKUP = re.compile(
    r"</(?:p|div|span|b|i|u|strong|html|body|font|td|tr|table|li|ul|pre|h\d)>", re.IGNORECASE
)
# What no tag of a formatted text begins with: somebody's brackets.
_NO_MARKUP = re.compile(
    r"<(?!/?(?:p|div|span|br|hr|b|i|u|em|strong|sub|sup|html|head|body|font|center|table|tbody|thead"
    r"|th|td|tr|li|ul|ol|dl|dd|dt|pre|h\d)\b)[A-Za-z/!]",
    re.IGNORECASE,
)
RTF = re.compile(r"\s*\{\\(?:E\\)?rtf\d")
_ENTITY = re.compile(r"&(?:#\d{1,5}|#[xX][0-9A-Fa-f]{1,4}|lt|gt|amp|quot|apos|nbsp);")
# What was escaped twice, not closed, or is another language's escape of a line end.
_LINE_END = re.compile(
    r"\\\.(?i:br|sp)(?:\\|(?![A-Za-z]))|\\\.br(?=[A-Z])|\\\n\\|\\r\\n|\\[rn](?=[A-Z\s]|\\[rn]|$)|"
    r"\\br\\|/\.br/|\.br\\",
)
# A program's string lost the backslashes; an address ends so once or twice.
_BARE_END = re.compile(r"\.br(?![a-z])")
_MANY = 3


def tagged(value: str, masked: str) -> str:
    """``masked`` with its entities as tags where it is markup all of whose tags were written so,
    else ``value``: a reader of HTML would drop what only looks like a tag."""
    if "<" in value:
        return value
    written = html.unescape(masked)
    return written if MARKUP.search(written) and not _NO_MARKUP.search(written) else value


def without_markup(said: str) -> str:
    """The words of a string that may be RTF or HTML as it stands, or have HTML's line breaks and
    entities in it, or escaped line ends: a string of FHIR is what the field of HL7 was."""
    if RTF.match(said):
        return words_in(said.encode(errors="replace"), "application/rtf") or said
    said = tagged(said, said) if "lt;" in said else said
    if "<" in said:
        if MARKUP.search(said):
            return words_in(said.encode(errors="replace"), "text/html") or said
        said = BREAK.sub("\n", said)
    return written_out(said).strip()


def written_out(text: str) -> str:
    """With line ends and letters in the place of escapes of other languages, and of entities."""
    if "\\" in text or "/.br/" in text:
        text = _LINE_END.sub("\n", text)
    if text.count(".br") >= _MANY:
        text = _BARE_END.sub("\n", text)
    if "&" in text and _ENTITY.search(text):
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text

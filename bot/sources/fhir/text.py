"""The words of a report out of its attachments: plain text, HTML, RTF, PDF."""

import base64
import binascii
import re

from bot.sources.documents import FORMATS, Documents, bared, format_of
from bot.sources.fhir.shapes import Node, Resource, codings, many, one, text
from bot.sources.markup import without_markup
from storage.columns import storable

LONGEST_STUB, _TIMES_A_STUB = 200, 2
_TYPED = frozenset({"text/plain", "text/html"})
"""In these stands what a program took for text: tags, entities, escaped line ends."""
_SHORTEST_LINE = 40
"""Characters of base64 that is broken into lines; words are shorter."""
_DATA_URL = re.compile(r"\s*data:[^,\s]{0,100};base64,", re.IGNORECASE)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\s_-]")
# In so many characters of base64 others stand as well.
_HEX = re.compile(r"(?:[0-9a-f]{2}){24,}|(?:[0-9A-F]{2}){24,}")


def conclusion_of(report: Resource) -> str:
    """Homemade resources have a list of them."""
    stated = report.get("conclusion")
    several = stated if isinstance(stated, list) else [stated]
    return "\n".join(said for each in several if (said := without_markup(text(each))))


def notes_of(body: Resource, code: str = "") -> list[str]:
    """Also of R5, as R4 has them (HL7 Europe's imaging report): in extensions. Those of the
    ``code`` that says what they are about, where there is one."""
    extended = [one(each.get("valueAnnotation")) for each in many(body.get("extension"))]
    return [
        said
        for note in (*many(body.get("note")), *extended)
        if (not code or code in _about(note)) and (said := without_markup(text(note.get("text"))))
    ]


def _about(note: Resource) -> set[str]:
    concepts = [each.get("valueCodeableConcept") for each in many(note.get("extension"))]
    return {text(coding.get("code")) for coding in codings(concepts)}


def forms_of(report: Node, observed: list[Node]) -> list[Resource]:
    """presentedForm, and the documents that are an Observation's value: in all but R4 and R5, there
    in an extension."""
    parts = [part for one_ in observed for part in (one_.body, *many(one_.body.get("extension")))]
    inside = [found for part in parts for found in many(part.get("valueAttachment"))]
    return [*many(report.body.get("presentedForm")), *inside]


def presented(report: Node, observed: list[Node], documents: Documents) -> str:
    """The text of these forms: of their formats the plainest one that yields any words.

    Forms of one format belong together (pages, an addendum), in their order. A few words ("see
    attached") that stand beside a whole report are none.
    """
    forms = [
        (kind, data) for form in forms_of(report, observed) for kind, data in _of(form, report)
    ]
    best = ""
    for wanted in FORMATS:
        found = [
            words
            for kind, data in forms
            if format_of(kind, data) == wanted and (words := documents.words_in(data, kind))
        ]
        if wanted in _TYPED:
            found = [without_markup(words) for words in found]
        said = "\n".join(dict.fromkeys(found))
        if not best or is_stub(best, said):
            best = said
        if len(best) > LONGEST_STUB:
            break
    return storable(best)


def is_stub(said: str, whole: str) -> bool:
    """Whether they are a few words beside a whole report."""
    return len(said) <= LONGEST_STUB and len(whole) > _TIMES_A_STUB * len(said)


def _of(form: Resource, report: Node) -> list[tuple[str, bytes]]:
    """The attachment's content type and bytes; those behind its url where they came along."""
    kind, data = text(form.get("contentType")), _decoded(form.get("data"))
    if data:
        return [(kind, data)]
    url = text(form.get("url"))
    if _DATA_URL.match(url):
        return [(kind, _decoded(url))]
    binary = report.behind(url)
    data = _decoded(binary.get("data") or binary.get("content"))  # the second is STU3's
    return [(kind or text(binary.get("contentType")), data)] if data else []


def _decoded(value: object) -> bytes:
    """Base64, of either alphabet, padded or not, also in an address (RFC 2397); what is plain text
    by mistake stays what it is, and what is in hexadecimal is read so."""
    said = _DATA_URL.sub("", text(value), count=1)
    if _NOT_BASE64.search(said):
        return said.encode() if " " in said else b""
    pieces = said.split()
    if len(pieces) > 1 and max(map(len, pieces)) < _SHORTEST_LINE:
        return said.encode()
    if _HEX.fullmatch(packed := "".join(pieces)):
        return bytes.fromhex(packed)
    bare = packed.rstrip("=").translate(_STANDARD)
    try:
        return bared(base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True))
    except (binascii.Error, ValueError):
        return b""


_STANDARD = str.maketrans("-_", "+/")

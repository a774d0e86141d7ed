"""The words of a report out of its attachments: plain text, HTML, RTF, PDF."""

import base64
import binascii

from bot.sources.documents import READERS, format_of
from bot.sources.fhir_json import NOTHING, Node, Resource, many, text
from storage.columns import storable


def presented(report: Node) -> str:
    """The text of presentedForm: of its formats the plainest one that yields any words.

    Forms of one format belong together (pages, an addendum), in their order.
    """
    forms = [
        (kind, data)
        for form in many(report.body.get("presentedForm"))
        for kind, data in _of(form, report)
    ]
    for wanted, words_in in READERS.items():
        found = [
            words
            for kind, data in forms
            if format_of(kind, data) == wanted and (words := words_in(data, kind))
        ]
        if found:
            return storable("\n".join(dict.fromkeys(found)))
    return ""


def _of(form: Resource, report: Node) -> list[tuple[str, bytes]]:
    """The attachment's content type and bytes; those behind its url where they came along."""
    kind, data = text(form.get("contentType")), _decoded(form.get("data"))
    if data:
        return [(kind, data)]
    binary = report.named(text(form.get("url"))) or NOTHING
    data = _decoded(binary.get("data"))
    return [(kind or text(binary.get("contentType")), data)] if data else []


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode("".join(text(value).split()), validate=True)
    except (binascii.Error, ValueError):
        return b""

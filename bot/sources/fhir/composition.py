"""The document that a report stands in (R4, 3.3): its sections, as far as they are the report's."""

from collections.abc import Iterator

from bot.sources.documents import words_in
from bot.sources.fhir.shapes import COMPOSITION, NOTHING, Node, Resource, codings, many, one, text
from bot.sources.fhir.text import notes_of

IMPRESSION = "19005-8"
_OF_REPORTS = frozenset({IMPRESSION, "59776-5"})
_SUMMARIES = ("60591-5", "18842-5", "34105-7", "34133-9", "373942005")
_NOTES = ("11488-4", "34117-2", "11506-3", "34108-1", "47039-3", "57133-1", "371530004")
_HISTORIES = frozenset(("10160-0", "48765-2", "11450-4"))
OF_PATIENTS = frozenset((*_SUMMARIES, *_NOTES))
"""LOINC and SNOMED CT: what documents are about; sections of medication, allergies and problems."""
_DEEPEST = 4


def composed(found: Node) -> str:
    """The sections of the document that came along, where this is its only report (R4, 3.3): of one
    about a patient or a stay those that refer to the report."""
    titled = ((_heading(one_), told_in(one_)) for one_ in sections_of(documented(found)))
    return "\n".join(f"{title}:\n{said}" if title else said for title, said in titled if said)


def documented(found: Node) -> list[Resource]:
    """The sections that are the report's."""
    document = found.known.get(COMPOSITION, NOTHING)
    sections = many(document.get("section"))
    about = [one_ for one_ in sections if _is_about(one_, found)]
    is_summary = not codes_of(document.get("type")).isdisjoint(OF_PATIENTS)
    # An imaging report may tell allergies, too: then no section refers to it, and all of it counts.
    return about if is_summary or (about and _tell_histories(sections)) else sections


def _tell_histories(sections: list[Resource]) -> bool:
    codes = set[str]().union(*(codes_of(one_.get("code")) for one_ in sections))
    return codes.isdisjoint(_OF_REPORTS) and not codes.isdisjoint(_HISTORIES)


def _is_about(section: Resource, found: Node) -> bool:
    entries = (text(entry.get("reference")) for entry in many(section.get("entry")))
    return any(found.named(entry) is found.body for entry in entries)


def sections_of(level: list[Resource], deeper: int = _DEEPEST) -> Iterator[Resource]:
    """These and those in them."""
    for section in level:
        yield section
        if deeper:
            yield from sections_of(many(section.get("section")), deeper - 1)


def _heading(section: Resource) -> str:
    title = text(section.get("title"))
    return "Impression" if IMPRESSION in codes_of(section.get("code")) else title


def told_in(section: Resource) -> str:
    """The words of a section."""
    div = text(one(section.get("text")).get("div"))
    return words_in(div.encode(), "text/html") or "\n".join(notes_of(section))


def codes_of(concept: object) -> set[str]:
    """The codes of one CodeableConcept or of a list of them."""
    return {text(coding.get("code")) for coding in codings(concept)}

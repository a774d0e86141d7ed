"""What a DiagnosticReport says in words, with the macros and the calls that stand in them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain

from bot.domain.profile import STANDARD
from bot.domain.report import Flag
from bot.sources.documents import Documents, words_in
from bot.sources.fhir.shapes import (
    COMPOSITION,
    NOTHING,
    Node,
    Resource,
    codings,
    many,
    one,
    text,
    words,
)
from bot.sources.fhir.text import LONGEST_STUB, conclusion_of, is_stub, presented
from bot.sources.hl7.comments import with_comment
from bot.sources.hl7.flags import radlex_in
from bot.sources.hl7.lines import running_lines, without_markup
from bot.sources.hl7.macros import macros_in, with_macros
from bot.sources.hl7.narrator import Narrative
from bot.sources.hl7.prose import Prose
from bot.sources.hl7.text import narrate_parts, narrate_running

# LOINC: who was told of a critical result.
_COMMUNICATION = "73568-8"
_IMPRESSION = "19005-8"
_OF_REPORTS = frozenset({_IMPRESSION, "59776-5"})
_SUMMARIES = ("60591-5", "18842-5", "34105-7", "34133-9", "373942005")
_NOTES = ("11488-4", "34117-2", "11506-3", "34108-1", "47039-3", "57133-1", "371530004")
_HISTORIES = frozenset(("10160-0", "48765-2", "11450-4"))
_OF_PATIENTS = frozenset((*_SUMMARIES, *_NOTES))
"""LOINC and SNOMED CT: what documents are about; sections of medication, allergies and problems."""
_QUOTES = re.compile(r"\breports?\b", re.IGNORECASE)
FORM, DOCUMENT, NARRATIVE = "presentedForm", "Composition.section", "text.div"
_DEEPEST = 4


def told_by(found: Node, observed: list[Node], documents: Documents, *, breast: bool) -> Narrative:
    """The presented form, else the document that the report stands in, else what the observations
    say, else the conclusion, which may be a whole report, else the narrative that a server writes
    for people; the conclusion is never left out, nor an observation that is the impression or has a
    macro.

    The impression is the one that stands in the text, which is what HL7 v2 sends as well.
    ``breast``: the exam is one, see hl7.breast.
    """
    conclusion = conclusion_of(found.body)
    concluded = [line for one_ in observed if _is_impression(one_) for line in _lines(one_.body)]
    form, place, stub = formed(found, observed, documents)
    if not (form or conclusion or observed):
        form, place = words_in(_div(found).encode(), "text/html"), NARRATIVE
    parts = (part for one_ in observed for part in _parts(one_.body))
    notes = "\n".join((*_notes(found.body), *filter(None, [stub])))
    alone = "" if form or observed or notes else conclusion
    running = form or alone
    told = narrate_running(running) if running else narrate_parts(parts)
    stated = told.impression or (told.text if alone else concludes(conclusion))
    more = "" if alone else conclusion
    told = _with(told, (notes, more, "\n".join(concluded), *_with_macros(observed)))
    spoken = form or conclusion or notes or concluded or any(map(_is_spoken, observed))
    told = replace(
        told,
        impression=stated or "\n".join(concluded),
        communication=_communication(found, observed),
        figures=bool(told.text) and not spoken,
    )
    prose = partial(_prose, (form, place), observed, conclusion, notes)
    return _with_codes(with_macros(with_comment(told), prose, breast=breast), prose)


def _with_codes(told: Narrative, prose: Prose) -> Narrative:
    """With those that prose states, as OBX-5 may: "Acute embolism (RID49480)"."""
    if not any(
        "rid4948" in said for said in (told.lowered, *(a.text.lower() for a in told.addenda))
    ):
        return told
    places = prose()
    addenda = (replace(a, flags=(*a.flags, *_codes(a.text, places))) for a in told.addenda)
    return replace(told, flags=(*told.flags, *_codes(told.text, places)), addenda=tuple(addenda))


def _codes(said: str, places: Mapping[str, str]) -> Iterator[Flag]:
    for line in map(str.strip, said.split("\n")):
        yield from (Flag(code.upper(), "", places.get(line, "text")) for code in radlex_in(line))


def formed(found: Node, observed: list[Node], documents: Documents) -> tuple[str, str, str]:
    """The text of the form or the document, and which; and the few words of a form ("see attached")
    that stand beside a whole report in document or observations, and are no report themselves."""
    form = presented(found, observed, documents)
    if len(form) > LONGEST_STUB:
        return form, FORM, ""
    document = composed(found)
    elsewhere = document or "\n".join(said for one_ in observed for said in _spoken(one_.body))
    if not form or (is_stub(form, elsewhere) and not narrate_running(form).impression):
        return document, DOCUMENT, form
    return form, FORM, ""


def concludes(conclusion: str) -> str:
    """What it says; of a whole report with headings its impression."""
    return narrate_running(conclusion).impression or conclusion


def _with_macros(observed: list[Node]) -> Iterator[str]:
    spoken = (said for one_ in observed for said in _spoken(one_.body))
    return (said for said in spoken if macros_in(said, "Observation", STANDARD))


def _is_impression(observation: Node) -> bool:
    """Epic sends the report as observations, one of them coded as the impression."""
    return _names_impression(observation.body)


def _names_impression(body: Resource) -> bool:
    return any(text(coding.get("code")) == _IMPRESSION for coding in codings(body.get("code")))


def composed(found: Node) -> str:
    """The sections of the document that came along, where this is its only report (R4, 3.3): of one
    about a patient or a stay those that refer to the report."""
    titled = ((_heading(one_), _told(one_)) for one_ in _sections(_documented(found)))
    return "\n".join(f"{title}:\n{said}" if title else said for title, said in titled if said)


def _documented(found: Node) -> list[Resource]:
    document = found.known.get(COMPOSITION, NOTHING)
    sections = many(document.get("section"))
    about = [one_ for one_ in sections if _is_about(one_, found)]
    is_summary = not _codes_of(document.get("type")).isdisjoint(_OF_PATIENTS)
    # An imaging report may tell allergies, too: then no section refers to it, and all of it counts.
    return about if is_summary or (about and _tell_histories(sections)) else sections


def _tell_histories(sections: list[Resource]) -> bool:
    codes = set[str]().union(*(_codes_of(one_.get("code")) for one_ in sections))
    return codes.isdisjoint(_OF_REPORTS) and not codes.isdisjoint(_HISTORIES)


def _is_about(section: Resource, found: Node) -> bool:
    entries = (text(entry.get("reference")) for entry in many(section.get("entry")))
    return any(found.named(entry) is found.body for entry in entries)


def _sections(level: list[Resource], deeper: int = _DEEPEST) -> Iterator[Resource]:
    for section in level:
        yield section
        if deeper:
            yield from _sections(many(section.get("section")), deeper - 1)


def _heading(section: Resource) -> str:
    title = text(section.get("title"))
    return "Impression" if _IMPRESSION in _codes_of(section.get("code")) else title


def _told(section: Resource) -> str:
    div = text(one(section.get("text")).get("div"))
    return words_in(div.encode(), "text/html") or "\n".join(_notes(section))


def _codes_of(concept: object) -> set[str]:
    return {text(coding.get("code")) for coding in codings(concept)}


def _with(told: Narrative, parts: Iterable[str]) -> Narrative:
    """The narrative with those of the parts behind it that it does not have yet."""
    squeezed, added = _squeezed(told.text), list[str]()
    for part in filter(None, parts):
        said = _squeezed(part)
        if said not in squeezed:
            squeezed += said
            added.append(part)
    if not added:
        return told
    text_ = "\n".join([told.text, *added]).strip()
    today = "\n".join([told.today, *map(_of_today, added)]).strip()
    return replace(told, text=text_, lowered=text_.lower(), today=today)


def _of_today(said: str) -> str:
    """Of a whole report without the earlier ones that it quotes."""
    told = narrate_running(said) if _QUOTES.search(said) else None
    return told.today if told and not told.addenda else said


def _div(found: Node) -> str:
    return text(one(found.body.get("text")).get("div"))


def _squeezed(words_: str) -> str:
    return "".join(words_.split()).casefold()


def _prose(
    read: tuple[str, str], observed: list[Node], conclusion: str, notes: str
) -> Mapping[str, str]:
    """Each line of prose with its place, the one that comes first in the text."""
    form, of_form = read
    told = [
        *((of_form, line) for line in running_lines(form)),
        *(
            (f"Observation[{number}]", line)
            for number, one_ in enumerate(observed, 1)
            for said in _spoken(one_.body)
            for line in running_lines(said)
        ),
        *(("conclusion", line) for line in running_lines(conclusion)),
        *(("note", line) for line in running_lines(notes)),
    ]
    return {line: place for place, line in reversed(told) if line}


def _communication(found: Node, observed: list[Node]) -> tuple[str, str]:
    """What stands under LOINC 73568-8, and in which observation, or in the document."""
    places = [(f"Observation[{number}]", one_.body) for number, one_ in enumerate(observed, 1)]
    told = ((place, " ".join(_lines(body))) for place, body in places if _tells_of_call(body))
    sections = filter(_tells_of_call, _sections(_documented(found)))
    said = chain(told, ((DOCUMENT, " ".join(_told(one_).split())) for one_ in sections))
    return next(((words_, place) for place, words_ in said if words_), ("", ""))


def _tells_of_call(body: Resource) -> bool:
    return _COMMUNICATION in _codes_of(body.get("code"))


# ---- one observation ------------------------------------------------------------------------


def _lines(observation: Resource) -> list[str]:
    """Text as it stands; a figure or a code with its question; the notes."""
    return [said for said, _ in _parts(observation)]


def _parts(observation: Resource) -> Iterator[tuple[str, bool]]:
    """The same, each with whether it is in words."""
    for part in (observation, *many(observation.get("component"))):
        if said := _value(part):
            yield said, bool(_text(part))
    yield from ((note, True) for note in _notes(observation))


def _spoken(observation: Resource) -> Iterator[str]:
    """Its prose alone."""
    yield from map(_text, (observation, *many(observation.get("component"))))
    yield from _notes(observation)


def _is_spoken(observation: Node) -> bool:
    return any(_spoken(observation.body))


def _notes(body: Resource) -> list[str]:
    """Also of R5, as R4 has them (HL7 Europe's imaging report): in extensions."""
    extended = [one(each.get("valueAnnotation")) for each in many(body.get("extension"))]
    return [
        said
        for note in (*many(body.get("note")), *extended)
        if (said := without_markup(text(note.get("text"))))
    ]


def _text(part: Resource) -> str:
    return without_markup(text(part.get("valueString")) or text(part.get("valueMarkdown")))


def _value(body: Resource) -> str:
    if spoken := _text(body):
        return spoken
    figure = one(body.get("valueQuantity"))
    answer = words(body.get("valueCodeableConcept")) or " ".join(
        word for word in (text(figure.get("value")), text(figure.get("unit"))) if word
    )
    question = "" if _names_impression(body) else words(body.get("code"))
    return f"{question}: {answer}" if question and answer else answer

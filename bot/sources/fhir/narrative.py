"""What a DiagnosticReport says in words, with the macros and the calls that stand in them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain

from bot.domain.profile import STANDARD
from bot.sources.dictation.coded_lines import with_codes
from bot.sources.dictation.comments import with_comment
from bot.sources.dictation.located import OF_MACROS
from bot.sources.dictation.macros import macros_in, with_macros
from bot.sources.dictation.narrative import Narrative
from bot.sources.dictation.running import narrate_parts, narrate_running, running_lines
from bot.sources.documents import Documents, words_in
from bot.sources.fhir.composition import (
    IMPRESSION,
    codes_of,
    composed,
    documented,
    sections_of,
    told_in,
)
from bot.sources.fhir.shapes import Node, Resource, codings, many, one, text, words, yes_or_no
from bot.sources.fhir.text import LONGEST_STUB, conclusion_of, is_stub, notes_of, presented
from bot.sources.markup import without_markup

_COMMUNICATION = "73568-8"
"""LOINC: who was told of a critical result."""
_QUOTES = re.compile(r"\breports?\b", re.IGNORECASE)
FORM, DOCUMENT, NARRATIVE = "presentedForm", "Composition.section", "text.div"


def told_by(found: Node, observed: list[Node], documents: Documents, *, breast: bool) -> Narrative:
    """The presented form, else the document that the report stands in, else what the observations
    say, else the conclusion, which may be a whole report, else the narrative that a server writes
    for people, which comes before those where it says more; the conclusion is never left out, nor
    an observation that is the impression or has a macro.

    The impression is the one that stands in the text, which is what HL7 v2 sends as well.
    ``breast``: the exam is one, see dictation.breast.
    """
    conclusion = conclusion_of(found.body)
    concluding = [id(one_.body) for one_ in found.nodes("conclusionCode")]
    concluded = [line for one_ in observed if _is_impression(one_) for line in _lines(one_.body)]
    spoken_of = (one_ for one_ in observed if id(one_.body) in concluding)
    concluded += (line for one_ in spoken_of for line in _spoken(one_.body))
    concluded += notes_of(found.body, IMPRESSION)
    form, place, stub = formed(found, observed, documents)
    if not form and (narrated := narrated_in(found, observed, conclusion)):
        form, place = narrated, NARRATIVE
    parts = (part for one_ in observed for part in _parts(one_.body))
    notes = "\n".join((*notes_of(found.body), *filter(None, [stub])))
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
    return with_codes(with_macros(with_comment(told), prose, breast=breast), prose)


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
    return any(text(coding.get("code")) == IMPRESSION for coding in codings(body.get("code")))


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


def narrated_in(found: Node, observed: list[Node], conclusion: str) -> str:
    """The narrative, where it says more: where all else says nothing, where it is said to (R4,
    narrative-status), and where a macro stands in it alone."""
    narrative = one(found.body.get("text"))
    div = text(narrative.get("div"))
    if conclusion or observed:
        lowered = div.lower()
        may = any(word in lowered for word in OF_MACROS)
        if not (may or text(narrative.get("status")) == "additional"):
            return ""
    said = words_in(div.encode(), "text/html")
    return said if _says_more(narrative, said, observed, conclusion) else ""


def _says_more(narrative: Resource, said: str, observed: list[Node], conclusion: str) -> bool:
    if not (conclusion or observed) or text(narrative.get("status")) == "additional":
        return True
    elsewhere = "\n".join([conclusion, *(said for one_ in observed for said in _spoken(one_.body))])
    found = macros_in(_of_today(said), NARRATIVE, STANDARD)
    return bool(found) and not macros_in(elsewhere, NARRATIVE, STANDARD)


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
    sections = filter(_tells_of_call, sections_of(documented(found)))
    said = chain(told, ((DOCUMENT, " ".join(told_in(one_).split())) for one_ in sections))
    return next(((words_, place) for place, words_ in said if words_), ("", ""))


def _tells_of_call(body: Resource) -> bool:
    return _COMMUNICATION in codes_of(body.get("code"))


# ---- one observation ------------------------------------------------------------------------


def _lines(observation: Resource) -> list[str]:
    """Text as it stands; a figure or a code with its question; the notes."""
    return [said for said, _ in _parts(observation)]


def _parts(observation: Resource) -> Iterator[tuple[str, bool]]:
    """The same, each with whether it is in words."""
    for part in (observation, *many(observation.get("component"))):
        if said := _value(part):
            yield said, bool(_text(part))
    yield from ((note, True) for note in notes_of(observation))


def _spoken(observation: Resource) -> Iterator[str]:
    """Its prose alone."""
    yield from map(_text, (observation, *many(observation.get("component"))))
    yield from notes_of(observation)


def _is_spoken(observation: Node) -> bool:
    return any(_spoken(observation.body))


def _text(part: Resource) -> str:
    return without_markup(text(part.get("valueString")) or text(part.get("valueMarkdown")))


def _value(body: Resource) -> str:
    if spoken := _text(body):
        return spoken
    coded = words(body.get("valueCodeableConcept")) or yes_or_no(body.get("valueBoolean"))
    stated = (text(body.get(field)) for field in ("valueInteger", "valueDateTime", "valueTime"))
    answer = coded or _measured(body) or next(filter(None, stated), "")
    question = "" if _names_impression(body) else words(body.get("code"))
    return f"{question}: {answer}" if question and answer else answer


def _measured(body: Resource) -> str:
    """A figure; of a range or a ratio, as a titer is, both."""
    extent, ratio = one(body.get("valueRange")), one(body.get("valueRatio"))
    several = (
        (" - ", [_figure(extent.get("low")), _figure(extent.get("high"))]),
        (":", [_figure(ratio.get("numerator")), _figure(ratio.get("denominator"))]),
    )
    both = (between.join(filter(None, figures)) for between, figures in several)
    return _figure(body.get("valueQuantity")) or next(filter(None, both), "")


def _figure(quantity: object) -> str:
    """With its comparator ("<5"), without which it is another one, and its unit."""
    stated = one(quantity)
    value = text(stated.get("value"))
    figure = f"{text(stated.get('comparator'))}{value}" if value else ""
    return " ".join(filter(None, (figure, text(stated.get("unit")))))

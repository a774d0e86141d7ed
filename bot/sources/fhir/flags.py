"""The coded values that may decide the category, wherever servers put them."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from bot.domain.profile import Profile, Rule
from bot.domain.report import Flag
from bot.domain.triage import in_words
from bot.sources.codes import canonical, is_radlex
from bot.sources.dictation.answered import answered
from bot.sources.dictation.macro_words import CRITICAL
from bot.sources.dictation.macros import PLAIN, macros_in
from bot.sources.fhir.shapes import (
    Node,
    Resource,
    codings,
    many,
    one,
    references_in,
    text,
    words,
    yes_or_no,
)

_GONE = frozenset({"entered-in-error", "cancelled"})
_DEEPEST = 4


def flags(
    report: Node, observations: list[Node], rules: tuple[Rule, ...] = (), *, breast: bool = False
) -> tuple[Flag, ...]:
    """conclusionCode, meta.tag, the interpretation and category of results, and RadLex codes also
    in their other coded values and in extensions, where the codes of the rules count as well; and
    results that ask whether it is critical. ``breast``: the exam is one, see dictation.breast."""
    body, own = report.body, frozenset(rule.code.upper() for rule in rules if not rule.at)
    profile = Profile(rules=rules)
    found = [
        *_concluded(_conclusions(report), profile, own, breast=breast),
        *_interpreted(body, "DiagnosticReport"),
        *_extended(body, own, "extension"),
        *(f for node in _concluding(report) for f in _extended(node.body, own, "conclusionCode")),
        *_dictated(body, profile, breast=breast),
        *_coded(many(one(body.get("meta")).get("tag")), "meta.tag"),
        *_known(body, ("category", "code"), "", own),
    ]
    concluding = {id(node.body) for node in _concluding(report)}
    for number, observation in enumerate(observations, 1):
        told = _observed(observation.body, f"Observation[{number}]", own)
        concludes = id(observation.body) in concluding  # then its codes were found above
        found += [flag for flag in told if not (concludes and is_radlex(flag.value))]
        found += _answered(observation.body, f"Observation[{number}]", profile, breast=breast)
        for component in many(observation.body.get("component")):
            found += _observed(component, f"Observation[{number}].component", own)
    return tuple(dict.fromkeys(found))


def results(report: Node) -> list[Node]:
    """The report's Observations and their members, in order, without those that were withdrawn;
    also those that are its conclusions (R5, IHE's imaging report), and those that it contains and
    nothing refers to, though R4 (2.3.0.4) wants that."""
    found: dict[int, Node] = {}
    stated = [*report.nodes("result"), *_homemade(report), *report.nodes("conclusionCode")]
    _gather([*stated, *_left_alone(report)], found, _DEEPEST)
    return list(found.values())


def lacks_results(report: Node) -> bool:
    """Whether it refers to Observations, or they to their members, that did not come along."""
    asked = [
        *report.links("result"),
        *report.links("conclusionCode"),
        *(link for observation in results(report) for link in observation.links("hasMember")),
    ]
    lost = [text(link.reference.get("reference")) for link in asked if not link.node.body]
    own = "#" if _left_alone(report) else None  # what they are called is all that is not known
    return any(name and name[:1] != own for name in lost)


def _homemade(report: Node) -> Iterator[Node]:
    """Results in the place of the references, without a type; a reference has no value."""
    for link in report.links("result"):
        stated = link.reference
        if not link.node.body and any(field[:5] == "value" for field in stated):
            yield replace(report, body={**stated, "resourceType": "Observation"})


def _left_alone(report: Node) -> list[Node]:
    inside = many(report.body.get("contained"))
    named = set(references_in(report.body)) if inside else set()
    return [
        replace(report, body=each)
        for each in inside
        if f"#{text(each.get('id')).removeprefix('#')}" not in named
    ]


def _gather(nodes: list[Node], found: dict[int, Node], deeper: int) -> None:
    for node in nodes:
        is_result = node.kind == "Observation" and text(node.body.get("status")) not in _GONE
        if is_result and id(node.body) not in found:
            found[id(node.body)] = node
            if deeper:
                _gather(node.nodes("hasMember"), found, deeper - 1)


def _observed(body: Resource, where: str, own: Set[str]) -> Iterator[Flag]:
    yield from _interpreted(body, where)
    yield from _coded(codings(body.get("category")), f"{where}.category")
    yield from _known(body, ("code", "valueCodeableConcept", "method"), f"{where}.", own)
    tags = _coded(many(one(body.get("meta")).get("tag")), f"{where}.meta.tag")
    said = _coded([{"code": body.get("valueString")}], f"{where}.valueString")
    yield from _of_known((*tags, *said), own)
    yield from _extended(body, own, f"{where}.extension")


def _interpreted(body: Resource, where: str) -> Iterator[Flag]:
    """Its codes; where none is of the critical kind, as those of a laboratory's own are, words that
    are ("Critical abnormal")."""
    where = f"{where}.interpretation"
    stated = body.get("interpretation")
    for each in stated if isinstance(stated, list) else [stated]:
        concept = {"coding": {"code": each}} if isinstance(each, str) else one(each)
        coded = codings(concept)
        yield from _coded(coded, where)
        if not any(in_words(text(coding.get("code")).upper()) for coding in coded):
            said = (text(concept.get("text")), *(text(coding.get("display")) for coding in coded))
            yield from (Flag(word, "", where) for word in said if in_words(word.upper()))


def _answered(
    observation: Resource, where: str, profile: Profile, *, breast: bool
) -> Iterator[Flag]:
    """It and its components as questions with their answers."""
    for body in (observation, *many(observation.get("component"))):
        said = text(body.get("valueString")) or words(body.get("valueCodeableConcept"))
        answer = said or yes_or_no(body.get("valueBoolean"))
        yield from answered(words(body.get("code")), answer, where, profile, breast=breast)


def _conclusions(report: Node) -> Iterator[object]:
    """As R4 has it, in a CodeableReference, also to a Condition or an Observation, and under the
    name that it had before R4."""
    for field in ("conclusionCode", "codedDiagnosis"):
        value = report.body.get(field)
        yield from value if isinstance(value, list) else [value]
    for node in _concluding(report):
        yield node.body.get("code")
        yield node.body.get("valueCodeableConcept")
        for field in ("interpretation", "category", "actionable"):
            yield from many(node.body.get(field))


def _concluding(report: Node) -> list[Node]:
    found = report.nodes("conclusionCode")
    return [node for node in found if text(node.body.get("status")) not in _GONE]


def _concluded(
    concepts: Iterable[object], profile: Profile, own: Set[str], *, breast: bool
) -> Iterator[Flag]:
    """Coded; as a mere word, or as text or display alone, where that is a code or a macro."""
    where, said = "conclusionCode", list[str]()
    for concept in concepts:
        if isinstance(concept, str):
            said.append(concept)
        for each in (one(concept), one(one(concept).get("concept"))):
            coded = codings(each)
            yield from _coded(coded, where)
            said += [text(coding.get("display")) for coding in coded] or [text(each.get("text"))]
    for words_ in filter(None, said):
        code = canonical(words_.strip())
        if is_radlex(code) or code.upper() in own:
            yield Flag(code, "", where)
        else:
            yield from macros_in(words_, where, profile, breast=breast)


def _extended(body: Resource, own: Set[str], where: str, deeper: int = _DEEPEST) -> Iterator[Flag]:
    for extension in (*many(body.get("extension")), *many(body.get("modifierExtension"))):
        coded = [*codings(extension.get("valueCodeableConcept")), one(extension.get("valueCoding"))]
        coded.append({"code": extension.get("valueCode") or extension.get("valueString")})
        if extension.get("valueBoolean") is True:
            coded.append({"code": extension.get("url")})
        yield from _of_known(_coded(coded, where), own)
        if deeper:
            yield from _extended(extension, own, where, deeper - 1)


def _dictated(
    body: Resource, profile: Profile, deeper: int = _DEEPEST, *, breast: bool
) -> Iterator[Flag]:
    """Macros in the strings of extensions, as in the fields of a Z segment: CRITICAL alone is none
    there, as it may be how the patient is."""
    for extension in many(body.get("extension")):
        said = text(extension.get("valueString")) or text(extension.get("valueMarkdown"))
        for flag in macros_in(said, "extension", profile, breast=breast):
            if flag.value != PLAIN or CRITICAL.search(said):
                yield flag
        if deeper:
            yield from _dictated(extension, profile, deeper - 1, breast=breast)


def _coded(found: list[Resource], where: str) -> Iterator[Flag]:
    for coding in found:
        system = text(coding.get("system"))
        if code := text(coding.get("code")):
            yield Flag(canonical(code), system, where)
        elif is_radlex(code := canonical(system)):
            yield Flag(code, "", where)


def _known(body: Resource, fields: tuple[str, ...], where: str, own: Set[str]) -> Iterator[Flag]:
    for field in fields:
        yield from _of_known(_coded(codings(body.get(field)), f"{where}{field}"), own)


def _of_known(found: Iterable[Flag], own: Set[str]) -> Iterator[Flag]:
    return (flag for flag in found if is_radlex(flag.value) or flag.value.upper() in own)

"""The coded values that may decide the category, wherever servers put them."""

import re
from collections.abc import Iterator

from bot.domain.report import Flag
from bot.sources.fhir_json import Node, Resource, codings, many, one, text
from bot.sources.hl7_flags import canonical, is_radlex

_GONE = frozenset({"entered-in-error", "cancelled"})
# What cannot be read is searched as it is: a review too many is better than one too few.
_CRITICAL = re.compile(r'"code"\s*:\s*"(AA|HH|LL|RID4948\d)"', re.IGNORECASE)
_DEEPEST = 4


def flags(report: Node, observations: list[Node]) -> tuple[Flag, ...]:
    """conclusionCode, meta.tag, and the interpretation, category and RadLex codes of results."""
    body = report.body
    found = [
        *_coded(codings(body.get("conclusionCode")), "conclusionCode"),
        *_coded(many(one(body.get("meta")).get("tag")), "meta.tag"),
        *_radlex(body, ("category", "code"), ""),
    ]
    for number, observation in enumerate(observations, 1):
        found += _observed(observation.body, f"Observation[{number}]")
        for component in many(observation.body.get("component")):
            found += _observed(component, f"Observation[{number}].component")
    return tuple(dict.fromkeys(found))


def results(report: Node) -> list[Node]:
    """The report's Observations and their members, in order, without those that were withdrawn."""
    found: dict[int, Node] = {}
    _gather(report.nodes("result"), found, _DEEPEST)
    return list(found.values())


def _gather(nodes: list[Node], found: dict[int, Node], deeper: int) -> None:
    for node in nodes:
        is_result = node.kind == "Observation" and text(node.body.get("status")) not in _GONE
        if is_result and id(node.body) not in found:
            found[id(node.body)] = node
            if deeper:
                _gather(node.nodes("hasMember"), found, deeper - 1)


def _observed(body: Resource, where: str) -> Iterator[Flag]:
    yield from _coded(codings(body.get("interpretation")), f"{where}.interpretation")
    yield from _coded(codings(body.get("category")), f"{where}.category")
    yield from _radlex(body, ("code", "valueCodeableConcept", "method"), f"{where}.")


def _coded(found: list[Resource], where: str) -> Iterator[Flag]:
    for coding in found:
        if code := text(coding.get("code")):
            yield Flag(canonical(code), text(coding.get("system")), where)


def _radlex(body: Resource, fields: tuple[str, ...], where: str) -> Iterator[Flag]:
    for field in fields:
        for flag in _coded(codings(body.get(field)), f"{where}{field}"):
            if is_radlex(flag.value):
                yield flag


def salvage(data: bytes) -> tuple[Flag, ...]:
    """The codes of the critical kind in bytes that cannot be used otherwise."""
    found = _CRITICAL.findall(data.decode("utf-8", "replace").replace("\0", ""))
    return tuple(Flag(code.upper(), "", "unread.interpretation") for code in dict.fromkeys(found))

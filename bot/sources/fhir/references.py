"""What a report refers to, fetched where it did not come along: orderer, patient, results, text."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from bot.log import log
from bot.sources.fhir.client import FhirClient, kind_of
from bot.sources.fhir.exchange import TOO_LARGE, TOO_SLOW, Refused, TryLater
from bot.sources.fhir.shapes import NOTHING, Link, Node, Resource, local_name, many, name_of, text

# The references that are read, by the resource they stand in.
_FOLLOWED = {
    "DiagnosticReport": (
        "basedOn subject encounter resultsInterpreter performer result imagingStudy conclusionCode"
    ),
    "ServiceRequest": "requester",
    "ProcedureRequest": "requester",  # STU3's
    "ReferralRequest": "requester",
    "DiagnosticOrder": "requester",  # DSTU2's
    "PractitionerRole": "practitioner",
    "Observation": "hasMember",
}
_PATHS = {kind: fields.split() for kind, fields in _FOLLOWED.items()}
_OF_STUDIES = {"ImagingStudy": ["basedOn", "referrer"]}
"""Followed as well where the report itself names no order."""
INCLUDED = (
    ("_include", "DiagnosticReport:based-on"),
    ("_include", "DiagnosticReport:subject"),
    ("_include", "DiagnosticReport:result"),
    ("_include", "DiagnosticReport:results-interpreter"),
    ("_include:iterate", "ServiceRequest:requester"),
    ("_include:iterate", "PractitionerRole:practitioner"),
)
"""What a search is asked to bring along of these."""
_NEVER = frozenset({"Organization", "Device", "Location", "CareTeam", "Group"})
# An id is 64 of these at most, and no underscore (R4, 2.24.0.1); servers that write others exist.
_PLAIN_NAME = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9_.-]{1,128}")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9][\w./?=&%+-]{0,500}", re.ASCII)
ANSWER_SECONDS = 10.0
"""For one reference; others of a page wait behind it."""
_NAME_RESTS, _KIND_RESTS = 60.0, 20.0
"""Seconds without another try. Of a kind less than between two polls: one resource that never comes
must not keep all others of its kind away in each of them."""
_TOLD_EVERY = 3_600.0
"""Seconds between two lines in the log on one kind."""
_MAY_FOLLOW = frozenset({"Observation", "ServiceRequest"})
"""What whoever writes a report to the server may write behind it."""
_FOLLOWS_WITHIN = 45.0
"""Seconds: from one poll to the next, and some more."""
_DEEPEST = 4
_MOST = 200
_AT_ONCE = 4
# Clinicians change seldom and sign much: theirs is the only kind that is kept.
_KEPT = frozenset({"Practitioner", "PractitionerRole"})
_KEPT_SECONDS = 600.0
_MOST_KEPT = _MOST_MISSED = 2_000


class References:
    """Reads references of one server."""

    def __init__(self, client: FhirClient) -> None:
        self._client = client
        self._kept: OrderedDict[str, tuple[float, Resource]] = OrderedDict()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        # Until when, on the monotonic clock, a resource or all of its kind is not asked for.
        self._resting: dict[str, float] = {}
        # When, on that clock, the server did not have it for the first time.
        self._missed: OrderedDict[str, float] = OrderedDict()
        # Until when, on that clock, the log need not be told of a kind that did not come.
        self._told: dict[str, float] = {}

    @property
    def failed(self) -> list[str]:
        """Of which kinds something did not come, though the server may have it."""
        return sorted(self._told)

    async def complete(
        self,
        report: Resource,
        along: Iterable[Resource],
        base: str = "",
        named: Mapping[str, Resource] = NOTHING,
    ) -> tuple[Node, bool]:
        """The report with all that could be had; False where the server failed for some of it.

        ``along`` came with it, ``named`` under these references. ``base`` is the address under
        which the server knows itself, where that is another one than ours. The report is not held
        up: a page without its provider goes to the coordinator at once, and a later look finds the
        provider. What got no answer within ten seconds is left alone for a while, so that the
        reports behind this one need not wait for the same.
        """
        base = base or self._client.base
        known = {**named, **{name_of(resource): resource for resource in along}}
        tried: set[str] = set()
        whole = True
        for _ in range(_DEEPEST):
            node = Node(report, report, self._as_asked(known, base), base)
            wanted = _unknown(node, self._client.base) - tried
            if not wanted or len(tried) >= _MOST:
                break
            tried |= wanted
            whole &= await self._fetch(sorted(wanted)[:_MOST], known)
        return Node(report, report, self._as_asked(known, base), base), whole

    def _as_asked(self, known: dict[str, Resource], base: str) -> dict[str, Resource]:
        """Also under our address of the server, which whoever wrote a resource may have used."""
        ours = self._client.base
        if base == ours:
            return known
        return {**known, **{ours + name: known[name] for name in known if ":" not in name}}

    async def _fetch(self, names: list[str], known: dict[str, Resource]) -> bool:
        found = await asyncio.gather(*(self._one(name) for name in names))
        known.update({name: one for name, (one, _) in zip(names, found, strict=True) if one})
        return all(answered for _, answered in found)

    async def _one(self, name: str) -> tuple[Resource | None, bool]:
        kept = self._kept.get(name)
        if kept and kept[0] > time.monotonic():
            return kept[1], True
        kind = name.split("/", 1)[0]
        async with self._slots:
            if self._rests(name) or self._rests(kind):
                return None, False
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    found = await self._client.read(name)
            except Refused as refused:
                self._note(name, refused.reason)
                return None, refused.reason == TOO_LARGE  # what else is wrong somebody may mend
            except TryLater as later:
                self._note(name, later.reason)
                self._rest(kind, later.wait or 0.0)
                return None, False
            except TimeoutError:
                self._note(name, TOO_SLOW)
                self._rest(name, _NAME_RESTS)
                self._rest(kind, _KIND_RESTS)
                return None, False
        if found and kind in _KEPT:
            self._keep(name, found)
        return found, bool(found) or self._is_gone(name, kind)

    def _is_gone(self, name: str, kind: str) -> bool:
        """Of what the server does not have: whether it is not just about to be written."""
        if kind not in _MAY_FOLLOW or kind in self._client.forbidden:
            return True
        now = time.monotonic()
        missed = self._missed.setdefault(name, now)
        if len(self._missed) > _MOST_MISSED:
            self._missed.popitem(last=False)
        return now - missed >= _FOLLOWS_WITHIN

    def _note(self, name: str, reason: str) -> None:
        """While orderers do not come, each alert goes to a coordinator, and nobody knows why."""
        kind, now = kind_of(name), time.monotonic()
        if now >= self._told.get(kind, now):
            self._told[kind] = now + _TOLD_EVERY
            source = self._client.name
            log.warning("reading_failed", source=source, kind=kind.lower(), reason=reason)

    def _rest(self, what: str, seconds: float) -> None:
        now = time.monotonic()
        self._resting = {one: until for one, until in self._resting.items() if until > now}
        if seconds:
            self._resting[what] = now + seconds

    def _rests(self, what: str) -> bool:
        return self._resting.get(what, 0.0) > time.monotonic()

    def _keep(self, name: str, resource: Resource) -> None:
        self._kept[name] = time.monotonic() + _KEPT_SECONDS, resource
        self._kept.move_to_end(name)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _unknown(report: Node, ours: str) -> set[str]:
    """The names, relative to this server, of what the report needs and nobody has fetched."""
    forms = many(report.body.get("presentedForm"))
    found = {name for form in forms if (name := _form(form, report, ours))}
    paths = _PATHS if report.links("basedOn") else {**_PATHS, **_OF_STUDIES}
    waiting, seen = [report], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node.body) in seen:
            continue
        seen.add(id(node.body))
        for link in (link for field in _fields(node, paths) for link in node.links(field)):
            if link.node.body:
                waiting.append(link.node)
            elif name := _fetchable(link, node, ours):
                found.add(name)
    return found


def _fields(node: Node, paths: Mapping[str, list[str]]) -> list[str]:
    found = paths.get(node.kind, [])
    is_unsaid = found == ["requester"] and not node.links("requester")
    return ["basedOn"] if is_unsaid else found


def _fetchable(link: Link, node: Node, ours: str) -> str:
    name = _local(text(link.reference.get("reference")), node, ours)
    return name if _PLAIN_NAME.fullmatch(name) and name.split("/")[0] not in _NEVER else ""


def _form(form: Resource, report: Node, ours: str) -> str:
    """An attachment behind an address on this server; one elsewhere is never fetched."""
    name = _local(text(form.get("url")), report, ours)
    known = bool(form.get("data")) or report.named(name) is not None
    return name if not known and _PLAIN_PATH.fullmatch(name) and ".." not in name else ""


def _local(address: str, node: Node, ours: str) -> str:
    """Without the server's address, by which it knows itself or by which we do."""
    return local_name(local_name(address, node.base), ours)

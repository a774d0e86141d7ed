"""A FHIR R4 server as seen by its client: read, search page by page, create, update (R4, 3.1)."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from bot.log import log
from bot.sources.fhir.auth import Access
from bot.sources.fhir.bundles import entries_of, is_warning, lost_in
from bot.sources.fhir.exchange import BROKE_OFF, Answer, Refused, TryLater, call, date
from bot.sources.fhir.numbers import version_of
from bot.sources.fhir.shapes import (
    BUNDLE,
    Resource,
    base_of,
    local_name,
    many,
    one,
    parse,
    text,
)
from bot.sources.refused import BadReport

JSON = "application/fhir+json"
_ANY = "application/json, */*;q=0.1"
"""For servers that answer 406 to FHIR's own. Others are asked for that alone: Oracle's sends the
mere bytes of a Binary to whoever names another one."""
_NOTHING, _UNAUTHORIZED, _NOT_ACCEPTABLE, _BROKEN = 204, 401, 406, 500
_NO_PAGE: Resource = {"resourceType": BUNDLE}
_MOST_IN_VAIN, MOST_EMPTY = 3, 50
"""Pages in a row that bring what the search has brought before, and that bring nothing: a server
that filters after it has cut its pages has many of those before the next report."""
_BUSY = frozenset({429, 503})
_PAUSES, _LONGEST_PAUSE = (2.0, 5.0, 15.0), 60.0
"""Seconds before a page is asked for again, where the server names no time; longer ones, and a
fourth try, are left to whoever searches."""
_NOT_IN_URLS = re.compile(r"[^!-~]+")
"""Blanks and letters that are not ASCII (RFC 3986, 2); whatever else a link has stays as it is."""
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NO_DOCUMENTS = frozenset(
    [
        "DiagnosticReport",
        "Encounter",
        "ImagingStudy",
        "Observation",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "ServiceRequest",
    ]
)
_LARGE = 500_000
"""Bytes that are read on a thread: pages are sent meanwhile."""
# What cannot be had and never will: gone, forbidden to us, not known here.
_NOT_FOR_US = frozenset({400, 403, 404, 406, 410})
_FORBIDDEN = 403


@dataclass(frozen=True)
class FhirClient:
    """``base`` is the server's address and ends in a slash, ``name`` its name in the log.
    ``forbidden`` are the kinds of resources that it did not let us read, ``warnings`` those that
    came with the last search for each kind."""

    base: str
    session: aiohttp.ClientSession
    access: Access
    name: str = ""
    forbidden: set[str] = field(default_factory=set)
    warnings: dict[str, int] = field(default_factory=dict)

    async def read(self, name: str) -> Resource | None:
        """The resource of this relative reference; None where there is none for us.

        A Binary may come as the bytes themselves (R4, 2.39): then it is put into a resource.
        Raises TryLater or Refused, that also for what is no such resource: a page to log in.
        """
        url = URL(self.base + local_name(name, self.base), encoded=True)
        answer = await self._ask("GET", url)
        kind, wanted = answer.headers.get("Content-Type", ""), name.split("/", 1)[0]
        if answer.status in _NOT_FOR_US:
            self._note(answer.status, kind_of(name))
            return None
        answer.refuse("read")
        is_json = "json" in kind.lower() or wanted in _NO_DOCUMENTS  # whatever it calls them
        found = await _resource(answer) if is_json else _binary(name, kind, answer.body)
        if not _may_be(name, text(found.get("resourceType"))):
            raise Refused("answer-of-another-kind")
        return found

    def _note(self, status: int, kind: str) -> None:
        """Of a scope that was not granted: each alert goes to a coordinator, and nobody knows why.
        One of a kind may be somebody whose record is closed, so that it is told once."""
        if status == _FORBIDDEN and kind not in self.forbidden:
            self.forbidden.add(kind)
            log.warning("reading_forbidden", source=self.name, kind=kind.lower())

    async def search(
        self, kind: str, parameters: Sequence[tuple[str, str]], *, most_empty: int = MOST_EMPTY
    ) -> AsyncIterator[Resource]:
        """Each page of the result. Raises TryLater or Refused, also between pages.

        A next link that leaves the server is refused: the token would go with it. One to the
        address under which the server knows itself, behind a proxy, is one to ours. Links that
        lead in a circle end the search, also where each of them is a new one, and so do so many
        empty pages in a row. It fails where there are more results than were seen in the circle,
        and where a page broke off, when the others are read.
        """
        url = URL(f"{self.base}{kind}?{urlencode(parameters)}", encoded=True)
        visited, brought, in_vain, empty = set[URL](), set[str](), 0, 0
        lost, total, theirs, warnings = False, 0, "", 0
        while url not in visited and in_vain < _MOST_IN_VAIN and empty < most_empty:
            answer = await self._page(url, further=bool(visited))
            page = await _resource(answer) if answer.status != _NOTHING else _NO_PAGE
            visited.add(url)
            if text(page.get("resourceType")) != BUNDLE:
                raise Refused("answer-no-bundle")
            page = {**page, "entry": entries_of(page)}
            yield page
            found = set(filter(None, (_which(entry, kind) for entry in many(page.get("entry")))))
            empty = 0 if found else empty + 1
            in_vain = in_vain + 1 if found and found <= brought else 0
            brought |= found
            lost, total = lost or lost_in(page), _total(page)
            warnings += sum(map(is_warning, many(page.get("entry"))))
            following = _next(page)
            if not following:
                break
            theirs = _itself(page, kind) or theirs
            url = self._same_server(url, _rebased(following, theirs, self.base))
        else:
            if empty < most_empty and total > len(brought):
                raise Refused("pages-in-a-circle")
        self._note_warnings(kind, warnings)
        if lost:
            raise TryLater(BROKE_OFF)

    def _note_warnings(self, kind: str, count: int) -> None:
        """Where there are more than before: a report may have been left out, and nobody else would
        hear of that."""
        if count > self.warnings.get(kind, 0):
            log.warning("search_has_warnings", source=self.name, count=count)
        self.warnings[kind] = count

    async def _page(self, url: URL, *, further: bool) -> Answer:
        """A server that wants to be asked more seldom is waited for between pages: a search that
        begins anew would never get to the end of them."""
        pauses = iter(_PAUSES if further else ())
        while True:
            answer = await self._ask("GET", url)
            try:
                answer.refuse("search")
            except TryLater as later:
                pause = next(pauses, 0.0)
                wait = later.wait or pause
                if not pause or wait > _LONGEST_PAUSE or answer.status not in _BUSY:
                    raise
            else:
                return answer
            await asyncio.sleep(wait)

    async def now(self) -> datetime | None:
        """The server's own time, by which it dates its resources; None where it tells none. Some
        have no metadata (501), or none behind their gateway.

        Raises TryLater or Refused.
        """
        answer = await self._ask("GET", URL(f"{self.base}metadata?_summary=true", encoded=True))
        if answer.status >= _BROKEN:
            searched = URL(f"{self.base}DiagnosticReport?_count=1", encoded=True)
            answer = await self._ask("GET", searched)
        if answer.status >= _BROKEN:
            answer.refuse("metadata")  # of a gateway before it, whose clock is another one
        return date(answer.headers)

    def _same_server(self, url: URL, link: str) -> URL:
        try:
            following = url.join(URL(_NOT_IN_URLS.sub(_percent, link), encoded=True))
            stays = _server(following.origin()) == _server(URL(self.base))
        except ValueError:
            raise Refused("next-link-is-none") from None
        if not stays:
            raise Refused("next-link-leaves-the-server")
        return following

    async def write(self, method: str, path: str, resource: Mapping[str, object]) -> Resource:
        """Create (POST) or update (PUT) it and return what the server made of it; where it keeps
        that to itself, though it was asked for it (R4, 3.1.0.1.6), the id at most."""
        body = json.dumps(resource).encode()
        answer = await self._ask(method, URL(self.base + path, encoded=True), body)
        answer.refuse("write")
        return await _resource(answer) if answer.body else _located(answer, path)

    async def _ask(self, method: str, url: URL, body: bytes | None = None) -> Answer:
        answer = await self._once(method, url, body)
        if answer.status == _UNAUTHORIZED:
            self.access.forget()
            answer = await self._once(method, url, body)
        if answer.status == _NOT_ACCEPTABLE:
            answer = await self._once(method, url, body, _ANY)
        return answer

    async def _once(
        self, method: str, url: URL, body: bytes | None, accepted: str = JSON
    ) -> Answer:
        headers = {"Accept": accepted, **await self.access.headers()}
        if body is not None:
            headers |= {"Content-Type": JSON, "Prefer": "return=representation"}
        return await call(self.session, method, url, headers=headers, body=body)


def kind_of(name: str) -> str:
    """Of a relative reference, for the log: of the address of a document that tells nothing."""
    kind = name.split("/", 1)[0]
    return kind if kind in _NO_DOCUMENTS else "document"


def _which(entry: Resource, kind: str) -> str:
    """Which version of what was searched for; empty for what came along, and a word on the search.
    A full URL tells nothing: servers exist that write the same one for all."""
    resource = one(entry.get("resource"))
    return version_of(resource) if text(resource.get("resourceType")) == kind else ""


def _total(page: Resource) -> int:
    """How many results there are; nothing where that is not told, and is not counted (R4, 2.36)."""
    told = page.get("total")
    return told if isinstance(told, int) else 0


def _next(page: Resource) -> str:
    for link in many(page.get("link")):
        if text(link.get("relation")).lower() == "next":
            return text(link.get("url"))
    return ""


def _percent(found: re.Match[str]) -> str:
    return quote(found[0])


def _server(url: URL) -> tuple[str, str, int | None]:
    """A host is the same in capitals, and where its usual port is named."""
    return url.scheme.lower(), (url.host or "").lower(), url.port


def _itself(page: Resource, kind: str) -> str:
    """Under which address the server knows itself, without the slash; empty where it says none."""
    links = (link for link in many(page.get("link")) if text(link.get("relation")) == "self")
    own = next((text(link.get("url")) for link in links), "").partition("?")[0].rstrip("/")
    if own.endswith(f"/{kind}"):
        return own.removesuffix(f"/{kind}")
    for entry in many(page.get("entry")):
        if base := base_of(text(entry.get("fullUrl")), one(entry.get("resource"))):
            return base.rstrip("/")
    return ""


def _rebased(link: str, theirs: str, base: str) -> str:
    rest = link.removeprefix(theirs) if theirs else link
    if rest == link or rest[:1] not in {"", "/", "?"}:
        return link
    return base.rstrip("/") + rest


def _may_be(name: str, kind: str) -> bool:
    wanted = name.split("/", 1)[0]
    return kind == wanted or not (wanted in _NO_DOCUMENTS or kind == "OperationOutcome")


async def _resource(answer: Answer) -> Resource:
    large = len(answer.body) > _LARGE
    try:
        return await asyncio.to_thread(parse, answer.body) if large else parse(answer.body)
    except BadReport as bad:
        raise Refused(f"answer-{bad.reason}") from None


def _located(answer: Answer, path: str) -> Resource:
    """The id from "[base]/[type]/[id]/_history/[vid]" (R4, 3.1.0.8)."""
    kind = path.partition("/")[0]
    _, _, behind = answer.headers.get("Location", "").rpartition(f"{kind}/")
    number = behind.partition("/")[0]
    return {"id": number} if _ID.fullmatch(number) else {}


def _binary(name: str, kind: str, data: bytes) -> Resource:
    encoded = base64.b64encode(data).decode()
    number = name.rsplit("/", 1)[-1]
    return {"resourceType": "Binary", "id": number, "contentType": kind, "data": encoded}

"""What `readback check` finds out on this machine: database, ports, people."""

import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address

from sqlalchemy.exc import DBAPIError

from bot.app import policy_of
from bot.app.feeds import folder_problem
from bot.app.listening import tls_ends_at, tls_problem
from bot.app.safety import cure_for_nobody, pageable
from bot.cli.opening import cure_for_no_file, file_of, is_there
from bot.cli.shown import count
from bot.domain.coverage import NoSms, Person
from bot.domain.policy_file import BadPolicy
from bot.settings import Settings, unknown_categories
from storage import people as stored
from storage.database import Database
from storage.migrating import Standing, standing
from storage.trouble import why

Directory = tuple[list[Person], dict[str, str]]
"""Everybody, and by whose id which id stands in."""

# More names than this in one line are no help to anybody.
MOST_NAMES = 8


_RENEWED_BEFORE = timedelta(days=14)
"""Whoever renews certificates by themselves has done so by then."""


class Weight(StrEnum):
    """ADVICE is worth knowing and stops nothing; FAILED keeps Readback from doing its work."""

    OK = "ok"
    ADVICE = "advice"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: the part, how it went, and what to do about it."""

    part: str
    weight: Weight
    what: str
    cure: str = ""


def ports(settings: Settings) -> Iterator[Finding]:
    """Whether both listeners could be opened."""
    for part, host, port in (
        ("hl7", settings.hl7.host, settings.hl7.port),
        ("web", settings.web.host, settings.web.port),
    ):
        yield _port(part, host, port)


def hl7(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether the listener's certificate can be used and how long, and who could read along."""
    if wrong := tls_problem(settings):
        yield Finding("hl7", Weight.FAILED, f"{wrong.where} {wrong.what}", wrong.cure)
    elif settings.hl7.tls_certificate:
        senders = "senders with a certificate" if settings.hl7.tls_client_ca else "any sender"
        yield Finding("hl7", Weight.OK, f"TLS, for {senders}")
        ends = tls_ends_at(settings)
        if ends and ends - now < _RENEWED_BEFORE:
            weight = Weight.FAILED if ends <= now else Weight.ADVICE
            verb = "has expired" if ends <= now else "expires"
            told = f"the listener's certificate {verb} on {ends:%Y-%m-%d}: then no sender takes it"
            cure = "Renew hl7.tls_certificate. It is read anew without a restart."
            yield Finding("hl7", weight, told, cure)
    elif not _is_here(settings.hl7.host):
        told = f"reports cross the network unencrypted to {settings.hl7.host}:{settings.hl7.port}"
        cure = "Set hl7.tls_certificate and hl7.tls_key, or have a tunnel deliver to 127.0.0.1."
        yield Finding("hl7", Weight.ADVICE, told, cure)


def processing_ids(settings: Settings) -> Iterator[Finding]:
    """Whether messages of production (MSH-11 P, HL7 table 0103) may page."""
    ids = settings.hl7.processing_ids
    if "P" not in ids:
        told = f"messages with P in MSH-11 page nobody: hl7.processing_ids is {', '.join(ids)}"
        cure = 'Production is "P" there. Leave it out only where this is a test system.'
        yield Finding("hl7", Weight.ADVICE, told, cure)


def folders(settings: Settings) -> Iterator[Finding]:
    """Whether each folder can be read and written."""
    for number, folder in enumerate(settings.folder):
        if wrong := folder_problem(settings, number):
            yield Finding("folder", Weight.FAILED, f"{wrong.where} {wrong.what}", wrong.cure)
        else:
            yield Finding("folder", Weight.OK, f"{folder.name}: {folder.path}")


def _is_here(host: str) -> bool:
    """Only this machine reaches it; a name is what it stands for."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ip_address(entry[4][0]).is_loopback for entry in found)


def _port(part: str, host: str, port: int) -> Finding:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(found[4])
    except OSError as error:
        what = f"{host}:{port} cannot be opened: {error.strerror or error}"
        cure = f"If Readback is running, that is it. Otherwise change {part}.host or {part}.port."
        return Finding(part, Weight.ADVICE, what, cure)
    return Finding(part, Weight.OK, f"{host}:{port} is free")


def people(
    everybody: Sequence[Person], designees: dict[str, str], without: Collection[str]
) -> Iterator[Finding]:
    """Who cannot be paged, who has no designee, who has no phone. ``designees`` maps ids."""
    coordinators = [p for p in everybody if "coordinator" in p.roles]
    able = pageable(coordinators, without)
    if not able:
        cure = cure_for_nobody(coordinators, without)
        yield Finding("people", Weight.FAILED, "no coordinator can be paged", cure)
    else:
        who, how_many = count(len(everybody), "person", "people"), count(len(able), "coordinator")
        yield Finding("people", Weight.OK, f"{who}, {how_many} who can be paged")
    orders = [person for person in everybody if not person.roles]
    for what, cure, concerns, wrong in _RULES:
        named = [p for p in (orders if concerns == "orders" else everybody) if wrong(p, designees)]
        if named:
            names = listed([person.name for person in named])
            yield Finding("people", Weight.ADVICE, f"{what}: {names}", cure)
    yield from _unpageable_designees(everybody, designees, without)


def listed(names: Sequence[str]) -> str:
    """As many as can be read."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _unpageable_designees(
    everybody: Sequence[Person], designees: dict[str, str], without: Collection[str]
) -> Iterator[Finding]:
    """A designee whom nothing reaches is passed by: it is as if there were none."""
    able = {person.id for person in pageable(everybody, without)}
    names = {person.id: person.name for person in everybody}
    lost = [
        f"{person.name} (designee {names.get(designees[person.id], 'left the directory')})"
        for person in everybody
        if person.id in designees and designees[person.id] not in able
    ]
    if lost:
        what = f"have a designee who cannot be paged: {listed(lost)}"
        cure = "Their unanswered alerts pass the designee by: give that one a mobile or a Slack ID."
        yield Finding("people", Weight.ADVICE, what, cure)


def _without_sms(why: NoSms) -> Callable[[Person, dict[str, str]], bool]:
    return lambda person, _: person.no_sms is why


_Rule = tuple[str, str, str, Callable[[Person, dict[str, str]], bool]]
_RULES: tuple[_Rule, ...] = (
    (
        "cannot be paged at all",
        "Their alerts go to the next person at once: add a mobile or a Slack ID.",
        "all",
        lambda person, _: not person.channels and not person.only_hears,
    ),
    (
        "have no mobile, so only Slack reaches them",
        "Add a mobile: Slack on a phone may be silent at night.",
        "all",
        lambda person, _: bool(person.channels) and not person.mobile,
    ),
    (
        "answered STOP, so no SMS reaches them",
        "They have to send START to your number themselves, or give you another number.",
        "all",
        _without_sms(NoSms.STOPPED),
    ),
    (
        "have a number on file that is somebody else's, as who answered there has said",
        "Correct the directory; if it is theirs, they have to send START to your number.",
        "all",
        _without_sms(NoSms.WRONG_NUMBER),
    ),
    (
        "have a number that takes no SMS, a landline as Twilio says",
        "Add a mobile; if it is one, they have to send START to your number.",
        "all",
        _without_sms(NoSms.LANDLINE),
    ),
    (
        "have no designee",
        "Their unanswered alerts go to the coordinator: add designee_npi.",
        "orders",
        lambda person, designees: person.id not in designees,
    ),
)


_TABLES = {
    Standing.NONE: Finding(
        "database",
        Weight.FAILED,
        "it has no tables yet",
        "`readback migrate` or `readback serve` makes them.",
    ),
    Standing.EARLIER: Finding(
        "database",
        Weight.ADVICE,
        "its tables are those of an earlier release: nothing in it was looked at",
        "Make a backup; then `readback migrate` or `readback serve` brings them up to date.",
    ),
    Standing.LATER: Finding(
        "database",
        Weight.FAILED,
        "a later release of Readback has used it",
        "Install that one, or restore a backup from before.",
    ),
}


def database(settings: Settings) -> tuple[Finding, Directory | None]:
    """Whether it can be read with the tables of this release; and who is in it."""
    url = settings.database.url
    if not is_there(url):
        told = f"there is no file {file_of(url)}"
        return Finding("database", Weight.FAILED, told, cure_for_no_file(url)), None
    opened = Database(settings.database.url, calls=settings.calls)
    try:
        at = opened.look(standing)
        if at in _TABLES:
            return _TABLES[at], None
        everybody = opened.look(stored.everybody)
        designees = opened.look(lambda c: stored.directory(c).designees)
    except DBAPIError as error:
        what = f"it cannot be read: {why(error)}"
        cure = "See that database.url is right and its server runs."
        return Finding("database", Weight.FAILED, what, cure), None
    finally:
        opened.close()
    return Finding("database", Weight.OK, f"{opened.dialect}: read"), (everybody, designees)


def retention(settings: Settings) -> Finding:
    """What is kept how long."""
    days = settings.retention.routine_days
    told = f"what belongs to no alert is removed after {days} days, all else is kept"
    return Finding("retention", Weight.OK, told if days else "everything is kept")


def policy(settings: Settings) -> Finding:
    """Whether the policy file can be used, and whose it is."""
    file = str(settings.site.policy or "the packaged policy")
    try:
        found = policy_of(settings)
    except BadPolicy as bad:
        return Finding("policy", Weight.FAILED, f"{file}: {bad}", "Correct that line.")
    except UnicodeDecodeError:
        return Finding("policy", Weight.FAILED, f"{file} is not UTF-8 text", "Save it as UTF-8.")
    except OSError as error:
        return Finding("policy", Weight.FAILED, f"{file}: {error.strerror}", "See site.policy.")
    unknown = unknown_categories(settings.hl7.profile, found)
    if unknown:
        return Finding("policy", Weight.FAILED, unknown[0], "Correct the rule, or the policy.")
    told = f"version {found.version}, approved by {found.approved_by}"
    return Finding("policy", Weight.OK, told)

"""What the versions of a report say together of the order: whose it is, and who is to be told.

The newest version that says a thing decides, whichever came first: a field left empty keeps what
an older version said, and so does a withdrawal.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from sqlalchemy import Connection

from bot.domain.fold import counted
from bot.domain.identity import contradict, says_who
from bot.domain.ordering import Version
from bot.domain.policy import Policy
from bot.domain.report import Identifier, Patient, Provider, Report, Status
from bot.domain.siblings import by_order
from storage import people, reports
from storage.loaded import AlertFacts

Load = Callable[[str], Report]


@dataclass(frozen=True, slots=True)
class Held:
    """The facts for the alert, with providers as the directory resolves them now."""

    facts: AlertFacts
    patient: Patient


def loading(c: Connection, at_hand: Report, report_id: str) -> Load:
    """Each stored report once; the one just received is at hand."""
    return cache(lambda wanted: at_hand if wanted == report_id else reports.load(c, wanted))


def held(c: Connection, versions: Iterable[Version], policy: Policy, load: Load) -> Held:
    """Fold them. Few versions are loaded: mostly the newest says everything."""
    ids = [version.report_id for version in _newest_first(versions, policy)]

    def newest_first() -> Iterator[Report]:
        return map(load, ids)

    def said(what: Callable[[Report], str]) -> str:
        return next((text for report in newest_first() if (text := what(report))), "")

    facts = AlertFacts(
        exam=said(lambda report: report.exam),
        modality=said(lambda report: report.modality),
        accession=said(lambda report: report.accession),
        ordering_person=_resolved(c, (report.ordering for report in newest_first())),
        radiologist_person=_resolved(
            c, ((report.radiologist,) if report.radiologist else () for report in newest_first())
        ),
    )
    patients = (report.patient for report in newest_first() if says_who(report.patient))
    return Held(facts, next(patients, Patient()))


def whole(c: Connection, report_id: str) -> Report:
    """The version as people have to read it: a mere addendum with the report that it adds to, and
    so what has no word at all, or figures alone."""
    report = reports.load(c, report_id)
    if _has_words(report) or (report.unread and not report.addenda):
        return report
    before, added = _body_before(c, report, report_id), list(report.addenda)
    if before is None:
        return report
    return replace(
        report,
        text="\n".join(filter(None, (before.text, report.text))),
        impression=_concludes(before.impression, report),
        addenda=(*(one for one in before.addenda if one not in added), *added),
        called=report.called or before.called,
        study_uid=report.study_uid or before.study_uid,
    )


def study_of(c: Connection, report: Report, report_id: str) -> str:
    """Its Study Instance UID; of an older version of the same order where it leaves that out, as a
    correction does, or the same report by another source."""
    if report.study_uid:
        return report.study_uid
    older = (reports.load(c, one.report_id) for one in _of_its_order(c, report, report_id))
    return next((found.study_uid for found in older if found.study_uid), "")


def _of_its_order(c: Connection, report: Report, report_id: str) -> list[Version]:
    """The newest first."""
    orders = by_order(reports.versions(c, report.key))
    own = next((some for some in orders if any(v.report_id == report_id for v in some)), [])
    return sorted(own, key=lambda v: (v.status_at, v.sent_at), reverse=True)


def _body_before(c: Connection, report: Report, report_id: str) -> Report | None:
    """The newest of its order's versions that has a text. None for what only withdraws it, or
    stands in for a message that nobody could read."""
    own = _of_its_order(c, report, report_id)
    if not report.addenda and any(_is_silent(v) for v in own if v.report_id == report_id):
        return None
    for version in (one for one in own if one.status is not Status.WITHDRAWN):
        found = reports.load(c, version.report_id)
        if _has_words(found):
            return found
    return None


def _concludes(before: str, report: Report) -> str:
    """Figures are of the conclusion where a flag on them asks."""
    told = report.text if report.flags else ""
    return "\n".join(filter(None, (before, told))) if before else ""


def _has_words(report: Report) -> bool:
    return bool(report.text or report.impression) and not report.figures


def _is_silent(version: Version) -> bool:
    return version.unread or version.status is Status.WITHDRAWN


def _newest_first(versions: Iterable[Version], policy: Policy) -> list[Version]:
    """Withdrawals last: they say nothing but that, unless there is nothing else."""
    told = counted(versions, policy)[::-1]
    return sorted(told, key=lambda version: version.status is Status.WITHDRAWN)


def _resolved(c: Connection, named: Iterable[tuple[Provider, ...]]) -> str | None:
    """The first who can be resolved by identifier, of the newest version that names one; a name
    resolves nobody. None where a newer version names somebody else, whom nobody knows."""
    unknown: list[Identifier] = []
    for providers in named:
        identifiers = [i for provider in providers for i in _known_by(provider)]
        found = _first_known(c, providers)
        if found:
            return None if contradict(unknown, identifiers) else found
        unknown += identifiers
    return None


def _known_by(provider: Provider) -> Iterator[Identifier]:
    """Its numbers under the names by which a directory knows their authorities: one NPI is as good
    as another, and a number of no authority says nothing."""
    for identifier in provider.identifiers:
        for authority in people.authorities(identifier):
            yield Identifier(identifier.value, authority)


def _first_known(c: Connection, providers: tuple[Provider, ...]) -> str | None:
    found = (people.by_identifiers(c, provider.identifiers) for provider in providers)
    return next((person.id for person in found if person), None)

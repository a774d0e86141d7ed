"""Reports that name another provider or another patient than the one before."""

from dataclasses import replace

from bot.domain.coverage import Person
from bot.domain.events import Correction
from tests.domain.loop import ADA, BEN, EVERYBODY, person

SAM, TESS = person("sam"), person("tess")
UNKNOWN = replace(EVERYBODY, ordering=None, designee=None)


def naming(ordering: Person | None, designee: Person | None = None) -> Correction:
    others = tuple(p for p in (ADA, BEN, TESS) if p not in {ordering, designee})
    roster = replace(EVERYBODY, ordering=ordering, designee=designee, others=others)
    return Correction(roster, another_provider=True)


ANOTHER_PATIENT = Correction(EVERYBODY, another_patient=True)

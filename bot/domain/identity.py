"""Whether two versions of a report speak of the same patient, or name the same clinician."""

import re
import unicodedata
from collections.abc import Iterable

from bot.domain.report import Identifier, Patient

NPI = "NPI"
# National Provider Identifier: by name, by OID (HL7 OID registry) and by FHIR's system, R4 4.3.19.
_NPI_NAMES = frozenset(
    {
        NPI,
        "2.16.840.1.113883.4.6",
        "URN:OID:2.16.840.1.113883.4.6",
        "HTTP://HL7.ORG/FHIR/SID/US-NPI",
    }
)
_NPI_DIGITS = re.compile("[0-9]{10}")
_DATE = len("YYYYMMDD")
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = dict.fromkeys(
    map(ord, "'`´\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}")
)


def another_patient(before: Patient, after: Patient) -> bool:
    """Whether a correction has changed whom the report is about.

    Identifiers decide where both sides have some of one authority; else name and date of birth.
    A name written in another way, one more identifier, or a field left empty is no change.
    """
    if _shared(before.identifiers, after.identifiers):
        return False
    if contradict(before.identifiers, after.identifiers):
        return True
    return names_differ(before.name, after.name) or _days_differ(
        before.birth_date, after.birth_date
    )


def may_be_merged(before: Patient, after: Patient) -> bool:
    """Whether they may be one person whose records were merged: the same name and birth date, both
    of them whole."""
    days = {"".join(filter(str.isdigit, p.birth_date))[:_DATE] for p in (before, after)}
    named = before.name and after.name and not names_differ(before.name, after.name)
    return bool(named) and len(days) == 1 and len(days.pop()) == _DATE


def authority_names(identifier: Identifier) -> list[str]:
    """The names by which an identifier's authority may be known, in upper case.

    An HD (HL7 2.A.33) is known by all of it, by its namespace and by its universal id. All names
    of the NPI are one; as the type alone (table 0203) it may be another nation's, as Australia's
    of sixteen digits. Empty where no authority is given: a local id alone says nothing.
    """
    whole = identifier.authority.strip().upper()
    names = [part.strip() for part in dict.fromkeys((whole, *whole.split("&")[:2])) if part.strip()]
    typed = identifier.kind.strip().upper() == NPI
    ours = typed and (not names or bool(_NPI_DIGITS.fullmatch(identifier.value.strip())))
    return [NPI] if ours or not _NPI_NAMES.isdisjoint(names) else names


def is_npi(identifier: Identifier) -> bool:
    """Whether it is a national provider identifier, whatever its authority is called."""
    return authority_names(identifier) == [NPI]


def says_who(patient: Patient) -> bool:
    """A version that leaves the patient out changes nothing."""
    return bool(patient.identifiers or patient.name)


def contradict(before: Iterable[Identifier], after: Iterable[Identifier]) -> bool:
    """Both have an identifier of the same authority and kind, and no such one is the same."""
    ours, theirs = list(before), list(after)
    return not _shared(ours, theirs) and any(_comparable(a, b) for a in ours for b in theirs)


def _shared(before: Iterable[Identifier], after: Iterable[Identifier]) -> bool:
    theirs = list(after)
    return any(_equal(a, b) for a in before for b in theirs)


def _equal(one: Identifier, other: Identifier) -> bool:
    """A number that gains or loses its authority is still the same number."""
    bare = not (one.authority.strip() and other.authority.strip())
    return _folded(one.value) == _folded(other.value) and (bare or _comparable(one, other))


def _comparable(one: Identifier, other: Identifier) -> bool:
    """A visit's number says nothing of a medical record's."""
    kinds = {_folded(one.kind), _folded(other.kind)} - {""}
    return _folded(one.authority) == _folded(other.authority) and len(kinds) <= 1


def _folded(text: str) -> str:
    return text.strip().casefold()


def names_differ(before: str, after: str) -> bool:
    """Neither name is the other one with words left out; an empty name differs from none."""
    ours, theirs = _words(before), _words(after)
    return bool(ours and theirs) and not (ours <= theirs or theirs <= ours)


def _words(name: str) -> set[str]:
    """Without case, accents and punctuation, in any order. An initial may stand for any name."""
    plain = unicodedata.normalize("NFKD", name.translate(_APOSTROPHES)).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    found = set(_WORD.findall(letters))
    return {word for word in found if len(word) > 1} or found


def _days_differ(before: str, after: str) -> bool:
    """A year alone does not contradict a whole date."""
    ours, theirs = ("".join(filter(str.isdigit, day)) for day in (before, after))
    shorter = min(len(ours), len(theirs))
    return ours[:shorter] != theirs[:shorter]

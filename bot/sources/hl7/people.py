"""Who and where: identifiers with their authorities, clinicians, the patient (HL7 v2, 2.A)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.profile import STANDARD, Profile
from bot.domain.report import Identifier, Patient, Provider
from bot.sources.hl7.marks import Marks, at
from bot.sources.kept import kept

_Issuer = tuple[int, str]
"""Of a profile: the component of XCN that names who issued an identifier, and who did otherwise."""


def namespace(value: str, marks: Marks) -> str:
    """An HD as a component: its namespace, else its universal id (2.A.33)."""
    if marks.subcomponent not in value:
        return marks.clean(value)
    parts = value.split(marks.subcomponent)
    return marks.clean(parts[0]) or marks.clean(at(parts, 1))


def first_given(field: str, marks: Marks) -> str:
    """Of several the first that has a value. Cerner repeats OBR-3, with another number of its own
    for each version."""
    if marks.repetition not in field:
        return field
    return next((one for one in field.split(marks.repetition) if _has_number(one, marks)), "")


def entity(value: str, marks: Marks) -> tuple[str, str]:
    """An EI's number and authority: namespace, else universal id (2.A.28)."""
    if not value:
        return "", ""
    if marks.repetition in value:
        value = first_given(value, marks)
    if marks.component not in value:
        return marks.clean(value), ""
    parts = value.split(marks.component)
    authority = marks.clean(at(parts, 1)) or marks.clean(at(parts, 2))
    return marks.clean(parts[0]), authority


def providers(field: str, marks: Marks, profile: Profile = STANDARD) -> tuple[Provider, ...]:
    """The people of an XCN field, in order.

    A repetition with the same name, or the same number, is one more identifier of that person;
    any other is another person: two doctors merged into one would page the wrong one. So is one of
    the same name with another suffix (father and son), and one of another name who has the same
    number with another authority.
    """
    if not field or field.isspace():
        return ()
    return _providers(field, marks, (profile.authority_component, profile.authority))


@kept
def _providers(field: str, marks: Marks, issuer: _Issuer) -> tuple[Provider, ...]:
    if marks.repetition not in field:
        alone = _xcn(field.split(marks.component), marks, issuer)
        return (alone,) if alone else ()
    found = _People()
    for repetition in field.split(marks.repetition):
        parts = repetition.split(marks.component)
        provider = _xcn(parts, marks, issuer)
        if provider is not None:
            found.add(provider, marks.clean(at(parts, 4)))
    return found.all()


@dataclass(slots=True)
class _One:
    """``known`` has the identifiers in their order, each once; ``suffix`` is XCN-5."""

    known: dict[Identifier, None]
    name: str
    suffix: str


class _People:
    """Who was named so far, looked up by name and by number: a field may have thousands."""

    def __init__(self) -> None:
        self._found: list[_One] = []
        self._by_name: dict[tuple[str, str], int] = {}
        self._by_number: dict[str, int] = {}
        self._by_identifier: dict[tuple[str, str], int] = {}

    def add(self, provider: Provider, suffix: str) -> None:
        place = min(self._same(provider, suffix.casefold()), default=len(self._found))
        if place == len(self._found):
            self._found.append(_One({}, "", ""))
        one = self._found[place]
        one.known |= dict.fromkeys(provider.identifiers)
        one.name, one.suffix = one.name or provider.name, one.suffix or suffix.casefold()
        for identifier in provider.identifiers:
            self._by_number.setdefault(identifier.value, place)
            self._by_identifier.setdefault((identifier.value, identifier.authority), place)
        if one.name:
            name = one.name.casefold()
            self._by_name.setdefault((name, one.suffix), place)
            self._by_name.setdefault((name, ""), place)

    def _same(self, provider: Provider, suffix: str) -> Iterator[int]:
        name = provider.name.casefold()
        place = self._by_name.get((name, suffix), self._by_name.get((name, "")))
        if place is not None and suffix in {"", self._found[place].suffix or suffix}:
            yield place
        for identifier in provider.identifiers:
            number, authority = identifier.value, identifier.authority
            for key in ((number, authority), (number, "")):
                if key in self._by_identifier:
                    yield self._by_identifier[key]
            place = self._by_number.get(number)
            if place is not None and not (authority and name and self._found[place].name):
                yield place

    def all(self) -> tuple[Provider, ...]:
        return tuple(Provider(tuple(one.known), one.name) for one in self._found)


def _xcn(parts: list[str], marks: Marks, issuer: _Issuer) -> Provider | None:
    if len(parts) == 1 and marks.subcomponent in parts[0]:
        return _cnn(parts[0], marks, issuer)
    number = marks.clean(parts[0])
    if _is_name(number) or (len(parts) == 1 and _WHOLE_NAME.fullmatch(number)):
        parts = ["", number, *parts[1:]] if len(parts) == 1 else ["", *parts[1:]]
    component, otherwise = issuer
    authority = at(parts, component - 1) or otherwise
    names = (
        [marks.clean(part) for part in authority.split(marks.subcomponent)[:2]] if authority else []
    )
    name = _name(_family(at(parts, 1), marks), parts[2:4], marks)
    if len(names) > 1 and names[0].upper() == _NPI and _may_be_npi(names[1]):
        own = _person(marks.clean(parts[0]), [otherwise], "", name)
        return Provider((*(own.identifiers if own else ()), Identifier(names[1], _NPI, _NPI)), name)
    kind = marks.clean(at(parts, 12)) or ("" if any(names) else _misplaced(parts, marks))
    if not any(names) and kind != _NPI:
        names = [_source(at(parts, 7), marks)]
    return _person(marks.clean(parts[0]), names, kind, name)


def _source(table: str, marks: Marks) -> str:
    """Who issued a number, in the component of the source table: until v2.2 there was no other."""
    issuer = marks.clean(table)
    return "" if issuer.lower() in _TITLES else issuer


_TITLES = frozenset({"dr", "prof", "md"})


def _is_name(number: str) -> bool:
    """Whether a name or a title stands where the number should: no directory must know it by it."""
    if number.isalnum():  # nearly every one is
        return number.lower() in _TITLES
    letters = number.replace(" ", "").replace(".", "").replace("-", "")
    return letters.isalpha() and (" " in number or letters.lower() in _TITLES)


_WHOLE_NAME = re.compile(r"[^\W\d_][^\d_@,]*,\s*+[^\W\d_][^\d_@]*")
"""Without a number of anybody's: "O'NEILL, ANN MD"."""


def _misplaced(parts: list[str], marks: Marks) -> str:
    """The NPI, which many senders name a component or more too early or too late: where nothing
    else says who issued a number that may be one, it is no local one."""
    if not _may_be_npi(marks.clean(parts[0])):
        return ""
    return _NPI if any(marks.clean(part).upper() == _NPI for part in parts[6:]) else ""


_NPI, _NPI_DIGITS = "NPI", 10


def _may_be_npi(number: str) -> bool:
    return len(number) == _NPI_DIGITS and number.isdigit()


def _person(number: str, authorities: list[str], kind: str, name: str) -> Provider | None:
    """Under each name of its authority, so that a directory may know it by namespace or by OID."""
    if not number and not name:
        return None
    known = [authority for authority in authorities if authority] or [""]
    return Provider(tuple(Identifier(number, a, kind) for a in known) if number else (), name)


def interpreter(field: str, marks: Marks, profile: Profile = STANDARD) -> Provider | None:
    """OBR-32: an NDL, whose first component is a CNN in subcomponents; or an XCN, as many send."""
    if not field or field.isspace():
        return None
    return _interpreter(field, marks, (profile.authority_component, profile.authority))


@kept
def _interpreter(field: str, marks: Marks, issuer: _Issuer) -> Provider | None:
    parts = field.split(marks.repetition, 1)[0].split(marks.component)
    if marks.subcomponent in parts[0]:
        return _cnn(parts[0], marks, issuer)
    if at(parts, 1)[:8].isdigit():  # an NDL's time, of whom only the number stands before it
        parts = parts[:1]
    return _xcn(parts, marks, issuer)


def _cnn(part: str, marks: Marks, issuer: _Issuer) -> Provider | None:
    """A person in subcomponents (2.A.8)."""
    name = part.split(marks.subcomponent)
    authorities = [marks.clean(at(name, 8)) or issuer[1], marks.clean(at(name, 9))]
    if not any(authorities):
        authorities = [_source(at(name, 7), marks)]
    return _person(marks.clean(name[0]), authorities, "", _name(at(name, 1), name[2:4], marks))


def _family(value: str, marks: Marks) -> str:
    """An FN: the surname as it is used, else the person's own or the partner's, each behind its
    prefix (2.A.30), as the Netherlands have it."""
    used, *rest = value.split(marks.subcomponent)
    if used.strip() or not rest:
        return used
    pairs = (" ".join(filter(None, rest[place : place + 2])) for place in (0, 2))
    return next(filter(None, pairs), "")


def _name(family: str, given: list[str], marks: Marks) -> str:
    first = " ".join([part for name in given if (part := marks.clean(name))])
    last = marks.clean(family)
    return f"{last}, {first}" if last and first else last or first


def patient(fields: list[str], marks: Marks) -> Patient:
    """Of PID-3 (PID-2 in old feeds, else PID-4), PID-5, PID-7 and PID-8."""
    stated = fields[3]
    if not stated or stated[0] in _NO_NUMBER:
        numbers = (fields[place] for place in (3, 2, 4))
        stated = next((one for one in numbers if _has_number(one, marks)), "")
    known = []
    for number in stated.split(marks.repetition):
        parts = number.split(marks.component)
        if value := marks.clean(parts[0]):
            kind = marks.clean(at(parts, 4))
            known.append(Identifier(value, namespace(at(parts, 3), marks), kind))
    name = fields[5].split(marks.repetition, 1)[0].split(marks.component)
    return Patient(
        identifiers=tuple(known),
        name=_name(_family(name[0], marks), name[1:3], marks),
        birth_date=_day(marks.clean(fields[7])),
        sex=marks.clean(fields[8]),
    )


_NO_NUMBER = ' "^~&'


def _has_number(field: str, marks: Marks) -> bool:
    return any(
        one.split(marks.component, 1)[0].strip(_NO_NUMBER) for one in field.split(marks.repetition)
    )


def _day(value: str) -> str:
    digits = value[:8]
    if len(digits) == len("YYYYMMDD") and digits.isdigit():
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return value


@kept
def location(field: str, marks: Marks) -> str:
    """Point of care, room and bed of a PL (2.A.53)."""
    parts = [namespace(part, marks) for part in field.split(marks.component)[:3]]
    return " ".join(part for part in parts if part)

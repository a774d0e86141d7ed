"""Who and where: identifiers with their authorities, clinicians, the patient (HL7 v2, 2.A)."""

from dataclasses import dataclass

from bot.domain.profile import STANDARD, Profile
from bot.domain.report import Identifier, Patient, Provider
from bot.sources.hl7_wire import Wire, at


def namespace(value: str, wire: Wire) -> str:
    """An HD as a component: its namespace, else its universal id (2.A.33)."""
    if wire.subcomponent not in value:
        return wire.clean(value)
    parts = value.split(wire.subcomponent)
    return wire.clean(parts[0]) or wire.clean(at(parts, 1))


def entity(value: str, wire: Wire) -> tuple[str, str]:
    """An EI's number and authority: namespace, else universal id (2.A.28)."""
    if not value:
        return "", ""
    if wire.component not in value:
        return wire.clean(value), ""
    parts = value.split(wire.component)
    authority = wire.clean(at(parts, 1)) or wire.clean(at(parts, 2))
    return wire.clean(parts[0]), authority


def providers(field: str, wire: Wire, profile: Profile = STANDARD) -> tuple[Provider, ...]:
    """The people of an XCN field, in order.

    A repetition with the same name, or the same number, is one more identifier of that person;
    any other is another person: two doctors merged into one would page the wrong one.
    """
    if not field or field.isspace():
        return ()
    if wire.repetition not in field:
        alone = _xcn(field.split(wire.component), wire, profile)
        return (alone,) if alone else ()
    found = _People()
    for repetition in field.split(wire.repetition):
        provider = _xcn(repetition.split(wire.component), wire, profile)
        if provider is not None:
            found.add(provider)
    return found.all()


@dataclass(slots=True)
class _One:
    """``known`` has the identifiers in their order, each once."""

    known: dict[Identifier, None]
    name: str


class _People:
    """Who was named so far, looked up by name and by number: a field may have thousands."""

    def __init__(self) -> None:
        self._found: list[_One] = []
        self._by_name: dict[str, int] = {}
        self._by_number: dict[str, int] = {}

    def add(self, provider: Provider) -> None:
        numbers = [identifier.value for identifier in provider.identifiers]
        name = provider.name.casefold()
        same = [self._by_number[number] for number in numbers if number in self._by_number]
        if name in self._by_name:
            same.append(self._by_name[name])
        place = min(same, default=len(self._found))
        if not same:
            self._found.append(_One({}, ""))
        one = self._found[place]
        one.known |= dict.fromkeys(provider.identifiers)
        one.name = one.name or provider.name
        for number in numbers:
            self._by_number.setdefault(number, place)
        if one.name:
            self._by_name.setdefault(one.name.casefold(), place)

    def all(self) -> tuple[Provider, ...]:
        return tuple(Provider(tuple(one.known), one.name) for one in self._found)


def _xcn(parts: list[str], wire: Wire, profile: Profile) -> Provider | None:
    authority = at(parts, profile.authority_component - 1) or profile.authority
    names = (
        [wire.clean(part) for part in authority.split(wire.subcomponent)[:2]] if authority else []
    )
    family = at(parts, 1).split(wire.subcomponent, 1)[0]
    kind = wire.clean(at(parts, 12))
    return _person(wire.clean(parts[0]), names, kind, _name(family, parts[2:4], wire))


def _person(number: str, authorities: list[str], kind: str, name: str) -> Provider | None:
    """Under each name of its authority, so that a directory may know it by namespace or by OID."""
    if not number and not name:
        return None
    known = [authority for authority in authorities if authority] or [""]
    return Provider(tuple(Identifier(number, a, kind) for a in known) if number else (), name)


def interpreter(field: str, wire: Wire, profile: Profile = STANDARD) -> Provider | None:
    """OBR-32: an NDL, whose first component is a CNN in subcomponents; or an XCN, as many send."""
    if not field or field.isspace():
        return None
    first = field.split(wire.repetition, 1)[0]
    parts = first.split(wire.component)
    if wire.subcomponent not in parts[0]:
        return _xcn(parts, wire, profile)
    name = parts[0].split(wire.subcomponent)
    authorities = [wire.clean(at(name, 8)) or profile.authority, wire.clean(at(name, 9))]
    return _person(wire.clean(name[0]), authorities, "", _name(at(name, 1), name[2:4], wire))


def is_listed(provider: Provider, machines: frozenset[str]) -> bool:
    """Whether the site names them as a machine: by id, AUTHORITY:ID, or name, in upper case."""
    names = {provider.name}
    for identifier in provider.identifiers:
        names |= {identifier.value, f"{identifier.authority}:{identifier.value}"}
    return any(name.upper() in machines for name in names if name)


def _name(family: str, given: list[str], wire: Wire) -> str:
    first = " ".join(part for name in given if (part := wire.clean(name)))
    last = wire.clean(family)
    return f"{last}, {first}" if last and first else last or first


def patient(fields: list[str], wire: Wire) -> Patient:
    """Of PID-3 (PID-2 in old feeds), PID-5, PID-7 and PID-8."""
    numbers = at(fields, 3) or at(fields, 2)
    name = at(fields, 5).split(wire.repetition, 1)[0].split(wire.component)
    return Patient(
        identifiers=tuple(
            identifier
            for repetition in numbers.split(wire.repetition)
            if (identifier := _cx(repetition.split(wire.component), wire)).value
        ),
        name=_name(name[0].split(wire.subcomponent, 1)[0], name[1:3], wire),
        birth_date=_day(wire.clean(at(fields, 7))),
        sex=wire.clean(at(fields, 8)),
    )


def _cx(parts: list[str], wire: Wire) -> Identifier:
    return Identifier(wire.clean(parts[0]), namespace(at(parts, 3), wire), wire.clean(at(parts, 4)))


def _day(value: str) -> str:
    digits = value[:8]
    if len(digits) == len("YYYYMMDD") and digits.isdigit():
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return value


def location(field: str, wire: Wire) -> str:
    """Point of care, room and bed of a PL (2.A.53)."""
    parts = [namespace(part, wire) for part in field.split(wire.component)[:3]]
    return " ".join(part for part in parts if part)

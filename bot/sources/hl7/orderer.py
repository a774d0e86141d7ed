"""Which field names the orderer: OBR-16, ORC-12 in its place, or since HL7 v2.7 a PRT; else the
fields beside OBR-16."""

import re

from bot.sources.hl7.marks import at
from bot.sources.hl7.orders import Order, names_somebody
from bot.sources.hl7.people import providers
from bot.sources.hl7.wire import Wire

ORDERING, INTERPRETING, COPIED = ("OP",), ("PRI", "PI"), ("RCT",)
"""What somebody does, by PRT-4 (table 0912)."""
_WORD = re.compile(r"[^\W\d_]+")


def orderer(order: Order, wire: Wire) -> str:
    """OBR-16; or ORC-12 where that is empty, or where it has a name without an identifier and
    ORC-12 identifies somebody of that name. Anybody else's number would page the wrong person."""
    field, other = order.obr[16], order.orc[12]
    if not _names_somebody(field, wire):
        if _names_somebody(other, wire):
            return other
        return participants(order, ORDERING, wire) or _beside(order, wire)
    if _identifies(field, wire) or not _identifies(other, wire):
        return field
    return other if _same_name(field, other, wire) else field


def _beside(order: Order, wire: Wire) -> str:
    """A person with a number in the field before OBR-16 or behind it, where a sender has one too
    few or too many: neither the specimen nor a telephone has a name with two parts."""
    for place in BESIDE:
        field = order.obr[place]
        if wire.marks.component in field and _is_numbered(field, wire):
            return field
    return ""


BESIDE = (15, 17)
_NUMBER = re.compile(r"[A-Z]{0,4}\d{4,}", re.IGNORECASE)


# Table 0201: what a telephone is for.
_TELEPHONES = frozenset({"PRN", "ORN", "WPN", "VHN", "ASN", "EMR", "NET", "BPN", "PRS"})


def _is_numbered(field: str, wire: Wire) -> bool:
    number, behind = field.split(wire.marks.component)[:2]
    is_number = _NUMBER.fullmatch(number.strip()) and behind.strip().upper() not in _TELEPHONES
    return bool(is_number) and names_somebody(field, wire.marks)


def participants(order: Order, does: tuple[str, ...], wire: Wire) -> str:
    """PRT-5 of those who do this, which v2.8 has in the place of OBR-16, 28, 32 and ORC-12; one
    after the other as repetitions, those whom PRT-2 deletes left out."""
    if not order.others:
        return ""
    marks = wire.marks
    found: list[tuple[int, str]] = []
    for line in order.others:
        if line[:3] == "PRT":
            fields = line.split(marks.field)
            role = marks.first(at(fields, 4)).upper()
            if role in does and at(fields, 5) and at(fields, 2).strip().upper() != "DE":
                found.append((does.index(role), at(fields, 5)))
    return marks.repetition.join(field for _, field in sorted(found, key=lambda one: one[0]))


def copied(order: Order, wire: Wire) -> str:
    """OBR-28, or since HL7 v2.7 each PRT that says who gets a copy of the results."""
    field = order.obr[28]
    return field if _names_somebody(field, wire) else participants(order, COPIED, wire)


def _names_somebody(field: str, wire: Wire) -> bool:
    return field.strip(f" {wire.marks.component}") not in {"", '""'}


def _identifies(field: str, wire: Wire) -> bool:
    """Whether the first has a number: not a name where it should stand (HL7 v2.5.1, 2.A.88)."""
    first = field.partition(wire.marks.repetition)[0]
    if first.partition(wire.marks.component)[0].isdigit():  # nearly every one
        return True
    return any(provider.identifiers for provider in providers(first, wire.marks))


def _same_name(field: str, other: str, wire: Wire) -> bool:
    """Whether the first of each may be one person: "PARK, S" and "PARK, SAM"."""
    one, two = (_words(each, wire) for each in (field, other))
    shorter, longer = sorted((one, two), key=len)
    alike = all(any(_fits(word, each) for each in longer) for word in shorter)
    return not one or (alike and any(len(word) > 1 for word in set(one).intersection(two)))


def _words(field: str, wire: Wire) -> list[str]:
    found = providers(field, wire.marks)
    return _WORD.findall(found[0].name.casefold()) if found else []


def _fits(word: str, other: str) -> bool:
    return word == other or (1 in {len(word), len(other)} and word[0] == other[0])

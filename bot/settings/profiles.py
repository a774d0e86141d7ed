"""``[[hl7.profile]]``: how one sender differs. A failed check raises ``ValueError(what, cure)``."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.domain import profile as domain
from bot.domain.nearest import did_you_mean
from bot.domain.policy import Policy
from bot.domain.profile import Layout, Place, Profile, Rule
from bot.domain.report import ROUTINE, Preliminary, Status
from bot.settings.kinds import Filled, FilledInHl7, IfPreliminary, NameInHl7, Section, Zone
from bot.settings.problems import Lines, Problem, place

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9][0-9]{0,2})")


def _place(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _PLACE.fullmatch(value.strip().upper())
    if not found:
        raise ValueError("is no field", 'Write segment and number, as in "OBR-25" or "ZCF-2".')
    return Place(found[1], int(found[2]))


def _status(value: object) -> object:
    place = _place(value)
    if isinstance(place, Place):
        known = place.segment in {"OBR", "ORC"} or place.segment.startswith("Z")
        if not known and str(place) != "OBX-11":
            raise ValueError(
                "names a field that holds no status", "Name fields of OBR, ORC or Z, or OBX-11."
            )
    return place


def _coded(value: object) -> object:
    place = _place(value)
    if isinstance(place, Place) and place.segment != "OBX":
        raise ValueError(
            "names a field outside of OBX", 'Write a rule with at = "…" for other segments.'
        )
    return place


def _some(value: tuple[Place, ...]) -> tuple[Place, ...]:
    if not value:
        raise ValueError("is an empty list", 'Name a field, as in ["OBR-25", "OBX-11"].')
    return value


StatusWord = Literal["preliminary", "final", "addended", "corrected", "withdrawn"]
PlaceText = Annotated[Place, BeforeValidator(_place)]
StatusPlace = Annotated[Place, BeforeValidator(_status)]
CodedPlace = Annotated[Place, BeforeValidator(_coded)]


class RuleSettings(Section):
    """One reason for a category: a ``code``, anywhere or ``at`` a field, or a dictated ``text``."""

    category: Filled
    code: NameInHl7 = ""
    text: str = ""
    at: PlaceText | None = None

    @model_validator(mode="after")
    def _one_reason(self) -> Self:
        if bool(self.code.strip()) == bool(self.text.strip()):
            raise ValueError("needs a code or a text, and not both", "Write one of them.")
        if self.text and self.at:
            raise ValueError("has a place for a text", "Leave at out: a text counts anywhere.")
        return self

    def made(self) -> Rule:
        """For the reader."""
        return Rule(self.category, self.code.strip(), self.text.strip(), self.at)


class ProfileSettings(Section):
    """One sender, by MSH-3 and MSH-4. What is left out is read as from anybody else."""

    name: str = ""
    application: NameInHl7 = ""
    facility: NameInHl7 = ""
    timezone: Zone | None = None
    status: Annotated[tuple[StatusPlace, ...], AfterValidator(_some)] = domain.STATUS
    category: tuple[CodedPlace, ...] = tuple(Place("OBX", number) for number in domain.CODED)
    provider_authority: NameInHl7 = ""
    provider_authority_component: int = Field(
        default=domain.XCN_AUTHORITY, strict=True, ge=2, le=23
    )
    layout: Literal["auto", "segments", "headings"] = "auto"
    body: tuple[FilledInHl7, ...] = ()
    impression: tuple[FilledInHl7, ...] = ()
    addendum: tuple[FilledInHl7, ...] = ()
    status_words: Mapping[FilledInHl7, StatusWord] = {}
    dictated_macros: bool = Field(default=True, strict=True)
    preliminary: IfPreliminary | None = None
    rules: tuple[RuleSettings, ...] = ()

    def made(self, preliminary: Preliminary) -> Profile:
        """For the reader. Without a name it is known by application and facility; ``preliminary``
        holds where it says nothing about that."""
        named = (
            (domain.Section.BODY, self.body),
            (domain.Section.IMPRESSION, self.impression),
            (domain.Section.ADDENDUM, self.addendum),
        )
        return Profile(
            name=self.name or "/".join(filter(None, (self.application, self.facility))) or "any",
            application=self.application,
            facility=self.facility,
            status=self.status,
            coded=tuple(place.field for place in self.category),
            authority_component=self.provider_authority_component,
            authority=self.provider_authority,
            timezone=self.timezone,
            layout=Layout(self.layout),
            sections=tuple((code.upper(), head) for head, codes in named for code in codes),
            status_words=tuple(
                (word.strip().upper(), Status[means.upper()])
                for word, means in self.status_words.items()
            ),
            rules=tuple(rule.made() for rule in self.rules),
            dictated_macros=self.dictated_macros,
            preliminary=Preliminary(self.preliminary) if self.preliminary else preliminary,
        )


def never_used(profiles: tuple[ProfileSettings, ...], lines: Lines) -> list[Problem]:
    """The first that fits is used: what stands behind a wider one would flag nothing."""
    found = []
    for number, profile in enumerate(profiles):
        wider = (n for n, one in enumerate(profiles[:number], 1) if _is_wider(one, profile))
        if first := next(wider, 0):
            what = f"is never used, as hl7.profile[{first}] fits all that it does"
            cure = "Put it before that one, or make one of both."
            found.append(Problem(place(("hl7", "profile", number), lines), what, cure))
    return found


def _is_wider(one: ProfileSettings, other: ProfileSettings) -> bool:
    told = ((one.application, other.application), (one.facility, other.facility))
    return all(not wide or wide.casefold() == narrow.casefold() for wide, narrow in told)


def unknown_categories(profiles: tuple[ProfileSettings, ...], policy: Policy) -> tuple[str, ...]:
    """A sentence for each rule whose category the policy does not have; none is well."""
    known = [*(category.name for category in policy.categories), ROUTINE]
    return tuple(
        f'hl7.profile[{number}].rules[{place}].category "{rule.category}" is not in the policy. '
        f"{did_you_mean(rule.category, known) or 'There are ' + ', '.join(known) + '.'}"
        for number, profile in enumerate(profiles, 1)
        for place, rule in enumerate(profile.rules, 1)
        if rule.category not in known
    )

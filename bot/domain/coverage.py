"""Who can be asked: people with the channels that reach them, and the roster of one alert."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """The roles that a step or a notice can name."""

    ORDERING_PROVIDER = "ordering_provider"
    OWNER = "owner"
    DESIGNEE = "designee"
    COORDINATOR = "coordinator"
    READING_RADIOLOGIST = "reading_radiologist"


SLACK, SMS, VOICE = "slack", "sms", "voice"


class Calls(IntEnum):
    """What telephone calls can do at this site: nothing without a number that calls; announce only
    where Twilio cannot reach us; and be answered by keys where it can."""

    NONE = 0
    ANNOUNCE = 1
    KEYS = 2


class NoSms(StrEnum):
    """Why no SMS goes to a number on file."""

    STOPPED = "stopped"
    LANDLINE = "landline"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be paged. ``channels`` are those that can reach them now, best first; none
    where there is none that they can answer by.

    ``slack`` is (team id, user id); ``mobile`` is E.164; ``timezone`` an IANA name. ``pin``: they
    have one, and calls can be answered by keys. ``rings``: their phone can ring. ``active``: the
    directory still names them.
    """

    id: str
    name: str
    timezone: str
    channels: tuple[str, ...]
    mobile: str = ""
    slack: tuple[str, str] | None = None
    email: str = ""
    roles: tuple[str, ...] = ()
    pin: bool = False
    rings: bool = False
    no_sms: NoSms | None = None
    active: bool = True

    def can_answer(self, channels: Collection[str]) -> bool:
        """Whether one of these lets them answer: a call alone asks for a PIN, as nothing else has
        brought them a code."""
        return bool(set(channels) - {VOICE}) or (VOICE in channels and self.pin)

    @property
    def only_hears(self) -> bool:
        """A phone rings that they could not answer a page by, and nothing else reaches them."""
        return self.rings and not self.channels

    @property
    def written(self) -> tuple[str, ...]:
        """The channels for notices: no phone rings for what asks for no answer."""
        return tuple(channel for channel in self.channels if channel != VOICE)

    def holds(self, number: str) -> bool:
        """Whether this phone (E.164) is theirs: on file, and nobody has answered from it that it is
        somebody else's."""
        return self.mobile == number and self.no_sms is not NoSms.WRONG_NUMBER

    def address(self, channel: str) -> str:
        """Where this channel goes: team and user of the Slack account, or the number."""
        if channel == SLACK:
            return "/".join(self.slack or ())
        return self.mobile


OUT_OF_REACH = {
    "left": "is not in the directory any more",
    NoSms.STOPPED.value: "answered STOP",
    NoSms.LANDLINE.value: "has a number that takes no SMS",
    NoSms.WRONG_NUMBER.value: "has somebody else's number on file",
    "cannot_answer": "could hear a call and not answer it",
    "no_channel": "has neither a number nor a Slack account",
}
"""Why no channel reaches somebody, in words that follow a name."""


def out_of_reach(person: Person | None) -> str:
    """The word of OUT_OF_REACH that holds for somebody whom no channel reaches."""
    if person is None or not person.active:
        return "left"
    if person.no_sms:
        return person.no_sms.value
    return "cannot_answer" if person.only_hears else "no_channel"


def having_words(whom: str, everybody: Iterable[Person]) -> list[Person]:
    """Those whose name has all these words in it, in any order and case."""
    words = set(re.findall(r"\w+", whom.casefold()))
    return [p for p in everybody if words and words <= set(re.findall(r"\w+", p.name.casefold()))]


@dataclass(frozen=True, slots=True)
class Roster:
    """Who fills each role of one alert, as the directory says at this moment."""

    ordering: Person | None = None
    designee: Person | None = None
    coordinators: tuple[Person, ...] = ()
    radiologist: Person | None = None

    def person(self, person_id: str) -> Person | None:
        """The person of this id, if any role of this alert names them."""
        everybody = (
            self.ordering,
            self.designee,
            *self.coordinators,
            self.radiologist,
            *self.others,
        )
        return next((p for p in everybody if p and p.id == person_id), None)

    others: tuple[Person, ...] = ()
    """People paged earlier who fill no role any more; they still get notices."""


def next_told(coordinators: Sequence[Person], person_id: str) -> Person | None:
    """Who hears of it instead where this one of them cannot: the next who has a channel for
    notices, in the roster's order. None after the last one."""
    places = (place for place, one in enumerate(coordinators) if one.id == person_id)
    later = coordinators[next(places, -1) + 1 :]
    return next((person for person in later if person.written), None)

"""Category codes that a line of the text states ("Acute embolism (RID49480)"): also those of a
document in base64, and behind line ends that are escapes, where no field has them by themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.domain.profile import STANDARD, Profile
from bot.domain.report import Flag
from bot.sources.codes import by_rules, radlex_in
from bot.sources.dictation.located import Prose
from bot.sources.dictation.narrative import Narrative

IN_EACH = "rid4948"
_OBX_5 = 5


def with_codes(told: Narrative, prose: Prose, profile: Profile = STANDARD) -> Narrative:
    """The narrative with a flag for each, on the report or on the addendum that has it."""
    if IN_EACH not in told.lowered and (not told.addenda or not _adds(told)):
        return told
    if _OBX_5 not in profile.coded:
        return told
    places = prose()
    addenda = (
        replace(one, flags=_once((*one.flags, *codes_in(one.text, places, profile))))
        for one in told.addenda
    )
    own = _once((*told.flags, *codes_in(told.today, places, profile)))
    return told.flagged(own, tuple(addenda))


def _adds(told: Narrative) -> bool:
    return any(IN_EACH in addendum.text.lower() for addendum in told.addenda)


def codes_in(said: str, places: Mapping[str, str], profile: Profile) -> Iterable[Flag]:
    """Those of these lines, each with the place where its line stands."""
    found = (
        Flag(code.upper(), "", _where(line.strip(), places))
        for line in said.split("\n")
        if IN_EACH in line.lower()
        for code in radlex_in(line)
    )
    return by_rules(found, profile.rules)


def _where(line: str, places: Mapping[str, str]) -> str:
    """An addendum's first line stands behind its heading."""
    return places.get(line) or next((places[said] for said in places if line in said), "text")


def _once(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    return tuple(dict.fromkeys(flags))

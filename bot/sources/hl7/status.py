"""How finished a result is: OBR-25 (table 0123), OBX-11 (table 0085), and words spelled out."""

import re
from collections.abc import Iterable, Set
from functools import cache

from bot.domain.profile import STATUS, Place, Profile
from bot.domain.report import Status
from bot.sources.dicom import is_modality
from bot.sources.hl7.marks import at
from bot.sources.hl7.wire import Wire
from bot.sources.refused import BadReport

_SPELLED_OUT = {
    Status.FINAL: "final|final result|final results|final report|finalized|finalised|signed|"
    "final signed|signed off|verified|approved|authenticated|released|f final|cm|complete|"
    "completed|authorised|authorized|validated|attested|auth verified|final verified|official|"
    "authenticated verified|finalized report|verified report|signed report|signed final|final read|"
    "complete verified|completed verified|reported verified|result final|fin",
    Status.PRELIMINARY: "prelim|preliminary|preliminary result|preliminary results|prelim result|"
    "preliminary report|prelim report|wet read|wetread|draft|dictated|transcribed|unsigned|"
    "unverified|pending|in progress|p preliminary|unauth|unauthenticated|unauthorized|"
    "provisional|interim|provisional report|interim report|"
    "awaiting signature|awaiting approval|pending signature|pending verification",
    Status.CORRECTED: "corrected|corrected result|corrected report|corrected final|correction|"
    "final corrected|corr|modified|modified result|modified report|amended|amended result|"
    "amended report|final amended|altered|modified amended cor|modified amended corrected|"
    "modified verified|revised|revised report|revised final|c corrected|amendment",
    Status.ADDENDED: "add|addendum|addended|appended|final addendum|addendum final|final addended|"
    "addended final|addended report|"
    "final with addendum|signed addendum|addendum signed",
    Status.WITHDRAWN: "canceled|cancelled|deleted|withdrawn|retracted|void|voided|in error|"
    "entered in error",
}
_WORDS = {
    word.upper(): status for status, words in _SPELLED_OUT.items() for word in words.split("|")
} | {
    # Table 0271, of documents: what a transcription system has for its reports.
    **dict.fromkeys(("AU", "LA"), Status.FINAL),
    **dict.fromkeys(("DI", "DO", "IN", "IP", "PA"), Status.PRELIMINARY),
}

# Table 0123. A means "some results available" here. W is not in it: a wet read to some, wrong to
# others, and withdrawing an alert on a guess would silence it.
_ORDER = _WORDS | {
    "F": Status.FINAL,
    "C": Status.CORRECTED,
    "X": Status.WITHDRAWN,
    **dict.fromkeys(("P", "R", "A", "I", "O", "S", "M", "N", "Y", "Z"), Status.PRELIMINARY),
}

# Table 0085. A is amended and B appended here; U says "final now" without sending it again.
_OBSERVATION = _WORDS | {
    **dict.fromkeys(("F", "U", "V"), Status.FINAL),
    **dict.fromkeys(("C", "A"), Status.CORRECTED),
    "B": Status.ADDENDED,
    **dict.fromkeys(("D", "W"), Status.WITHDRAWN),
    **dict.fromkeys(("P", "R", "S", "I", "O", "N", "X"), Status.PRELIMINARY),
}


def stated(
    obr: list[str], orc: list[str], raw: list[str], wire: Wire, profile: Profile
) -> tuple[str, Place | None]:
    """The status of the order itself, and the first of the profile's places that has one.

    One vendor writes it into OBR-23, which is for charges, and how urgent the order was into
    OBR-25: there it counts only where it is a code or a word that means a status. Empty where
    OBX-11 has to tell.
    """
    if obr[25] == "F" and profile.status is STATUS and not profile.status_words:
        return "F", OBR_25  # the usual report is spared the search
    coded = wire.marks.component in obr[25]
    for place in profile.status:
        if place.segment == "OBX":
            break
        if coded and place == OBR_25 and _PRIORITY.search(obr[25]):
            continue
        if place == OBR_25 and is_modality(wire.marks.first(obr[25])):
            continue  # the sender has one field too many: it is OBR-24's
        field = _at(place, obr, orc, raw, wire)
        value = said(wire.marks.first(field), profile)
        if wire.marks.component in field:
            value = _called(field, value, wire)
        if value in _OF_QUERIES and place == OBR_25 and any(_observed(raw, wire)):
            continue
        if value and (place is OBR_25 or place == OBR_25 or plain(value) in _ORDER):
            return value, place
    if profile.status is STATUS and (obr[24] or obr[26]):
        return _one_off(obr, raw, wire)
    return "", None


# Table 0123: "used only on queries". Of a laboratory that has them in its reports OBX-11 tells.
_OF_QUERIES = frozenset({"Y", "Z"})
_BESIDE = (Place("OBR", 24), Place("OBR", 26))


def _observed(raw: list[str], wire: Wire) -> set[Status | None]:
    """What each OBX-11 says that is known."""
    codes = (at(line.split(wire.marks.field), 11) for line in raw if line[:3] == "OBX")
    return {of_observation(wire.marks.first(code)) for code in codes} - {None}


def _one_off(obr: list[str], raw: list[str], wire: Wire) -> tuple[str, Place | None]:
    """Of a sender that miscounted by one: a word for a status, and of codes what no OBX-11 gainsays
    and no department is called. P may be PET there: it needs an OBX that is preliminary, too."""
    for place in _BESIDE:
        value = plain(wire.marks.first(obr[place.field]))
        if len(value) > _LONGEST_CODE:
            if value in _WORDS and not is_modality(value):
                return value, place
        elif value in {"F", "P"}:
            observed = _observed(raw, wire)
            if Status.PRELIMINARY in observed if value == "P" else not observed:
                return value, place
    return "", None


def observed_beside(observations: Iterable[list[str]], wire: Wire) -> tuple[set[str], int]:
    """Where neither the order nor any OBX-11 has a status, and the sender miscounted by one: the
    codes in OBX-10 (F, P and C are no kind of abnormality, table 0080) or OBX-12, and which."""
    for number in _BESIDE_OBX_11:
        found = {wire.marks.first(at(fields, number)).upper() for fields in observations}
        if found - {""} and found <= {"", "F", "P", "C"}:
            return found - {""}, number
    return set(), 11


_BESIDE_OBX_11 = (10, 12)
_LONGEST_CODE = 2


def _at(place: Place, obr: list[str], orc: list[str], raw: list[str], wire: Wire) -> str:
    match place.segment:
        case "OBR":
            fields = obr
        case "ORC":
            fields = orc
        case name:
            fields = next((line.split(wire.marks.field) for line in raw if line[:3] == name), [])
    return at(fields, place.field)


def _called(field: str, code: str, wire: Wire) -> str:
    """What a code of the sender's own is called ("2^Final"), where that is a word for a status. A
    and S are many a sender's for addendum and signed, and the table's for something else."""
    if code not in _OFTEN_OWN and plain(code) in _ORDER:
        return code
    called = wire.marks.clean(at(field.split(wire.marks.component), 1))
    return called if len(called) > _LONGEST_CODE and plain(called) in _WORDS else code


_OFTEN_OWN = frozenset({"A", "S"})


def plain(code: str) -> str:
    """As the tables have it: in capitals, with one blank for what stands between words."""
    return _BETWEEN.sub(" ", code.upper()).strip() if len(code) > 1 else code.upper()


_BETWEEN = re.compile(r"[\W_]+")


def said(code: str, profile: Profile) -> str:
    """What the sender means by a word of its own, in ours; any other code as it is. A line below it
    is of somebody who wrote it below the message."""
    code = code.partition("\n")[0]
    if profile.status_words and code:
        means = _by_plain(profile.status_words).get(plain(code))
        return means.name if means is not None else code
    return code


@cache
def _by_plain(words: tuple[tuple[str, Status], ...]) -> dict[str, Status]:
    """A sender's words as the tables have them: "Final - Signed" is "FINAL SIGNED"."""
    return {plain(word): status for word, status in words}


OBR_25 = STATUS[0]
# "A^ASAP^HL70078": in table 0123 A is a status. Of tables 0027, 0078 and 0485 none is.
_PRIORITY = re.compile(r"\^(?:ASAP|STAT|ROUTINE|URGENT)\b|HL70(?:027|078|485)\b", re.IGNORECASE)
_FINAL = frozenset({"F"})


def status(order_codes: list[str], observation_codes: Set[str]) -> Status:
    """OBR-25 decides, OBX-11 where it is empty; withdrawn also where each OBX-11 is D or W.

    Raises BadReport("unknown-status") for a code of neither table, and where there is none.
    """
    if observation_codes <= _FINAL and order_codes == ["F"]:
        return Status.FINAL  # the usual report is spared the tables
    observed = [_OBSERVATION.get(plain(code)) for code in observation_codes if code]
    if observed and all(status is Status.WITHDRAWN for status in observed):
        return Status.WITHDRAWN
    ordered = [of_order(code) for code in order_codes if code]
    stated = [status for status in ordered or observed if status is not None]
    if None in ordered or not stated:
        field, other = ("OBR-25", "OBR^1^25") if ordered else ("OBR-25 or OBX-11", "OBR^1^25")
        detail = f"The result status is missing or unknown: send a code of table 0123 in {field}"
        raise BadReport("unknown-status", detail, "103" if ordered else "101", other)
    # Of a mixture the most finished counts: a final finding must not wait for the rest.
    return max(stated, key=lambda status: -1 if status is Status.WITHDRAWN else status)


def of_order(code: str) -> Status | None:
    """What OBR-25 says of the order's result; None where it is of no table."""
    return _ORDER.get(plain(code))


def of_observation(code: str) -> Status | None:
    """What OBX-11 says of one observation; None where it is of no table."""
    return _OBSERVATION.get(plain(code))


def is_deleted(code: str) -> bool:
    """OBX-11 of one observation: its text and flags hold no more."""
    return code != "F" and of_observation(code) is Status.WITHDRAWN


def appended(codes: Iterable[tuple[int, str]]) -> frozenset[int]:
    """Of OBX-11 by number the observations that are added to others (B, ADD); none where all are:
    then they are the report."""
    of = {number: of_observation(code) for number, code in codes}
    added = frozenset(number for number, one in of.items() if one is Status.ADDENDED)
    return added if len(added) < len(of) else frozenset()

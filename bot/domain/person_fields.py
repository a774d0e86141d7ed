"""What people write into one cell about a person, checked and brought into one form.

Each function raises ValueError(what, cure) where it cannot; empty text is the caller's business.
"""

import re
from functools import cache
from itertools import pairwise
from zoneinfo import available_timezones

from bot.domain.identity import is_npi
from bot.domain.legible import STEERING
from bot.domain.nearest import did_you_mean
from bot.domain.report import Identifier

LONGEST = 200
"""Characters of a name, an address or one id: nobody's is longer, and messages have to hold it."""
_UNSEEN = re.compile(f"{STEERING.pattern}|[\t\n]")
_NO_ZONES = {"localtime", "Factory"}
"""Files beside the zones: the first is whatever the machine is set to, the other nobody's."""
# "MAIN:1001,NORTH:7", or a comma in the id. Of an authority's own colons none stands before those.
_SEVERAL_IDS = re.compile(r":[^:,|\s]*[,|\s][^:]*:|,[^:]*$")
ROLES = ("coordinator", "radiologist")
_TEAM = "T[A-Z0-9]{2,}"
_SLACK = re.compile(rf"(?:({_TEAM})[/:])?([UW][A-Z0-9]{{2,}})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# North America (+1) has ten digits, and area code and exchange begin with 2 to 9. No phone stands
# behind N11 (services) and 900 (dearer lines).
_NANP = re.compile(r"(?:\+?1)?((?![2-9]11|900)[2-9][0-9]{2}[2-9][0-9]{6})")
_TRUNK = re.compile(r"\(\s*0\s*\)")
_E164_ELSEWHERE = re.compile(r"\+[2-9][0-9]{6,14}")
# What stands before an NPI when its Luhn digit is computed (CMS, "NPI check digit calculation").
_NPI_PREFIX = "80840"


def readable(text: str) -> str:
    """The same, for any cell; each of several parts has its own length."""
    if found := _UNSEEN.search(text):
        what = f"holds a character that cannot be seen (U+{ord(found[0]):04X})"
        raise ValueError(what, "Type it anew; a copy from another program brings such along.")
    if max(map(len, text.split(";"))) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters", "Shorten it.")
    return text


def name(text: str) -> str:
    """In one line, with single spaces."""
    return " ".join(readable(re.sub(r"[\t\r\n]", " ", text)).split())


def npi(text: str) -> str:
    """Ten digits whose last one is the Luhn check digit over 80840 and the first nine."""
    if not re.fullmatch("[0-9]{10}", text):
        raise ValueError("is not ten digits", "Copy it anew; format the column as text first.")
    if _luhn(_NPI_PREFIX + text) != 0:
        raise ValueError("has a wrong check digit", "A digit is mistyped: look it up anew.")
    return text


def local_ids(text: str) -> tuple[Identifier, ...]:
    """``AUTHORITY:ID`` separated by ``;``. The authority may hold colons, as in an OID's URN."""
    return tuple(_local_id(part.strip()) for part in text.split(";") if part.strip())


def mobile(text: str) -> str:
    """E.164. Ten digits without a plus, however grouped, are a North American number (+1)."""
    if _TRUNK.search(text):
        cure = 'Leave it out: "+44 (0)20 7946 0000" is +442079460000.'
        raise ValueError("holds (0), which nobody dials behind the country code", cure)
    bare = re.sub(r"[\s().\-\u00a0\u2010\u2011\u2013]", "", text)
    if _E164_ELSEWHERE.fullmatch(bare):
        return bare
    if found := _NANP.fullmatch(bare):
        return f"+1{found[1]}"
    raise ValueError("is no mobile number", 'Write it in international form, as in "+13125550100".')


def slack(text: str) -> tuple[str, str]:
    """(team id or empty, user id) from ``U…`` or ``T…/U…``."""
    found = _SLACK.fullmatch(text)
    if not found:
        cure = 'In Slack open the profile, then "Copy member ID": it looks like U024BE7LH.'
        raise ValueError("is no Slack member ID", cure)
    return found[1] or "", found[2]


def slack_team(text: str) -> str:
    """The id of a workspace."""
    if not re.fullmatch(_TEAM, text):
        cure = "In a browser Slack's address has it: app.slack.com/client/T024BE7LD."
        raise ValueError("is no id of a Slack workspace", cure)
    return text


def pin(text: str) -> str:
    """Four to eight digits that nobody would try first: not one digit repeated, no run."""
    if not re.fullmatch("[0-9]{4,8}", text):
        raise ValueError("is not four to eight digits", "Format the column as text first.")
    if {int(b) - int(a) for a, b in pairwise(text)} in ({0}, {1}, {-1}):
        raise ValueError("is one that anybody would guess", "Not 1111, 1234 or 4321: another one.")
    return text


def email(text: str) -> str:
    """One address, not judged further."""
    if not _EMAIL.fullmatch(text):
        raise ValueError("is no e-mail address", "Write one address, as in a.b@example.org.")
    return text


def timezone(text: str) -> str:
    """An IANA name."""
    if text not in _zones():
        # A place, or nothing: "UCT" is no help for "CST", and "Etc/GMT+1" is west of Greenwich.
        places = (z for z in _zones() if "/" in z and not z.startswith("Etc/"))
        near = did_you_mean(text, places)
        raise ValueError("is no time zone", near or 'Write a name such as "America/Chicago".')
    return text


def roles(text: str) -> tuple[str, ...]:
    """Some of ROLES, separated by ``;`` or as people write lists; whoever only orders exams has
    none."""
    told = tuple(dict.fromkeys(p for p in re.split(r"[;,/|\s]+", text.casefold()) if p))
    for role in told:
        if role not in ROLES:
            cure = did_you_mean(role, ROLES) or "Leave it empty for somebody who orders exams."
            raise ValueError(f"names a role other than {' and '.join(ROLES)}", cure)
    return told


@cache
def _zones() -> frozenset[str]:
    """Once a process: it is read from hundreds of files."""
    return frozenset(available_timezones() - _NO_ZONES)


def _local_id(text: str) -> Identifier:
    authority, colon, value = (part.strip() for part in text.rpartition(":"))
    if not (colon and authority and value):
        cure = 'Write AUTHORITY:ID, several with ";" between them.'
        raise ValueError("has an id without its authority", cure)
    if _SEVERAL_IDS.search(text):
        cure = 'Write AUTHORITY:ID, and ";" before the next one.'
        raise ValueError('has several ids without ";" between them', cure)
    found = Identifier(value, authority)
    return Identifier(npi(value), authority) if is_npi(found) else found


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the digits' sum
    return total % 10

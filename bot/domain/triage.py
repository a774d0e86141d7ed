"""From a report's coded flags to its category, with the evidence for it.

Order priority (OBR-5, OBR-27, TQ1-9) says how urgent the exam was, not what it found: it is
never read here. Plain abnormal flags (A, N) are not critical and stay silent.
"""

import hashlib
import re
from dataclasses import dataclass

from bot.domain.policy import Policy
from bot.domain.profile import MOST_SEVERE
from bot.domain.report import ROUTINE, Flag, Report

# The RadLex block of actionable-finding categories; one draft has a code here that no table has.
_CATEGORY_CODE = re.compile(r"RID4948\d")
_RADLEX_ID = re.compile(r"RID\d+")
_WORDED = re.compile(
    r"\W*(?:(?P<code>AA|HH|LL)|(?P<said>(?:very|critical(?:ly)?) abnormal|"
    r"(?:CRIT(?:ICAL(?:LY)?)?|PANIC)(?:[\s_-]+(?P<way>HIGH|LOW))?"
    r"(?:[\s_-]+(?:RESULT|FINDING|VALUE|ALERT)S?)?))\W*",
    re.IGNORECASE,
)
_WAYS = {"HIGH": "HH", "LOW": "LL"}
UNREAD = "flagged-unusable"
"""The rule for a flagged message that nobody could read: its coordinator looks."""
NO_FLAG = "no-flag"
"""The rule for a report that says nothing of how urgent it is."""
NOT_SIGNED = "interpreted by a machine, and signed by nobody"
# Where abnormal flags stand: OBX-8, and Observation.interpretation, which FHIR maps it to.
_FLAG_FIELDS = ("-8", ".interpretation")


@dataclass(frozen=True, slots=True)
class Triage:
    """The category (None: the report says nothing), the rule that decided, and its evidence.

    ``review`` is not empty where the flags cannot be understood, or no human stands behind them:
    a coordinator must look.
    """

    category: str | None
    rule: str
    evidence: tuple[Flag, ...] = ()
    review: str = ""


def triage(report: Report, policy: Policy) -> Triage:
    """Decide by the most severe flag; an unknown category code outranks all but the severest."""
    flags = (*report.flags, *(flag for addendum in report.addenda for flag in addendum.flags))
    found = [(category, flag) for flag in flags if (category := _category(flag, policy))]
    best = min((category for category, _ in found), key=policy.severity, default=None)
    top = policy.categories[0].name
    unknown = tuple(flag for flag in flags if _is_unknown_code(flag, policy))
    if unknown and best != top:
        return Triage(
            top, "unknown-category-code", unknown, "category code not known to the policy"
        )
    if best is None:
        return Triage(None, NO_FLAG)
    evidence = tuple(flag for category, flag in found if category == best)
    review = NOT_SIGNED if report.machine and best != ROUTINE else ""
    return Triage(best, f"{evidence[0].where}={evidence[0].value}", evidence, review)


def finding_hash(report: Report, policy: Policy) -> str:
    """What an acknowledgment is about: the impression and the addenda flagged themselves.

    The whole text stands in where the report marks no impression. What says nothing of it is empty:
    a mere addendum without a flag, figures without one, and a version without a word, unless it has
    some that could not be read.
    """
    if report.figures and not any(_asks(flag, policy) for flag in report.flags):
        return ""
    flagged = [a.text for a in report.addenda if any(_asks(f, policy) for f in a.flags)]
    spoken = [report.impression or report.text, *flagged]
    words = "\n".join(" ".join(text.split()) for text in spoken)
    if not words.strip() and (report.addenda or not report.unread):
        return ""
    return hashlib.sha256(words.encode()).hexdigest()


def _asks(flag: Flag, policy: Policy) -> bool:
    """A code that nobody understands asks for eyes too; one that says routine does not."""
    return _category(flag, policy) not in {None, ROUTINE} or _is_unknown_code(flag, policy)


def _category(flag: Flag, policy: Policy) -> str | None:
    if flag.category:
        return _named(flag.category, policy)
    value = flag.value.strip().upper()
    rules = policy.triage
    if value in rules.not_actionable:
        return ROUTINE
    by_code = dict(rules.codes).get(value)
    if by_code:
        return by_code
    if not flag.where.endswith(_FLAG_FIELDS):
        return None
    flags = dict(rules.abnormal_flags)
    return flags.get(value) or flags.get(in_words(value))


def in_words(value: str) -> str:
    """The code of table 0078 that an abnormal flag spells out ("Critical high", "PANIC", "*AA*"):
    empty where it is none of the critical kind."""
    worded = _WORDED.fullmatch(value)
    if worded is None:
        return ""
    return _WAYS.get((worded["way"] or "").upper(), "AA") if worded["said"] else worded["code"]


def _named(category: str, policy: Policy) -> str | None:
    """The category that a sender's rule names, where the policy has it."""
    if category == MOST_SEVERE:
        return policy.categories[0].name
    known = {ROUTINE, *(one.name for one in policy.categories)}
    return category if category in known else None


def _is_unknown_code(flag: Flag, policy: Policy) -> bool:
    value = flag.value.strip().upper()
    if _category(flag, policy) is not None:
        return False
    if flag.category:
        return True
    in_flag_field = flag.where.endswith(_FLAG_FIELDS) and _RADLEX_ID.fullmatch(value) is not None
    return in_flag_field or _CATEGORY_CODE.fullmatch(value) is not None

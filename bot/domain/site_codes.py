"""The policy's own codes, for the readers: a code that means a category has to be found wherever it
stands, and to be seen also where the rest of the message cannot be read."""

import re
from dataclasses import replace

from bot.domain.policy import Policy
from bot.domain.profile import Feeds, Place, Profile, Rule

# What the readers look for by themselves: the block of ACR categories and the usual abnormal flags.
_BUILT_IN = re.compile(r"RID4948\d|RID50261|AA|HH|LL", re.IGNORECASE)
_OBX_8 = Place("OBX", 8)


def rules_of(policy: Policy) -> tuple[Rule, ...]:
    """A rule for each code that the site has put into its policy."""
    codes, flags = policy.triage.codes, policy.triage.abnormal_flags
    found = [Rule(category, code) for code, category in codes]
    found += [Rule(category, flag, at=_OBX_8) for flag, category in flags]
    return tuple(rule for rule in found if not _BUILT_IN.fullmatch(rule.code))


def knowing(feeds: Feeds, policy: Policy) -> Feeds:
    """The same senders, with the policy's codes behind the rules of each."""
    rules = rules_of(policy)
    return replace(
        feeds,
        profiles=tuple(_with(profile, rules) for profile in feeds.profiles),
        standard=_with(feeds.standard, rules),
    )


def _with(profile: Profile, rules: tuple[Rule, ...]) -> Profile:
    own = {rule.code.casefold() for rule in profile.rules}
    more = tuple(rule for rule in rules if rule.code.casefold() not in own)
    return replace(profile, rules=(*profile.rules, *more))

"""The codes that a site has put into its policy are looked for like those that everybody knows."""

from dataclasses import replace

from bot.app import DEFAULT_POLICY
from bot.domain.policy import Policy
from bot.domain.policy_file import parse_policy
from bot.domain.profile import Feeds, Place, Profile, Rule
from bot.domain.site_codes import knowing, rules_of

DEFAULT = parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))

Meanings = tuple[tuple[str, str], ...]


def policy(codes: Meanings = (), abnormal_flags: Meanings = ()) -> Policy:
    rules = replace(DEFAULT.triage, codes=codes, abnormal_flags=abnormal_flags)
    return replace(DEFAULT, triage=rules)


def test_what_the_readers_know_anyway_needs_no_rule() -> None:
    assert rules_of(DEFAULT) == ()


def test_a_code_counts_anywhere_and_an_abnormal_flag_where_those_stand() -> None:
    own = policy(codes=(("RED1", "critical"),), abnormal_flags=(("C", "critical"),))
    assert rules_of(own) == (
        Rule("critical", "RED1"),
        Rule("critical", "C", at=Place("OBX", 8)),
    )


CODES = (("RED1", "critical"),)


def test_a_sender_s_own_rule_for_the_code_goes_before() -> None:
    its = Rule("significant", "red1")
    known = knowing(Feeds((Profile("its", rules=(its,)),)), policy(CODES, CODES))
    assert known.profiles[0].rules == (its,)
    assert known.standard.rules[0] == Rule("critical", "RED1")


def test_a_sender_s_rule_for_one_field_leaves_the_policy_s_for_the_others() -> None:
    """The code in any other field paged nobody any more."""
    its = Rule("significant", "red1", at=Place("OBX", 8))
    any_other = Rule("significant", "blue")
    feeds = Feeds((Profile("its", rules=(any_other, its)),))
    known = knowing(feeds, policy(CODES, CODES)).profiles[0]
    assert known.rules == (its, any_other, Rule("critical", "RED1"))

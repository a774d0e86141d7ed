"""The rules of a sender's profile: what counts as a flag, by code, place, macro and Z segment."""

from dataclasses import replace

import pytest

from bot.domain.profile import Feeds, Place, Profile, Rule
from bot.domain.report import Flag
from bot.domain.triage import triage
from bot.sources.hl7.reader import read
from tests.domain.loop import shipped
from tests.sources.oru import (
    CHICAGO,
    MSH,
    NOW,
    OBX,
    PID,
    as_read,
    message,
    obr,
    sample,
    unusable,
)


def test_a_rule_finds_its_code_wherever_it_stands() -> None:
    rule = Rule("critical", code="cr1")
    data = sample("OBX|1|TX|&IMP||x||||||F||||a^b^c~q&CR1^t")
    assert as_read(data, Profile(rules=(rule,))).flags == (
        Flag("cr1", "", "OBX[1]-15", "critical"),
    )


def test_a_rule_for_one_field_decides_there_and_the_policy_in_any_other() -> None:
    placed = Rule("routine", "red1", at=Place("OBX", 15))
    profile = Profile(rules=(placed, Rule("critical", "RED1")))
    for obx, category in (
        ("OBX|1|TX|&IMP||x||||||F||||RED1", "routine"),
        ("OBX|1|CWE|Q||RED1||||||F", "critical"),
    ):
        assert [flag.category for flag in as_read(sample(obx), profile).flags] == [category]
    in_z = Profile(rules=(Rule("routine", "red1", at=Place("ZCF", 2)), Rule("critical", "RED1")))
    for z, category in (("ZCF|1|RED1", "routine"), ("ZCF|RED1", "critical")):
        found = as_read(message(obr(), OBX.replace("HH", ""), z), in_z).flags
        assert [flag.category for flag in found] == [category]


def test_a_rule_for_a_place_looks_nowhere_else() -> None:
    obx = "OBX|1|TX|&IMP||Y|||Y|||F"
    rule = Rule("critical", code="Y", at=Place("OBX", 8))
    found = as_read(sample(obx), Profile(rules=(rule,))).flags
    assert [(f.where, f.category) for f in found] == [("OBX[1]-8", "critical")]


@pytest.mark.parametrize("at", [None, Place("OBX", 15)])
@pytest.mark.parametrize("code", ["RID49483", "RID49481", "rid999"])
def test_what_a_rule_says_of_a_code_goes_before_the_policy(code: str, at: Place | None) -> None:
    obx = OBX.replace("HH", "").replace("|||F", "|||F||||" + code)
    found = as_read(sample(obx), Profile(rules=(Rule("significant", code, at=at),)))
    decided = triage(found, shipped("default"))
    assert (decided.category, decided.review) == ("significant", "")


@pytest.mark.parametrize(
    "segments",
    [
        ["OBX|1|CE|X||RID49483^^RADLEX||||||F"],
        ["OBX|1|TX|X||Bleed.|||RID49483|||F"],
        ["OBX|1|TX|X||Bleed [RID49483].||||||F"],
        ["OBX|1|TX|X||http://www.radlex.org/RID/RID49483||||||F"],
        ["OBX|1|TX|X||Bleed.||||||F", "NTE|1||RID49483"],
        ["OBX|1|TX|X||Bleed.||||||F", "ZCF|1|RID49483"],
    ],
)
def test_a_code_that_only_the_sender_s_rule_knows_is_nowhere_unknown(segments: list[str]) -> None:
    rule = Rule("significant", code="RID49483")
    found = as_read(message(obr(), *segments), Profile(rules=(rule,)))
    assert {(flag.value, flag.category) for flag in found.flags} == {("RID49483", "significant")}
    assert as_read(message(obr(), *segments), Profile()).flags[0].category == ""


@pytest.mark.parametrize("where", ["NTE-4", "MSH-8", "PV1-4", "ORC-7", "OBR-27", "OBX-17"])
def test_a_rule_looks_at_whatever_field_it_names(where: str) -> None:
    """One for a note or for the header was accepted, and never found anything."""
    segment, number = where.split("-")
    lines = [MSH, PID, "PV1|1|I|ICU", "ORC|RE", obr(), OBX.replace("HH", ""), "NTE|1||Seen."]
    told = []
    for line in lines:
        fields = [line[:3], "|", *line.split("|")[1:]] if line[:3] == "MSH" else line.split("|")
        fields += [""] * (30 - len(fields))
        if line[:3] == segment:
            fields[int(number)] = "no^RED1"
        told.append("|".join([fields[0], *fields[2:]] if line[:3] == "MSH" else fields))
    data = "\r".join([*told, ""]).encode()
    rule = Rule("critical", "red1", at=Place(segment, int(number)))
    (flag,) = as_read(data, Profile(rules=(rule,))).flags
    assert (flag.category, flag.where.replace("[1]", "")) == ("critical", where)
    assert as_read(data, Profile(rules=(replace(rule, at=Place("ZZZ", 1)),))).flags == ()


def test_what_a_rule_says_of_a_code_holds_for_the_words_that_mean_it() -> None:
    data = sample("OBX|1|TX|&IMP||ACR actionable finding category 2: bleed.||||||F")
    for at, category in ((None, "significant"), (Place("ZCF", 2), "")):
        (flag,) = as_read(data, Profile(rules=(Rule("significant", "rid49481", at=at),))).flags
        assert (flag.value, flag.category) == ("RID49481", category)


@pytest.mark.parametrize("at", [None, Place("ZCF", 2)])
def test_a_z_segment_can_carry_the_flag(at: Place | None) -> None:
    rule = Rule("significant", code="ALERT", at=at)
    data = message(obr(), OBX.replace("HH", ""), "ZCF|1|no^ALERT")
    assert as_read(data, Profile(rules=(rule,))).flags == (
        Flag("ALERT", "", "ZCF-2", "significant"),
    )


def test_order_priority_is_a_flag_only_where_a_rule_names_its_field() -> None:
    data = sample(OBX.replace("HH", ""), fields={27: "^^^^^CRIT"})
    anywhere, there = Rule("critical", code="CRIT"), Rule("critical", "CRIT", at=Place("OBR", 27))
    assert as_read(data, Profile(rules=(anywhere,))).flags == ()
    assert as_read(data, Profile(rules=(there,))).flags[0].where == "OBR-27"


def test_a_macro_of_the_site_has_the_traps_of_the_others() -> None:
    rule = Rule("critical", text="STAT  call")

    def flags(text: str) -> list[str]:
        data = sample(f"OBX|1|TX|&IMP||{text}||||||F")
        return [f.value for f in as_read(data, Profile(rules=(rule,))).flags]

    assert flags("Bleed. Stat call.") == ["STAT  call"]
    assert flags("No stat call.") == flags("STAT CALL: none") == flags("stat caller") == []


def test_a_macro_of_the_site_may_be_chinese() -> None:
    rule = Rule("critical", text="危急值")

    def flags(text: str) -> list[tuple[str, str]]:
        data = sample(f"OBX|1|TX|&IMP||{text}||||||F")
        found = as_read(data, Profile(rules=(rule,))).flags
        return [(flag.value, flag.where) for flag in found]

    stated = [("危急值", "OBX[1]-5")]
    assert flags("诊断意见：脑出血。危急值已报告") == flags("【危急值】脑出血") == stated
    assert flags("危急值：已通知") == stated
    assert flags("危急值：无。") == flags("无危急值") == []


@pytest.mark.parametrize(
    ("macro", "said"),
    [
        ("RÉSULTAT CRITIQUE", "RESULTAT CRITIQUE : embolie"),
        ("Resultado critico", "RESULTADO CRÍTICO: hemorragia"),
        ("resultado crítico", "Resultado cri\u0301tico: hemorragia"),
        ("resultado cri\u0301tico", "Resultado crítico: hemorragia"),
        ("ΚΡΙΣΙΜΟ ΕΥΡΗΜΑ", "Κρίσιμο εύρημα: αιμορραγία"),
        ("НЕОТЛОЖНО ВСЁ", "Неотложно все: кровоизлияние"),
    ],
)
def test_a_macro_of_the_site_is_found_with_its_accents_or_without(macro: str, said: str) -> None:
    """Capitals and older systems have none; an accent may be a character of its own."""
    profile = Profile(rules=(Rule("critical", text=macro),))
    found = as_read(sample(f"OBX|1|TX|R||{said}||||||F"), profile).flags
    assert [(flag.value, flag.where) for flag in found] == [(macro, "OBX[1]-5")]


@pytest.mark.parametrize(
    ("macro", "said"),
    [
        ("ACHADO CRÍTICO", "ACHADO CRITICO: NAO"),
        ("RÉSULTAT CRITIQUE", "PAS DE RESULTAT CRITIQUE"),
        ("ALARM", "ALARMÉ: x"),
        ("ガ", "カ：出血"),
    ],
)
def test_without_accents_it_is_denied_as_with_them_and_stays_that_word(
    macro: str, said: str
) -> None:
    profile = Profile(rules=(Rule("critical", text=macro),))
    assert as_read(sample(f"OBX|1|TX|R||{said}||||||F"), profile).flags == ()


@pytest.mark.parametrize("macro", ["[CRIT1]", "#critical", "@@CR@@", "***CR***"])
def test_a_macro_of_signs_that_no_prose_has_may_stand_within_a_line(macro: str) -> None:
    profile = Profile(rules=(Rule("critical", text=macro),))

    def flags(text: str) -> list[str]:
        found = as_read(sample(f"OBX|1|TX|R||{text}||||||F"), profile).flags
        return [flag.value for flag in found]

    assert flags(f"There is a bleed {macro} in the left lobe.") == [macro]
    assert flags(f"Bleed {macro}") == flags(f"{macro} bleed") == [macro]
    assert flags(f"no {macro}") == flags(f"{macro}: none") == flags(f"[ ] {macro}") == []
    stars = Profile(rules=(Rule("critical", text="***"),))
    assert as_read(sample("OBX|1|TX|R||Bleed *** here||||||F"), stars).flags == ()


def test_a_macro_of_which_nothing_can_be_seen_is_none() -> None:
    """The reader stumbled over it in each report of the sender."""
    profile = Profile(rules=(Rule("critical", text="\u200b"),))
    assert as_read(sample(OBX.replace("HH", "")), profile).flags == ()


def test_the_macros_that_everybody_knows_can_be_left_unread() -> None:
    data = sample("OBX|1|TX|&IMP||CRITICAL RESULT||||||F")
    assert as_read(data, Profile(dictated_macros=False)).flags == ()


def test_the_fields_that_may_carry_a_code_are_the_profiles() -> None:
    data = sample("OBX|1|TX|&IMP||x||||||F||||RID49480^^RadLex")
    assert as_read(data, Profile(coded=(3, 5))).flags == ()


def test_a_rule_also_saves_the_flags_of_what_cannot_be_used() -> None:
    feeds = Feeds((Profile(rules=(Rule("critical", code="ALERT"), Rule("routine", code="OK"))),))
    data = message(obr({25: "?"}), OBX.replace("HH", ""), "ZCF|1|ALERT|OK")
    raw = read(data, source="hl7", timezone=CHICAGO, now=NOW, feeds=feeds)
    assert [flag.value for flag in raw.reading.flags] == ["ALERT"]  # type: ignore[union-attr]  # it is Unusable
    assert unusable(data).flags == ()


@pytest.mark.parametrize(
    "obx",
    [
        "OBX|1|CWE|Q^x^L^RED1^y^L||v||||||F",
        "OBX|1|CWE|Q||v^x^L^red1^y^L||||||F",
        "OBX|1|CWE|Q||v~RED1^x||||||F",
        "OBX|1|TX|Q||v|||N~RED1|||F",
        "OBX|1|TX|Q||v||||RED1||F",
        "OBX|1|TX|Q||v||||||F||RED1",
        "OBX|1|TX|Q||v||||||F|||||||RED1^x",
    ],
)
def test_a_rule_without_a_place_finds_its_code_in_any_field_of_an_observation(obx: str) -> None:
    found = as_read(sample(obx), Profile(rules=(Rule("critical", code="RED1"),))).flags
    assert ("RED1", "critical") in [(flag.value, flag.category) for flag in found]


def test_a_status_is_no_code_and_fields_that_a_profile_names_are_the_only_ones() -> None:
    rule = Rule("critical", code="F")
    assert as_read(sample(OBX.replace("HH", "")), Profile(rules=(rule,))).flags == ()
    elsewhere = sample("OBX|1|CWE|F||v||||||F")
    assert as_read(elsewhere, Profile(rules=(rule,), coded=(8,))).flags == ()

import pytest

from bot.domain.profile import Profile, Rule
from bot.sources.hl7.flags import flags
from bot.sources.hl7.wire import wire_of
from tests.sources.oru import MSH, report, sample, unusable


def places(obx: str) -> list[tuple[str, str, str]]:
    return [(flag.value, flag.system, flag.where) for flag in report(sample(obx)).flags]


def test_every_value_of_obx_8_is_a_flag() -> None:
    obx = "OBX|1|TX|&IMP||x|||A^Abnormal^HL70078~HH^^HL70078|||F"
    assert places(obx) == [("A", "HL70078", "OBX[1]-8"), ("HH", "HL70078", "OBX[1]-8")]


@pytest.mark.parametrize("place", [3, 5, 8, 15, 16, 17])
def test_a_radlex_code_counts_wherever_it_stands(place: int) -> None:
    fields = [""] * 20
    fields[0], fields[2], fields[11] = "OBX", "CWE", "F"
    fields[place] = "RID49480^ACR Category 1^RADLEX"
    assert places("|".join(fields)) == [("RID49480", "RADLEX", f"OBX[1]-{place}")]


def test_a_radlex_code_counts_in_any_component_and_repetition() -> None:
    obx = "OBX|1|CWE|x||a^b^c^RID49481^t^RadLex~q&RID49482||||||F"
    assert [value for value, _, _ in places(obx)] == ["RID49481", "RID49482"]
    assert places(obx)[0][1] == "RadLex"


@pytest.mark.parametrize("place", [3, 5, 8, 15, 16, 17])
@pytest.mark.parametrize("code", ["rid49480", "Rid49480", " rid49480 "])
def test_a_radlex_code_counts_in_small_letters_too(place: int, code: str) -> None:
    fields = [""] * 20
    fields[0], fields[2], fields[11] = "OBX", "CWE", "F"
    fields[place] = f"{code}^ACR Category 1^RADLEX"
    assert places("|".join(fields)) == [("RID49480", "RADLEX", f"OBX[1]-{place}")]


def test_small_letters_are_seen_in_a_message_that_cannot_be_used_too() -> None:
    found = unusable(sample("OBX|1|CWE|x||rid49480^c^RADLEX||||||F", fields={25: "?"}))
    assert [flag.value for flag in found.flags] == ["RID49480"]


def test_a_code_in_running_text_is_not_a_coded_value() -> None:
    assert places("OBX|1|TX|x||See RID49480 in the lexicon; HYBRID room||||||F") == []


def test_order_priority_is_no_flag() -> None:
    assert (
        report(sample("OBX|1|TX|&IMP||x||||||F", fields={5: "STAT", 27: "^^^^^STAT"})).flags == ()
    )


def test_a_citation_in_obx_15_is_no_flag() -> None:
    assert places("OBX|1|TX|x||y||||||F||||ACR2019^White paper^ACR") == []


def test_positions_count_observations_of_the_message() -> None:
    plain = "OBX|7|TX|&GDT||x||||||F"
    flagged = "OBX|7|TX|&IMP||y|||LL|||F"
    assert [f.where for f in report(sample(plain, flagged)).flags] == ["OBX[2]-8"]


@pytest.mark.parametrize(
    ("segment", "where"),
    [("ZCR|1|CRITICAL|RID49480^ACR Category 1^RADLEX", "ZCR-3"), ("ZRD|RID49480", "ZRD-1")],
)
def test_a_radlex_code_in_a_segment_of_the_sites_own_counts(segment: str, where: str) -> None:
    found = report(sample("OBX|1|TX|R||Clots.||||||F", segment)).flags
    assert [(flag.value, flag.where) for flag in found] == [("RID49480", where)]


@pytest.mark.parametrize("code", ["http://radlex.org/RID/RID49480", "RADLEX:rid49480"])
def test_a_code_with_its_system_before_it_is_one(code: str) -> None:
    assert places(f"OBX|1|CWE|x||{code}^ACR Category 1||||||F")[0][0] == "RID49480"


def test_a_code_in_brackets_behind_a_statement_codes_it() -> None:
    assert places("OBX|1|TX|x||Embolus [RID49480]||||||F") == [("RID49480", "", "OBX[1]-5")]
    assert places("OBX|1|TX|x||Embolus (see RID49480)||||||F") == []


@pytest.mark.parametrize("flag", ["CRITICAL", "^Critical abnormal^HL70078", "PANIC"])
def test_a_critical_flag_in_words_is_seen_in_a_message_that_cannot_be_used_too(flag: str) -> None:
    found = unusable(sample(f"OBX|1|TX|&IMP||x|||{flag}|||F", fields={25: "?"}))
    assert len(found.flags) == 1


def test_what_a_rule_says_of_a_flag_goes_before_what_the_flag_spells_out() -> None:
    profile = Profile(rules=(Rule("significant", "CRIT"),))
    found = flags(
        [(1, ["OBX", "1", "TX", "&IMP", "", "x", "", "", "Crit", "", "", "F"])],
        wire_of([MSH], "ascii", ""),
        profile,
    )
    assert [(flag.value, flag.category) for flag in found[1]] == [("CRIT", "significant")]

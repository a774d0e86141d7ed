"""Sender profiles, and what a sender's preliminary reports do."""

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.app import policy_of
from bot.app.feeds import known_of, origin
from bot.domain.report import Status
from bot.settings import load, unknown_categories
from bot.settings.profiles import ProfileSettings
from tests.requirements import ROOT
from tests.settings_files import SITE, problems, written

PROFILE = """\
[hl7]
machines = [" Aidoc "]
[[hl7.profile]]
application = "PS"
facility = "EAST"
timezone = "America/Denver"
status = ["ZRS-2", "OBX-11"]
category = ["obx-15"]
provider_authority = "EAST"
provider_authority_component = 8
layout = "headings"
impression = ["concl"]
dictated_macros = false
status_words = { " Befundet" = "final" }
rules = [{ code = "CRIT", at = "ZCF-2", category = "critical" }]
[[hl7.profile.rules]]
text = "STAT CALL"
category = "purple"
"""


def test_a_profile_becomes_what_the_reader_needs(tmp_path: Path) -> None:
    text = SITE + PROFILE.replace("rules = [{", "# [{").replace("purple", "critical")
    feeds = load(written(tmp_path, text), {}).hl7.feeds()
    assert feeds.machines == {"AIDOC"}
    found = feeds.of("ps", "East")
    assert (found.name, found.timezone) == ("PS/EAST", ZoneInfo("America/Denver"))
    assert [str(place) for place in found.status] == ["ZRS-2", "OBX-11"]
    assert (found.coded, found.authority, found.authority_component) == ((15,), "EAST", 8)
    assert (found.layout, found.sections) == ("headings", (("CONCL", "impression"),))
    assert [rule.text for rule in found.rules] == ["STAT CALL"]
    assert not found.dictated_macros
    assert found.status_words == (("BEFUNDET", Status.FINAL),)
    assert feeds.of("RIS", "EAST").name == "standard"


def test_what_the_example_shows_of_a_profile_s_places_is_what_holds_without_them() -> None:
    """Whoever takes the # away and changes nothing must not lose a place of the code."""
    text = (ROOT / "readback.example.toml").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^# (status|category) = (\[[^]]*\])", text, flags=re.MULTILINE))
    default = ProfileSettings()
    assert json.loads(shown["status"]) == list(map(str, default.status))
    assert json.loads(shown["category"]) == list(map(str, default.category))


def test_a_name_is_known_with_blanks_around_it(tmp_path: Path) -> None:
    text = f'{SITE}[[hl7.profile]]\napplication = " PS "\nfacility = "EAST "\n'
    feeds = load(written(tmp_path, text), {}).hl7.feeds()
    assert feeds.of("PS", "EAST").name == "PS/EAST"


@pytest.mark.parametrize(
    ("line", "where", "cure"),
    [
        ('machines = ["AIDOC^1.2.3^ISO"]', "hl7.machines", 'before the first: "AIDOC"'),
        ('[[hl7.profile]]\napplication = "PS ^1.2^ISO"', "application", 'the first: "PS"'),
        ('[[hl7.profile]]\nfacility = "^1.2^ISO"', "facility", "Write a name without one"),
        ('[[hl7.profile]]\nprovider_authority = "EAST^1.2^ISO"', "authority", 'first: "EAST"'),
        ('[[hl7.profile]]\nimpression = ["CONCL^End"]', "impression[1]", 'first: "CONCL"'),
        ('[[hl7.profile]]\nstatus_words = {"2^Fin"="final"}', "words.2^Fin (", 'first: "2"'),
        (
            '[[hl7.profile]]\n[[hl7.profile.rules]]\ncategory = "critical"\ncode = "CRIT^x^L"',
            "rules[1].code",
            'first: "CRIT"',
        ),
    ],
)
def test_a_name_with_the_other_components_of_its_field_would_never_fit(
    tmp_path: Path, line: str, where: str, cure: str
) -> None:
    """A machine's report would page, and a profile's rules flag nothing."""
    (problem,) = problems(written(tmp_path, f"{SITE}[hl7]\n{line}\n"))
    assert where in problem
    assert "holds a ^" in problem
    assert cure in problem


def test_a_preliminary_does_what_the_nearest_setting_says(tmp_path: Path) -> None:
    """The profile's, else the folder's where it came from one, else the listener's."""
    text = f"""{SITE}[hl7]
preliminary = "notify"
[[hl7.profile]]
application = "EAST"
preliminary = "open"
[[hl7.profile]]
application = "WEST"
[[fhir]]
name = "epic"
base_url = "https://fhir.example.org/r4"
preliminary = "open"
[[fhir]]
name = "old"
base_url = "https://old.example.org/r4"
[[folder]]
path = "in"
preliminary = "ignore"
[[folder]]
path = "out"
"""
    found = load(written(tmp_path, text), {})
    policy, over_mllp = policy_of(found), found.hl7.feeds()
    told = [over_mllp.of(name, "").preliminary for name in ("EAST", "WEST", "SOUTH")]
    assert told == ["open", "notify", "notify"]
    assert [origin(server, found, policy).preliminary for server in found.fhir] == [
        "open",
        "ignore",
    ]
    first, second = (known_of(folder, found, policy) for folder in found.folder)
    told = [first.feeds.of(name, "").preliminary for name in ("EAST", "WEST", "SOUTH")]
    assert told == ["open", "ignore", "ignore"]
    assert first.origin.preliminary == "ignore"
    assert second.feeds.of("SOUTH", "").preliminary == second.origin.preliminary == "notify"


def test_preliminary_has_three_values(tmp_path: Path) -> None:
    (found,) = problems(written(tmp_path, f'{SITE}[hl7]\npreliminary = "opn"\n'))
    assert found.startswith("hl7.preliminary has a value that is not known.")
    assert "ignore" in found
    env = {"READBACK_HL7__PRELIMINARY": "open"}
    assert load(written(tmp_path), env).hl7.preliminary == "open"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('timezone = "America/Denvr"', "timezone (line 6) is no time zone."),
        ('status = ["PV1-3"]', "status[1] (line 6) names a field that holds no status."),
        ('status_words = { "Fertig" = "done" }', "status_words"),
        ("status = []", "status (line 6) is an empty list."),
        ('category = ["OBX"]', "category[1] (line 6) is no field."),
        ('category = ["ZCF-2"]', "category[1] (line 6) names a field outside of OBX."),
        ("provider_authority_component = 99", "provider_authority_component (line 6) is out of"),
        ('layout = "odd"', "layout (line 6) has a value that is not known."),
        ('layot = "auto"', 'layot (line 6) is no setting. Did you mean "layout"?'),
        ('preliminary = "page"', "preliminary (line 6) has a value that is not known."),
        ('dictated_macros = "yes"', "dictated_macros (line 6) is not true or false."),
        ('rules = "x"', "rules (line 6) is not a list of tables."),
        ('rules = [{ category = "x" }]', "rules[1] (line 6) needs a code or a text"),
        (
            'rules = [{ text = "x", at = "OBX-5", category = "x" }]',
            "rules[1] (line 6) has a place for a text.",
        ),
        (
            'rules = [{ code = "x" }]',
            "rules[1].category (line 6) is missing. Add it to section [[hl7.profile.rules]]",
        ),
    ],
)
def test_a_problem_of_a_profile_names_its_line(tmp_path: Path, line: str, problem: str) -> None:
    (found,) = problems(written(tmp_path, f"{SITE}[[hl7.profile]]\n{line}\n"))
    assert found.startswith(f"hl7.profile[1].{problem}")


def test_profiles_are_no_matter_for_the_environment(tmp_path: Path) -> None:
    (found,) = problems(written(tmp_path), {"READBACK_HL7__PROFILE": "x"})
    assert found.startswith("READBACK_HL7__PROFILE names no setting")


def test_a_rule_for_a_category_that_the_policy_lacks_is_told(tmp_path: Path) -> None:
    text = SITE + PROFILE.replace("rules = [{", "# [{")
    settings = load(written(tmp_path, text), {})
    policy = policy_of(settings)
    assert unknown_categories(settings.hl7.profile, policy) == (
        'hl7.profile[1].rules[1].category "purple" is not in the policy. '
        "There are critical, significant, routine.",
    )


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ("", 'application = "PS"', True),
        ('facility = "east"', 'application = "PS"\nfacility = "EAST"', True),
        ('application = "PS"', 'application = "ps"', True),
        ('application = "PS"\nfacility = "EAST"', 'application = "PS"', False),
        ('application = "PS"', 'facility = "EAST"', False),
        ('application = "PS"', "", False),
    ],
)
def test_a_profile_behind_one_that_fits_all_that_it_does_is_told(
    tmp_path: Path, first: str, second: str, *, is_told: bool
) -> None:
    profiles = "".join(f'[[hl7.profile]]\nname = "x"\n{one}\n' for one in (first, second))
    file = written(tmp_path, SITE + profiles)
    if not is_told:
        assert len(load(file, {}).hl7.profile) == 2
        return
    (told,) = problems(file)
    assert told.startswith("hl7.profile[2] (line ")
    assert "is never used, as hl7.profile[1] fits all that it does. Put it before" in told

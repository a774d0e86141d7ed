"""The settings: one file, the environment over it, and every problem at once."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, SecretStr

from bot.app import policy_of
from bot.app.feeds import known_of, origin
from bot.domain.report import Status
from bot.domain.shadow import Shadow
from bot.settings import (
    BadSettings,
    Settings,
    load,
    sandbox_clock,
    tokens_in_environment,
    unknown_categories,
)
from tests.requirements import ROOT

SITE = '[site]\nname = "General"\ntimezone = "America/Chicago"\ncallback_number = "312-555-0100"\n'
TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-very-secret",
    "SLACK_APP_TOKEN": "xapp-very-secret",
    "TWILIO_ACCOUNT_SID": "ACvery-secret",
    "TWILIO_AUTH_TOKEN": "very-secret",
}


def written(folder: Path, text: str = SITE) -> Path:
    path = folder / "readback.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load(path, env or {})
    return [str(problem) for problem in caught.value.problems]


def test_a_site_needs_its_name_its_time_zone_and_a_number_to_call(tmp_path: Path) -> None:
    found = problems(written(tmp_path, ""))
    assert [line.split()[0] for line in found] == [
        "site.name",
        "site.timezone",
        "site.callback_number",
    ]
    assert all("readback.example.toml" in line for line in found)


def test_everything_else_has_a_default(tmp_path: Path) -> None:
    settings = load(written(tmp_path), {})
    assert settings.site.timezone == ZoneInfo("America/Chicago")
    assert settings.database.url == f"sqlite:///{tmp_path}/readback.db"
    assert settings.hl7.processing_ids == ("P",)
    assert settings.slack.phi == "none"
    assert settings.slack.api_url == "https://slack.com/api/"
    assert settings.twilio.api_url == "https://api.twilio.com"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, SITE + '[hl7]\nport = 1\n[twilio]\nfrom = "+13125550100"\n')
    env = {
        "READBACK_HL7__PORT": "2576",
        "READBACK_HL7__PROCESSING_IDS": "P, t",
        "READBACK_TWILIO__FROM": "+13125550199",
        "READBACK_SITE__NAME": "2024",
    }
    settings = load(path, env)
    assert (settings.hl7.port, settings.hl7.processing_ids) == (2576, ("P", "T"))
    assert settings.twilio.sender == "+13125550199"
    assert settings.site.name == "2024"


def test_the_environment_alone_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    site = {"NAME": "General", "TIMEZONE": "Europe/Berlin", "CALLBACK_NUMBER": "030 1234"}
    settings = load(None, {f"READBACK_SITE__{key}": value for key, value in site.items()})
    assert settings.site.timezone.key == "Europe/Berlin"


def test_the_file_is_the_one_named_else_that_of_the_environment_else_the_one_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("named", "environment", "here"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, SITE.replace("General", name))
    monkeypatch.chdir(tmp_path / "here")
    env = {"READBACK_CONFIG": str(tmp_path / "environment" / "readback.toml")}
    assert load(tmp_path / "named" / "readback.toml", env).site.name == "named"
    assert load(None, env).site.name == "environment"
    assert load(None, {}).site.name == "here"


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    assert "readback.example.toml" in problems(tmp_path / "absent.toml")[0]
    with pytest.raises(BadSettings, match=r"absent\.toml does not exist"):
        load(None, {"READBACK_CONFIG": str(tmp_path / "absent.toml")})


def test_who_starts_in_the_wrong_folder_is_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSettings, match=r"^readback\.toml is not in this folder\. Copy "):
        load(None, {})


def test_the_environment_alone_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    site = {"NAME": "General", "TIMEZONE": "America/Chicago", "CALLBACK_NUMBER": "312-555-0100"}
    settings = load(None, {f"READBACK_SITE__{key}": value for key, value in site.items()})
    assert settings.site.name == "General"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[slak]\nphi = "none"', 'slak is no section. Did you mean "slack"?'),
        ("[quux]\na = 1", "quux is no section. There are site, database,"),
        ("[hl7]\nprot = 1", 'hl7.prot is no setting. Did you mean "port"?'),
        ('[hl7]\nport = "many"', "hl7.port is not a number. Write digits without quotes."),
        ("[hl7]\nport = true", "hl7.port is not a number."),
        ("[hl7]\nport = 70000", "hl7.port is out of range. Write a number less than or equal"),
        ("[hl7]\nmax_message_bytes = 10", "hl7.max_message_bytes is out of range."),
        ("[hl7]\nprocessing_ids = []", "hl7.processing_ids is an empty list."),
        ('[hl7]\nprocessing_ids = "P"', "hl7.processing_ids is not a list."),
        ('[hl7]\non_unusable = "drop"', "Write one of 'accept' or 'reject'."),
        ("[hl7]\nport = 8080", "web.port is hl7.port as well."),
        ('[hl7]\ntimezone = "Mars"', "hl7.timezone is no time zone"),
        ("[hl7]\nhost = 1", "hl7.host is not text. Put the value in quotes."),
        ('[hl7]\nhost = " "', "hl7.host is empty."),
        ('[slack]\nphi = "all"', "Write one of 'none', 'modal' or 'message'."),
        ('[slack]\napi_url = "slack.com"', "slack.api_url is no web address."),
        ('[slack]\nmode = "https"', "Write one of 'socket' or 'http'."),
        ("[slack]\nconnections = 11", "slack.connections"),
        ('[web]\npublic_url = "https://h/?a=1"', "web.public_url holds more than an address."),
        ('[twilio]\nfrom = "312-555-0100"', "twilio.from is no phone number in international"),
        ('[database]\nurl = "mysql://h/x"', "names a database that Readback does not run on."),
        ('[database]\nurl = "readback.db"', "database.url is no database URL."),
        ('[database]\nurl = "sqlite://"', "database.url names no file."),
        ("database = 1", "database is not a section. Write [database]"),
        ("[hl7", "is not TOML: "),
    ],
)
def test_a_bad_setting_is_named_with_its_cure(tmp_path: Path, text: str, told: str) -> None:
    path = written(
        tmp_path, f"{text}\n{SITE}" if text.startswith("database =") else f"{SITE}{text}\n"
    )
    assert any(told in line for line in problems(path)), problems(path)


def test_a_time_zone_spelled_nearly_right_gets_the_right_one(tmp_path: Path) -> None:
    path = written(tmp_path, SITE.replace("Chicago", "Chicgo"))
    assert 'site.timezone is no time zone. Did you mean "America/Chicago"?' in (problems(path))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, '[site]\nname = ""\n[hl7]\nport = -1\n[slack]\nbot_token = "x"\n')
    found = problems(path, {"READBACK_WEB__PROT": "1", "SLACK_BOT_TOKEN": "xapp-1"})
    assert {line.split()[0] for line in found} == {
        "slack.bot_token",
        "site.name",
        "site.timezone",
        "site.callback_number",
        "hl7.port",
        "READBACK_WEB__PROT",
        "SLACK_BOT_TOKEN",
    }


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("READBACK_HL7_PORT", "READBACK_HL7__PORT"),
        ("READBACK_SITE_MODE", "READBACK_SITE__MODE"),
        ("readback_slack_phi", "READBACK_SLACK__PHI"),
        ("READBACK_SLACK_PHY", "READBACK_SLACK__PHI"),
    ],
)
def test_a_variable_that_nearly_names_a_setting_is_refused(
    tmp_path: Path, name: str, meant: str
) -> None:
    assert problems(written(tmp_path), {name: "x"}) == [
        f'{name} names no setting. Did you mean "{meant}"?'
    ]


def test_variables_that_are_somebody_elses_are_left_alone(tmp_path: Path) -> None:
    env = {
        "READBACK_PORT": "tcp://10.0.0.7:8080",  # Kubernetes, for a service of that name
        "READBACK_SERVICE_HOST": "10.0.0.7",
        "READBACK_IMAGE": "1.2",
    }
    assert load(written(tmp_path), env).hl7.port == 2575


def test_a_byte_order_mark_before_the_settings_is_read_past(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path, {}).site.name


def test_a_number_to_call_that_no_sms_has_room_for_is_refused(tmp_path: Path) -> None:
    long = "+1 (312) 555-0100 extension 4411 or 4412"
    path = written(tmp_path, SITE.replace("312-555-0100", long))
    (found,) = problems(path)
    assert found.startswith("site.callback_number")
    assert "is too long for an SMS" in found
    assert "32 characters at most" in found


@pytest.mark.parametrize(
    "number",
    [
        *("312-555-0100", "+1 (312) 555-0100", "(312) 555.0100 ext. 44", "4411", "0800 555 x 12"),
        *("312-555-0100x4411", "312-555-0100 EXT 4411"),
    ],
)
def test_a_number_to_call_is_taken_as_people_write_it(tmp_path: Path, number: str) -> None:
    path = written(tmp_path, SITE.replace("312-555-0100", number))
    assert load(path, {}).site.callback_number == number


@pytest.mark.parametrize(
    "number",
    [
        *("call me", "reading room", "x 4411", "12", "312-555-0100\\nSTOP", "312-555-0100\\n"),
        *("３１２５５５０１００", "312-555-0100 \U0001f4de", "312–555–0100", "+ ext 4411", "-"),
    ],
)
def test_a_number_to_call_that_nobody_can_dial_is_refused(tmp_path: Path, number: str) -> None:
    (found,) = problems(written(tmp_path, SITE.replace("312-555-0100", number)))
    assert found.startswith("site.callback_number")
    assert "is no number that people can dial" in found
    assert "312-555-0100 x 4411" in found


@pytest.mark.parametrize("content", [b"[site\nname = 1", b'[site]\nname = "\xff"'])
def test_of_a_file_that_cannot_be_read_nothing_is_said_to_be_missing(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "readback.toml"
    path.write_bytes(content)
    found = problems(path, {"READBACK_WEB__PROT": "1"})
    assert len(found) == 2
    assert "is not" in found[0]
    assert found[1].startswith("READBACK_WEB__PROT")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("READBACK_SLACK__BOT_TOKEN", "SLACK_BOT_TOKEN"),
        ("READBACK_SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN"),
        ("READBACK_TWILIO__AUTH_TOKEN", "TWILIO_AUTH_TOKEN"),
    ],
)
def test_a_token_under_a_name_of_ours_is_told_its_usual_name(
    tmp_path: Path, name: str, meant: str
) -> None:
    assert problems(written(tmp_path), {name: "x"}) == [
        f'{name} names no setting. Did you mean "{meant}"?'
    ]


def test_a_problem_of_the_environment_names_the_variable(tmp_path: Path) -> None:
    (found,) = problems(written(tmp_path), {"READBACK_HL7__PORT": "x"})
    assert found.startswith("hl7.port (from READBACK_HL7__PORT) is not a number.")
    (unknown,) = problems(written(tmp_path), {"READBACK_HL7__PROT": "1"})
    assert 'Did you mean "READBACK_HL7__PORT"?' in unknown


@pytest.mark.parametrize(
    ("section", "key", "name"),
    [
        ("slack", "bot_token", "SLACK_BOT_TOKEN"),
        ("slack", "app_token", "SLACK_APP_TOKEN"),
        ("slack", "signing_secret", "SLACK_SIGNING_SECRET"),
        ("twilio", "account_sid", "TWILIO_ACCOUNT_SID"),
        ("twilio", "auth_token", "TWILIO_AUTH_TOKEN"),
    ],
)
def test_a_token_in_the_file_is_refused_and_not_repeated(
    tmp_path: Path, section: str, key: str, name: str
) -> None:
    path = written(tmp_path, f'{SITE}[{section}]\n{key} = "very-secret"\n')
    (found,) = problems(path)
    assert found.startswith(f"{section}.{key} is a secret in a file.")
    assert name in found
    assert "very-secret" not in found


def test_no_secret_is_in_the_repr_or_in_an_error(tmp_path: Path) -> None:
    env = {**TOKENS, "READBACK_DATABASE__URL": "postgresql://u:very-secret@h/readback"}
    settings = load(written(tmp_path), env)
    assert "very-secret" not in repr(settings)
    assert "very-secret" not in str(settings)
    bad = {**env, "READBACK_DATABASE__URL": "mysql://u:very-secret@h/readback"}
    assert "very-secret" not in "".join(problems(written(tmp_path), bad))


def test_two_slack_tokens_that_were_exchanged_are_both_named(tmp_path: Path) -> None:
    env = {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1"}
    assert problems(written(tmp_path), env) == [
        "SLACK_BOT_TOKEN begins with xapp-. The one that is meant begins with xoxb-.",
        "SLACK_APP_TOKEN begins with xoxb-. The one that is meant begins with xapp-.",
    ]


def test_what_is_missing_for_slack_and_twilio_has_names(tmp_path: Path) -> None:
    bare = load(written(tmp_path), {"SLACK_BOT_TOKEN": ""})
    assert bare.missing_for_slack() == ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
    assert bare.missing_for_twilio() == (
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "twilio.from",
    )
    full = load(written(tmp_path), {**TOKENS, "READBACK_TWILIO__FROM": "+13125550100"})
    assert full.missing_for_slack() == full.missing_for_twilio() == ()
    over_http = load(written(tmp_path), {**TOKENS, "READBACK_SLACK__MODE": "http"})
    assert over_http.missing_for_slack() == ("SLACK_SIGNING_SECRET",)


def test_a_relative_policy_lies_beside_the_settings_file(tmp_path: Path) -> None:
    settings = load(written(tmp_path, SITE + 'policy = "ours.toml"\n'), {})
    assert settings.site.policy == tmp_path / "ours.toml"


def test_the_example_is_what_a_site_can_start_from() -> None:
    assert isinstance(load(ROOT / "readback.example.toml", {}), Settings)


def test_the_example_shows_every_setting() -> None:
    text = (ROOT / "readback.example.toml").read_text(encoding="utf-8")
    sections = {name: field.annotation for name, field in Settings.model_fields.items()}
    for name, section in sections.items():
        if name == "secrets":
            continue
        assert f"[{name}]" in text
        assert section is not None
        for key, field in _fields(section):
            assert f"{field.alias or key} = " in text, f"{name}.{key}"


def _fields(section: Any) -> list[tuple[str, Any]]:
    """Of a list of tables those of one; what comes from the environment alone left out."""
    model = get_args(section)[0] if get_origin(section) is tuple else section
    found = []
    for key, field in model.model_fields.items():
        kinds = get_args(field.annotation)
        inside = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if inside:
            found += _fields(inside[0])
        elif SecretStr not in kinds:
            found.append((key, field))
    return found


def test_the_names_of_tokens_that_are_set_are_known() -> None:
    assert tokens_in_environment({**TOKENS, "OTHER": "x"}) == tuple(TOKENS)
    assert tokens_in_environment({"SLACK_BOT_TOKEN": ""}) == ()


def test_a_clock_is_moved_only_where_slack_and_twilio_are_stand_ins_here(tmp_path: Path) -> None:
    env = {"READBACK_SANDBOX_CLOCK": str(tmp_path / "clock")}
    real = load(written(tmp_path), {})
    assert sandbox_clock(real, {}) is None
    with pytest.raises(BadSettings, match="READBACK_SANDBOX_CLOCK moves the clock"):
        sandbox_clock(real, env)
    here = {
        "READBACK_SLACK__API_URL": "http://127.0.0.1:1/slack/api/",
        "READBACK_TWILIO__API_URL": "http://localhost:1/twilio",
    }
    assert sandbox_clock(load(written(tmp_path), here), env) == tmp_path / "clock"
    half = load(written(tmp_path), dict(list(here.items())[:1]))
    with pytest.raises(BadSettings):
        sandbox_clock(half, env)


# ---- sender profiles ------------------------------------------------------------------------

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
        ('rules = [{ code = "x" }]', "rules[1].category (line 6) is missing."),
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


# ---- [[fhir]] -------------------------------------------------------------------------------

FHIR = SITE + '[[fhir]]\nname = "epic"\nbase_url = "https://fhir.example.org/r4"\n'


def test_several_fhir_servers_can_be_named(tmp_path: Path) -> None:
    more = '[[fhir]]\nname = "old"\nbase_url = "http://10.0.0.1"\nauthorities = {"urn:x" = "R"}\n'
    one, other = load(written(tmp_path, FHIR + more), {}).fhir
    assert (one.name, one.query, one.poll_seconds) == ("epic", "category=RAD,LP29684-5", 30)
    assert other.authorities == {"urn:x": "R"}


def test_a_servers_token_and_secret_come_from_the_variables_it_names(tmp_path: Path) -> None:
    keys = 'token_env = "EPIC"\nhook_secret_env = "HOOK"\n'
    env = {"EPIC": "a-token", "HOOK": "sixteen-letters!"}
    settings = load(written(tmp_path, FHIR + keys), env)
    [server] = settings.fhir
    assert server.token is not None
    assert server.token.get_secret_value() == "a-token"
    assert server.hook_secret is not None
    assert server.hook_secret.get_secret_value() == "sixteen-letters!"
    assert "a-token" not in repr(settings)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ('token = "abc"', "fhir[1].token (line 8) is a secret in a file"),
        ('hook_secret = "abc"', "fhir[1].hook_secret (line 8) is a secret in a file"),
        ('token_env = "NOT_SET"', "fhir[1].token_env (line 8) names a variable that is not set"),
        ('hook_secret_env = "SHORT"', "fhir[1].hook_secret (line 5) is shorter than 16"),
        ("smart = 3", "fhir[1].smart (line 8) is not a section. Write [fhir.smart]"),
        ("poll = 5", "fhir[1].poll (line 8) is no setting"),
        ('preliminary = "yes"', "fhir[1].preliminary (line 8) has a value that is not known."),
        ("poll_seconds = 0", "fhir[1].poll_seconds (line 8) is out of range"),
        ('query = "?category=RAD"', "fhir[1].query (line 8) holds what is added by itself"),
        ("subscribe = true", "fhir[1].subscribe (line 8) needs an address and a secret"),
        ('[fhir.smart]\nclient = "x"', "fhir[1].smart.client (line 9) is no setting"),
        (
            '[[fhir]]\nname = "epic"\nbase_url = "http://a"',
            "fhir[2].name (line 9) is another",
        ),
        (
            '[[fhir]]\nname = "Epic 2"\nbase_url = "http://a"',
            "fhir[2].name (line 9) is no short",
        ),
        ('[[fhir]]\nname = "b"\nbase_url = "fhir"', "fhir[2].base_url (line 10) is no web address"),
    ],
)
def test_what_is_wrong_with_a_server_is_said_with_its_line(
    tmp_path: Path, keys: str, expected: str
) -> None:
    found = problems(written(tmp_path, FHIR + keys + "\n"), {"SHORT": "short"})
    assert any(line.startswith(expected) for line in found), found


def test_one_pair_of_brackets_is_too_few_for_a_server(tmp_path: Path) -> None:
    [line] = problems(written(tmp_path, SITE + '[fhir]\nname = "epic"\n'))
    assert line == "fhir is not a list of tables. Write [[fhir]], in two brackets."


def test_a_relative_key_file_lies_beside_the_settings_file(tmp_path: Path) -> None:
    smart = '[fhir.smart]\nclient_id = "rb"\nkey_file = "fhir.pem"\n'
    [server] = load(written(tmp_path, FHIR + smart), {}).fhir
    assert server.smart is not None
    assert server.smart.key_file == tmp_path / "fhir.pem"


# ---- where senders come from, TLS, folders --------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[hl7]\nallow = ["10.1.0.0/33"]', "hl7.allow[1] (line 6) is no network."),
        ('[hl7]\nallow = ["::1", "ris.local"]', "hl7.allow[2] (line 6) is no network."),
        ("[hl7]\nallow = [1]", "hl7.allow[1] (line 6) is no network."),
        (
            '[hl7]\nallow = ["10.1.2.3/16"]',
            "hl7.allow[1] (line 6) names an address within a network. "
            'Write "10.1.0.0/16", or "10.1.2.3".',
        ),
        (
            '[hl7]\ntls_certificate = "a"',
            "hl7.tls_certificate (line 6) stands without tls_key. Set tls_key as well.",
        ),
        (
            '[hl7]\ntls_client_ca = "a"',
            "hl7.tls_client_ca (line 6) stands without tls_certificate.",
        ),
        ("[[folder]]\nname = 'a'", "folder[1].path (line 5) is missing."),
        ('[[folder]]\npath = " "', "folder[1].path (line 6) is empty."),
        ('[[folder]]\npath = "a"\nname = "A b"', "folder[1].name (line 7) is no short name."),
        ('[[folder]]\npath = "a"\npol = 1', "folder[1].pol (line 7) is no setting."),
        ('[folder]\npath = "a"', "folder is not a list of tables. Write [[folder]], in two"),
        (
            '[[folder]]\npath = "a/x"\n[[folder]]\npath = "b/x"',
            "folder[2].path (line 8) gives it another folder's name.",
        ),
        (
            '[[folder]]\npath = "a"\n[[folder]]\npath = "a/done"',
            "folder[2].path (line 8) lies in another [[folder]], or is the same.",
        ),
    ],
)
def test_a_bad_listener_or_folder_is_named_with_line_and_cure(
    tmp_path: Path, text: str, told: str
) -> None:
    found = problems(written(tmp_path, f"{SITE}{text}\n"))
    assert any(line.startswith(told) for line in found), found


def test_networks_and_single_addresses_are_taken(tmp_path: Path) -> None:
    text = SITE + '[hl7]\nallow = ["10.1.0.0/16", "192.0.2.7", "fe80::/10"]\n'
    networks = load(written(tmp_path, text), {}).hl7.allow
    assert [str(network) for network in networks] == ["10.1.0.0/16", "192.0.2.7/32", "fe80::/10"]
    env = {"READBACK_HL7__ALLOW": "10.1.0.0/16, ::1"}
    assert [str(n) for n in load(written(tmp_path), env).hl7.allow] == ["10.1.0.0/16", "::1/128"]


def test_folders_and_certificates_lie_beside_the_settings_file(tmp_path: Path) -> None:
    text = SITE + '[hl7]\ntls_certificate = "a.pem"\ntls_key = "/b.key"\n[[folder]]\npath = "in"\n'
    settings = load(written(tmp_path, text), {})
    assert settings.hl7.tls_certificate == tmp_path / "a.pem"
    assert settings.hl7.tls_key == Path("/b.key")
    assert settings.folder[0].path == tmp_path / "in"
    assert settings.place("folder", 0, "path") == "folder[1].path (line 9)"
    assert settings.place("hl7", "port") == "hl7.port"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/srv/in", "in"),
        ("RIS Eingang/", "ris-eingang"),
        ("2024", "folder"),
        ("/", "folder"),
        ("x" * 40, "x" * 32),
    ],
)
def test_a_folder_without_a_name_goes_by_its_own(tmp_path: Path, path: str, name: str) -> None:
    settings = load(written(tmp_path, f'{SITE}[[folder]]\npath = "{path}"\n'), {})
    assert (settings.folder[0].name, settings.folder[0].source) == (name, f"folder:{name}")


# ---- shadow mode, and the viewer ------------------------------------------------------------

NOON = datetime(2026, 5, 4, 17, 0, tzinfo=UTC)


def test_shadow_mode_runs_until_its_day(tmp_path: Path) -> None:
    lines = 'mode = "shadow"\nshadow_until = 2026-05-31\n'
    settings = load(written(tmp_path, SITE + lines), {})
    assert settings.shadow == Shadow(date(2026, 5, 31), ZoneInfo("America/Chicago"))
    assert settings.far_end(NOON) == []


def test_without_the_mode_an_end_means_nothing(tmp_path: Path) -> None:
    settings = load(written(tmp_path, f"{SITE}shadow_until = 2020-05-31\n"), {})
    assert settings.shadow is None
    assert settings.far_end(NOON) == []


def test_shadow_mode_without_an_end_is_told_with_its_line(tmp_path: Path) -> None:
    (told,) = problems(written(tmp_path, f'{SITE}mode = "shadow"\n'))
    assert told.startswith('site.mode (line 5) is "shadow" without an end. Add below it')
    assert "shadow_until = 2026-12-31" in told


def test_the_same_from_the_environment_has_no_line(tmp_path: Path) -> None:
    (told,) = problems(written(tmp_path), {"READBACK_SITE__MODE": "shadow"})
    assert told.startswith('site.mode is "shadow" without an end.')


@pytest.mark.parametrize("value", ['"soon"', "31", "2026-05-31T10:00:00", '"2026-13-01"'])
def test_an_end_that_is_no_day_is_told(tmp_path: Path, value: str) -> None:
    (told,) = problems(written(tmp_path, f'{SITE}mode = "shadow"\nshadow_until = {value}\n'))
    assert told.startswith("site.shadow_until is no date. Write year, month and day")


def test_an_end_too_far_away_is_told_with_its_line_and_the_last_day(tmp_path: Path) -> None:
    def far_end(day: str) -> list[str]:
        text = f'{SITE}mode = "shadow"\nshadow_until = {day}\n'
        return [str(found) for found in load(written(tmp_path, text), {}).far_end(NOON)]

    assert far_end("2026-06-18") == [], "45 days"
    (told,) = far_end("2026-06-19")
    assert told.startswith("site.shadow_until (line 6) is 46 days away.")
    assert "write 2026-06-18 or earlier" in told


def test_an_end_that_has_passed_stops_no_start(tmp_path: Path) -> None:
    """It stays in shadow and insists: going live by itself would be worse."""
    text = f'{SITE}mode = "shadow"\nshadow_until = 2020-01-31\n'
    settings = load(written(tmp_path, text), {})
    assert settings.far_end(NOON) == []
    assert settings.shadow is not None


def test_a_key_above_the_sections_is_told_where_it_belongs(tmp_path: Path) -> None:
    (told,) = problems(written(tmp_path, 'mode = "shadow"\n' + SITE))
    assert told == "mode stands in no section. Move it below [site]."


def test_a_viewer_that_cannot_be_used_is_told_with_its_line(tmp_path: Path) -> None:
    text = SITE + '[slack]\nviewer_url_template = "http://pacs.example/{accession}"\n'
    (told,) = problems(written(tmp_path, text))
    assert told.startswith("slack.viewer_url_template (line 6) is no https address. Begin it with")
    text = text.replace("http:", "https:").replace("accession", "mrn")
    (told,) = problems(written(tmp_path, text))
    assert "(line 6) names an unknown field {mrn}. Write {accession} or {study_uid}." in told

"""The settings: one file, the environment over it, and what stands where nothing is said."""

from pathlib import Path
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, SecretStr

from bot.settings import BadSettings, Settings, load, sandbox_clock, tokens_in_environment
from tests.requirements import ROOT
from tests.settings_files import SITE, TOKENS, problems, written


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
    assert (settings.slack.mode, settings.slack.connections) == ("socket", 2)
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


@pytest.mark.parametrize("told", ['["P", "t"]', "['P','T']", '"P","T"', " [P, T] ", '"P,T"'])
def test_a_list_in_the_environment_may_stand_as_in_the_file(tmp_path: Path, told: str) -> None:
    """Read as one id with brackets and quotes, it is that of no message: nothing would page."""
    settings = load(written(tmp_path), {"READBACK_HL7__PROCESSING_IDS": told})
    assert settings.hl7.processing_ids == ("P", "T")


def test_brackets_within_a_list_of_the_environment_are_text(tmp_path: Path) -> None:
    settings = load(written(tmp_path), {"READBACK_HL7__MACHINES": "AI [v2], LUNG"})
    assert settings.hl7.machines == ("AI [v2]", "LUNG")


@pytest.mark.parametrize("told", ["[]", '[""]', '""'])
def test_an_empty_list_in_the_environment_is_one_in_brackets_too(tmp_path: Path, told: str) -> None:
    with pytest.raises(BadSettings, match="is an empty list"):
        load(written(tmp_path), {"READBACK_HL7__PROCESSING_IDS": told})


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
    with pytest.raises(BadSettings, match=r"^readback\.toml is not in this folder\. Copy ") as bad:
        load(None, {})
    assert len(bad.value.problems) == 1, "what stands in the example need not be told as missing"
    with pytest.raises(BadSettings, match=r"is not in this folder(.|\n)*site\.timezone is missing"):
        load(None, {"READBACK_SITE__NAME": "General"})


def test_the_environment_alone_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    site = {"NAME": "General", "TIMEZONE": "America/Chicago", "CALLBACK_NUMBER": "312-555-0100"}
    settings = load(None, {f"READBACK_SITE__{key}": value for key, value in site.items()})
    assert settings.site.name == "General"


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

"""Problems of the settings: each is told with its place and its cure, and all at once."""

from pathlib import Path

import pytest

from bot.settings import load
from tests.settings_files import SITE, TOKENS, problems, written


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
        ('[database]\nurl = "postgresql://u@h:x/d"', "database.url is no database URL."),
        ('[slack]\napi_url = "http://[::1"', "slack.api_url is no web address."),
        ('[twilio]\napi_url = "http://h:99999"', "twilio.api_url is no web address."),
        ('[web]\npublic_url = "https://[zz]/"', "web.public_url is no web address."),
        ('[web]\npublic_url = "https://h:x/"', "web.public_url is no web address."),
        ('[web]\npublic_url = "https://h h/"', "web.public_url is no web address."),
        ("[slack]\nmessages_per_second = 0", "is out of range. Write a number greater than 0."),
        ('[slack]\nmessages_per_second = "x"', "messages_per_second is not a number. Write digits"),
        ("[slack]\nmessages_per_second = []", "messages_per_second is not a number. Write digits"),
        ('[secrets]\nother = "x"', "secrets is no section. Delete it:"),
        ('[[fhir]]\nname = "a"\nbase_url = "http://h"\nauthorities = 5', "is not a table. Write"),
        ("database = 1", "database is not a section. Write [database]"),
        ("[hl7", "is not TOML: "),
        ("[hl7]\na = " + "[" * 5000 + "]" * 5000, "is nested too deeply."),
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
    (small,) = problems(written(tmp_path), {"readback_hl7__port": "1"})
    assert 'Did you mean "READBACK_HL7__PORT"?' in small
    (token,) = problems(written(tmp_path), {"READBACK_SECRETS__SLACK_BOT_TOKEN": "x"})
    assert 'Did you mean "SLACK_BOT_TOKEN"?' in token


@pytest.mark.parametrize(
    ("section", "key", "name"),
    [
        ("secrets", "slack_bot_token", "SLACK_BOT_TOKEN"),
        ("slack", "SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN"),
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


def test_a_token_above_all_sections_is_refused_too(tmp_path: Path) -> None:
    (found,) = problems(written(tmp_path, f'TWILIO_AUTH_TOKEN = "very-secret"\n{SITE}'))
    assert found.startswith("TWILIO_AUTH_TOKEN is a secret in a file.")


def test_a_token_that_was_read_out_of_a_file_loses_its_line_end(tmp_path: Path) -> None:
    env = {**{name: f"{value}\n" for name, value in TOKENS.items()}, "TWILIO_AUTH_TOKEN": " \n"}
    settings = load(written(tmp_path), env)
    assert settings.secrets.slack_bot_token is not None
    assert settings.secrets.slack_bot_token.get_secret_value() == TOKENS["SLACK_BOT_TOKEN"]
    assert settings.secrets.twilio_auth_token is None
    exchanged = {"SLACK_BOT_TOKEN": "\nxapp-1"}
    assert problems(written(tmp_path), exchanged)[0].startswith("SLACK_BOT_TOKEN begins with xapp-")


def test_no_secret_is_in_the_repr_or_in_an_error(tmp_path: Path) -> None:
    env = {**TOKENS, "READBACK_DATABASE__URL": "postgresql://u:very-secret@h/readback"}
    settings = load(written(tmp_path), env)
    assert "very-secret" not in repr(settings)
    assert "very-secret" not in str(settings)
    bad = {**env, "READBACK_DATABASE__URL": "mysql://u:very-secret@h/readback"}
    assert "very-secret" not in "".join(problems(written(tmp_path), bad))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "SLACK_BOT_TOKEN",
            "xoxp-1",
            "begins with xoxp-. The one that is meant begins with xoxb-.",
        ),
        ("SLACK_APP_TOKEN", '"xapp-1"', 'begins with ". The one that is meant begins with xapp-.'),
        ("TWILIO_ACCOUNT_SID", "SK1", "begins with SK. The one that is meant begins with AC."),
    ],
)
def test_what_is_taken_for_a_token_is_told_by_how_it_begins(
    tmp_path: Path, name: str, value: str, told: str
) -> None:
    """A user's token, the quotes of an env file that docker leaves there, the SID of an API key."""
    assert problems(written(tmp_path), {**TOKENS, name: value}) == [f"{name} {told}"]


def test_two_slack_tokens_that_were_exchanged_are_both_named(tmp_path: Path) -> None:
    env = {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1"}
    assert problems(written(tmp_path), env) == [
        "SLACK_BOT_TOKEN begins with xapp-. The one that is meant begins with xoxb-.",
        "SLACK_APP_TOKEN begins with xoxb-. The one that is meant begins with xapp-.",
    ]


def test_a_key_above_the_sections_is_told_where_it_belongs(tmp_path: Path) -> None:
    (told,) = problems(written(tmp_path, 'mode = "shadow"\n' + SITE))
    assert told == "mode stands in no section. Move it below [site]."

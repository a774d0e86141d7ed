"""The settings of FHIR servers."""

from pathlib import Path

import pytest

from bot.settings import load
from tests.settings_files import FHIR, SITE, problems, written


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

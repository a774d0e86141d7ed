"""`readback fhir keys`, as an administrator meets it."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner

from bot.cli import app
from tests.settings_files import FHIR, written

KEY = ECKey.generate_key("P-384")
SMART = '[fhir.smart]\nclient_id = "rb"\nkey_file = "key.pem"\n'


def keys(folder: Path, name: str = "epic", text: str = FHIR + SMART) -> tuple[int, str, str]:
    config = written(folder, text)
    result = CliRunner().invoke(app, ["fhir", "keys", name, "--config", str(config)])
    return result.exit_code, result.stdout, " ".join(result.stderr.split())


def test_the_public_key_is_printed_and_nothing_private(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(KEY.as_pem(private=True))
    code, out, _ = keys(tmp_path)
    [shown] = json.loads(out)["keys"]
    assert code == 0
    assert (shown["kty"], shown["alg"]) == ("EC", "ES384")
    assert "d" not in shown


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("cerner", FHIR + SMART, "No [[fhir]] server is named cerner. There are: epic."),
        ("epic", FHIR, "epic has no [fhir.smart]: add it, with client_id and key_file."),
        ("epic", FHIR + SMART, "The key_file of epic cannot be read: No such file or directory."),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, name: str, text: str, said: str) -> None:
    code, _, err = keys(tmp_path, name, text)
    assert code == 2
    assert said in err


def test_a_file_without_a_private_key_is_said(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(KEY.as_pem(private=False))
    code, _, err = keys(tmp_path)
    assert code == 2
    assert "holds no private key for RS384 (RSA) or ES384 (P-384)" in err

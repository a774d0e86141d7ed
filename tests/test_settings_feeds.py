"""Where senders come from, TLS, and folders."""

from pathlib import Path

import pytest

from bot.settings import load
from tests.settings_files import SITE, problems, written


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
        (
            "[[folder]]\nname = 'a'",
            "folder[1].path (line 5) is missing. Add it to section [[folder]]",
        ),
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


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('[[folder]]\npath = "."', "readback.db"),
        ('[[folder]]\npath = "in/.."', "readback.db"),
        ('[database]\nurl = "postgresql://db/r"\n[[folder]]\npath = "."', "readback.toml"),
        ('[database]\nurl = "sqlite:///in/r.db"\n[[folder]]\npath = "in"', "r.db"),
        ('[[folder]]\npath = "in"\n[hl7]\ntls_certificate = "in/c"\ntls_key = "in/k"', "c"),
    ],
)
def test_a_folder_in_which_our_own_files_lie_is_none(tmp_path: Path, text: str, held: str) -> None:
    """They would be read and moved away: a database that is gone has forgotten every alert."""
    (problem,) = problems(written(tmp_path, f"{SITE}{text}\n"))
    assert f"holds Readback's own {held}. What lies in there is read and moved away" in problem
    beside = written(tmp_path, f'{SITE}[[folder]]\npath = "in"\n[[folder]]\npath = "other"\n')
    assert len(load(beside, {}).folder) == len(("in", "other"))


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

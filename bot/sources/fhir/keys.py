"""The private keys by which a FHIR server knows us: read from a file, again when it changes.

SMART App Launch 2.2, "Asymmetric authentication": RS384 or ES384. To rotate, the next key is put
behind the present one in a JWK set, is published with it, and later put first or left alone.
"""

import json
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey, import_key

from bot.log import log

Key = RSAKey | ECKey
_Stamp = tuple[int, int, int]


class BadKey(Exception):
    """The key file cannot be used. The text says why, and quotes nothing of it."""


class KeyFile:
    """The keys in the file of the server of this name. Where it has changed and cannot be used, the
    last good ones hold. Raises BadKey where the first cannot."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._stamp = _stamp(path)
        self._keys = _read(path, name)

    def signing(self) -> Key:
        """The one to sign with now."""
        return self.all()[0]

    def all(self) -> tuple[Key, ...]:
        """Those to be published, the one that signs first."""
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = _read(self._path, self._name)
            except BadKey:
                log.warning("key_not_renewed", source=self._name)
            else:
                log.info("key_renewed", source=self._name)
        return self._keys


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path, name: str) -> tuple[Key, ...]:
    try:
        return signing_keys(path.read_bytes())
    except OSError as error:
        raise BadKey(f"The key_file of {name} cannot be read: {error.strerror}.") from None
    except BadKey as bad:
        raise BadKey(f"The key_file of {name} {bad}.") from None


def signing_keys(data: bytes) -> tuple[Key, ...]:
    """The private keys of a PEM file, a JWK or a JWK set that fit; one at least. Raises BadKey."""
    try:
        keys = _keys(data)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise BadKey("is no PEM, JWK or JWK set with a private key") from None
    fit = (key for key in keys if isinstance(key, RSAKey | ECKey) and key.is_private)
    found = tuple(key for key in fit if algorithm(key))
    if not found:
        raise BadKey("holds no private key for RS384 (RSA) or ES384 (P-384)")
    return found


def _keys(data: bytes) -> list[Any]:
    if b"-----BEGIN " in data:  # what stands before it says where the key is from
        try:
            return [import_key(data, "RSA")]
        except (JoseError, ValueError, TypeError):
            return [import_key(data, "EC")]
    found = json.loads(data)
    return list(KeySet.import_key_set(found).keys) if "keys" in found else [import_key(found)]


def algorithm(key: Key) -> str:
    """As in the header of a JWT; empty for a curve that SMART does not know."""
    if isinstance(key, RSAKey):
        return "RS384"
    return "ES384" if key.curve_name == "P-384" else ""


def public_keys(*keys: Key) -> dict[str, Any]:
    """The JWK set that the server is given, as a file or behind jwks_url; nothing secret in it."""
    return {"keys": [{**key.as_dict(private=False), **_facts(key)} for key in keys]}


def _facts(key: Key) -> dict[str, Any]:
    return {"kid": key_id(key), "alg": algorithm(key), "use": "sig", "key_ops": ["verify"]}


def key_id(key: Key) -> str:
    """The ``kid`` of its JWK, else its thumbprint."""
    return key.kid or key.thumbprint()

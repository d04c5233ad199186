"""kubeseal's format: what it writes is opened here, and what is written here its controller opens.

Two bytes with the length of what follows; a session key, encrypted with RSA-OAEP; the value, encrypted with AES-256-GCM
under that key. Source: sealed-secrets v0.31.0, pkg/crypto/crypto.go and EncryptionLabel.
"""

import base64
import secrets
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from settings.sealed import Scope, Sealed

_SESSION_BYTES: Final = 32
# A session key encrypts one value, so the nonce may be the same each time.
_NONCE: Final = bytes(12)


class CannotOpenError(Exception):
    """A ciphertext that none of the keys opens under this name and namespace."""


def label(scope: Scope, namespace: str, name: str) -> bytes:
    """Return what a ciphertext is bound to: it opens under nothing else."""
    return {
        Scope.STRICT: f"{namespace}/{name}",
        Scope.NAMESPACE_WIDE: namespace,
        Scope.CLUSTER_WIDE: "",
    }[scope].encode()


def label_of(sealed: Sealed) -> bytes:
    """Return the label of what a file holds."""
    return label(sealed.scope, sealed.namespace, sealed.name)


def seal(value: bytes, key: RSAPublicKey, bound_to: bytes) -> str:
    """Return the ciphertext of a value, in base64; another one each time."""
    session = secrets.token_bytes(_SESSION_BYTES)
    encrypted = key.encrypt(session, _padding(bound_to))
    raw = len(encrypted).to_bytes(2, "big") + encrypted + AESGCM(session).encrypt(_NONCE, value, None)
    return base64.b64encode(raw).decode()


def unseal(ciphertext: str, keys: Iterable[RSAPrivateKey], bound_to: bytes) -> bytes:
    """Return the value of a ciphertext. Raises CannotOpenError where no key opens it."""
    try:
        raw = base64.b64decode(ciphertext, validate=True)
    except ValueError:
        raise CannotOpenError from None
    length = int.from_bytes(raw[:2], "big")
    for key in keys:
        try:
            session = key.decrypt(raw[2 : 2 + length], _padding(bound_to))
            return AESGCM(session).decrypt(_NONCE, raw[2 + length :], None)
        except (ValueError, InvalidTag):
            continue
    raise CannotOpenError


def _padding(bound_to: bytes) -> OAEP:
    # A label that is empty is none: the same to RSA-OAEP.
    return OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=bound_to or None)

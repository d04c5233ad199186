"""What tells pods that a secret they read has changed: a checksum in their template."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256

from manifests.placed import Place
from manifests.sealed_secret import ciphertext
from settings.container import Container
from settings.secret_source import KEPT_AS_CIPHERTEXT, source_of

CHECKSUM = "checksum/secrets"
"""The annotation of a pod template."""

Reads = Mapping[str, frozenset[str] | None]
"""Which keys are read of each secret, None for all of them."""


def reads_of(containers: Iterable[Container]) -> dict[str, frozenset[str] | None]:
    """Return what containers read, the secrets in the order of the settings."""
    found: dict[str, frozenset[str] | None] = {}

    def read(secret: str, keys: Iterable[str]) -> None:
        known = found.setdefault(secret, frozenset())
        if known is not None:
            found[secret] = known.union(keys)

    for container in containers:
        for value in container.secret_env.values():
            read(value.secret, [value.key])
        for secret in container.secret_env_from:
            found[secret] = None
        for files in container.secret_files.values():
            read(files.secret, files.items.values())
    return found


def secret_checksum(place: Place, reads: Reads) -> str | None:
    """Return 16 hexadecimal digits of all that Naru knows of the values read; None where it knows nothing of them.

    That is the ciphertext of what is sealed, so that sealing a value again changes it even where the value stays; and
    the revision of what others keep, once somebody has raised it.
    """
    known = {name: state for name, keys in reads.items() if (state := _state(place, name, keys))}
    if not known:
        return None
    canonical = json.dumps(known, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:16]


def _state(place: Place, name: str, keys: frozenset[str] | None) -> dict[str, str] | int | None:
    secret = place.system.secrets.get(name)
    if secret is None:
        return None
    if source_of(place.environment, secret) in KEPT_AS_CIPHERTEXT:
        return {key: text for key, text in ciphertext(place, name, secret).items() if keys is None or key in keys}
    return secret.revision if secret.revision > 1 else None

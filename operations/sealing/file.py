"""The files that hold ciphertext: written whole or not at all, and never anything but ciphertext in them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from manifests.placed import Manifest
from manifests.text import to_yaml
from operations.sealing.certificate import Certificate
from settings.ciphertext import digest
from settings.faults import SettingsError
from settings.sealed import Sealed
from settings.sealed_document import API_VERSION, CERTIFICATES, DIGEST, KIND, SCOPES
from settings.sealed_files import read_sealed

COMMITTED_HEADER: Final = """\
# Sealed values, which only the Sealed Secrets controller of the cluster can open: made by `naru seal`, kept in Git.
# kubeseal opens and writes the same documents. How to change one: docs/secrets.md.
"""
SAMPLE_HEADER: Final = """\
# A SAMPLE: random values, sealed with a certificate whose private key was thrown away. Nobody can open them.
# How to put your own certificate and values in: docs/secrets.md, "Put your own certificate in".
"""
GENERATED_HEADER: Final = """\
# Random values of this machine's control plane, sealed with its certificate: made by naru, once.
"""


def header(path: Path, secrets: Iterable[Sealed], current: Certificate) -> str:
    """Return what a file begins with; a sample stays one as long as any of it is sealed for another certificate."""
    was_sample = path.is_file() and path.read_text(encoding="utf-8").startswith(SAMPLE_HEADER)
    renewed = all(sealed.certificates == (current.fingerprint,) for sealed in secrets)
    return SAMPLE_HEADER if current.is_sample or (was_sample and not renewed) else COMMITTED_HEADER


def kept(path: Path, root: Path) -> dict[str, Sealed]:
    """Return what a file holds by the secret's name, nothing where there is none. Raises SettingsError."""
    found, faults = read_sealed(path, root)
    if faults:
        raise SettingsError(faults)
    return found


def text(header: str, secrets: Iterable[Sealed]) -> str:
    """Return the file of these secrets, sorted by name."""
    documents = (to_yaml(document(sealed)) for sealed in sorted(secrets, key=lambda sealed: sealed.name))
    return header + "".join(f"---\n{content}" for content in documents)


def document(sealed: Sealed) -> Manifest:
    """Return one secret as kubeseal writes it, with a digest that tells whether it was changed since."""
    scope = {SCOPES[sealed.scope]: "true"} if sealed.scope in SCOPES else {}
    place = {"name": sealed.name, "namespace": sealed.namespace}
    told = {CERTIFICATES: ",".join(sealed.certificates)} if sealed.certificates else {}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {**place, "annotations": {**scope, **told, DIGEST: digest(sealed.values)}},
        "spec": {
            "encryptedData": dict(sealed.values),
            "template": {"metadata": {**place, **({"annotations": scope} if scope else {})}, "type": "Opaque"},
        },
    }


def write(path: Path, content: str, *, private: bool = False) -> bool:
    """Put the content in place in one step, unless it is there already; tell whether anything was written."""
    if path.is_file() and path.read_bytes() == content.encode():
        return False
    path.parent.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
        if not private:
            unfinished.chmod(0o644)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def merged(present: Mapping[str, Sealed], changed: Sealed) -> list[Sealed]:
    """Return the secrets of a file with one of them new or changed."""
    return [*(sealed for name, sealed in present.items() if name != changed.name), changed]

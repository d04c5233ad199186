"""Files of sealed secrets for tests: ciphertext of the right shape that nobody can open."""

import base64
import random

from settings.sealed_document import API_VERSION, KIND

WIDE = "sealedsecrets.bitnami.com/"


def ciphertext(size: int = 12, *, key: int = 256, seed: int = 1) -> str:
    """Return what a controller would take for the ciphertext of a value of `size` bytes."""
    noise = random.Random(seed).randbytes(key + size + 16)
    return base64.b64encode(key.to_bytes(2, "big") + noise).decode()


def document(
    name: str = "db",
    values: dict[str, str] | None = None,
    *,
    namespace: str = "shop",
    annotations: dict[str, str] | None = None,
    sealed_for: tuple[str, str] | None = None,
) -> str:
    """Return a document as kubeseal writes it; `sealed_for` is the name and the namespace that its template has."""
    of_name, of_namespace = sealed_for or (name, namespace)
    lines = [
        "---",
        f"apiVersion: {API_VERSION}",
        f"kind: {KIND}",
        "metadata:",
        *(["  annotations:"] if annotations else []),
        *(f'    {key}: "{value}"' for key, value in (annotations or {}).items()),
        "  creationTimestamp: null",
        f"  name: {name}",
        f"  namespace: {namespace}",
        "spec:",
        "  encryptedData:",
        *(f"    {key}: {value}" for key, value in (values or {"password": ciphertext()}).items()),
        "  template:",
        "    metadata:",
        "      creationTimestamp: null",
        f"      name: {of_name}",
        f"      namespace: {of_namespace}",
    ]
    return "\n".join(lines) + "\n"

"""One SealedSecret of a file: what it holds, and what no controller would open.

A bit that was flipped cannot be told without the private key, but what Naru sealed carries a digest.
"""

from collections.abc import Iterator, Mapping

from settings.ciphertext import content_size, digest
from settings.faults import Fault, Value, did_you_mean, dotted, quoted
from settings.faults import Path as KeyPath
from settings.sealed import Scope, Sealed
from settings.source import Document

API_VERSION = "bitnami.com/v1alpha1"
KIND = "SealedSecret"
DIGEST = "naru/sealed-digest"
"""The annotation with the `digest` of what was sealed."""
CERTIFICATES = "naru/sealed-for"
"""The annotation with the fingerprints of the certificates that were sealed for."""
SCOPES = {
    # In this order: the controller reads the widest first.
    Scope.CLUSTER_WIDE: "sealedsecrets.bitnami.com/cluster-wide",
    Scope.NAMESPACE_WIDE: "sealedsecrets.bitnami.com/namespace-wide",
}
"""The annotation that is "true" on what was sealed for that scope."""
MOST_CONTENT = 1024 * 1024
"""Source: Kubernetes, MaxSecretSize; the sum of all values in bytes."""

SEAL_AGAIN = "take the document out and seal it again"
BOUND_TO = {Scope.STRICT: ("namespace", "name"), Scope.NAMESPACE_WIDE: ("namespace",), Scope.CLUSTER_WIDE: ()}
"""What of an object a ciphertext of that scope opens under."""

# kubectl's copy of the whole Secret, in the clear where it was applied.
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_KEYS: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("apiVersion", "kind", "metadata", "spec", "status"),
    ("spec",): ("encryptedData", "template"),
    ("spec", "template"): ("metadata", "type"),
}


def sealed_secret(document: Document) -> Sealed:
    """Return what a document without faults holds."""
    values = {key: value for key, value in _map(document, "spec", "encryptedData").items() if isinstance(value, str)}
    lines = {key: document.key_line(("spec", "encryptedData", key)) for key in values}
    name, namespace = (_text(document, "metadata", part) or "" for part in ("name", "namespace"))
    line = document.line(("metadata", "name"))
    certificates = tuple(filter(None, (_text(document, "metadata", "annotations", CERTIFICATES) or "").split(",")))
    return Sealed(name, namespace, _scope(document), values, document.file, line, lines, certificates)


def faults_of(document: Document) -> Iterator[Fault]:
    """Yield what is wrong with a document, and no value of it."""
    kind, version = _text(document, "kind"), _text(document, "apiVersion")
    if kind is not None and kind.casefold() == "secret":
        found = "a Secret that anyone can read"
        yield _fault(
            document, ("kind",), found, "take it out, change its values where they count, then `naru seal` them"
        )
        return
    if kind != KIND:
        found = "no kind" if kind is None else f"the kind {quoted(kind)}"
        yield _fault(document, ("kind",), found, f"expected {quoted(KIND)}")
        return
    if version != API_VERSION:
        found = "no apiVersion" if version is None else f"the apiVersion {quoted(version)}"
        yield _fault(document, ("apiVersion",), found, f"expected {quoted(API_VERSION)}")
        return
    yield from _unknown_keys(document)
    annotations = _map(document, "metadata", "annotations")
    for key, value in annotations.items():
        if not isinstance(value, str):
            path = ("metadata", "annotations", key)
            yield _fault(document, path, "a value that is no text", 'expected text: "true" in quotes')
    for part in {"name", *BOUND_TO[_scope(document)]}:
        if not _text(document, "metadata", part):
            yield _fault(document, ("metadata", part), f"no {part}", "expected the one it was sealed for")
    if not _map(document, "spec", "encryptedData"):
        yield _fault(document, ("spec", "encryptedData"), "no ciphertext", "expected a map of keys to ciphertext")
        return
    told = list(_ciphertext(document))
    yield from told or _moved(document)


def _unknown_keys(document: Document) -> Iterator[Fault]:
    """Yield what would vanish, as Naru makes the object anew of its ciphertext, or is a value in the clear."""
    for at, known in _KEYS.items():
        for key in _map(document, *at):
            if key not in known:
                yield _fault(document, (*at, key), f"unknown key {quoted(key)}", did_you_mean(key, known))
    if _map(document, "spec", "template").get("type", "Opaque") != "Opaque":
        path: KeyPath = ("spec", "template", "type")
        yield _fault(document, path, "a type of its own", 'Naru makes Secrets of the type "Opaque"')
    for above in ((), ("spec", "template")):
        path = (*above, "metadata", "annotations", _LAST_APPLIED)
        if _LAST_APPLIED in _map(document, *above, "metadata", "annotations"):
            yield _fault(document, path, "a copy of the Secret, in the clear", "take it out, and change its values")


def _ciphertext(document: Document) -> Iterator[Fault]:
    at = ("spec", "encryptedData")
    values = _map(document, *at)
    content, whole = 0, True
    for key, value in values.items():
        found = "a value that is no text"
        if isinstance(value, str):
            try:
                content += content_size(value)
                continue
            except ValueError as error:
                found = str(error)
        whole = False
        yield _fault(document, (*at, key), found, "expected ciphertext of kubeseal or `naru seal`")
    if content > MOST_CONTENT:
        yield _fault(document, at, f"{content:,} bytes of content", "a Secret has at most 1 MiB")
    given = _text(document, "metadata", "annotations", DIGEST)
    if whole and given is not None and given != digest({key: str(value) for key, value in values.items()}):
        yield _fault(document, at, "ciphertext that was changed after it was sealed", f"bring it back, or {SEAL_AGAIN}")


def _moved(document: Document) -> Iterator[Fault]:
    """Yield what the object says it was sealed for, where it now stands elsewhere."""
    scope = _scope(document)
    for part in ("namespace", "name"):
        now, sealed = _text(document, "metadata", part), _text(document, "spec", "template", "metadata", part)
        if part in BOUND_TO[scope] and now and sealed and now != sealed:
            found = f"{quoted(now)}, but sealed for the {part} {quoted(sealed)}"
            yield _fault(document, ("metadata", part), found, f"opens nowhere else: {SEAL_AGAIN}")


def _scope(document: Document) -> Scope:
    annotations = _map(document, "metadata", "annotations")
    return next((scope for scope, name in SCOPES.items() if annotations.get(name) == "true"), Scope.STRICT)


def _map(document: Document, *path: str) -> Mapping[str, Value]:
    found = _at(document, path)
    return found if isinstance(found, dict) else {}


def _text(document: Document, *path: str) -> str | None:
    found = _at(document, path)
    return found if isinstance(found, str) else None


def _at(document: Document, path: KeyPath) -> Value:
    found: Value = document.data
    for part in path:
        found = found.get(str(part)) if isinstance(found, dict) else None
    return found


def _fault(document: Document, path: KeyPath, found: str, expected: str) -> Fault:
    line = document.key_line(path) or document.key_line((next(iter(document.data), ""),))
    return Fault(document.file, line, dotted(path), found, expected)

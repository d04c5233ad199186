"""Who reads which key of which secret, and who gives it. No value is ever looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

from manifests.placed import Manifest
from operations.diff.model import Subject
from operations.diff.pods import pod

SOURCES = ("Secret", "SealedSecret", "ExternalSecret")


@dataclass(frozen=True, slots=True)
class Read:
    """A pod template that needs a secret, or a key of it."""

    secret: str
    key: str
    """Empty for all keys that there are."""
    how: str


@dataclass(frozen=True, slots=True)
class Given:
    """A secret that objects of a stack make."""

    subject: Subject
    manifest: Manifest
    keys: frozenset[str]
    open: bool
    """Whether there may be more keys, which only the store knows."""


def reads(manifest: Manifest) -> Iterator[Read]:
    """Yield what the pods of an object read; what is optional is not needed."""
    spec = pod(manifest)
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        for variable in container.get("env") or ():
            source = (variable.get("valueFrom") or {}).get("secretKeyRef")
            if source and not source.get("optional"):
                yield Read(source["name"], source["key"], f"as {variable['name']}")
        for many in container.get("envFrom") or ():
            source = many.get("secretRef")
            if source and not source.get("optional"):
                prefix = many.get("prefix") or ""
                yield Read(source["name"], "", f"as variables {prefix}*" if prefix else "as variables")
    for volume in spec.get("volumes") or ():
        parts = [
            volume.get("secret"),
            *((item.get("secret")) for item in (volume.get("projected") or {}).get("sources", ())),
        ]
        for part in parts:
            if part and not part.get("optional"):
                name = part.get("secretName") or part.get("name", "")
                for item in part.get("items") or ({"key": "", "path": "files"},):
                    yield Read(name, item["key"], f"as the file {item['path']}" if item["key"] else "as files")


def given(subject: Subject, manifest: Manifest) -> tuple[str, Given]:
    """Return the name of the secret that an object makes, and its keys."""
    spec = manifest.get("spec") or {}
    match manifest["kind"]:
        case "SealedSecret":
            return subject.name, Given(subject, manifest, frozenset(spec.get("encryptedData") or {}), open=False)
        case "ExternalSecret":
            target = spec.get("target") or {}
            keys = frozenset(entry["secretKey"] for entry in spec.get("data") or ())
            made = frozenset((target.get("template") or {}).get("data") or {})
            return target.get("name", subject.name), Given(
                subject,
                manifest,
                keys | made,
                open=bool(spec.get("dataFrom") or (target.get("template") or {}).get("templateFrom")),
            )
        case _:
            keys = frozenset(manifest.get("data") or {}) | frozenset(manifest.get("stringData") or {})
            return subject.name, Given(subject, manifest, keys, open=False)

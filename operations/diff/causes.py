"""What of a change only follows from another one, and from which: hashes, versions, generated lists. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from manifests.job import content_hash
from manifests.placed import Manifest
from operations.diff.model import Action, Field, Subject
from operations.diff.paths import within

COMPONENT: Final = "app.kubernetes.io/component"
WORKLOADS: Final = frozenset({"DaemonSet", "Deployment", "Rollout", "StatefulSet"})
NAMED_ANEW: Final = "metadata.name"
"""The path of a name with another hash, where that is all that differs."""

_SECRETS: Final = frozenset({"ExternalSecret", "SealedSecret", "Secret"})
_VERSION: Final = "metadata.labels[app.kubernetes.io/version]"
_CHECKSUM: Final = re.compile(r".*metadata\.annotations\[checksum/[^]]+\]")
_OF_JOBS: Final = "metadata.annotations[naru/migrations]"
_TEXT: Final = re.compile(r".*ontainers\[[^]]*\]\.(?:command|args)")
_IMAGE: Final = re.compile(r".*ontainers\[[^]]*\]\.image")
_GENERATED: Final = "spec.ignoreDifferences"
_ENTRY: Final = re.compile(r"spec\.ignoreDifferences\[([^]]+)\]")


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is not the same on both sides, before it is known what that follows from."""

    action: Action
    subject: Subject
    before: Manifest | None
    after: Manifest | None
    fields: tuple[Field, ...]
    named_anew: bool = False
    """Whether its name ends in another hash."""

    @property
    def manifest(self) -> Manifest:
        """The object as it will be, or last was."""
        return self.after or self.before or {}

    @property
    def component(self) -> tuple[str, str, str]:
        """The service or data store it is of, on its cluster."""
        labels = self.manifest.get("metadata", {}).get("labels") or {}
        return self.subject.cluster, self.subject.namespace, str(labels.get(COMPONENT, self.subject.name))

    @property
    def became(self) -> str:
        """What happened, in words: `ConfigMap api-env changed`."""
        if self.before and self.after and self.before["kind"] != self.after["kind"]:
            return f"{self.before['kind']} {self.subject.name} became a {self.subject.kind}"
        was = "" if self.action == "changed" else "was "
        return f"{self.subject.kind} {self.subject.name} {was}{self.action}"


_Component: TypeAlias = tuple[str, str, str]


class Causes:
    """Everything that differs in a stack, as what it may be a cause of."""

    def __init__(self, differences: Iterable[Difference]) -> None:
        self._all = list(differences)
        self._by_component: dict[_Component, list[Difference]] = {}
        for one in self._all:
            self._by_component.setdefault(one.component, []).append(one)

    def own(self, one: Difference) -> tuple[Field, ...]:
        """Return the fields of a difference that follow from nothing else."""
        return tuple(field for field in one.fields if not self._follows(one, field))

    def of(self, one: Difference) -> str:
        """Return what a difference follows from, as far as it does: one change, or several; empty for nothing."""
        found = [*self._named(one), *(cause for field in one.fields for cause in self._said(one, field))]
        paths = {field.path for field in one.fields}
        if not found and _OF_JOBS in paths:
            found = [other for other in self._neighbours(one) if other.subject.kind == "Job"]
        if not found and paths & {_VERSION, NAMED_ANEW}:
            found = [other for other in self._neighbours(one) if _runs_another_image(other)][:1]
        return _listed(dict.fromkeys(other.became for other in found))

    def _follows(self, one: Difference, field: Field) -> bool:
        if field.path == _VERSION:
            return _runs_another_image(one) or any(map(_runs_another_image, self._neighbours(one)))
        if field.path in {NAMED_ANEW, _OF_JOBS} or _CHECKSUM.fullmatch(field.path):
            return True
        return any(True for _ in self._said(one, field))

    def _said(self, one: Difference, field: Field) -> Iterator[Difference]:
        """Yield what else became another thing, where a field says of it what it is."""
        if one.subject.kind == "HorizontalPodAutoscaler" and within(field.path, "spec.scaleTargetRef"):
            yield from self._of_other_kind(one, str(_at(one.manifest, "spec", "scaleTargetRef", "name")))
        elif one.subject.kind == "Application" and within(field.path, _GENERATED):
            yield from self._ignored(one, field)
        elif one.subject.kind == "Job" and _TEXT.fullmatch(field.path):
            yield from self._digested(one, field)

    def _digested(self, one: Difference, field: Field) -> Iterator[Difference]:
        """Yield the Jobs whose hash is all that differs in a command: each migration has a dump of its own."""
        text, causes = json.dumps(field.before), []
        for other in self._neighbours(one):
            if other.subject.kind == "Job" and other.before and other.after:
                old, new = (content_hash(_at(side, "spec", "template")) for side in (other.before, other.after))
                if old != new and old in text:
                    text = text.replace(old, new)
                    causes.append(other)
        if causes and text == json.dumps(field.after):
            yield from causes

    def _named(self, one: Difference) -> Iterator[Difference]:
        """Yield the ConfigMaps with another hash, and the secrets with other values, that an object names."""
        wanted = {(kind, name) for kind, name in _references(one.manifest)}
        summed = any(_CHECKSUM.fullmatch(field.path) for field in one.fields)
        for other in self._all:
            subject = other.subject
            if (subject.cluster, subject.namespace) != (one.subject.cluster, one.subject.namespace):
                continue
            of_map = other.named_anew and ("ConfigMap", subject.name) in wanted and subject.kind == "ConfigMap"
            of_secret = summed and subject.kind in _SECRETS and ("Secret", _made_by(other)) in wanted
            if of_map or of_secret:
                yield other

    def _of_other_kind(self, one: Difference, name: str) -> Iterator[Difference]:
        for other in self._all:
            subject = other.subject
            here = (subject.cluster, subject.namespace, subject.name) == (
                one.subject.cluster, one.subject.namespace, name
            )  # fmt: skip
            if here and subject.kind in WORKLOADS and other.action == "replaced":
                yield other

    def _ignored(self, one: Difference, field: Field) -> Iterator[Difference]:
        """Yield what came, went or became another kind by the names that an Application ignores differences of.

        That may be the autoscaler of what is named. An entry without a name is about all objects of its kind.
        """
        said = {
            (str(entry.get("kind")), str(entry.get("name") or ""))
            for value in (field.before, field.after)
            for entry in (value if isinstance(value, list) else [value])
            if isinstance(entry, Mapping)
        }
        if entry := _ENTRY.match(field.path):
            kind, *rest = entry[1].split("/")
            said.add((kind, rest[-1] if rest else ""))
        names, kinds = {name for _, name in said if name}, {kind for kind, name in said if not name}
        for other in self._all:
            subject = other.subject
            if subject.system == one.subject.system and other.action != "changed" and subject.kind != "Application":
                became = {str(side["kind"]) for side in (other.before, other.after) if side}
                if subject.name in names or became & kinds:
                    yield other

    def _neighbours(self, one: Difference) -> Iterator[Difference]:
        return (other for other in self._by_component[one.component] if other is not one)


def _runs_another_image(one: Difference) -> bool:
    return any(_IMAGE.fullmatch(field.path) for field in one.fields)


def _made_by(one: Difference) -> str:
    """Return the Secret that an object makes, or is."""
    target = _at(one.manifest, "spec", "target", "name") if one.subject.kind == "ExternalSecret" else None
    return str(target or one.subject.name)


def _references(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the ConfigMaps and Secrets that anything in an object names."""
    if isinstance(value, dict):
        kind = {"configMap": "ConfigMap", "secret": "Secret"}.get(key.removesuffix("Ref").removesuffix("Key"))
        name = value.get("name") or value.get("secretName")
        if kind is not None and isinstance(name, str):
            yield kind, name
        for inner, one in value.items():
            yield from _references(one, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}" if found else ""

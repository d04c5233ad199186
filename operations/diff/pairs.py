"""Both sides of a stack, object by object: what is compared with what."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from manifests.placed import Manifest
from operations.diff.model import Objects, Subject

NAME = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"

WORKLOADS = ("Deployment", "Rollout", "StatefulSet", "DaemonSet")
"""What keeps pods running."""
RUNNING = (*WORKLOADS, "Job", "CronJob")
"""What has a pod template."""

_HOOK = "argocd.argoproj.io/hook"

_HASHED = ("Job", "HTTPRoute", "AnalysisRun")
"""Kinds whose names may end in a hash of their content, so that other content is another object."""

Key: TypeAlias = tuple[str, str, str, str]
"""Cluster, kind, namespace and name: what the API server knows an object by, whichever system declares it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An object on both sides; None on the side that has none."""

    subject: Subject
    """As the new side has it, where it is there."""
    before: Manifest | None
    after: Manifest | None


class Sides:
    """The objects of a stack before and after, indexed as rules look for them."""

    def __init__(self, before: Objects, after: Objects) -> None:
        self.before, self.after = before, after
        self._old = {key_of(subject): subject for subject in before}
        self._new = {key_of(subject): subject for subject in after}

    def old(self, cluster: str, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return an object of the old side."""
        subject = self._old.get((cluster, kind, namespace, name))
        return None if subject is None else self.before[subject]

    def new(self, cluster: str, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return an object of the new side."""
        subject = self._new.get((cluster, kind, namespace, name))
        return None if subject is None else self.after[subject]

    def differing(self, *kinds: str) -> Iterator[Pair]:
        """Yield the objects of those kinds that are not the same on both sides."""
        for kind in kinds:
            yield from self._differing.get(kind, ())

    def changed(self, *kinds: str) -> Iterator[tuple[Subject, Manifest, Manifest]]:
        """Yield the objects of those kinds that are on both sides, and differ."""
        for pair in self.differing(*kinds):
            if pair.before is not None and pair.after is not None:
                yield pair.subject, pair.before, pair.after

    def removed(self, *kinds: str) -> Iterator[tuple[Subject, Manifest]]:
        """Yield the objects of those kinds that the new side has no more."""
        for pair in self.differing(*kinds):
            if pair.before is not None and pair.after is None:
                yield pair.subject, pair.before

    def added(self, *kinds: str) -> Iterator[tuple[Subject, Manifest]]:
        """Yield the objects of those kinds that the old side does not have."""
        for pair in self.differing(*kinds):
            if pair.before is None and pair.after is not None:
                yield pair.subject, pair.after

    def workloads(self) -> Iterator[Pair]:
        """Yield the workloads that differ; one that becomes another kind by the same name is one of them."""
        pairs = list(self.differing(*WORKLOADS))
        gone = {_place(pair.subject): pair for pair in pairs if pair.after is None}
        become: set[Subject] = set()
        for pair in pairs:
            other = gone.get(_place(pair.subject)) if pair.before is None else None
            if other is not None:
                become.add(other.subject)
                yield Pair(pair.subject, other.before, pair.after)
            elif pair.before is not None and pair.after is not None:
                yield pair
        for pair in pairs:
            removed = pair.after is None and pair.subject not in become
            if removed or (pair.before is None and _place(pair.subject) not in gone):
                yield pair

    @cached_property
    def kinds_before(self) -> Mapping[str, tuple[tuple[Subject, Manifest], ...]]:
        """All objects of the old side by their kind."""
        return _by_kind(self.before)

    @cached_property
    def kinds_after(self) -> Mapping[str, tuple[tuple[Subject, Manifest], ...]]:
        """All objects of the new side by their kind."""
        return _by_kind(self.after)

    @cached_property
    def gitops(self) -> bool:
        """Whether Argo CD applies what the new side has; of a side that has no objects, the old one's word counts."""
        for kinds in (self.kinds_after, self.kinds_before):
            if kinds:
                hooks = (found for members in kinds.values() for _, found in members if _HOOK in annotations(found))
                return "Application" in kinds or "AppProject" in kinds or next(hooks, None) is not None
        return False

    @cached_property
    def namespaces_gone(self) -> frozenset[tuple[str, str]]:
        """The clusters and names of Namespaces that the new side has no more."""
        return frozenset((subject.cluster, subject.name) for subject, _ in self.removed("Namespace"))

    @cached_property
    def _differing(self) -> dict[str, list[Pair]]:
        pairs: defaultdict[str, list[Pair]] = defaultdict(list)
        gone: defaultdict[Key, list[Subject]] = defaultdict(list)
        for key, subject in self._old.items():
            if key not in self._new and subject.kind in _HASHED:
                gone[_known_as(subject, self.before[subject])].append(subject)
        taken: set[Subject] = set()
        for key, subject in self._new.items():
            before = self._old.get(key)
            if before is None and subject.kind in _HASHED:
                same = gone.get(_known_as(subject, self.after[subject]), [])
                before = same[0] if len(same) == 1 and same[0] not in taken else None
            if before is not None:
                taken.add(before)
            old, new = None if before is None else self.before[before], self.after[subject]
            if old != new:
                pairs[subject.kind].append(Pair(subject, old, new))
        for key, subject in self._old.items():
            if key not in self._new and subject not in taken:
                pairs[subject.kind].append(Pair(subject, self.before[subject], None))
        return pairs


def key_of(subject: Subject) -> Key:
    """Return what the API server knows an object by."""
    return subject.cluster, subject.kind, subject.namespace, subject.name


def label(manifest: Manifest, name: str) -> str:
    """Return a label of an object; empty where it has none."""
    return str((manifest["metadata"].get("labels") or {}).get(name, ""))


def annotations(manifest: Manifest) -> Mapping[str, str]:
    """Return the annotations of an object."""
    return manifest.get("metadata", {}).get("annotations") or {}


def component(manifest: Manifest) -> str:
    """Return the service or data store that an object is of; its own name where it says none."""
    return label(manifest, COMPONENT) or str(manifest["metadata"]["name"])


def _place(subject: Subject) -> tuple[str, str, str]:
    return subject.cluster, subject.namespace, subject.name


def _known_as(subject: Subject, manifest: Manifest) -> Key:
    return subject.cluster, subject.kind, subject.namespace, label(manifest, NAME) or subject.name


def _by_kind(objects: Objects) -> dict[str, tuple[tuple[Subject, Manifest], ...]]:
    found: defaultdict[str, list[tuple[Subject, Manifest]]] = defaultdict(list)
    for subject, manifest in objects.items():
        found[subject.kind].append((subject, manifest))
    return {kind: tuple(members) for kind, members in found.items()}

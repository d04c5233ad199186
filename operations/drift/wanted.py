"""Which objects should be there: those of the project's files, or those that Applications of a branch name."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from manifests.argocd.ignored import ignored as rules_of
from manifests.assembly import COMMON, assemble
from manifests.placed import Manifest, Part, Placed
from operations.drift.compare import shown
from settings.stack import Stack

HOOK = "argocd.argoproj.io/hook"

Subject = tuple[str, str, str]
"""Kind, namespace (empty where there is none) and name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object that should be on a cluster."""

    cluster: str
    system: str
    manifest: Manifest
    ignored: tuple[str, ...] = ()
    """Fields that are another's to write."""

    @property
    def subject(self) -> str:
        """What people call it by."""
        metadata = self.manifest["metadata"]
        namespace = metadata.get("namespace")
        return f"{self.manifest['kind']} {f'{namespace}/' if namespace else ''}{metadata['name']}"


def wanted(stack: Stack, systems: Collection[str]) -> list[Wanted]:
    """Return what the project's files say for these systems, `common` for what belongs to none."""
    return [
        one
        for cluster in stack.environment.clusters
        for system, objects in assemble(stack, cluster).items()
        if system in systems or system == COMMON
        for part in Part
        for one in _of_files(stack, cluster, system, [placed for placed in objects if placed.part is part])
    ]


def of_application(cluster: str, system: str, application: Manifest, files: Mapping[str, Manifest]) -> Iterator[Wanted]:
    """Yield what an Application takes of the files that it is read from, by their paths, onto its cluster."""
    below = f"{application['spec']['source']['path']}/"
    ignored = fields_of(application["spec"].get("ignoreDifferences") or ())
    for path, manifest in files.items():
        if path.startswith(below) and stays(manifest):
            yield Wanted(cluster, system, manifest, ignored.get(subject_of(manifest), ()))


def fields_of(rules: Iterable[Manifest]) -> dict[Subject, tuple[str, ...]]:
    """Return the fields that rules of Argo CD leave to others, each rule being about one object by name.

    Of a jq expression the field that it begins with: that one has a condition is nothing to us, as a field that we do
    not declare never differs.
    """
    found: dict[Subject, tuple[str, ...]] = {}
    for rule in rules:
        subject = (rule["kind"], rule.get("namespace") or "", rule["name"])
        pointers = [_path(pointer) for pointer in rule.get("jsonPointers") or ()]
        expressions = [one.partition("|")[0].strip().removeprefix(".") for one in rule.get("jqPathExpressions") or ()]
        found[subject] = (*found.get(subject, ()), *pointers, *expressions)
    return found


def subject_of(manifest: Manifest) -> Subject:
    """Return what an object is called by in a cluster."""
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace") or "", metadata["name"]


def stays(manifest: Manifest) -> bool:
    """Tell whether an object is there between two syncs: a hook's goes when it is done."""
    return HOOK not in (manifest["metadata"].get("annotations") or {})


def _of_files(stack: Stack, cluster: str, system: str, objects: list[Placed]) -> Iterator[Wanted]:
    settings = stack.systems.get(system)
    annotations = settings is not None and settings.sync.ignore_ingress_annotations
    ignored = fields_of(rules_of(objects, ingress_annotations=annotations))
    for placed in objects:
        if stays(placed.manifest):
            yield Wanted(cluster, system, placed.manifest, ignored.get(subject_of(placed.manifest), ()))


def _path(pointer: str) -> str:
    """Return a JSON pointer as a path of `Difference`."""
    return shown(tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]))

"""Which objects should be there: those of the project's files, or those published for Argo CD."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from manifests.assembly import COMMON, assemble
from manifests.placed import Manifest, Placed
from settings.stack import Stack

_HOOK = "argocd.argoproj.io/hook"


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
        Wanted(cluster, system, placed.manifest, ignored(stack, system, placed))
        for cluster in stack.environment.clusters
        for system, objects in assemble(stack, cluster).items()
        if system in systems or system == COMMON
        for placed in objects
        if stays(placed.manifest)
    ]


def published(stack: Stack, systems: Collection[str], files: dict[str, Manifest]) -> list[Wanted]:
    """Return what files of a branch say: by their path, `<cluster>/<system>/<part>/…`.

    Two clusters may have one folder; which of them read it only the settings know.
    """
    from manifests.tree import tree  # noqa: PLC0415 - nothing else here needs it

    of_settings = {(one.cluster, one.manifest["kind"], one.subject): one.ignored for one in wanted(stack, systems)}
    folders: dict[str, list[str]] = {}
    for own, other in tree(stack).shared.items():
        folders.setdefault(other, []).append(own)
    found = []
    for path, manifest in files.items():
        cluster, system, part, *_ = path.split("/")
        if not (system in systems or system == COMMON) or not stays(manifest):
            continue
        for folder in (f"{cluster}/{system}/{part}", *folders.get(f"{cluster}/{system}/{part}", ())):
            one = Wanted(folder.split("/", 1)[0], system, manifest)
            fields = of_settings.get((one.cluster, manifest["kind"], one.subject), ())
            found.append(Wanted(one.cluster, system, manifest, fields))
    return found


def ignored(stack: Stack, system: str, placed: Placed) -> tuple[str, ...]:
    """Return the fields of an object that somebody else may write."""
    fields = placed.not_ours
    settings = stack.systems.get(system)
    if settings is not None and settings.sync.ignore_ingress_annotations and placed.manifest["kind"] == "Ingress":
        fields = (*fields, "metadata.annotations")
    return fields


def stays(manifest: Manifest) -> bool:
    """Tell whether an object is there between two syncs: a hook's goes when it is done."""
    return _HOOK not in (manifest["metadata"].get("annotations") or {})


def by_cluster(objects: list[Wanted]) -> Iterator[tuple[str, list[Wanted]]]:
    """Yield each cluster with what should be there."""
    for cluster in dict.fromkeys(one.cluster for one in objects):
        yield cluster, [one for one in objects if one.cluster == cluster]

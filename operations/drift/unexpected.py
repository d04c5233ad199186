"""What carries our labels and is rendered no more: taken out without being deleted, put there by hand, or kept.

Every kind that Naru makes is asked for, so that the last object of a kind, or of a system, is told as well. Clusters
are shared: what is whose, Argo CD writes onto each object (`tracking-id`). Without that it is ours in the namespaces
that are rendered, and in those labelled as a system's of ours that no stack of the project has, as long as no other
stack is known to be on the same cluster: what may be another's is not told.
Source: Argo CD, "Resource Tracking".
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from manifests.argocd.kinds import NAMESPACED, OF_AWS, SHARED, group_of
from manifests.argocd.names import child_name
from manifests.placed import Manifest, Part
from manifests.protection import SYNC_OPTIONS
from operations.api_server import NAMES_ONLY, ApiServer, Object, all_of
from operations.drift.look import Found
from operations.drift.wanted import Wanted, stays, subject_of
from operations.needs import Kind
from settings.stack import Stack

_OURS: Final = "app.kubernetes.io/managed-by=naru"
_PART_OF: Final = "app.kubernetes.io/part-of"
_TRACKING: Final = "argocd.argoproj.io/tracking-id"
# ConfigMaps stay for as long as a revision may come back to them, claims for as long as their data is wanted; Jobs and
# AnalysisRuns come and go with their releases.
_STAYING: Final = frozenset({"AnalysisRun", "ConfigMap", "Job", "PersistentVolumeClaim"})
_MADE: Final = (
    *(group_kind for group_kind in (*NAMESPACED, *OF_AWS, *SHARED) if group_kind[1] not in _STAYING),
    ("", "Namespace"),
)

Elsewhere = Callable[[], Collection[str] | None]
"""The namespaces of the project's other stacks; None where they are not known, or one of them is on our clusters."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked for on a cluster, and what is whose there."""

    stack: Stack
    cluster: str
    asked: Callable[[str], bool]
    """Whether a system is, also one that is rendered no more."""
    elsewhere: Elsewhere


def unexpected(server: ApiServer, objects: Sequence[Wanted], served: Mapping[Kind, str], scope: Scope) -> list[Found]:
    """Return live objects of ours that nothing renders and nothing else owns. Raises UnreachableError.

    Kinds that are not served, or may not be listed, are left out.
    """
    paths = {
        f"{version} {kind}": f"/api{'s' if '/' in version else ''}/{version}/{served[version, kind]}"
        for version, kind in _asked_for(objects, served)
    }
    lists = all_of(server, paths, accept=NAMES_ONLY, labelSelector=_OURS)
    live = [
        {**item, "apiVersion": version, "kind": kind}
        for (version, _, kind), items in ((key.partition(" "), items) for key, items in lists.items())
        for item in items
    ]
    found = left_over(live, objects, scope)
    return sorted(found, key=lambda one: (one.wanted.system, one.wanted.subject))


def left_over(live: Sequence[Object], objects: Sequence[Wanted], scope: Scope) -> list[Found]:
    """Return those of the objects with our labels that are ours and rendered no more. Pure but for `elsewhere`."""
    known = {_key(one.manifest) for one in objects}
    rendered = {one.manifest["metadata"]["namespace"] for one in objects if "namespace" in one.manifest["metadata"]}
    left = cache(partial(_left, live, rendered, scope))
    found = []
    for manifest in live:
        metadata = manifest["metadata"]
        system, namespace = (metadata.get("labels") or {}).get(_PART_OF, ""), metadata.get("namespace", "")
        if _key(manifest) in known or not scope.asked(system) or not _lasts(manifest):
            continue
        annotations = metadata.get("annotations") or {}
        if _TRACKING in annotations:
            ours = annotations[_TRACKING].partition(":")[0] in _applications(scope, system)
        else:
            own = system in scope.stack.systems and namespace in rendered
            ours = own or namespace in left()
        if ours:
            kept = "Prune=false" in annotations.get(SYNC_OPTIONS, "")
            found.append(Found(Wanted(scope.cluster, system, manifest), "kept" if kept else "unexpected"))
    return found


def _asked_for(objects: Sequence[Wanted], served: Mapping[Kind, str]) -> set[Kind]:
    """Return each kind once, in the version that is rendered, else the one the cluster prefers."""
    rendered = {(one.manifest["apiVersion"], one.manifest["kind"]) for one in objects}
    versions: dict[tuple[str, str], Kind] = {}
    for version, kind in (*rendered, *served):
        group_kind = group_of({"apiVersion": version}), kind
        wanted = (version, kind) in rendered or group_kind in _MADE
        if wanted and kind not in _STAYING and (version, kind) in served:
            versions.setdefault(group_kind, (version, kind))
    return set(versions.values())


def _lasts(manifest: Manifest) -> bool:
    metadata = manifest["metadata"]
    return stays(manifest) and not metadata.get("ownerReferences") and not metadata.get("deletionTimestamp")


def _applications(scope: Scope, system: str) -> set[str]:
    return {child_name(scope.stack, scope.cluster, system, part) for part in Part}


def _left(live: Sequence[Object], rendered: set[str], scope: Scope) -> set[str]:
    """Return the namespaces, rendered or with our labels, that surely no other stack of the project has."""
    # A namespace of a system that nobody here knows may be another project's.
    labelled = {
        one["metadata"]["name"]
        for one in live
        if one["kind"] == "Namespace" and (one["metadata"].get("labels") or {}).get(_PART_OF) in scope.stack.systems
    }
    # What Argo CD made is tracked.
    candidates = rendered if scope.stack.environment.by_argocd else rendered | labelled
    others = scope.elsewhere() if candidates else None
    return set() if others is None else candidates - set(others)


def _key(manifest: Manifest) -> tuple[str, ...]:
    return (group_of(manifest), *subject_of(manifest))

"""Every object of Argo CD that a stack needs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from manifests.argocd.applications import child, parent
from manifests.argocd.names import parents_project, project_name
from manifests.argocd.projects import common_project, project_of_parents, system_project
from manifests.assembly import COMMON
from manifests.placed import Part, Placed
from settings.environment import ArgoCD
from settings.faults import Fault, SettingsError
from settings.stack import Stack
from settings.system import Sync

Assembled: TypeAlias = Mapping[str, Mapping[str, tuple[Placed, ...]]]
"""By cluster and system."""


@dataclass(frozen=True, slots=True)
class ArgoObjects:
    """What Pulumi applies, and what Argo CD then applies to itself."""

    applied: tuple[Placed, ...]
    """AppProjects and each system's parent Application."""
    children: Mapping[str, tuple[Placed, ...]]
    """By system, `common` included: the Applications that its parent pins and moves, in order."""


def argo_objects(stack: Stack, assembled: Assembled, folder: Callable[[str, str, Part], str]) -> ArgoObjects:
    """Return them; nothing for a stack without Argo CD.

    `folder` says below which folder of the branch the files of a part of a system on a cluster are; two clusters may
    share one. Raises SettingsError where two objects would have one name.
    """
    argocd = stack.environment.argocd
    if argocd is None:
        return ArgoObjects((), {})
    clusters = sorted(assembled, key=lambda cluster: cluster != stack.environment.primary)
    systems = [name for name in (COMMON, *stack.systems) if any(assembled[cluster].get(name) for cluster in clusters)]
    projects: list[Placed] = []
    parents: list[Placed] = []
    children: dict[str, tuple[Placed, ...]] = {}
    for name in systems:
        found = {cluster: assembled[cluster][name] for cluster in clusters if assembled[cluster].get(name)}
        system = stack.systems.get(name)
        sync = _sync_of_common(stack) if system is None else system.sync
        if system is None:
            projects.append(common_project(stack, argocd, found))
        else:
            every = (placed for objects in found.values() for placed in objects)
            projects.append(system_project(stack, argocd, system, found, every))
        parents.append(parent(stack, argocd, name, sync, (parents_project(stack), project_name(stack, name))))
        children[name] = tuple(_children(stack, argocd, name, sync, found, folder))
    if not systems:
        return ArgoObjects((), {})
    of_parents = project_of_parents(stack, argocd, {name: stack.systems.get(name) for name in systems})
    applied = (of_parents, *projects, *parents)
    _told_apart(stack, (*applied, *(placed for found in children.values() for placed in found)))
    return ArgoObjects(applied, children)


def _children(
    stack: Stack,
    argocd: ArgoCD,
    name: str,
    sync: Sync,
    found: Mapping[str, tuple[Placed, ...]],
    folder: Callable[[str, str, Part], str],
) -> Iterable[Placed]:
    """Yield the Applications of a system's parts, in the order of their waves."""
    system = stack.systems.get(name)
    namespace = None if system is None else system.namespace_name(None)
    for place, (cluster, objects) in enumerate(found.items()):
        for step, part in enumerate(Part):
            members = [placed for placed in objects if placed.part is part]
            if members:
                yield child(
                    stack,
                    argocd,
                    sync,
                    (cluster, name, part),
                    members,
                    folder=folder(cluster, name, part),
                    namespace=namespace,
                    wave=len(Part) * place + step,
                )


def _sync_of_common(stack: Stack) -> Sync:
    """Return how what all systems share is synced: by itself if any of them is, as that one stands on it."""
    syncs = [system.sync for system in stack.systems.values() if system.enabled]
    return Sync(
        automated=any(sync.automated for sync in syncs),
        self_heal=any(sync.self_heal for sync in syncs),
        prune=all(sync.prune for sync in syncs),
    )


def _told_apart(stack: Stack, objects: Iterable[Placed]) -> None:
    known: set[str] = set()
    for placed in objects:
        if placed.reference in known:
            found = f"two objects of Argo CD have one name, {placed.reference}"
            raise SettingsError([Fault(f"Pulumi.{stack.name}.yaml", 0, "", found, "rename a cluster or a system")])
        known.add(placed.reference)

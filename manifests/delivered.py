"""What Pulumi registers of a stack: each object once, and what Argo CD needs to apply the rest."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeAlias

from manifests.argocd.names import APPLIED, applications_folder, parent_name, project_name
from manifests.argocd.objects import Assembled
from manifests.assembly import COMMON
from manifests.placed import Part, Placed
from manifests.tree import Tree, argocd_of
from settings.stack import Stack

Delivered: TypeAlias = Mapping[str, Mapping[str, tuple[Placed, ...]]]
"""By cluster and system, `common` included."""


def delivered(stack: Stack, assembled: Assembled, found: Tree) -> Delivered:
    """Return everything that is registered of a stack whose folders are `found`.

    Argo CD's objects are with the systems they are for, on the primary cluster.
    """
    made = own_objects(stack, assembled, found)
    argo = argocd_objects(stack, found)
    if not argo:
        return made
    primary = dict(made[stack.environment.primary])
    for system, objects in argo.items():
        primary[system] = (*primary.get(system, ()), *objects)
    return {**made, stack.environment.primary: primary}


def own_objects(stack: Stack, assembled: Assembled, found: Tree) -> Delivered:
    """Return the objects of the systems: those that clusters share are registered for the first of them alone."""
    if argocd_of(stack) is None:
        return assembled
    return {
        cluster: {system: _own(cluster, system, objects, found) for system, objects in systems.items()}
        for cluster, systems in assembled.items()
    }


def argocd_objects(stack: Stack, found: Tree) -> dict[str, tuple[Placed, ...]]:
    """Return Argo CD's objects by the system they are for, `common` first, with the component `argocd`.

    Of each system what Pulumi applies comes before the Applications that go to files, and is kept as data are: who
    takes it away takes away what it deploys.
    """
    made: dict[str, list[Placed]] = {system: [] for system in (COMMON, *stack.systems)}
    for placed in sorted(found.applied, key=lambda placed: placed.manifest["kind"] == "Application"):
        made[owner(stack, placed)].append(replace(placed, component=APPLIED, keeps_data=True))
    for system, objects in made.items():
        children = found.folders.get(applications_folder(stack, system), ())
        objects.extend(replace(placed, component=APPLIED, after=()) for placed in children)
    return {system: tuple(objects) for system, objects in made.items() if objects}


def owner(stack: Stack, applied: Placed) -> str:
    """Return the system whose AppProject or parent Application an object is; `common` for what all of them need."""
    name = applied.manifest["metadata"]["name"]
    return next((one for one in stack.systems if name in {parent_name(stack, one), project_name(stack, one)}), COMMON)


def _own(cluster: str, system: str, objects: tuple[Placed, ...], found: Tree) -> tuple[Placed, ...]:
    kept = {part for part in Part if f"{cluster}/{system}/{part.value}" not in found.shared}
    if len(kept) == len(Part):
        return objects
    members = [placed for placed in objects if placed.part in kept]
    known = {placed.reference for placed in members}
    return tuple(replace(placed, after=_among(placed.after, known)) for placed in members)


def _among(references: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    return tuple(one for one in references if one in known)

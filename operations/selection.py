"""Which resources a command is about, when systems or a service are named: by the logical names components give."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from components.declare import resource_name
from components.system import component_name
from manifests.assembly import COMMON
from manifests.job import jobs_name
from manifests.placed import Placed
from settings.faults import Fault, SettingsError, did_you_mean
from settings.service import Service
from settings.stack import Stack
from settings.system import System

AWS: Final = ("**::naru:aws:**", "**::pulumi:providers:aws::**")
"""Patterns for the URNs of all that the stack has in AWS, which an update of a part of the stack leaves alone."""

Objects = Mapping[str, Mapping[str, Sequence[Placed]]]
"""The objects of a stack by cluster and system, `common` included."""


def chosen(stack: Stack, names: Sequence[str]) -> dict[str, System]:
    """Return the enabled systems of these names, in the stack's order, or all of them. Raises SettingsError."""
    enabled = {name: system for name, system in stack.systems.items() if system.enabled}
    unknown = [name for name in dict.fromkeys(names) if name not in enabled]
    if unknown:
        place = f"stack {stack.name}"
        raise SettingsError(
            Fault(place, 0, name, "no such system, or not enabled", did_you_mean(name, enabled)) for name in unknown
        )
    return {name: system for name, system in enabled.items() if not names or name in names}


def others(stack: Stack, systems: Iterable[str], deployed: Iterable[str] = ()) -> list[str]:
    """Return what to exclude from an update of some systems: the URNs of all others, `deployed` ones of old included.

    Excluding, rather than targeting, keeps what systems share (providers, issuers) in the update; and a dependency on
    something that is not there yet is no error.
    """
    wanted = set(systems)
    if wanted.issuperset(name for name, system in stack.systems.items() if system.enabled):
        return []
    return [*urns(stack, (name for name in dict.fromkeys((*stack.systems, *deployed)) if name not in wanted)), *AWS]


def urns(stack: Stack, systems: Iterable[str]) -> list[str]:
    """Return patterns for the URNs of systems on every cluster: the component, its own objects, its children."""
    return [
        f"**::{cluster}/{system}{rest}"
        for system in systems
        for cluster in stack.environment.clusters
        for rest in ("", ":**", "/**")
    ]


def named(cluster: str, system: str, placed: Placed) -> str:
    """Return the logical name of an object of a system on a cluster."""
    return resource_name(component_name(f"{cluster}/{system}", placed), placed)


def declared(objects: Objects) -> frozenset[str]:
    """Return the logical names of all objects."""
    return frozenset(
        named(cluster, system, placed)
        for cluster, systems in objects.items()
        for system, each in systems.items()
        for placed in each
    )


def belonging(objects: Objects, system: str, service: Service, deployed: Collection[str]) -> frozenset[str]:
    """Return the logical names of what belongs to a service, on every cluster, and of what that stands on and is new.

    Its own objects and its migrations are all in it, `deployed` ones that are declared no more too; of what they come
    after only what is not among the `deployed` names, so that pending changes of others stay pending.
    """
    own = _own(service)
    found: set[str] = set()
    for cluster, systems in objects.items():
        placed = systems.get(system, ())
        found |= _closure(cluster, system, placed, [one for one in placed if one.component in own], own, deployed)
        found |= {name for name in deployed for part in own if name.startswith(f"{cluster}/{system}/{part}:")}
    return frozenset(found)


def standing_on(
    objects: Objects,
    cluster: str,
    system: str,
    service: Service,
    workloads: Collection[tuple[str, str]],
    deployed: Collection[str],
    *,
    themselves: bool,
) -> frozenset[str]:
    """Return the logical names of what workloads of a service (kind and name) come after, and of `themselves`.

    What belongs to the service all of it, for a changed ConfigMap has its old logical name; of the rest what is new.
    """
    placed = objects[cluster][system]
    begun = [
        one
        for one in placed
        if one.component == service.name and (one.manifest["kind"], one.manifest["metadata"]["name"]) in workloads
    ]
    found = _closure(cluster, system, placed, begun, _own(service), deployed)
    return found if themselves else found - {named(cluster, system, one) for one in begun}


def _own(service: Service) -> frozenset[str]:
    """Return the components that a service's objects have: its own, and that of its migrations."""
    return frozenset({service.name, jobs_name(service)})


def _closure(
    cluster: str,
    system: str,
    placed: Iterable[Placed],
    begun: Iterable[Placed],
    own: Collection[str],
    deployed: Collection[str],
) -> frozenset[str]:
    known = {one.reference: one for one in placed}
    pending, found = list(begun), set[str]()
    while pending:
        one = pending.pop()
        name = named(cluster, system, one)
        if name not in found:
            found.add(name)
            before = (known[reference] for reference in one.after if reference in known)
            pending += [
                other for other in before if other.component in own or named(cluster, system, other) not in deployed
            ]
    return frozenset(found)


def all_but(
    stack: Stack, objects: Objects, systems: Collection[str], wanted: Collection[str], deployed: Collection[str]
) -> list[str]:
    """Return what to exclude from an update of the resources of these names, which are all of some systems.

    That is the other objects, and those of the state, with the components that would have none left.
    """
    known = {name for cluster, each in objects.items() for system in each for name in _names(cluster, system, each)}
    mine = {f"{cluster}/{system}" for cluster in objects for system in (*systems, COMMON)}
    roots = tuple(f"{one}/" for one in mine)
    known |= {name for name in deployed if name.startswith(roots) or name.partition(":")[0] in mine}
    kept = {*wanted, *mine, *(name.partition(":")[0] for name in wanted)}
    elsewhere = [name for name in dict.fromkeys((*stack.systems, *_systems(deployed))) if name not in systems]
    return [*urns(stack, elsewhere), *(f"**::{name}" for name in sorted(known - kept)), *AWS]


def _names(cluster: str, system: str, systems: Mapping[str, Sequence[Placed]]) -> Iterator[str]:
    for placed in systems[system]:
        name = named(cluster, system, placed)
        yield name
        yield name.partition(":")[0]


def _systems(deployed: Iterable[str]) -> list[str]:
    """Return the systems that resources of these names are of, or were."""
    found = (name.partition(":")[0].split("/") for name in deployed)
    return list(dict.fromkeys(parts[1] for parts in found if len(parts) > 1 and parts[1] != COMMON))

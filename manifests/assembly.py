"""Every object of a stack on one of its clusters, in the order of things."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from manifests.alerts import objective_alerts, system_alerts
from manifests.analysis import templates
from manifests.aws.data_stores import is_managed
from manifests.canary_guard import canary_guard
from manifests.claim import claims
from manifests.data_store import data_store
from manifests.exposure import exposure
from manifests.gateway import gateways
from manifests.migration import migrations
from manifests.monitor import service_monitor, store_monitor
from manifests.namespace import namespaces
from manifests.network import Graph, graph, policies
from manifests.placed import Part, Place, Placed, reference
from manifests.protection import protected
from manifests.scaling import budget_for_store, scaling
from manifests.secret import secrets
from manifests.shared import shared
from manifests.workload import service
from settings.data_store import DataStore
from settings.faults import Fault, SettingsError
from settings.service import Service
from settings.stack import Stack
from settings.variants import kind_of

COMMON = "common"
"""What belongs to no system, under this name in place of one."""


def assemble(stack: Stack, cluster_name: str) -> dict[str, tuple[Placed, ...]]:
    """Return the objects of each system on a cluster: `common` first, then the systems in the stack's order.

    Within a system the foundation precedes the workloads. Each object comes after its Namespace, and `after` names only
    objects of the same system and cluster: what somebody else made is there or is not, and waiting would not help.
    Raises SettingsError where two objects would have one name.
    """
    assembled: dict[str, tuple[Placed, ...]] = {}
    common = shared(stack, cluster_name)
    if common:
        assembled[COMMON] = _ordered(COMMON, common)
    reachable = graph(stack, cluster_name)
    for system in stack.systems.values():
        place = Place(stack, system, cluster_name)
        if system.enabled and (system.clusters == "all" or place.is_primary):
            objects = (protected(placed, stack.environment) for placed in _objects(place, reachable))
            assembled[system.name] = _ordered(system.name, objects)
    return assembled


def web_service(place: Place, settings: Service) -> Iterator[Placed]:
    """Yield the objects of one service: its workload and address, scaling and budget, its ways in, what watches it."""
    ways_in = exposure(place, settings)
    before = kind_of(settings.strategy) == "Rollout"
    yield from service(place, settings, ways_in if before else ())
    yield from scaling(place, settings)
    if not before:
        yield from ways_in
    yield from canary_guard(place, settings)
    yield from service_monitor(place, settings)
    yield from objective_alerts(place, settings)


def stateful_store(place: Place, settings: DataStore) -> Iterator[Placed]:
    """Yield the objects of one data store: its StatefulSet and addresses, its budget, and what watches it.

    The latter two are of pods, which one that AWS runs has none of.
    """
    yield from data_store(place, settings)
    if place.is_primary and not is_managed(place.stack, place.system, settings):
        yield from budget_for_store(place, settings)
        yield from store_monitor(place, settings)


def _objects(place: Place, reachable: Graph) -> Iterator[Placed]:
    yield from namespaces(place)
    yield from claims(place)
    yield from secrets(place)
    for store in place.system.data_stores.values():
        if store.enabled:
            yield from stateful_store(place, store)
    yield from policies(place, reachable)
    yield from templates(place)
    yield from system_alerts(place)
    yield from gateways(place)
    for settings in place.system.services.values():
        if settings.enabled:
            yield from migrations(place, settings)
            yield from web_service(place, settings)


def _ordered(system: str, objects: Iterable[Placed]) -> tuple[Placed, ...]:
    parts: dict[Part, list[Placed]] = {Part.FOUNDATION: [], Part.WORKLOADS: []}
    known: dict[str, Placed] = {}
    faults: list[Fault] = []
    for placed in objects:
        first = known.setdefault(placed.reference, placed)
        if first is not placed:
            faults.append(_twice(system, placed, first))
        parts[placed.part].append(placed)
    if faults:
        raise SettingsError(faults)
    return tuple(_after_what_is_here(placed, known) for part in parts.values() for placed in part)


def _after_what_is_here(placed: Placed, known: dict[str, Placed]) -> Placed:
    namespace = placed.manifest["metadata"].get("namespace")
    wanted = placed.after if namespace is None else (reference("Namespace", None, namespace), *placed.after)
    after = tuple(dict.fromkeys(needed for needed in wanted if needed in known))
    if after == placed.after:
        return placed
    return replace(placed, after=after)


def _twice(system: str, second: Placed, first: Placed) -> Fault:
    owners = " and ".join(dict.fromkeys(placed.component or "the system itself" for placed in (first, second)))
    found = f"{owners} give two objects one name, {second.reference}"
    return Fault(f"catalog/{system}.yaml", 0, "", found, "rename one of them")

"""Small models for tests: valid with nothing given, and different in what a test is about.

Values are as files have them, in camelCase; a map is merged into the default one level deep.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from manifests.placed import Manifest, Place, Placed
from settings.data_store import DataStore
from settings.environment import Environment
from settings.sealed import Scope, Sealed
from settings.service import Service
from settings.stack import Stack
from settings.system import System

RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}
PROBE = {"http": {"path": "/health"}}
PROBES = {"startup": PROBE, "readiness": PROBE, "liveness": PROBE}


def a_container(**changes: Any) -> dict[str, Any]:
    """Return the settings of a container, as a sidecar has them."""
    return {"image": {"repository": "example/proxy", "tag": "1"}, "resources": RESOURCES, **changes}


def a_service(name: str = "api", **changes: Any) -> Service:
    """Return a service with one port."""
    settings = {
        "name": name,
        "image": {"registry": "harbor", "repository": f"example/{name}", "tag": "1.2.3"},
        "ports": {"http": {"container": 8080, "service": 80}},
        "probes": PROBES,
        "resources": RESOURCES,
    }
    return Service.model_validate({**settings, **changes})


def a_data_store(name: str = "store", **changes: Any) -> DataStore:
    """Return a data store with one port."""
    settings = {
        "name": name,
        "engine": "postgresql",
        "image": {"repository": "example/postgres", "tag": "17"},
        "ports": {"postgresql": {"container": 5432}},
        "resources": RESOURCES,
        "dataPath": "/var/lib/data",
        "storage": {"size": "10Gi"},
    }
    return DataStore.model_validate({**settings, **changes})


def a_system(*workloads: Service | DataStore, name: str = "demo", **changes: Any) -> System:
    """Return a system of those services and data stores in the namespace `demo`."""
    settings = {
        "name": name,
        "description": "a system",
        "namespaces": {"main": {"name": name}},
        "services": {workload.name: workload for workload in workloads if isinstance(workload, Service)},
        "dataStores": {workload.name: workload for workload in workloads if isinstance(workload, DataStore)},
    }
    return System.model_validate({**settings, **changes})


def an_environment(**changes: Any) -> Environment:
    """Return an environment with one cluster, `main`, and the registry `harbor`."""
    settings = {
        "tier": "development",
        "clusters": {"main": {"context": "main", "region": "seoul"}},
        "registries": {"harbor": "harbor.example.com"},
    }
    return Environment.model_validate({**settings, **changes})


TWO_CLUSTERS = {
    "seoul": {"context": "seoul", "region": "seoul", "primary": True},
    "tokyo": {"context": "tokyo", "region": "tokyo", "dataDomain": "data.example.com"},
}


def a_stack(*systems: System, name: str = "dev", environment: Environment | None = None, **changes: Any) -> Stack:
    """Return a stack of those systems; `changes` are the environment's."""
    found = an_environment(**changes) if environment is None else environment
    return Stack(name, found, {system.name: system for system in systems})


def with_sealed(stack: Stack, values: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Stack:
    """Return a stack with ciphertext: system to secret to key to text."""
    sealed = {
        system: {
            name: Sealed(name, "demo", Scope.STRICT, keys, f"secrets/{stack.name}/{system}.yaml", 1)
            for name, keys in secrets.items()
        }
        for system, secrets in values.items()
    }
    return replace(stack, sealed=sealed)


def a_place(
    *workloads: Service | DataStore,
    cluster: str | None = None,
    system: System | None = None,
    sealed: Mapping[str, Mapping[str, str]] | None = None,
    **environment: Any,
) -> Place:
    """Return where the objects of those workloads are made for: the primary cluster, unless another is named.

    `sealed` is the ciphertext of the system's secrets.
    """
    found = a_system(*workloads) if system is None else system
    stack = with_sealed(a_stack(found, **environment), {found.name: sealed or {}})
    return Place(stack, found, stack.environment.primary if cluster is None else cluster)


def of_kind(objects: list[Placed] | tuple[Placed, ...], kind: str) -> list[Placed]:
    """Return the objects of a kind."""
    return [placed for placed in objects if placed.manifest["kind"] == kind]


def the(objects: list[Placed] | tuple[Placed, ...], kind: str) -> Manifest:
    """Return the only object of a kind."""
    (found,) = of_kind(objects, kind)
    return found.manifest

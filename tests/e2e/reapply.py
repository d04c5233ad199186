"""Every object of a service applied again as Pulumi does it, in the middle of whatever goes on; and what moved then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from local.provider.api import Api
from local.provider.objects import FIELD_MANAGER, Type, name_of, namespace_of, type_of
from manifests.assembly import assemble
from manifests.placed import Manifest
from settings.loading import load
from tests.e2e.probe import ready_pods
from tests.integration.on_plane import until

_POD: Final = Type("", "v1", "Pod")
_SERVICE: Final = Type("", "v1", "Service")
_REPLICA_SET: Final = Type("apps", "v1", "ReplicaSet")
_INGRESS: Final = Type("networking.k8s.io", "v1", "Ingress")
_SLICE: Final = Type("discovery.k8s.io", "v1", "EndpointSlice")
_ROLLOUT: Final = Type("argoproj.io", "v1alpha1", "Rollout")

_CANARY_WEIGHT: Final = "nginx.ingress.kubernetes.io/canary-weight"


def declared(root: Path, stack: str, system: str, *components: str) -> list[Manifest]:
    """Return the objects of some services of a stack, and of their system itself, as the program registers them."""
    found = load(root, stack).stack
    placed = assemble(found, found.environment.primary)[system]
    return [one.manifest for one in placed if one.component in {"", *components} and one.manifest["kind"] != "Job"]


def traffic(api: Api, namespace: str) -> dict[str, Any]:
    """Return all that decides who gets traffic: selectors, weights, numbers of pods, and who is ready."""
    rollouts = {
        name_of(one): {
            "step": one.get("status", {}).get("currentStepIndex"),
            "weights": one.get("status", {}).get("canary", {}).get("weights"),
            "stable": one.get("status", {}).get("stableRS"),
            "current": one.get("status", {}).get("currentPodHash"),
            "blueGreen": {
                key: value
                for key, value in one.get("status", {}).get("blueGreen", {}).items()
                if key in {"activeSelector", "previewSelector"}
            },
            "replicas": one["spec"].get("replicas"),
        }
        for one in api.list(_ROLLOUT, namespace)
    }
    return {
        "selectors": {name_of(one): one["spec"].get("selector") for one in api.list(_SERVICE, namespace)},
        "pods": {name_of(one): one["spec"]["replicas"] for one in api.list(_REPLICA_SET, namespace)},
        "weights": {
            name_of(one): (one["metadata"].get("annotations") or {}).get(_CANARY_WEIGHT)
            for one in api.list(_INGRESS, namespace)
        },
        "ready": ready_pods(api.list(_SLICE, namespace)),
        "rollouts": rollouts,
    }


def reapply(api: Api, objects: Iterable[Manifest]) -> list[str]:
    """Apply objects as they are declared and return what the API server changed for it, as `Kind name: field`."""
    return [change for obj in objects for change in _reapplied(api, obj)]


def nothing_moves(api: Api, namespace: str, objects: Iterable[Manifest]) -> None:
    """Fail where applying every object again changes one of them, or who gets traffic."""
    until(lambda: _endpoints_are_told(api, namespace), "every Service leads to the pods that are ready")
    before = traffic(api, namespace)
    changed = reapply(api, objects)
    after = traffic(api, namespace)
    assert not changed, changed
    moved = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
    assert not moved, moved


def _endpoints_are_told(api: Api, namespace: str) -> bool:
    """Tell whether what Services lead to is what their selectors say now: EndpointSlices come a while after pods."""
    pods = [pod for pod in api.list(_POD, namespace) if _is_ready(pod)]
    told = ready_pods(api.list(_SLICE, namespace))
    wanted = {
        name_of(one): frozenset(
            pod["metadata"]["name"] for pod in pods if selector.items() <= pod["metadata"].get("labels", {}).items()
        )
        for one in api.list(_SERVICE, namespace)
        if (selector := one["spec"].get("selector"))
    }
    return all(told.get(name) == names for name, names in wanted.items())


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = {one["type"]: one["status"] for one in pod.get("status", {}).get("conditions") or ()}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def _reapplied(api: Api, obj: Manifest) -> list[str]:
    type_ = type_of(obj)
    before = api.read(type_, namespace_of(obj), name_of(obj))
    assert before is not None, f"{type_.kind} {name_of(obj)} is declared and not there"
    after = api.apply(obj, field_manager=FIELD_MANAGER, force=True, dry_run=False, warn=lambda _: None)
    return [
        f"{type_.kind} {name_of(obj)}: {field}: {old} -> {new}"
        for field, old, new in _fields(before, after)
        if old != new
    ]


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return what a controller acts on, as it was and as it is."""
    fields = [(key, before.get(key), after.get(key)) for key in {*before, *after} - {"metadata", "status"}]
    metadata = [
        (f"metadata.{key}", before["metadata"].get(key), after["metadata"].get(key))
        for key in ("generation", "labels", "annotations")
    ]
    return fields + metadata

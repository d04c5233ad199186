"""A cluster of a few objects that remembers what was done to it, and whose controllers answer at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, cast

from manifests.placed import Manifest
from operations.api_server import ApiError, ApiServer
from operations.handover.plan import HASH
from operations.handover.services import service_path
from operations.rollout.live import workload_path


class Cluster:
    """Answers with its objects by path; `done` is every change in order: a verb, and the end of the path."""

    def __init__(self, *objects: Manifest) -> None:
        self.objects = {_path(one): _live(one) for one in objects}
        self.done: list[str] = []
        self.bodies: list[Mapping[str, Any]] = []

    @property
    def server(self) -> ApiServer:
        """Itself, as the operations know clusters."""
        return cast("ApiServer", self)

    def get(self, path: str) -> Manifest:
        if path not in self.objects:
            raise ApiError(404, "not found")
        return copy.deepcopy(self.objects[path])

    def items(self, path: str, **query: str) -> list[Manifest]:
        assert path.endswith("/endpointslices")
        return [{"endpoints": [{"conditions": {"ready": True}}]}]

    def apply(self, path: str, body: Mapping[str, Any], field_manager: str) -> Manifest:
        self._note("apply", path, body)
        found = self.objects.setdefault(path, _live(dict(body)))
        _merge(found, body)
        entry = {"manager": field_manager, "fieldsV1": {"f:spec": {f"f:{key}": {} for key in body["spec"]}}}
        others = [one for one in found["metadata"].get("managedFields", ()) if one["manager"] != field_manager]
        found["metadata"]["managedFields"] = [*others, entry]
        return found

    def merge(self, path: str, body: Mapping[str, Any]) -> Manifest:
        self._note("merge", path, body)
        where = path.removesuffix("/scale")
        found = self.objects[where]
        _merge(found, body)
        found["metadata"]["generation"] += 1
        found["status"]["observedGeneration"] = found["metadata"]["generation"]
        if where != path:
            found["status"]["replicas"] = body["spec"]["replicas"]
        return copy.deepcopy(found)

    def create(self, *objects: Manifest) -> None:
        """Make objects, as the engine would, with a controller that has them ready."""
        for one in objects:
            self.objects.setdefault(_path(one), _live(one))

    def managed(self, name: str) -> None:
        """Have Argo Rollouts write its hash into a Service."""
        spec = self.objects[service_path("shop", name)]["spec"]
        spec["selector"] = {**spec.get("selector", {}), HASH: "1"}

    def selector(self, name: str) -> dict[str, str]:
        """Return the selector of a Service."""
        found: dict[str, str] = self.objects[service_path("shop", name)]["spec"].get("selector") or {}
        return found

    def _note(self, verb: str, path: str, body: Mapping[str, Any]) -> None:
        self.done.append(f"{verb} {path.partition('/shop/')[2]}")
        self.bodies.append(body)


def _path(manifest: Manifest) -> str:
    name = manifest["metadata"]["name"]
    if manifest["kind"] in {"Deployment", "Rollout"}:
        return workload_path(manifest["kind"], "shop", name)
    return service_path("shop", name)


def _live(manifest: Manifest) -> Manifest:
    found = copy.deepcopy(dict(manifest))
    found["metadata"] |= {"uid": "u", "generation": 1}
    count = found["spec"].get("replicas", 1)
    found["status"] = {
        "observedGeneration": 1,
        "replicas": count,
        "updatedReplicas": count,
        "availableReplicas": count,
        "readyReplicas": count,
        "phase": "Healthy",
        "stableRS": "1",
        "currentPodHash": "1",
    }
    return found


def _merge(found: dict[str, Any], patch: Mapping[str, Any]) -> None:
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(found.get(key), dict):
            _merge(found[key], value)
        else:
            found[key] = copy.deepcopy(value)

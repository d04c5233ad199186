"""A cluster and an engine in place of real ones, for tests of the commands that change clusters."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi.automation import EngineEvent

from operations.api_server import ApiError, UnreachableError
from operations.automation import OnEvent, Request
from operations.deployed import Deployed

KINDS = {
    "v1": ["Namespace", "ConfigMap", "Service", "ServiceAccount", "LimitRange", "ResourceQuota", "Secret"],
    "apps/v1": ["Deployment", "StatefulSet"],
    "batch/v1": ["Job"],
    "autoscaling/v2": ["HorizontalPodAutoscaler"],
    "policy/v1": ["PodDisruptionBudget"],
    "networking.k8s.io/v1": ["NetworkPolicy", "Ingress"],
}


class FakeServer:
    """A cluster on which we may do everything, with one Deployment."""

    url = "https://10.0.0.1"

    def __init__(self) -> None:
        self.ready = 2
        self.without = ""
        self.deleted: list[str] = []
        self.unreachable_after = sys.maxsize
        self.config_maps: list[dict[str, Any]] = []
        self.jobs: list[dict[str, Any]] = []
        self.objects: dict[str, dict[str, Any]] = {}
        """Others, by path."""
        self.lists: dict[str, list[dict[str, Any]]] = {}
        """Others, by path."""
        self.merged: list[tuple[str, Mapping[str, Any]]] = []

    def get(self, path: str, *_: str, **__: str) -> dict[str, Any]:
        if path in self.objects:
            return self.objects[path]
        if path not in {"/api", "/apis"}:
            raise ApiError(404, "not found")
        items: list[dict[str, Any]] = []
        for api_version, kinds in KINDS.items():
            group, version = api_version.split("/") if "/" in api_version else ("", api_version)
            if bool(group) == (path == "/apis"):
                served = [
                    {"resource": kind.lower(), "responseKind": {"kind": kind}} for kind in kinds if kind != self.without
                ]
                items.append({"metadata": {"name": group}, "versions": [{"version": version, "resources": served}]})
        return {"items": items}

    def items(self, path: str, *_: str, **__: str) -> list[dict[str, Any]]:
        self.unreachable_after -= 1
        if self.unreachable_after < 0:
            message = f"{self.url} does not answer"
            raise UnreachableError(message)
        if path == "/api/v1/namespaces":
            return [{"metadata": {"name": "shop", "uid": "uid-1"}, "status": {"phase": "Active"}}]
        if path == "/apis/apps/v1/deployments":
            status = {"readyReplicas": self.ready, "updatedReplicas": 2, "observedGeneration": 1}
            labels = {"matchLabels": {"app": "web"}}
            metadata = {"name": "web", "namespace": "shop", "generation": 1, "uid": "w"}
            return [{"metadata": metadata, "spec": {"replicas": 2, "selector": labels}, "status": status}]
        if path in self.lists:
            return self.lists[path]
        if path == "/apis/batch/v1/jobs":
            return self.jobs
        return self.config_maps if path == "/api/v1/configmaps" else []

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        assert path.endswith("selfsubjectaccessreviews")
        assert body["spec"]["resourceAttributes"]["verb"] == "*"
        return {"status": {"allowed": True}}

    def merge(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.merged.append((path, body))
        return dict(body)

    def delete(self, path: str, metadata: Mapping[str, Any], *, unchanged: bool = False) -> None:
        self.deleted.append(f"{path} {metadata['uid']}{' unchanged' if unchanged else ''}")


class FakeEngine:
    """Tells events, and fails as it is asked to."""

    own = False
    log = Path("engine.log")

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.events: list[EngineEvent] = []
        self.failure: Exception | None = None
        self.requests: list[tuple[str, Request]] = []

    def known(self) -> Deployed:
        return Deployed(self.state)

    def deployed(self) -> Deployed:
        return Deployed(self.state)

    def _operate(self, operation: str, request: Request, on_event: OnEvent) -> None:
        self.requests.append((operation, request))
        for event in self.events:
            on_event(event)
        if self.failure is not None:
            raise self.failure

    def preview(self, request: Request, on_event: OnEvent) -> None:
        self._operate("preview", request, on_event)

    def up(self, request: Request, on_event: OnEvent) -> None:
        self._operate("up", request, on_event)

    def destroy(self, request: Request, on_event: OnEvent) -> None:
        self._operate("destroy", request, on_event)

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.requests]

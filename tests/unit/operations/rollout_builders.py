"""A cluster of a few objects that answers as an API server does, and a project of one service with any strategy."""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from operations.api_server import MANAGER, ApiError, UnreachableError

Object = dict[str, Any]

NAMESPACE: Final = "shop"
IMAGE: Final = "example.com/web"
CREATED: Final = "2026-01-02T03:00:00Z"
PODS: Final = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop"}

ROLLOUTS: Final = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/rollouts"
RUNS: Final = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/analysisruns"
DEPLOYMENTS: Final = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
SETS: Final = f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets"
SERVICES: Final = f"/api/v1/namespaces/{NAMESPACE}/services"
PODS_PATH: Final = f"/api/v1/namespaces/{NAMESPACE}/pods"

CANARY: Final = """\
    replicas: 5
    strategy:
      type: canary
      analysis: []
      steps: [{weight: 20, pause: 5m}, {weight: 60}, {weight: 100, pause: 1m}]
"""
BLUE_GREEN: Final = """\
    exposure: {public: {hosts: [web], issuer: acme, paths: [{path: /, type: Prefix}]}}
    strategy: {type: blueGreen, preview: {hosts: [preview]}}
"""
CANARY_DEPLOYMENT: Final = """\
    replicas: 3
    strategy: {type: canaryDeployment, weight: 25, analysis: []}
"""
COLORS: Final = """\
    strategy: {type: blueGreenIngress, traffic: service}
"""

STEPS: Final = [
    {"setWeight": 20},
    {"pause": {"duration": "5m"}},
    {"setWeight": 60},
    {"pause": {}},
    {"setWeight": 100},
    {"pause": {"duration": "1m"}},
]


class Cluster:
    """Objects by their path. `reacts` is what a controller does after each change."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {"/apis/argoproj.io/v1alpha1": {}}
        self.changes: list[tuple[str, Object]] = []
        self.reacts: Callable[[Cluster], None] = lambda _: None
        self.refuses: dict[str, int] = {}
        """HTTP codes by the beginning of what is changed."""
        self.silent = False

    def get(self, path: str, *_: str, **__: str) -> Object:
        self._answers()
        if path not in self.objects:
            raise ApiError(404, f"{path} not found")
        return copy.deepcopy(self.objects[path])

    def items(self, path: str, *_: str, labelSelector: str = "", **__: str) -> list[Object]:  # noqa: N803
        self._answers()
        wanted = dict(pair.split("=") for pair in labelSelector.split(",") if pair)
        found = [one for where, one in self.objects.items() if where.rpartition("/")[0] == path]
        return copy.deepcopy([one for one in found if wanted.items() <= (one["metadata"].get("labels") or {}).items()])

    def merge(self, path: str, body: Mapping[str, Any], field_manager: str = MANAGER) -> Object:
        self._answers()
        assert field_manager
        for beginning, status in self.refuses.items():
            if path.startswith(beginning):
                raise ApiError(status, "no")
        self.changes.append((path, copy.deepcopy(dict(body))))
        found = self.objects[path.removesuffix("/status")]
        if "spec" in body:
            found["metadata"]["generation"] = found["metadata"].get("generation", 1) + 1
        merged(found, body)
        self.reacts(self)
        return copy.deepcopy(found)

    def _answers(self) -> None:
        if self.silent:
            message = "https://here does not answer: timed out"
            raise UnreachableError(message)


def merged(found: Object, patch: Mapping[str, Any]) -> None:
    """Change an object by a JSON merge patch."""
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping):
            merged(found.setdefault(key, {}), value)
        else:
            found[key] = value


def a_replica_set(
    tag: str,
    number: int,
    *,
    replicas: int = 0,
    ready: int | None = None,
    owner: str = "web",
    kind: str = "Rollout",
    healthy: str = "",
    config_map: str = "",
    created: str = CREATED,
) -> Object:
    """Return one revision: its hash is `h` and its tag."""
    key = "rollouts-pod-template-hash" if kind == "Rollout" else "pod-template-hash"
    numbered = "rollout.argoproj.io/revision" if kind == "Rollout" else "deployment.kubernetes.io/revision"
    labels = {**PODS, "app.kubernetes.io/name": owner, key: f"h{tag}"}
    sources = [{"configMapRef": {"name": config_map}}] if config_map else []
    return {
        "metadata": {
            "name": f"{owner}-h{tag}",
            "namespace": NAMESPACE,
            "labels": labels,
            "annotations": {numbered: str(number), **({"naru/healthy": healthy} if healthy else {})},
            "creationTimestamp": created,
            "ownerReferences": [{"uid": f"uid-{owner}", "controller": True}],
        },
        "spec": {
            "replicas": replicas,
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": owner, "image": f"{IMAGE}:{tag}", "envFrom": sources}]},
            },
        },
        "status": {"replicas": replicas, "readyReplicas": replicas if ready is None else ready},
    }


def a_rollout(
    current: str = "2", stable: str = "1", *, blue_green: bool = False, replicas: int = 5, **status: Any
) -> Object:
    """Return a Rollout that its controller has seen; by default a canary that is on its way from 1 to 2."""
    strategy: Object = {"canary": {"steps": copy.deepcopy(STEPS)}}
    if blue_green:
        strategy = {
            "blueGreen": {"activeService": "web", "previewService": "web-preview", "autoPromotionEnabled": False}
        }
    return {
        "metadata": {"name": "web", "namespace": NAMESPACE, "uid": "uid-web", "generation": 3},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": dict(PODS)},
            "strategy": strategy,
            "template": {"metadata": {"labels": dict(PODS)}, "spec": {"containers": [{"name": "web"}]}},
        },
        "status": {
            "observedGeneration": "3",
            "currentPodHash": f"h{current}",
            "stableRS": f"h{stable}",
            "phase": "Healthy" if current == stable else "Progressing",
            "readyReplicas": replicas,
            **status,
        },
    }


def a_deployment(
    name: str = "web", *, replicas: int = 3, updated: int | None = None, available: int | None = None, **more: Any
) -> Object:
    """Return a Deployment; complete unless there are fewer updated or available pods."""
    updated = replicas if updated is None else updated
    available = replicas if available is None else available
    complete = updated == available == replicas
    reason = "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated"
    labels = {**PODS, "app.kubernetes.io/name": name}
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "generation": 2},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": name, "image": f"{IMAGE}:2"}]},
            },
        },
        "status": {
            "observedGeneration": 2,
            "replicas": replicas,
            "updatedReplicas": updated,
            "availableReplicas": available,
            "readyReplicas": available,
            "conditions": [{"type": "Progressing", "status": "True", "reason": reason}],
            **more,
        },
    }


def with_rollout(cluster: Cluster, rollout: Object, *sets: Object) -> Cluster:
    """Give a cluster the Rollout `web` and its revisions."""
    cluster.objects[f"{ROLLOUTS}/web"] = rollout
    return with_sets(cluster, *sets)


def with_deployment(cluster: Cluster, deployment: Object, *sets: Object) -> Cluster:
    """Give a cluster a Deployment and its revisions."""
    cluster.objects[f"{DEPLOYMENTS}/{deployment['metadata']['name']}"] = deployment
    return with_sets(cluster, *sets)


def with_sets(cluster: Cluster, *sets: Object) -> Cluster:
    """Give a cluster revisions."""
    for one in sets:
        cluster.objects[f"{SETS}/{one['metadata']['name']}"] = one
    return cluster


def obeys(cluster: Cluster) -> None:
    """Do to the Rollout what its controller does when it is told something."""
    rollout = cluster.objects.get(f"{ROLLOUTS}/web")
    if rollout is None:
        return
    status = rollout["status"]
    status["observedGeneration"] = str(rollout["metadata"]["generation"])
    if status.get("abort"):
        status["abortedAt"] = CREATED
    else:
        status.pop("abortedAt", None)
    if not status.get("pauseConditions") or status.get("promoteFull"):
        status.pop("controllerPause", None)
        status.pop("pauseConditions", None)


def write_strategy(root: Path, text: str, release: str = "") -> None:
    """Give the project's service `web` another strategy, and its release what belongs to that."""
    with (root / "catalog" / "shop.yaml").open("a", encoding="utf-8") as catalog:
        catalog.write(text)
    stack = root / "Pulumi.test.yaml"
    more = (
        "    domains: {web: web.example.com, preview: preview.example.com}\n"
        "    issuers: {acme: {server: self-signed}}\n"
        "    ingressClass: nginx\n"
    )
    stack.write_text(stack.read_text(encoding="utf-8") + more, encoding="utf-8")
    if release:
        (root / "releases" / "test.yaml").write_text(f"shop:\n  web: {release}\n", encoding="utf-8")

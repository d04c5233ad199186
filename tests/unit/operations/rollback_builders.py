"""Workloads and their revisions as a cluster has them, and an API server that holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.api_server import ApiError
from operations.rollout.live import LiveWorkload, workload_path
from operations.rollout.revision import HASH, HEALTHY, revisions
from settings.variants import Kind, Role

Object = dict[str, Any]

REPOSITORY = "harbor.example.com/shop/web"
_NUMBER = {"Deployment": "deployment.kubernetes.io/revision", "Rollout": "rollout.argoproj.io/revision"}
_STAMP = "2026-01-01T00:{:02}:00Z"
SELECTOR = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop"}


def image(tag: str, digest: str = "") -> str:
    return f"{REPOSITORY}:{tag}{'@' + digest if digest else ''}"


def template(running: str, config: str = "web-11111111", **more: Any) -> Object:
    container = {"name": "web", "image": running, "envFrom": [{"configMapRef": {"name": config}}], **more}
    return {"metadata": {"labels": dict(SELECTOR)}, "spec": {"containers": [container]}}


def replica_set(
    number: int,
    tag: str,
    *,
    kind: Kind = "Deployment",
    name: str = "web",
    healthy: bool = False,
    pods: int = 0,
    ready: int | None = None,
    born: int | None = None,
    config: str = "web-11111111",
    digest: str = "",
    uid: str = "",
) -> Object:
    """Return a ReplicaSet; its hash is `h` and the minute it was born, by default its number."""
    minute = number if born is None else born
    hashed = f"h{minute}"
    made = template(image(tag, digest), config)
    made["metadata"]["labels"][HASH[kind]] = hashed
    annotations = {_NUMBER[kind]: str(number), **({HEALTHY: _STAMP.format(minute + 1)} if healthy else {})}
    return {
        "metadata": {
            "name": f"{name}-{hashed}",
            "namespace": "shop",
            "labels": {**SELECTOR, HASH[kind]: hashed},
            "annotations": annotations,
            "creationTimestamp": _STAMP.format(minute),
            "ownerReferences": [{"uid": uid or f"uid-{name}", "controller": True}],
        },
        "spec": {"replicas": pods, "template": made},
        "status": {"readyReplicas": pods if ready is None else ready},
    }


def deployment(
    *sets: Object,
    name: str = "web",
    phase: str = "healthy",
    annotations: Mapping[str, str] | None = None,
    desired: int = 2,
) -> Object:
    """Return the Deployment of these ReplicaSets, the newest first."""
    newest = sets[0]["spec"]["template"]
    labels = {key: value for key, value in newest["metadata"]["labels"].items() if key != HASH["Deployment"]}
    available = desired if phase == "healthy" else 0
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late"}
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "generation": 3,
            "resourceVersion": "7",
            "annotations": dict(annotations or {}),
        },
        "spec": {
            "replicas": desired,
            "selector": {"matchLabels": dict(SELECTOR)},
            "template": {**newest, "metadata": {"labels": labels}},
        },
        "status": {
            "observedGeneration": 3,
            "replicas": desired,
            "updatedReplicas": desired,
            "availableReplicas": available,
            "readyReplicas": available,
            "conditions": [late] if phase == "degraded" else [],
        },
    }


def rollout(
    *sets: Object,
    stable: Object,
    name: str = "web",
    phase: str = "Healthy",
    abort: bool = False,
    annotations: Mapping[str, str] | None = None,
) -> Object:
    """Return the Rollout of these ReplicaSets, the newest first."""
    found = deployment(*sets, name=name, annotations=annotations)
    found["spec"]["strategy"] = {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}}
    found["status"] = {
        "observedGeneration": "3",
        "phase": phase,
        "abort": abort,
        "currentPodHash": sets[0]["metadata"]["labels"][HASH["Rollout"]],
        "stableRS": stable["metadata"]["labels"][HASH["Rollout"]],
        "readyReplicas": 2,
    }
    return found


def workload(found: Object, *sets: Object, kind: Kind = "Deployment", role: Role = "main") -> LiveWorkload:
    name = found["metadata"]["name"]
    return LiveWorkload("main", "shop", name, kind, role, found, revisions(found, kind, sets))


def absent(kind: Kind = "Deployment", role: Role = "main", name: str = "web") -> LiveWorkload:
    return LiveWorkload("main", "shop", name, kind, role, {}, missing="it is not deployed yet")


def merged(now: Any, patch: Any) -> Any:
    """Apply a JSON merge patch, as RFC 7386 has it."""
    if not isinstance(patch, Mapping):
        return patch
    found = dict(now) if isinstance(now, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


@dataclass
class Server:
    """An API server with these objects by path; lists are the objects below a path."""

    objects: dict[str, Object] = field(default_factory=dict)
    patched: list[tuple[str, Object]] = field(default_factory=list)
    settles: bool = True
    """Whether the Deployment controller runs: a template that is put back finds its ReplicaSet."""

    def add(self, found: Object, *sets: Object, kind: Kind = "Deployment") -> "Server":
        self.objects[workload_path(kind, "shop", found["metadata"]["name"])] = found
        for one in sets:
            self.objects[f"/apis/apps/v1/namespaces/shop/replicasets/{one['metadata']['name']}"] = one
        return self

    def get(self, path: str, accept: str = "", **query: str) -> Object:
        try:
            return self.objects[path]
        except KeyError:
            raise ApiError(404, f"no {path}") from None

    def items(self, path: str, accept: str = "", **query: str) -> list[Object]:
        return [found for at, found in self.objects.items() if at.startswith(f"{path}/")]

    def merge(self, path: str, body: Mapping[str, Any], field_manager: str = "") -> Object:
        self.patched.append((path, dict(body)))
        self.objects[path] = merged(self.get(path), body)
        if self.settles and "template" in body.get("spec", {}):
            self._settle(path)
        return self.objects[path]

    def _settle(self, path: str) -> None:
        found = self.objects[path]
        sets = [one for at, one in self.objects.items() if "/replicasets/" in at]
        newest = max(int(one["metadata"]["annotations"][_NUMBER["Deployment"]]) for one in sets)
        for one in sets:
            own = one["spec"]["template"]
            labels = {k: v for k, v in own["metadata"]["labels"].items() if k != HASH["Deployment"]}
            same = {**own, "metadata": {**own["metadata"], "labels": labels}} == found["spec"]["template"]
            one["spec"]["replicas"] = one["status"]["readyReplicas"] = 2 if same else 0
            if same:
                one["metadata"]["annotations"][_NUMBER["Deployment"]] = str(newest + 1)
        status = {"availableReplicas": 2, "readyReplicas": 2, "conditions": []}
        found["status"] = {**found["status"], **status}

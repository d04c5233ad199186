"""Objects as hardened and guarded as they ought to be, and ways to change one place of them."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from manifests.placed import Manifest
from operations.diff.finding import Finding
from operations.diff.model import Level, Subject
from operations.diff.pairs import Sides

GONE: Any = object()
"""In place of a value: the key is taken away."""
_API = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "Job": "batch/v1",
    "Rollout": "argoproj.io/v1alpha1",
    "Gateway": "gateway.networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
}
KEPT = {"argocd.argoproj.io/sync-options": "Prune=false,Delete=false"}


@dataclass(frozen=True)
class Case:
    """A change of objects, and what a rule says of it."""

    name: str
    before: tuple[Manifest, ...]
    after: tuple[Manifest, ...]
    level: Level | None = None
    """None where it is no risk."""
    says: str = ""

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def risky(name: str, level: Level, says: str, before: Any, after: Any) -> Case:
    """Return a change that is a risk; one object, several or None on each side."""
    return Case(name, _several(before), _several(after), level, says)


def harmless(name: str, before: Any, after: Any) -> Case:
    """Return a change that is none."""
    return Case(name, _several(before), _several(after))


def _several(objects: Any) -> tuple[Manifest, ...]:
    return () if objects is None else (objects,) if isinstance(objects, dict) else tuple(objects)


def side(objects: Iterable[Manifest], cluster: str = "seoul") -> dict[Subject, Manifest]:
    """Return one side of a stack with those objects of the system `shop`."""
    return {
        Subject(cluster, "shop", one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one
        for one in map(deepcopy, objects)
    }


def judged(rule: Callable[[Sides], Iterable[Finding]], case: Case) -> None:
    """Hold what a rule says to what a case expects: one risk and no other, or none."""
    findings = list(rule(Sides(side(case.before), side(case.after))))
    told = [f"{found.level.name} {found.subject}: {found.reason}" for found in findings]
    if case.level is None:
        assert told == []
    else:
        assert [found.level for found in findings] == [case.level], told
        assert case.says in findings[0].reason, told


def made(kind: str, name: str = "api", **content: Any) -> Manifest:
    """Return an object of the namespace `shop`, with labels as ours have them."""
    metadata = {
        "name": name,
        "namespace": "shop",
        "labels": {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "api"},
        **content.pop("metadata", {}),
    }
    return {"apiVersion": _API.get(kind, "v1"), "kind": kind, "metadata": metadata, **content}


def namespace(name: str = "shop", **labels: str) -> Manifest:
    """Return a Namespace with the strictest Pod Security."""
    enforced = {"pod-security.kubernetes.io/enforce": "restricted", **labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": enforced}}


def container(name: str = "api", **content: Any) -> Manifest:
    """Return a hardened container with probes."""
    return {
        "name": name,
        "image": f"harbor.example.com/shop/{name}:1.2.0",
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}},
        "livenessProbe": {"httpGet": {"path": "/health", "port": "http"}},
        "startupProbe": {"httpGet": {"path": "/health", "port": "http"}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **content,
    }


def workload(kind: str = "Deployment", name: str = "api", **spec: Any) -> Manifest:
    """Return a workload of three pods."""
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "api"}
    return made(
        kind,
        name,
        spec={
            "replicas": 3,
            "minReadySeconds": 10,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "serviceAccountName": name,
                    "terminationGracePeriodSeconds": 30,
                    "containers": [container(name)],
                },
            },
            **spec,
        },
    )


def store(name: str = "db", **spec: Any) -> Manifest:
    """Return a data store that Argo CD keeps, with a volume of 10Gi."""
    claim = {
        "storageClassName": "gp3",
        "resources": {"requests": {"storage": "10Gi"}},
        "accessModes": ["ReadWriteOnce"],
    }
    made_so = workload("StatefulSet", name, volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": claim}])
    mounted = put(made_so, "spec/template/spec/containers/0/volumeMounts", [{"name": "data", "mountPath": "/data"}])
    mounted["spec"].update(
        {"serviceName": name, "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain"}, **spec}
    )
    return put(mounted, "metadata/annotations", dict(KEPT))


def claim(name: str = "cache", **metadata: Any) -> Manifest:
    """Return a claim that nothing keeps."""
    spec = {"storageClassName": "gp3", "resources": {"requests": {"storage": "10Gi"}}, "accessModes": ["ReadWriteOnce"]}
    return made("PersistentVolumeClaim", name, spec=spec, metadata=metadata)


def service(name: str = "api", **spec: Any) -> Manifest:
    """Return a Service of the workload `api`."""
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return made("Service", name, spec={"selector": {"app.kubernetes.io/name": "api"}, "ports": ports, **spec})


def ingress(
    *hosts: str, path: str = "/", tls: bool = True, name: str = "api", notes: Manifest | None = None
) -> Manifest:
    """Return an Ingress that leads to the Service `api`, with those annotations."""
    backend = {"service": {"name": "api", "port": {"number": 80}}}
    rules = [{"host": host, "http": {"paths": [{"path": path, "backend": backend}]}} for host in hosts]
    spec = {"ingressClassName": "nginx", "rules": rules, **({"tls": [{"hosts": list(hosts)}]} if tls else {})}
    return made("Ingress", name, spec=spec, metadata={"annotations": notes or {}})


def job(name: str = "api-migrate", *, runs: str = "migrate", **metadata: Any) -> Manifest:
    """Return a Job of the service `api`: its migration, or a backup before one."""
    spec = {"automountServiceAccountToken": False, "containers": [container(runs, command=["up"])]}
    labels = {"app.kubernetes.io/name": name}
    return made("Job", name, spec={"template": {"metadata": {"labels": labels}, "spec": spec}}, metadata=metadata)


def put(manifest: Manifest, path: str, value: Any) -> Manifest:
    """Return an object with another value at a path, such as `spec/template/spec/containers/0/image`."""
    changed = deepcopy(manifest)
    *way, last = path.replace("\\/", "\0").split("/")
    inside: Any = changed
    for part in way:
        inside = inside[int(part)] if isinstance(inside, list) else inside.setdefault(part.replace("\0", "/"), {})
    key: Any = int(last) if isinstance(inside, list) else last.replace("\0", "/")
    if value is GONE:
        del inside[key]
    else:
        inside[key] = value
    return changed


CONTAINER = "spec/template/spec/containers/0"

"""Objects of two sides, each with the least that makes it one."""

from copy import deepcopy
from typing import Any

from manifests.placed import Manifest
from operations.diff.model import Objects, Subject

API_VERSIONS = {
    "Application": "argoproj.io/v1alpha1",
    "ConfigMap": "v1",
    "Deployment": "apps/v1",
    "ExternalSecret": "external-secrets.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "Job": "batch/v1",
    "PersistentVolumeClaim": "v1",
    "Rollout": "argoproj.io/v1alpha1",
    "SealedSecret": "bitnami.com/v1alpha1",
    "Secret": "v1",
    "Service": "v1",
    "StatefulSet": "apps/v1",
}


def made(kind: str, name: str = "api", *, component: str = "api", **content: Any) -> Manifest:
    """Return an object; `metadata` in the content is added to its own."""
    given: Manifest = content.pop("metadata", {})
    labels = {"app.kubernetes.io/component": component, **given.get("labels", {})}
    metadata = {"name": name, "namespace": "shop", **given, "labels": labels}
    return {"apiVersion": API_VERSIONS[kind], "kind": kind, "metadata": metadata, **content}


def workload(
    kind: str = "Deployment", name: str = "api", *, container: Manifest | None = None, **rest: Any
) -> Manifest:
    """Return a workload of one container, with annotations on its pods where they are given."""
    pods: Manifest = {"spec": {"containers": [{"name": name, "image": f"{name}:1.0.0", **(container or {})}]}}
    if "checksum" in rest:
        pods["metadata"] = {"annotations": {"checksum/secrets": rest.pop("checksum")}}
    return made(kind, name, component=name, spec={"template": pods}, **rest)


def side(*manifests: Manifest, cluster: str = "seoul", system: str = "shop") -> Objects:
    """Return one side of a stack with these objects."""
    return {
        Subject(cluster, system, one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one
        for one in map(deepcopy, manifests)
    }

"""Small stacks and objects for tests of the operations."""

from typing import Any

from manifests.placed import Part, Placed
from settings.environment import Cluster, Delivery, Environment, Tier
from settings.stack import Stack
from settings.system import Namespace, System


def environment(tier: Tier = Tier.STAGING, **more: Any) -> Environment:
    clusters = {
        "seoul": Cluster(context="ctx-seoul", region="kr", primary=True),
        "tokyo": Cluster(context="t", region="jp"),
    }
    return Environment(tier=tier, delivery=Delivery.DIRECT, **{"clusters": clusters, **more})


def system(name: str, *, enabled: bool = True, **more: Any) -> System:
    return System(name=name, description=name, enabled=enabled, **{"namespaces": {name: Namespace()}, **more})


def stack(*systems: System, **more: Any) -> Stack:
    return Stack("staging", environment(**more), {one.name: one for one in systems})


def manifest(kind: str, name: str, namespace: str = "ns", version: str = "v1", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("metadata", {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def placed(*manifests: dict[str, Any]) -> list[Placed]:
    return [Placed(one, Part.WORKLOADS) for one in manifests]


def workload(
    kind: str = "Deployment", name: str = "api", pod: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": pod or {"containers": [{"name": "main"}]}}
    selector = {"matchLabels": {"app": name}}
    return manifest(
        kind, name, version="apps/v1", spec={"replicas": 2, "selector": selector, "template": template, **spec}
    )

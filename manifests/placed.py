"""A Kubernetes object and its place in the order of things."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from settings.environment import Cluster, Delivery, Environment
from settings.stack import Stack
from settings.system import System

Manifest = dict[str, Any]


class Part(StrEnum):
    """Which half of a system an object belongs to: what must be there first, and what then runs on it."""

    FOUNDATION = "foundation"
    WORKLOADS = "workloads"


def reference(kind: str, namespace: str | None, name: str) -> str:
    """Return what other objects call an object by: `Kind/namespace/name`, the namespace empty where it has none."""
    return f"{kind}/{namespace or ''}/{name}"


@dataclass(frozen=True, slots=True)
class Placed:
    """One object of one system on one cluster."""

    manifest: Manifest
    part: Part
    component: str = ""
    """The service or data store it belongs to; empty for what belongs to the system itself."""
    after: tuple[str, ...] = ()
    """References of the objects that must be ready first."""
    keeps_data: bool = False
    """Whether deleting it could lose data: protected and retained where the environment says so."""
    kept: bool = False
    """Whether the cluster keeps it when it is replaced, as an earlier revision may still name it."""
    hashed: bool = False
    """Whether its name ends in a hash of its content, so that other content makes another object."""
    not_ours: tuple[str, ...] = ()
    """Paths that a controller writes once the object is there: an update leaves them as they are."""
    reference: str = field(init=False)

    def __post_init__(self) -> None:
        metadata = self.manifest["metadata"]
        object.__setattr__(
            self, "reference", reference(self.manifest["kind"], metadata.get("namespace"), metadata["name"])
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where objects are made for: one system of one stack on one of its clusters."""

    stack: Stack
    system: System
    cluster_name: str

    @property
    def environment(self) -> Environment:
        """The stack's environment."""
        return self.stack.environment

    @property
    def cluster(self) -> Cluster:
        """The cluster itself."""
        return self.stack.environment.clusters[self.cluster_name]

    @property
    def is_primary(self) -> bool:
        """Whether data stores live on this cluster."""
        return self.cluster_name == self.stack.environment.primary

    @property
    def direct(self) -> bool:
        """Whether Pulumi itself applies and waits, so that its annotations belong on the objects."""
        return self.stack.environment.delivery is Delivery.DIRECT

    @property
    def taking_over(self) -> dict[str, dict[str, str]]:
        """What a workload carries where Pulumi applies it, so that the next update wins over a change by hand.

        Without it, `kubectl scale` or `rollout undo` would end the next update in a conflict.
        """
        return {"annotations": {"pulumi.com/patchForce": "true"}} if self.direct else {}

    def namespace(self, key: str | None) -> str:
        """Return the name in the cluster of one of the system's namespaces."""
        return self.system.namespace_name(key)

    def labels(self, name: str, component: str = "") -> dict[str, str]:
        """Return the labels of an object: what it is called, what it is part of, who made it. Never a version."""
        labels = {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/part-of": self.system.name,
            "app.kubernetes.io/managed-by": "naru",
        }
        if component:
            labels["app.kubernetes.io/component"] = component
        return labels

    def selector(self, name: str) -> dict[str, str]:
        """Return the labels that find the pods of a service or data store; they never change, so carry no version."""
        return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": self.system.name}

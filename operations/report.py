"""What a stack has come to on a cluster: pods, addresses, scaling, and what is not ready with the reason. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from manifests.exposure import urls
from manifests.placed import Place, Placed
from operations.migrate.state import MigrationState, migration_state
from operations.migrate.step import steps_among
from operations.readiness import Lists, Object, object_reason, pods_of, workload_reason
from settings.environment import Delivery

WORKLOADS = ("Deployment", "StatefulSet")
OTHERS = (
    "Certificate",
    "ClusterIssuer",
    "ExternalSecret",
    "Gateway",
    "Ingress",
    "PersistentVolumeClaim",
    "SealedSecret",
)
"""The kinds beside workloads that can be unready."""


@dataclass(frozen=True, slots=True)
class WorkloadState:
    """One Deployment or StatefulSet: `ready` of `desired` pods; a reason where that is too few."""

    name: str
    namespace: str
    kind: str
    ready: int
    desired: int
    scaling: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SystemState:
    """One system on one cluster."""

    cluster: str
    system: str
    workloads: tuple[WorkloadState, ...] = ()
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Service to where it answers from outside."""
    migrations: tuple[MigrationState, ...] = ()
    """Where Pulumi runs them, in the order they run."""
    unready: Mapping[str, str] = field(default_factory=dict)
    """Other objects that are not ready, `Kind namespace/name` to the reason."""

    @property
    def ready(self) -> bool:
        """Whether everything is as it should be."""
        waiting = (migration for migration in self.migrations if migration.status != "complete")
        return not self.unready and not any(workload.reason for workload in self.workloads) and not any(waiting)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "ready": self.ready}


def states(place: Place, objects: Sequence[Placed], lists: Lists | None) -> SystemState:
    """Return how the objects of a system are; with no lists (nobody applies them here), only its addresses."""
    system = place.system
    found = {name: tuple(urls(place, service)) for name, service in system.services.items() if service.enabled}
    addresses = {name: answered for name, answered in found.items() if answered}
    if lists is None:
        return SystemState(place.cluster_name, system.name, addresses=addresses)
    live = {
        (kind, item["metadata"].get("namespace", ""), item["metadata"]["name"]): {"kind": kind, **item}
        for kind in (*WORKLOADS, *OTHERS)
        for item in lists.get(kind, ())
    }
    workloads, unready = [], {}
    for placed in objects:
        kind, metadata = placed.manifest["kind"], placed.manifest["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        item = live.get((kind, namespace, name))
        if kind in WORKLOADS:
            workloads.append(_workload(placed, item, lists))
        elif kind in OTHERS and kind in lists and not (kind == "Ingress" and place.environment.address_pending):
            reason = "it is not there" if item is None else object_reason(item, lists)
            if reason:
                advice = _advice(place, kind, name, reason)
                unready[f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"] = f"{reason}{advice}"
    migrations = tuple(migration_state(step, lists) for step in steps_among(place, objects)) if "Job" in lists else ()
    return SystemState(place.cluster_name, system.name, tuple(workloads), addresses, migrations, unready)


def _advice(place: Place, kind: str, name: str, reason: str) -> str:
    """Return what to do about a secret that is not made, in the words that its reason leaves out."""
    if kind == "SealedSecret" and "no key could decrypt" in reason:
        return (
            "; sealed for another name or namespace, or with another certificate: "
            f"`naru seal {place.system.name}/{name} --stack {place.stack.name}`"
        )
    if kind == "SealedSecret" and "is not managed by SealedSecret" in reason:
        return f"; delete that Secret, or annotate it with sealedsecrets.bitnami.com/managed=true: {name}"
    if kind == "ExternalSecret" and ": " in reason:
        return "; look for its keys in the store, and at what the store itself says (kubectl describe)"
    return ""


def applied_here(place: Place) -> bool:
    """Tell whether Pulumi itself applies the objects, so that the cluster can be asked how they are."""
    return place.environment.delivery is Delivery.DIRECT


def _workload(placed: Placed, item: Object | None, lists: Lists) -> WorkloadState:
    kind, metadata = placed.manifest["kind"], placed.manifest["metadata"]
    name, namespace = metadata["name"], metadata["namespace"]
    if item is None:
        return WorkloadState(
            name, namespace, kind, 0, placed.manifest["spec"].get("replicas", 1), reason="it is not there"
        )
    status = item.get("status") or {}
    desired, ready = item["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    updated = status.get("updatedReplicas", 0)
    reason = ""
    if min(ready, updated) < desired or status.get("observedGeneration") != item["metadata"].get("generation"):
        reason = workload_reason(item, pods_of(item, lists.get("Pod", ())), lists.get("Event", ()))
    return WorkloadState(name, namespace, kind, ready, desired, _scaling(kind, namespace, name, lists), reason)


def _scaling(kind: str, namespace: str, name: str, lists: Lists) -> str:
    for scaler in lists.get("HorizontalPodAutoscaler", ()):
        target = scaler["spec"]["scaleTargetRef"]
        if (target["kind"], scaler["metadata"]["namespace"], target["name"]) == (kind, namespace, name):
            between = f"{scaler['spec'].get('minReplicas', 1)}–{scaler['spec']['maxReplicas']}"
            return ", ".join((between, *_uses(scaler)))
    return ""


def _uses(scaler: Object) -> Iterator[str]:
    """Yield each resource with its average use and the aimed one: `cpu 35%/70%`, a dash where there are no metrics."""
    current = {
        metric["resource"]["name"]: metric["resource"].get("current", {}).get("averageUtilization")
        for metric in (scaler.get("status") or {}).get("currentMetrics") or ()
        if metric.get("type") == "Resource"
    }
    for metric in scaler["spec"].get("metrics") or ():
        if metric.get("type") == "Resource":
            name, aimed = metric["resource"]["name"], metric["resource"]["target"].get("averageUtilization")
            used = "–" if current.get(name) is None else f"{current[name]}%"
            yield f"{name} {used}/{aimed}%"

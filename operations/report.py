"""What a stack has come to on a cluster: pods, addresses, scaling, and what is not ready with the reason. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from manifests.exposure import urls
from manifests.placed import Place, Placed
from operations.migrate.state import MigrationState, migration_state
from operations.migrate.step import steps_among
from operations.readiness import Lists, Object, object_reason, pod_reason, pods_of, workload_reason
from operations.rollout.live import LiveWorkload
from operations.rollout.pause import pauses
from operations.rollout.phase import desired, rollout_phase
from settings.environment import Delivery

WORKLOADS = ("Deployment", "Rollout", "StatefulSet")
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

_UNDER_WAY = ("progressing", "paused")


@dataclass(frozen=True, slots=True)
class WorkloadState:
    """One Deployment, Rollout or StatefulSet: `ready` of `desired` pods; a reason where it is not as it should be."""

    name: str
    namespace: str
    kind: str
    ready: int
    desired: int
    scaling: str = ""
    reason: str = ""
    under_way: str = ""
    """What a Rollout that serves is about: its step and what it waits for; empty for none."""
    seen: bool = True
    """Whether its controller has seen the newest change."""
    paused: Literal["", "for a time", "for somebody"] = ""
    """Whether a Rollout stands still, and until when: it goes on by itself, or somebody has to decide."""


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
    if kind == "Rollout":
        return _rollout(item, lists)
    status = item.get("status") or {}
    wanted, ready = item["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    updated = status.get("updatedReplicas", 0)
    reason = ""
    if min(ready, updated) < wanted or status.get("observedGeneration") != item["metadata"].get("generation"):
        reason = workload_reason(item, pods_of(item, lists.get("Pod", ())), lists.get("Event", ()))
    return WorkloadState(name, namespace, kind, ready, wanted, _scaling(kind, namespace, name, lists), reason)


def _rollout(item: Object, lists: Lists) -> WorkloadState:
    """Return how a Rollout is: one that is paused or goes on is as it should be, one that was called off is not."""
    metadata, status = item["metadata"], item.get("status") or {}
    name, namespace = metadata["name"], metadata["namespace"]
    phase, said = rollout_phase(dict(item))
    wanted, ready = desired(dict(item)), int(status.get("readyReplicas") or 0)
    pods = pods_of(item, lists.get("Pod", ()))
    waits = next((why for pod in reversed(pods) if (why := pod_reason(pod, lists.get("Event", ())))), "")
    warned = "" if phase == "healthy" else waits
    reason = "; ".join(filter(None, (said or phase, warned))) if phase == "degraded" else ""
    under_way = "; ".join(filter(None, (_step(item), said or phase, warned))) if phase in _UNDER_WAY else ""
    if ready < wanted and not status.get("stableRS"):
        # Nothing serves yet, so there is nothing that would go on serving.
        reason = reason or under_way or waits or "pods have not started yet"
    elif phase == "healthy" and ready < wanted:
        reason = waits or "pods have not started yet"
    seen = str(status.get("observedGeneration")) == str(metadata.get("generation"))
    if not seen:
        reason = reason or "Argo Rollouts has not seen its newest change: does the controller run?"
    scaling = _scaling("Rollout", namespace, name, lists)
    under_way = "" if reason else under_way
    paused = _paused(item) if under_way and phase == "paused" else ""
    return WorkloadState(name, namespace, "Rollout", ready, wanted, scaling, reason, under_way, seen, paused)


def _paused(rollout: Object) -> Literal["for a time", "for somebody"]:
    metadata = rollout["metadata"]
    found = pauses(LiveWorkload("", metadata["namespace"], metadata["name"], "Rollout", "main", dict(rollout)))
    return "for a time" if found and not any(one.for_somebody for one in found) else "for somebody"


def _step(rollout: Object) -> str:
    """Return how far a canary is: `step 2 of 8, 20 %`."""
    canary = (rollout["spec"].get("strategy") or {}).get("canary") or {}
    steps, index = canary.get("steps") or (), (rollout.get("status") or {}).get("currentStepIndex")
    if not steps or index is None:
        return ""
    weights = [step["setWeight"] for step in steps[: index + 1] if "setWeight" in step]
    return f"step {min(index + 1, len(steps))} of {len(steps)}" + (f", {weights[-1]} %" if weights else "")


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

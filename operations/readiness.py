"""Why a workload is not ready, read off its pods, its own conditions and the cluster's events. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from operations.missing_secret import naming_secret
from operations.tally import one_line

Object = Mapping[str, Any]

Lists = Mapping[str, Sequence[Object]]
"""The objects of a cluster by kind; a kind that could not be listed is not in it."""

# What a condition's type says of an object when it is not true.
_CONDITIONS = {
    "Certificate": "Ready",
    "ClusterIssuer": "Ready",
    "ExternalSecret": "Ready",
    "Gateway": "Programmed",
    "SealedSecret": "Synced",
}


def pods_of(workload: Object, pods: Iterable[Object]) -> list[Object]:
    """Return the pods a workload selects, the newest last."""
    wanted = workload["spec"]["selector"].get("matchLabels", {}).items()
    namespace = workload["metadata"]["namespace"]
    found = [
        pod
        for pod in pods
        if pod["metadata"]["namespace"] == namespace and wanted <= (pod["metadata"].get("labels") or {}).items()
    ]
    return sorted(found, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))


def workload_reason(workload: Object, pods: Sequence[Object], events: Sequence[Object]) -> str:
    """Say in one line why a workload has fewer ready pods than it should; its newest pods know best."""
    refused = _own_words(workload, "ReplicaFailure", "True")
    told = (reason for pod in reversed(pods) if (reason := pod_reason(pod, events)))
    warned = warnings_about(workload, events)
    late = _own_words(workload, "Progressing", "False")
    return one_line(next(iter((*refused, *told, *warned, *late)), "pods have not started yet"))


def _own_words(workload: Object, kind: str, status: str) -> Iterator[str]:
    for condition in workload.get("status", {}).get("conditions") or ():
        if (condition["type"], condition["status"]) == (kind, status):
            yield f"{condition.get('reason', kind)}: {condition.get('message', '')}"


def pod_reason(pod: Object, events: Sequence[Object]) -> str:
    """Say why a pod is not ready, in the kubelet's or scheduler's words; nothing if it is, or is going."""
    status, name = pod.get("status", {}), pod["metadata"]["name"]
    if pod["metadata"].get("deletionTimestamp") or status.get("phase") == "Succeeded":
        return ""
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    if conditions.get("Ready", {}).get("status") == "True":
        return ""
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"{name}: {scheduled.get('reason', '')}: {scheduled.get('message', '')}"
    containers = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    for container in containers:
        if said := _container_reason(container):
            return f"{name}: {naming_secret(pod, said)}"
    warned = next(warnings_about(pod, events), "")
    ready = conditions.get("Ready", {})
    said = warned or ready.get("message") or status.get("message") or f"phase {status.get('phase', 'Unknown')}"
    return f"{name}: {naming_secret(pod, said)}"


def _container_reason(container: Object) -> str:
    state = container.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    if waiting.get("reason") not in {None, "ContainerCreating", "PodInitializing"}:
        message = waiting.get("message", "")
        last = ((container.get("lastState") or {}).get("terminated") or {}).get("exitCode")
        crashed = f"exit code {last}, {container.get('restartCount', 0)} restarts" if last is not None else ""
        return ": ".join(part for part in (waiting["reason"], message or crashed) if part)
    if ended.get("exitCode"):
        return f"{container['name']}: {ended.get('reason', 'Error')}, exit code {ended['exitCode']}"
    return ""


def warnings_about(owner: Object, events: Iterable[Object]) -> Iterator[str]:
    """Yield what warning events say about an object, the newest first."""
    uid = owner["metadata"].get("uid")
    about = [
        event
        for event in events
        if uid and event.get("type") == "Warning" and event.get("involvedObject", {}).get("uid") == uid
    ]
    about.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""), reverse=True)
    return (f"{event.get('reason', '')}: {event.get('message', '')}" for event in about)


def object_reason(found: Object, lists: Lists) -> str:
    """Say why an object that is no workload is not ready; nothing if it is."""
    kind, status = found["kind"], found.get("status") or {}
    if kind == "PersistentVolumeClaim":
        return "" if status.get("phase") == "Bound" else _claim_reason(found, lists)
    if kind == "Ingress" and not status.get("loadBalancer", {}).get("ingress"):
        return "it has no address yet"
    return _condition_reason(status, _CONDITIONS[kind]) if kind in _CONDITIONS else ""


def _claim_reason(claim: Object, lists: Lists) -> str:
    """Say why a claim has no volume; nothing if nobody mounts it yet, which is what many classes wait for."""
    warned = next(warnings_about(claim, lists.get("Event", ())), "")
    mounted = any(
        (volume.get("persistentVolumeClaim") or {}).get("claimName") == claim["metadata"]["name"]
        for pod in lists.get("Pod", ())
        if pod["metadata"]["namespace"] == claim["metadata"]["namespace"]
        for volume in pod.get("spec", {}).get("volumes") or ()
    )
    return one_line(warned or (f"phase {claim.get('status', {}).get('phase', 'Pending')}" if mounted else ""))


def _condition_reason(status: Object, wanted: str) -> str:
    condition = next((c for c in status.get("conditions") or () if c["type"] == wanted), None)
    if condition is None:
        return "its controller has not answered yet"
    if condition["status"] == "True":
        return ""
    return one_line(f"{condition.get('reason', '')}: {condition.get('message', '')}")

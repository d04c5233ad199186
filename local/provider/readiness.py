"""When an object counts as ready: decisions on its own status, and on what little else decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.provider.objects import Object, Type, dig, type_of
from local.provider.reasons import is_certain

# A quota or a service account may still come; a controller that is refused longer than this will not be let in.
_REFUSAL_PATIENCE: Final = 30.0


@dataclass(frozen=True)
class Ready:
    """Nothing is left to wait for."""


@dataclass(frozen=True)
class Waiting:
    """Not ready yet; with `patience`, a failure once it has stayed so for that many seconds."""

    message: str
    patience: float | None = None


@dataclass(frozen=True)
class Failed:
    """Waiting longer will not help."""

    message: str


Verdict = Ready | Waiting | Failed


@dataclass(frozen=True)
class Surroundings:
    """What decides beside the object: EndpointSlices of a Service, the binding mode of a claim's StorageClass."""

    slices: Sequence[Object] = ()
    binding_mode: str = ""


def is_awaited(type_: Type) -> bool:
    """Tell whether objects of the kind are waited for without being told."""
    return (type_.group, type_.kind) in _KINDS


def default_timeout(type_: Type) -> float:
    """Return how many seconds to wait for an object of the kind, as the official provider has it."""
    return 300.0 if type_.kind in ("PersistentVolume", "PersistentVolumeClaim", "Pod") else 600.0


def verdict(obj: Object, around: Surroundings = Surroundings()) -> Verdict:
    """Return whether an object is ready; one of a kind that is not awaited always is."""
    type_ = type_of(obj)
    decide = _KINDS.get((type_.group, type_.kind))
    return decide(obj, around) if decide else Ready()


def _deployment(obj: Object, _: Surroundings) -> Verdict:
    if unseen := _unseen(obj):
        return unseen
    progressing = _condition(obj, "Progressing")
    if progressing.get("status") == "False" and progressing.get("reason") == "ProgressDeadlineExceeded":
        return Failed(f"ProgressDeadlineExceeded: {progressing.get('message', '')}")
    refused = _condition(obj, "ReplicaFailure")
    if refused.get("status") == "True":
        message = f"{refused.get('reason', 'ReplicaFailure')}: {refused.get('message', '')}"
        return Failed(message) if is_certain(message) else Waiting(message, _REFUSAL_PATIENCE)
    wanted = _count(obj, "spec", "replicas", default=1)
    updated = _count(obj, "status", "updatedReplicas")
    if updated < wanted:
        return Waiting(f"waiting for {wanted - updated} of {wanted} pods to be updated")
    if _count(obj, "status", "replicas") > updated:
        return Waiting(f"waiting for {_count(obj, 'status', 'replicas') - updated} old pods to end")
    return _pods(_count(obj, "status", "availableReplicas"), wanted)


def _stateful_set(obj: Object, _: Surroundings) -> Verdict:
    if unseen := _unseen(obj):
        return unseen
    wanted = _count(obj, "spec", "replicas", default=1)
    ready = _count(obj, "status", "readyReplicas")
    if ready < wanted or dig(obj, "spec", "updateStrategy", "type") == "OnDelete":
        return _pods(ready, wanted)
    partition = _count(obj, "spec", "updateStrategy", "rollingUpdate", "partition")
    updated = _count(obj, "status", "updatedReplicas")
    if (
        dig(obj, "status", "currentRevision") == dig(obj, "status", "updateRevision")
        or updated >= wanted - partition > 0
    ):
        return _pods(_count(obj, "status", "availableReplicas", default=ready), wanted)
    return Waiting(f"waiting for {max(wanted - partition - updated, 0)} of {wanted} pods to be updated")


def _daemon_set(obj: Object, _: Surroundings) -> Verdict:
    if unseen := _unseen(obj):
        return unseen
    wanted = _count(obj, "status", "desiredNumberScheduled")
    updated = _count(obj, "status", "updatedNumberScheduled")
    if updated < wanted and dig(obj, "spec", "updateStrategy", "type") != "OnDelete":
        return Waiting(f"waiting for {wanted - updated} of {wanted} pods to be updated")
    return _pods(_count(obj, "status", "numberAvailable"), wanted)


def _job(obj: Object, _: Surroundings) -> Verdict:
    if _condition(obj, "Complete").get("status") == "True":
        return Ready()
    failed = _condition(obj, "Failed")
    if failed.get("status") == "True":
        return Failed(f"the Job failed: {failed.get('reason', '')}: {failed.get('message', '')}")
    if dig(obj, "spec", "suspend") is True:
        return Waiting("waiting for the Job to be resumed (spec.suspend)")
    done, wanted = _count(obj, "status", "succeeded"), _count(obj, "spec", "completions", default=1)
    failures = _count(obj, "status", "failed")
    tried = (
        f", {failures} pods failed (backoffLimit {_count(obj, 'spec', 'backoffLimit', default=6)})" if failures else ""
    )
    return Waiting(f"waiting for {wanted - done} of {wanted} completions{tried}")


def _claim(obj: Object, around: Surroundings) -> Verdict:
    phase = dig(obj, "status", "phase")
    if phase == "Bound" or (phase == "Pending" and around.binding_mode == "WaitForFirstConsumer"):
        return Ready()
    if phase == "Lost":
        return Failed("the claim lost its volume")
    return Waiting(f"waiting for a volume of class {dig(obj, 'spec', 'storageClassName') or '(none)'}")


def _volume(obj: Object, _: Surroundings) -> Verdict:
    phase = dig(obj, "status", "phase")
    return Ready() if phase in ("Available", "Bound") else Waiting(f"waiting for the volume, which is {phase or 'new'}")


def _service(obj: Object, around: Surroundings) -> Verdict:
    kind = dig(obj, "spec", "type")
    if needs_endpoints(obj) and not any(_serves(endpoint) for part in around.slices for endpoint in _endpoints(part)):
        return Waiting("waiting for a ready pod behind the Service")
    if kind == "LoadBalancer" and not dig(obj, "status", "loadBalancer", "ingress"):
        return Waiting("waiting for an address of the load balancer")
    return Ready()


def needs_endpoints(service: Object) -> bool:
    """Tell whether a Service is ready only with a pod behind it."""
    spec = dig(service, "spec") or {}
    return bool(spec.get("selector")) and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None"


def _endpoints(endpoint_slice: Object) -> Sequence[Object]:
    return endpoint_slice.get("endpoints") or ()


def _serves(endpoint: Object) -> bool:
    return dig(endpoint, "conditions", "ready") is not False  # unknown counts as ready (discovery.k8s.io/v1)


def _ingress(obj: Object, _: Surroundings) -> Verdict:
    if dig(obj, "status", "loadBalancer", "ingress"):
        return Ready()
    return Waiting(f"waiting for an address from class {dig(obj, 'spec', 'ingressClassName') or '(default)'}")


def _pod(obj: Object, _: Surroundings) -> Verdict:
    phase = dig(obj, "status", "phase")
    if phase == "Succeeded" or _condition(obj, "Ready").get("status") == "True":
        return Ready()
    return Failed("the pod failed") if phase == "Failed" else Waiting(f"waiting for the pod, which is {phase or 'new'}")


def _namespace(obj: Object, _: Surroundings) -> Verdict:
    phase = dig(obj, "status", "phase")
    return Ready() if phase == "Active" else Waiting(f"waiting for the namespace, which is {phase or 'new'}")


def _definition(obj: Object, _: Surroundings) -> Verdict:
    names = _condition(obj, "NamesAccepted")
    if names.get("status") == "False":
        return Failed(f"the names are refused: {names.get('message', '')}")
    established = _condition(obj, "Established").get("status") == "True"
    return Ready() if established else Waiting("waiting for the API server to serve the kind")


_KINDS: Final[Mapping[tuple[str, str], Callable[[Object, Surroundings], Verdict]]] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("networking.k8s.io", "Ingress"): _ingress,
}


def _unseen(obj: Object) -> Waiting | None:
    generation = _count(obj, "metadata", "generation")
    if _count(obj, "status", "observedGeneration") < generation:
        return Waiting("waiting for the controller to see the change")
    return None


def _pods(ready: int, wanted: int) -> Verdict:
    return Waiting(f"waiting for {wanted - ready} of {wanted} pods") if ready < wanted else Ready()


def _count(obj: Object, *path: str, default: int = 0) -> int:
    value = dig(obj, *path)
    return value if isinstance(value, int) else default


def _condition(obj: Object, type_: str) -> Mapping[str, Any]:
    conditions: Sequence[Mapping[str, Any]] = dig(obj, "status", "conditions") or ()
    return next((condition for condition in conditions if condition.get("type") == type_), {})

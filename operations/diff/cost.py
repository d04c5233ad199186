"""What all pods and volumes of a stack ask for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from manifests.placed import Manifest
from operations.diff.model import Cost, Objects, Subject
from operations.diff.pairs import WORKLOADS
from operations.diff.pods import autoscaler, claims, pod, pod_count
from settings.types import quantity_value


@dataclass(frozen=True, slots=True)
class Asked:
    """What one workload or claim asks for."""

    pods: int
    """At least; 1 for a claim of its own."""
    most: int
    """As far as its autoscaler goes."""
    cpu: Decimal
    """Cores, of one pod."""
    memory: Decimal
    """Bytes, of one pod."""
    storage: Decimal
    """Bytes, of one pod."""


def cost(objects: Objects) -> Cost:
    """Return the sum of what a side asks for, each workload at its least number; Jobs, which end, are not counted."""
    found = asked(objects).values()
    return Cost(
        cpu=float(sum((one.cpu * one.pods for one in found), Decimal())),
        memory=int(sum((one.memory * one.pods for one in found), Decimal())),
        storage=int(sum((one.storage * one.pods for one in found), Decimal())),
    )


def asked(objects: Objects) -> dict[Subject, Asked]:
    """Return what each workload and each claim asks for."""
    scalers: defaultdict[tuple[str, str], list[tuple[Subject, Manifest]]] = defaultdict(list)
    for subject, manifest in objects.items():
        if subject.kind == "HorizontalPodAutoscaler":
            scalers[subject.cluster, subject.namespace].append((subject, manifest))
    found = {}
    for subject, manifest in objects.items():
        storage = sum((_storage(spec) for spec in claims(manifest).values()), Decimal())
        if subject.kind in WORKLOADS:
            own = scalers.get((subject.cluster, subject.namespace), ())
            found[subject] = _asked(subject, manifest, storage, own)
        elif subject.kind == "PersistentVolumeClaim":
            found[subject] = Asked(1, 1, Decimal(), Decimal(), storage)
    return found


def _asked(
    subject: Subject, manifest: Manifest, storage: Decimal, scalers: Sequence[tuple[Subject, Manifest]]
) -> Asked:
    pods = pod_count(subject, manifest, scalers)
    scaler = autoscaler(subject, manifest, scalers)
    most = pods if scaler is None else int(scaler["spec"].get("maxReplicas", pods))
    return Asked(pods, most, _of_pod(manifest, "cpu"), _of_pod(manifest, "memory"), storage)


def _of_pod(manifest: Manifest, resource: str) -> Decimal:
    """Return what a pod asks for: of those that run together the sum, or what one that runs before them needs more.

    Source: Kubernetes, "Pod Overhead", "Init containers: Resource sharing within containers".
    """
    spec = pod(manifest)
    together = sum((_request(container, resource) for container in spec.get("containers") or ()), Decimal())
    first, beside = Decimal(), Decimal()
    for container in spec.get("initContainers") or ():
        needed = _request(container, resource)
        if container.get("restartPolicy") == "Always":
            beside += needed
            first = max(first, beside)
        else:
            first = max(first, beside + needed)
    return max(first, together + beside)


def _request(container: Manifest, resource: str) -> Decimal:
    found = container.get("resources") or {}
    value = (found.get("requests") or {}).get(resource, (found.get("limits") or {}).get(resource))
    return Decimal() if value is None else quantity_value(str(value))


def _storage(claim: Manifest) -> Decimal:
    value = ((claim.get("resources") or {}).get("requests") or {}).get("storage")
    return Decimal() if value is None else quantity_value(str(value))

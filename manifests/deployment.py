"""A Deployment: of a service that replaces its pods a few at a time, or one of two that share the traffic."""

from manifests.canary_guard import canary_guard, canary_pods
from manifests.image import version_labels
from manifests.placed import Manifest, Place
from manifests.variant import pod_labels, pod_selector
from settings.service import Service
from settings.strategy import CanaryDeployment, Rolling
from settings.variants import Variant

# A process that dies on its first requests is found out before the next pod is replaced.
MIN_READY_SECONDS = 3
PROGRESS_DEADLINE_SECONDS = 600
REVISIONS_KEPT = 10

_ONE_NODE_AT_A_TIME = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})


def deployment(place: Place, service: Service, variant: Variant, template: Manifest) -> Manifest:
    """Return one Deployment of a service, whose pods are of that template."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": variant.name,
            "namespace": place.namespace(service.namespace),
            "labels": workload_labels(place, service, variant),
            **place.taking_over,
        },
        "spec": {
            "selector": {"matchLabels": pod_selector(place, service, variant)},
            "strategy": _strategy(place, service),
            "minReadySeconds": MIN_READY_SECONDS,
            "progressDeadlineSeconds": PROGRESS_DEADLINE_SECONDS,
            "revisionHistoryLimit": REVISIONS_KEPT,
            "template": template,
            **_replicas(place, service, variant),
        },
    }


def workload_labels(place: Place, service: Service, variant: Variant) -> dict[str, str]:
    """Return the labels of a workload itself, which say its version."""
    named = {"app.kubernetes.io/name": variant.name}
    return {**service.labels, **pod_labels(place, service, variant), **named, **version_labels(variant.image)}


def _replicas(place: Place, service: Service, variant: Variant) -> dict[str, int]:
    if variant.role == "canary":
        # What guards it gives it its pods, and takes them away: applied again, a count would bring them back.
        return {} if canary_guard(place, service) else {"replicas": canary_pods(service)}
    return {"replicas": service.replicas} if service.scaling is None else {}


def _strategy(place: Place, service: Service) -> Manifest:
    own = [volume.claim for volume in service.volumes.values()]
    shared = [place.system.claims.get(volume.shared_claim or "") for volume in service.volumes.values()]
    if any(claim is not None and claim.access_mode in _ONE_NODE_AT_A_TIME for claim in (*own, *shared)):
        # The volume lets go of the old pod's node first; a new pod on another would wait for it for ever.
        return {"type": "Recreate"}
    rolling = service.strategy if isinstance(service.strategy, Rolling | CanaryDeployment) else Rolling()
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": rolling.max_surge, "maxUnavailable": rolling.max_unavailable},
    }

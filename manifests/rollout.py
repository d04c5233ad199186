"""A Rollout of Argo Rollouts: a new version takes over by its strategy, and what is asked of it may call it off.

Sources: argo-rollouts 1.9, docs/features/specification.md and pkg/apis/rollouts/validation.
"""

from collections.abc import Sequence

from manifests.deployment import MIN_READY_SECONDS, PROGRESS_DEADLINE_SECONDS, REVISIONS_KEPT, workload_labels
from manifests.placed import Manifest, Place, Placed
from manifests.rollout_strategy import rollout_strategy
from manifests.variant import pod_selector
from settings.service import Service
from settings.variants import Variant

REVISION_LABEL = "rollouts-pod-template-hash"
"""What Argo Rollouts tells revisions apart by."""

_ROLLBACK_REVISIONS = 5
"""How far back a version that was live before is live again without the steps."""


def rollout(place: Place, service: Service, variant: Variant, template: Manifest, routes: Sequence[Placed]) -> Manifest:
    """Return the Rollout of a service, whose pods are of that template; `routes` are what divides its traffic."""
    spec: Manifest = {
        "selector": {"matchLabels": pod_selector(place, service, variant)},
        "strategy": rollout_strategy(place, service, routes),
        "minReadySeconds": MIN_READY_SECONDS,
        "progressDeadlineSeconds": PROGRESS_DEADLINE_SECONDS,
        "progressDeadlineAbort": True,
        "revisionHistoryLimit": REVISIONS_KEPT,
        "rollbackWindow": {"revisions": _ROLLBACK_REVISIONS},
        "template": template,
    }
    if service.scaling is None:
        spec["replicas"] = service.replicas
    metadata: Manifest = {
        "name": variant.name,
        "namespace": place.namespace(service.namespace),
        "labels": workload_labels(place, service, variant),
    }
    if place.direct:
        # Pods of one version or the other serve: neither a pause nor a promotion by hand is waited for.
        ready = {"pulumi.com/waitFor": '["condition=Available"]'}
        metadata["annotations"] = {**place.taking_over["annotations"], **ready}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": metadata, "spec": spec}

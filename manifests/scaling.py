"""How many pods a workload has, and how many of them may be away at once."""

from collections.abc import Mapping

from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.placeholder import pod_count
from manifests.variant import pod_selector
from settings.data_store import DataStore
from settings.service import Budget, Scaling, Service
from settings.types import duration_seconds
from settings.variants import Kind, Variant, variants

_VERSIONS: Mapping[Kind, str] = {"Deployment": "apps/v1", "Rollout": "argoproj.io/v1alpha1"}
_ONE_AWAY = Budget(max_unavailable=1)


def scaling(place: Place, service: Service) -> list[Placed]:
    """Return the HorizontalPodAutoscaler of each workload of a service that has one, and its PodDisruptionBudget.

    Without a budget of its own a service gets one where it always has more than one pod. A single pod gets none: it
    would either protect nothing or keep its node from ever being drained. A second Deployment that something is tried
    in has neither: its share is its count, and the others serve without it.
    """
    objects: list[Placed] = []
    namespace = place.namespace(service.namespace)
    fewest = service.replicas if service.scaling is None else service.scaling.min
    budget = service.budget or (_ONE_AWAY if fewest > 1 else None)
    for variant in variants(service):
        if variant.role == "canary":
            continue
        if service.scaling is not None:
            # It goes on from the count it finds on the workload.
            after = (reference(variant.kind, namespace, variant.name),)
            manifest = _autoscaler(place, service, variant, service.scaling)
            objects.append(Placed(manifest, Part.WORKLOADS, service.name, after))
        if budget is not None:
            manifest = _budget(
                place, namespace, variant.name, service.name, budget, pod_selector(place, service, variant)
            )
            objects.append(Placed(manifest, Part.WORKLOADS, service.name))
    return objects


def budget_for_store(place: Place, store: DataStore) -> list[Placed]:
    """Return the PodDisruptionBudget of a data store with more than one pod: a quorum bears the loss of one member."""
    if pod_count(store) < 2 or not place.is_primary:
        return []
    namespace, selector = place.namespace(store.namespace), place.selector(store.name)
    manifest = _budget(place, namespace, store.name, store.name, _ONE_AWAY, selector)
    return [Placed(manifest, Part.FOUNDATION, store.name)]


def _autoscaler(place: Place, service: Service, variant: Variant, settings: Scaling) -> Manifest:
    targets = {"cpu": settings.cpu, "memory": settings.memory}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": variant.name,
            "namespace": place.namespace(service.namespace),
            "labels": place.labels(variant.name, service.name),
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": _VERSIONS[variant.kind], "kind": variant.kind, "name": variant.name},
            "minReplicas": settings.min,
            "maxReplicas": settings.max,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}},
                }
                for name, percent in targets.items()
                if percent is not None
            ],
            # All but the window is what the API server fills in once there is a behaviour at all.
            "behavior": {
                "scaleUp": {
                    "stabilizationWindowSeconds": 0,
                    "selectPolicy": "Max",
                    "policies": [
                        {"type": "Pods", "value": 4, "periodSeconds": 15},
                        {"type": "Percent", "value": 100, "periodSeconds": 15},
                    ],
                },
                "scaleDown": {
                    "stabilizationWindowSeconds": duration_seconds(settings.scale_down_window),
                    "selectPolicy": "Max",
                    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
                },
            },
        },
    }


def _budget(
    place: Place, namespace: str, name: str, component: str, budget: Budget, selector: dict[str, str]
) -> Manifest:
    measures = {"minAvailable": budget.min_available, "maxUnavailable": budget.max_unavailable}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace, "labels": place.labels(name, component)},
        "spec": {
            **{measure: pods for measure, pods in measures.items() if pods is not None},
            "selector": {"matchLabels": selector},
            # A pod that never becomes ready must not keep its node from being drained.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }

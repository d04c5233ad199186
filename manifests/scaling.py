"""How many pods a workload has, and how many of them may be away at once."""

from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.placeholder import pod_count
from settings.data_store import DataStore
from settings.service import Budget, Scaling, Service
from settings.types import duration_seconds

_ONE_AWAY = Budget(max_unavailable=1)


def scaling(place: Place, service: Service) -> list[Placed]:
    """Return the HorizontalPodAutoscaler of a service that has one, and its PodDisruptionBudget.

    Without a budget of its own a service gets one where it always has more than one pod. A single pod gets none: it
    would either protect nothing or keep its node from ever being drained.
    """
    objects: list[Placed] = []
    namespace = place.namespace(service.namespace)
    if service.scaling is not None:
        # It goes on from the count it finds on the Deployment.
        after = (reference("Deployment", namespace, service.name),)
        objects.append(Placed(_autoscaler(place, service, service.scaling), Part.WORKLOADS, service.name, after))
    fewest = service.replicas if service.scaling is None else service.scaling.min
    budget = service.budget or (_ONE_AWAY if fewest > 1 else None)
    if budget is not None:
        objects.append(Placed(_budget(place, namespace, service.name, budget), Part.WORKLOADS, service.name))
    return objects


def budget_for_store(place: Place, store: DataStore) -> list[Placed]:
    """Return the PodDisruptionBudget of a data store with more than one pod: a quorum bears the loss of one member."""
    if pod_count(store) < 2 or not place.is_primary:
        return []
    manifest = _budget(place, place.namespace(store.namespace), store.name, _ONE_AWAY)
    return [Placed(manifest, Part.FOUNDATION, store.name)]


def _autoscaler(place: Place, service: Service, settings: Scaling) -> Manifest:
    targets = {"cpu": settings.cpu, "memory": settings.memory}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": service.name,
            "namespace": place.namespace(service.namespace),
            "labels": place.labels(service.name, service.name),
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": service.name},
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


def _budget(place: Place, namespace: str, name: str, budget: Budget) -> Manifest:
    measures = {"minAvailable": budget.min_available, "maxUnavailable": budget.max_unavailable}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace, "labels": place.labels(name, name)},
        "spec": {
            **{measure: pods for measure, pods in measures.items() if pods is not None},
            "selector": {"matchLabels": place.selector(name)},
            # A pod that never becomes ready must not keep its node from being drained.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }

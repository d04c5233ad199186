"""How many pods there are, and how many may be away at once."""

from typing import Any

import pytest

from manifests.placed import Part, Placed
from manifests.scaling import budget_for_store, scaling
from tests.builders import TWO_CLUSTERS, a_data_store, a_place, a_service, of_kind, the

SELECTOR = {"matchLabels": {"app.kubernetes.io/name": "api", "app.kubernetes.io/part-of": "demo"}}


def scaled(**settings: Any) -> list[Placed]:
    service = a_service(**settings)
    return scaling(a_place(service), service)


def autoscaler(**settings: Any) -> Any:
    return the(scaled(scaling={"min": 3, "max": 9, **settings}), "HorizontalPodAutoscaler")["spec"]


def budgets(**settings: Any) -> list[Any]:
    return [placed.manifest["spec"] for placed in of_kind(scaled(**settings), "PodDisruptionBudget")]


def test_a_service_without_scaling_has_no_autoscaler() -> None:
    assert of_kind(scaled(replicas=3), "HorizontalPodAutoscaler") == []


def test_the_autoscaler_rules_the_deployment_between_its_bounds() -> None:
    spec = autoscaler()
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 9)


def test_the_autoscaler_comes_after_the_deployment_it_goes_on_from() -> None:
    (placed,) = of_kind(scaled(scaling={"min": 1, "max": 2}), "HorizontalPodAutoscaler")
    assert placed.after == ("Deployment/demo/api",)
    assert (placed.part, placed.component) == (Part.WORKLOADS, "api")


def test_the_autoscaler_of_a_rollout_rules_the_rollout() -> None:
    strategy = {"type": "canary", "steps": [{"weight": 50}]}
    (placed,) = of_kind(scaled(scaling={"min": 2, "max": 9}, strategy=strategy), "HorizontalPodAutoscaler")
    target = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "api"}
    assert placed.manifest["spec"]["scaleTargetRef"] == target
    assert placed.after == ("Rollout/demo/api",)


def test_a_budget_counts_the_pods_of_both_versions_of_a_rollout() -> None:
    (spec,) = budgets(replicas=3, strategy={"type": "blueGreen"})
    assert spec["selector"] == SELECTOR


@pytest.mark.parametrize(
    ("settings", "measured"),
    [
        pytest.param({}, {"cpu": 70}, id="cpu-by-default"),
        pytest.param({"cpu": 60, "memory": 80}, {"cpu": 60, "memory": 80}, id="both"),
        pytest.param({"cpu": None, "memory": 80}, {"memory": 80}, id="memory-alone"),
    ],
)
def test_the_autoscaler_measures_use_of_what_is_requested(settings: Any, measured: dict[str, int]) -> None:
    assert autoscaler(**settings)["metrics"] == [
        {
            "type": "Resource",
            "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}},
        }
        for name, percent in measured.items()
    ]


def test_scaling_down_waits_for_its_window_in_seconds() -> None:
    assert autoscaler(scaleDownWindow="10m")["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 600
    assert autoscaler()["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_what_the_api_server_fills_into_a_behaviour_is_spelled_out() -> None:
    behavior = autoscaler()["behavior"]
    assert behavior["scaleUp"] == {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    }
    assert behavior["scaleDown"]["selectPolicy"] == "Max"
    assert behavior["scaleDown"]["policies"] == [{"type": "Percent", "value": 100, "periodSeconds": 15}]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="one-replica"),
        pytest.param({"replicas": 0}, id="no-replica"),
        pytest.param({"scaling": {"min": 1, "max": 5}}, id="scaled-from-one"),
        pytest.param({"replicas": 3, "scaling": {"min": 1, "max": 5}}, id="scaling-before-replicas"),
    ],
)
def test_single_replica_has_no_disruption_budget(settings: Any) -> None:
    assert budgets(**settings) == []


@pytest.mark.parametrize(
    "settings",
    [pytest.param({"replicas": 2}, id="replicas"), pytest.param({"scaling": {"min": 2, "max": 5}}, id="scaled")],
)
def test_of_several_replicas_one_may_be_away(settings: Any) -> None:
    (spec,) = budgets(**settings)
    assert spec == {"maxUnavailable": 1, "selector": SELECTOR, "unhealthyPodEvictionPolicy": "AlwaysAllow"}


@pytest.mark.parametrize(
    ("budget", "measure"),
    [
        pytest.param({"minAvailable": 2}, {"minAvailable": 2}, id="min-available"),
        pytest.param({"maxUnavailable": "25%"}, {"maxUnavailable": "25%"}, id="max-unavailable"),
        pytest.param({"minAvailable": 0}, {"minAvailable": 0}, id="none-need-be-there"),
    ],
)
def test_a_budget_of_its_own_goes_before_the_default(budget: Any, measure: Any) -> None:
    (spec,) = budgets(replicas=3, budget=budget)
    assert {key: value for key, value in spec.items() if key.endswith("vailable")} == measure


def test_a_data_store_of_several_pods_spares_one_at_a_time() -> None:
    store = a_data_store(replicas=3)
    (placed,) = budget_for_store(a_place(store), store)
    assert (placed.part, placed.component, placed.reference) == (
        Part.FOUNDATION,
        "store",
        "PodDisruptionBudget/demo/store",
    )
    assert placed.manifest["spec"]["maxUnavailable"] == 1
    assert placed.manifest["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] == "store"


def test_a_read_replica_counts_as_a_second_pod() -> None:
    store = a_data_store(readReplica=True)
    assert len(budget_for_store(a_place(store), store)) == 1


def test_a_data_store_of_one_pod_has_no_disruption_budget() -> None:
    store = a_data_store()
    assert budget_for_store(a_place(store), store) == []


def test_a_data_store_has_no_budget_where_it_has_no_pods() -> None:
    store = a_data_store(replicas=3)
    assert budget_for_store(a_place(store, cluster="tokyo", clusters=TWO_CLUSTERS), store) == []

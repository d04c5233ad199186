"""A Rollout: what it is as a workload, and how it lets a new version take over."""

import itertools
from typing import Any

import pytest

from manifests.assembly import web_service
from manifests.placed import Manifest, Placed
from manifests.rollout_strategy import rollout_strategy
from tests.builders import a_place, a_service, of_kind, the

BLUE_GREEN = {"type": "blueGreen", "preview": {"hosts": ["look"]}}
CANARY = {"type": "canary", "steps": [{"weight": 20, "pause": "10m"}]}
OBJECTIVES = {"errorRate": {"threshold": 5, "window": "5m"}}
DOMAINS = {"www": "www.example.com", "look": "look.example.com"}


def objects_of(environment: dict[str, Any] | None = None, **settings: Any) -> list[Placed]:
    service = a_service(**settings)
    place = a_place(service, **{"domains": DOMAINS, **(environment or {})})
    return list(web_service(place, service))


def rollout(environment: dict[str, Any] | None = None, **settings: Any) -> Manifest:
    return the(objects_of(environment, **settings), "Rollout")


def canary(**settings: Any) -> Manifest:
    changes = settings.pop("changes", {})
    found: Manifest = rollout(strategy={**CANARY, **settings}, **changes)["spec"]["strategy"]["canary"]
    return found


def blue_green(**settings: Any) -> Manifest:
    changes = settings.pop("changes", {})
    found: Manifest = rollout(strategy={**BLUE_GREEN, **settings}, **changes)["spec"]["strategy"]["blueGreen"]
    return found


@pytest.mark.parametrize("strategy", [BLUE_GREEN, CANARY], ids=["blueGreen", "canary"])
def test_rollout_stands_in_place_of_the_deployment_and_makes_its_pods_itself(strategy: dict[str, Any]) -> None:
    found = rollout(strategy=strategy, replicas=3, labels={"team": "a"})
    assert (found["apiVersion"], found["metadata"]["name"]) == ("argoproj.io/v1alpha1", "api")
    assert found["metadata"]["labels"]["app.kubernetes.io/version"] == "1.2.3"
    spec = found["spec"]
    assert "workloadRef" not in spec
    assert spec["replicas"] == 3
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    assert "app.kubernetes.io/version" not in spec["template"]["metadata"]["labels"]
    assert of_kind(objects_of(strategy=strategy), "Deployment") == []


def test_rollout_gives_up_after_a_while_and_goes_back_to_recent_versions_without_steps() -> None:
    spec = rollout(strategy=CANARY)["spec"]
    assert (spec["progressDeadlineSeconds"], spec["progressDeadlineAbort"]) == (600, True)
    assert (spec["revisionHistoryLimit"], spec["rollbackWindow"]) == (10, {"revisions": 5})
    assert spec["minReadySeconds"] == 3


def test_hpa_takes_replicas_from_a_rollout() -> None:
    assert "replicas" not in rollout(strategy=CANARY, scaling={"min": 2, "max": 4})["spec"]


def test_pods_of_a_rollout_are_spread_among_those_of_their_own_revision() -> None:
    spec = rollout(strategy=CANARY)["spec"]["template"]["spec"]
    terms = spec["topologySpreadConstraints"]
    assert terms
    assert {key for term in terms for key in term["matchLabelKeys"]} == {"rollouts-pod-template-hash"}


def test_pulumi_waits_until_a_rollout_serves_and_never_for_its_end() -> None:
    direct = rollout({"delivery": "direct"}, strategy=BLUE_GREEN)
    assert direct["metadata"]["annotations"] == {
        "pulumi.com/patchForce": "true",
        "pulumi.com/waitFor": '["condition=Available"]',
    }
    assert "annotations" not in rollout({"delivery": "gitops"}, strategy=BLUE_GREEN)["metadata"]


def test_rollout_comes_after_the_services_and_templates_that_it_names() -> None:
    objects = objects_of(
        strategy={**BLUE_GREEN, "prePromotionAnalysis": ["success-rate"]}, objectives=OBJECTIVES, metrics={}
    )
    (found,) = of_kind(objects, "Rollout")
    assert {"Service/demo/api", "Service/demo/api-preview", "AnalysisTemplate/demo/success-rate"} <= set(found.after)


def test_blue_green_is_promoted_by_hand_unless_it_says_otherwise() -> None:
    assert blue_green() == {
        "activeService": "api",
        "previewService": "api-preview",
        "autoPromotionEnabled": False,
        "scaleDownDelaySeconds": 30,
    }


def test_blue_green_that_promotes_itself_may_wait_a_while() -> None:
    found = blue_green(autoPromotionEnabled=True, autoPromotionDelay="5m", scaleDownDelaySeconds=60, previewReplicas=1)
    assert (found["autoPromotionEnabled"], found["autoPromotionSeconds"]) == (True, 300)
    assert (found["scaleDownDelaySeconds"], found["previewReplicaCount"]) == (60, 1)


def test_blue_green_is_asked_before_and_after_its_promotion_at_the_service_it_is_behind() -> None:
    asked = {"prePromotionAnalysis": ["success-rate"], "postPromotionAnalysis": ["success-rate"]}
    found = blue_green(**asked, changes={"objectives": OBJECTIVES, "exposure": {"web": {"hosts": ["www"]}}})
    assert found["prePromotionAnalysis"]["args"] == [{"name": "service-name", "value": "api-preview"}]
    assert found["postPromotionAnalysis"]["args"] == [{"name": "service-name", "value": "api"}]
    assert "prePromotionAnalysis" not in blue_green(changes={"objectives": OBJECTIVES, "metrics": {}})


def test_canary_by_pods_sets_weights_and_pauses_and_names_no_service() -> None:
    steps = [{"weight": weight, "pause": "10m"} for weight in (20, 40)]
    assert canary(steps=steps, maxSurge=1, maxUnavailable="10%") == {
        "maxSurge": 1,
        "maxUnavailable": "10%",
        "steps": [
            {"setWeight": 20},
            {"pause": {"duration": "10m"}},
            {"setWeight": 40},
            {"pause": {"duration": "10m"}},
        ],
    }


def test_step_without_a_pause_waits_for_somebody() -> None:
    assert canary(steps=[{"weight": 20}, {"weight": 50}])["steps"] == [
        {"setWeight": 20},
        {"pause": {}},
        {"setWeight": 50},
        {"pause": {}},
    ]


@pytest.mark.parametrize(
    ("stabilisation", "step", "end"),
    [
        ({"stabilisation": "15m"}, {"weight": 100}, [{"setWeight": 100}, {"pause": {"duration": "15m"}}]),
        ({"stabilisation": "15m"}, {"weight": 100, "pause": "1m"}, [{"setWeight": 100}, {"pause": {"duration": "1m"}}]),
        ({}, {"weight": 100}, [{"setWeight": 100}]),
    ],
    ids=["as the objectives say", "as the step says", "not at all"],
)
def test_whole_of_the_traffic_is_watched(
    stabilisation: dict[str, str], step: dict[str, Any], end: list[dict[str, Any]]
) -> None:
    assert canary(steps=[step], changes={"objectives": stabilisation})["steps"] == end


def test_stabilisation_holds_no_other_step() -> None:
    found = canary(steps=[{"weight": 50}], changes={"objectives": {"stabilisation": "15m"}})
    assert found["steps"] == [{"setWeight": 50}, {"pause": {}}]


def test_canary_is_asked_all_the_while_unless_it_says_nothing_is_asked() -> None:
    objectives = {"objectives": OBJECTIVES, "metrics": {}}
    assert canary(changes=objectives)["analysis"]["templates"] == [{"templateName": "success-rate"}]
    assert "analysis" not in canary(analysis=[], changes=objectives)
    assert "analysis" not in canary()


def test_a_service_without_a_rollout_has_no_strategy_of_one() -> None:
    service = a_service()
    with pytest.raises(ValueError, match="api has the strategy rolling, and no Rollout"):
        rollout_strategy(a_place(service), service, [])


ROLLOUTS = {
    "blueGreen": BLUE_GREEN,
    "blueGreen of another active Service": {**BLUE_GREEN, "activeService": "api-active"},
    "canary by replicas": CANARY,
    "canary by nginx": {**CANARY, "traffic": "nginx"},
}


@pytest.mark.parametrize(("old", "new"), list(itertools.permutations(ROLLOUTS, 2)))
def test_strategies_of_a_rollout_never_invert_what_stands_before_what(old: str, new: str) -> None:
    """The engine tells what a partial update leaves alone with all it stood on, which must not have its turn later."""
    before, after = (objects_of(strategy=ROLLOUTS[name], exposure={"web": {"hosts": ["www"]}}) for name in (old, new))
    place = {placed.reference: index for index, placed in enumerate(after)}
    assert [
        (placed.reference, needed)
        for placed in before
        for needed in placed.after
        if placed.reference in place and place.get(needed, 0) > place[placed.reference]
    ] == []

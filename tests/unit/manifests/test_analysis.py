"""What is asked of a new version while it takes over, and how a Rollout names it."""

import math
import re
from typing import Any

import pytest

from manifests.analysis import Moment, analysis, cluster_template, needed_templates, templates
from manifests.placed import Manifest, Place
from settings.service import Service
from tests.assembled import STACKS, stack
from tests.builders import a_place, a_service, a_system, an_environment

RATE = {"errorRate": {"threshold": 5, "window": "5m"}}
TIME = {"responseTime": {"threshold": "2s", "window": "3m"}}
HEALTH = {"healthCheckFailures": 3}
BACKLOG = {"queueBacklog": {"threshold": 1000, "window": "5m", "metric": "queued"}}
OBJECTIVES = {**RATE, **TIME, **HEALTH, **BACKLOG}

MOMENTS: tuple[Moment, ...] = ("background", "pre-promotion", "post-promotion")
BY_NGINX: dict[str, Any] = {"exposure": {"public": {"hosts": ["web"]}}}
BY_PODS: dict[str, Any] = {"metrics": {"port": "http"}}
BLUE_GREEN = {"type": "blueGreen", "prePromotionAnalysis": ["success-rate"], "postPromotionAnalysis": ["success-rate"]}
CANARY = {"type": "canary", "steps": [{"weight": 20, "pause": "10m"}]}
ROUTED = {**CANARY, "traffic": "nginx"}
DOMAINS = {"domains": {"web": "web.example.com"}}


def blue_green(name: str = "web", *, strategy: Any = None, objectives: Any = None, **settings: Any) -> Service:
    shown = {"preview": {"hosts": ["web"]}}
    return a_service(
        name,
        strategy={**BLUE_GREEN, **shown, **(strategy or {})},
        objectives=objectives or RATE,
        **BY_NGINX,
        **settings,
    )


def canary(name: str = "api", *, strategy: Any = None, objectives: Any = None, **settings: Any) -> Service:
    return a_service(name, strategy=strategy or CANARY, objectives=objectives or OBJECTIVES, **{**BY_PODS, **settings})


def here(*services: Service, **environment: Any) -> Place:
    return a_place(*services, **{**DOMAINS, **environment})


def specs(place: Place) -> dict[str, Manifest]:
    return {placed.manifest["metadata"]["name"]: placed.manifest["spec"] for placed in templates(place)}


def the_metric(place: Place, name: str) -> Any:
    (metric,) = specs(place)[name]["metrics"]
    return metric


def measured(metric: Manifest, result: list[float]) -> str:
    """Judge an answer of Prometheus as argo-rollouts 1.9 does (utils/evaluate), for the few words we use."""

    def holds(condition: str) -> bool:
        assert re.fullmatch(r"[a-z()\[\]0-9.<>=& ]+", condition)
        words = condition.replace("&&", "and")
        return bool(eval(words, {"__builtins__": {}, "len": len}, {"result": result}))

    if holds(metric["failureCondition"]):
        return "Failed"
    return "Successful" if holds(metric["successCondition"]) else "Inconclusive"


def phase(metric: Manifest, *results: list[float]) -> str:
    """Judge a whole metric as argo-rollouts 1.9 does (analysis/analysis.go), with the worst last as it has it."""
    found = [measured(metric, result) for result in results]
    if found.count("Inconclusive") > int(metric["inconclusiveLimit"]):
        return "Inconclusive"
    if found.count("Failed") > int(metric["failureLimit"]):
        return "Failed"
    return "Successful" if len(found) >= int(metric.get("count", 0)) > 0 else "Running"


@pytest.mark.parametrize("name", STACKS)
def test_korea_frontend_is_asked_exactly_as_its_guide_has_it(name: str) -> None:
    system = stack(name).systems["korea-public-data"]
    place = Place(stack(name), system, stack(name).environment.primary)
    frontend = system.services["korea-frontend"]
    assert analysis(place, frontend, "pre-promotion") == {
        "templates": [{"templateName": "success-rate"}],
        "args": [{"name": "service-name", "value": "korea-frontend-preview"}],
    }
    assert analysis(place, frontend, "post-promotion") == {
        "templates": [{"templateName": "success-rate"}],
        "args": [{"name": "service-name", "value": "korea-frontend-active"}],
    }
    assert specs(place)["success-rate"]["args"] == [{"name": "service-name"}]
    assert analysis(place, frontend, "background") is None


@pytest.mark.parametrize("name", STACKS)
def test_every_template_a_rollout_names_is_there_with_all_its_arguments(name: str) -> None:
    cluster = cluster_template(stack(name).environment, {})["spec"]
    asked = 0
    for system in stack(name).systems.values():
        place = Place(stack(name), system, stack(name).environment.primary)
        made = specs(place)
        for service in system.services.values():
            for moment in MOMENTS:
                said = analysis(place, service, moment)
                if said is None:
                    continue
                asked += 1
                given = [arg["name"] for arg in said["args"]]
                used = [
                    cluster if template.get("clusterScope") else made[template["templateName"]]
                    for template in said["templates"]
                ]
                declared = {arg["name"]: arg.get("value") for spec in used for arg in spec["args"]}
                assert len(set(given)) == len(given)
                assert {arg for arg, value in declared.items() if value is None} <= set(given) <= set(declared)
    assert asked >= 3


def test_every_argument_of_a_query_is_declared_by_its_template() -> None:
    made = specs(here(canary(), blue_green()))
    found = {**made, "health": cluster_template(an_environment(), {})["spec"]}
    assert len(found) == 5
    for spec in found.values():
        used = set(re.findall(r"\{\{args\.([a-z-]+)\}\}", str(spec["metrics"])))
        assert used == {arg["name"] for arg in spec["args"]}


def test_a_canary_by_pods_is_asked_of_the_new_pods_alone() -> None:
    service = canary(objectives={**RATE, **BACKLOG})
    assert analysis(here(service), service, "background") == {
        "templates": [{"templateName": "success-rate"}, {"templateName": "queue-backlog"}],
        "args": [
            {"name": "service-name", "value": "api"},
            {"name": "pod-template-hash", "valueFrom": {"podTemplateHashValue": "Latest"}},
            {"name": "workload", "value": "api"},
        ],
    }
    query = the_metric(here(service), "success-rate")["provider"]["prometheus"]["query"]
    assert 'pod=~"{{args.service-name}}-{{args.pod-template-hash}}-.+"' in query


def test_a_canary_of_an_ingress_is_asked_of_its_own_backend() -> None:
    service = canary(strategy=ROUTED, objectives=RATE, **BY_NGINX)
    said = analysis(here(service), service, "background")
    assert said is not None
    assert said["args"] == [{"name": "service-name", "value": "api-canary"}]
    query = the_metric(here(service), "success-rate")["provider"]["prometheus"]["query"]
    assert 'canary=~"demo-{{args.service-name}}-.+"' in query


def test_a_canary_is_asked_of_every_objective_unless_it_says_which() -> None:
    def names(**strategy: Any) -> list[str]:
        service = canary(strategy={**CANARY, **strategy})
        said = analysis(here(service), service, "background") or {"templates": []}
        return [template["templateName"] for template in said["templates"]]

    assert names() == ["success-rate", "latency", "health", "queue-backlog"]
    assert names(analysis=["latency"]) == ["latency"]
    assert names(analysis=[]) == []


def test_a_service_of_another_strategy_has_no_templates() -> None:
    service = a_service(objectives=OBJECTIVES, **BY_PODS)
    assert templates(here(service)) == []
    assert analysis(here(service), service, "background") is None


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param([0.0], "Successful", id="nothing-failed"),
        pytest.param([0.05], "Successful", id="at-the-limit"),
        pytest.param([0.051], "Failed", id="above-it"),
        pytest.param([1.0], "Failed", id="everything-failed"),
        pytest.param([], "Inconclusive", id="no-data"),
        pytest.param([math.nan], "Inconclusive", id="not-a-number"),
        pytest.param([-1.0], "Inconclusive", id="too-few-requests"),
    ],
)
def test_no_data_and_too_little_traffic_are_inconclusive_and_never_failed(result: list[float], expected: str) -> None:
    assert measured(the_metric(here(canary()), "success-rate"), result) == expected


def test_one_window_above_the_limit_aborts() -> None:
    metric = the_metric(here(canary()), "success-rate")
    assert phase(metric, [0.0], [0.0]) == "Running"
    assert phase(metric, [0.0], [0.2]) == "Failed"


def test_the_third_failed_check_aborts() -> None:
    spec = cluster_template(an_environment(), {})["spec"]
    usual = {arg["name"]: arg.get("value") for arg in spec["args"]}
    assert usual["failure-limit"] == "2"
    limits = {"failureLimit": usual["failure-limit"], "inconclusiveLimit": usual["inconclusive-limit"], "count": 0}
    metric = {**spec["metrics"][0], **limits}
    assert phase(metric, [2.0], [1.0]) == "Running"
    assert phase(metric, [2.0], [1.0], [0.0], [1.0]) == "Failed"


def test_inconclusive_measurements_wait_for_somebody_after_their_limit() -> None:
    metric = the_metric(here(canary(objectives={**RATE, "inconclusiveLimit": 2})), "success-rate")
    assert phase(metric, [], [-1.0]) == "Running"
    assert phase(metric, [], [-1.0], [math.nan]) == "Inconclusive"


@pytest.mark.parametrize("limit", [0, 4, 5, 100])
def test_an_analysis_with_an_end_that_learned_nothing_is_not_successful(limit: int) -> None:
    metric = the_metric(here(blue_green(objectives={**RATE, "inconclusiveLimit": limit})), "success-rate")
    assert phase(metric, *([[]] * metric["count"])) == "Inconclusive"
    assert phase(metric, *([[0.0]] * metric["count"])) == "Successful"


def test_background_analysis_has_no_end_and_promotion_waits_for_one() -> None:
    assert "count" not in the_metric(here(canary()), "success-rate")
    assert the_metric(here(blue_green()), "success-rate")["count"] == 5


def test_a_promoted_version_is_watched_for_as_long_as_stabilisation_says() -> None:
    objectives = {**RATE, "stabilisation": "10m", "interval": "45s"}
    assert the_metric(here(blue_green(objectives=objectives)), "success-rate")["count"] == 14


def test_limits_are_those_of_the_objectives() -> None:
    said = {"interval": "15s", "initialDelay": "20s", "inconclusiveLimit": 7, "consecutiveErrorLimit": 9}
    metric = the_metric(here(canary(objectives={**RATE, **said})), "success-rate")
    assert (metric["interval"], metric["initialDelay"]) == ("15s", "20s")
    assert (metric["inconclusiveLimit"], metric["consecutiveErrorLimit"], metric["failureLimit"]) == (7, 9, 0)


def test_an_address_is_asked_once_nothing_of_the_version_before_is_counted() -> None:
    assert the_metric(here(blue_green()), "success-rate")["initialDelay"] == "5m"
    assert the_metric(here(canary(strategy=ROUTED, **BY_NGINX)), "latency")["initialDelay"] == "3m"
    assert the_metric(here(canary()), "success-rate")["initialDelay"] == "1m"


def test_services_that_ask_the_same_share_a_template() -> None:
    one, other = canary("api", objectives=RATE), canary("jobs", objectives=RATE)
    place = here(one, other)
    assert list(specs(place)) == ["success-rate"]
    assert {needed_templates(place, service) for service in (one, other)} == {("AnalysisTemplate/demo/success-rate",)}


def test_services_that_ask_something_else_have_templates_of_their_own() -> None:
    first, second = (
        canary("api", objectives=RATE),
        canary("jobs", objectives={"errorRate": {"threshold": 1, "window": "5m"}}),
    )
    place = here(first, second)
    assert set(specs(place)) == {"success-rate", "jobs-success-rate"}
    assert "> 0.05" in the_metric(place, "success-rate")["failureCondition"]
    assert "> 0.01" in the_metric(place, "jobs-success-rate")["failureCondition"]


def test_the_plain_name_is_the_blue_green_services_whoever_comes_first() -> None:
    place = here(canary("api", objectives=RATE), blue_green())
    assert set(specs(place)) == {"success-rate", "api-success-rate"}
    assert the_metric(place, "success-rate")["count"] == 5


def test_a_name_does_not_depend_on_services_of_other_namespaces() -> None:
    namespaces = {"main": {"name": "demo"}, "other": {"name": "other"}}
    first = canary("api", objectives=RATE, namespace="main")
    second = canary("jobs", objectives={"errorRate": {"threshold": 1, "window": "5m"}}, namespace="other")
    place = here(system=a_system(first, second, namespaces=namespaces))
    assert [placed.reference for placed in templates(place)] == [
        "AnalysisTemplate/demo/success-rate",
        "AnalysisTemplate/other/success-rate",
    ]


def test_health_is_the_clusters_and_says_only_what_differs() -> None:
    service = canary(objectives=HEALTH)
    said = analysis(here(service), service, "background")
    assert said is not None
    assert said["templates"] == [{"templateName": "health", "clusterScope": True}]
    values = {arg["name"]: arg.get("value") for arg in said["args"]}
    assert values == {
        "namespace": "demo",
        "workload": "api",
        "pod-template-hash": None,
        "startup-seconds": "70",
        "count": "0",
        "inconclusive-limit": "5",
    }
    assert templates(here(service)) == []


def test_health_before_a_promotion_ends_and_allows_what_the_service_says() -> None:
    service = blue_green(strategy={"prePromotionAnalysis": ["health"]}, objectives={**RATE, "healthCheckFailures": 8})
    said = analysis(here(service), service, "pre-promotion")
    assert said is not None
    values = {arg["name"]: arg.get("value") for arg in said["args"]}
    assert (values["failure-limit"], values["count"], values["inconclusive-limit"]) == ("7", "8", "5")


def test_the_clusters_template_ends_by_itself_or_a_promotion_would_be_refused() -> None:
    # argo-rollouts 1.9, validation_references.go: what has no end may only be asked in the background.
    values = {arg["name"]: arg.get("value") for arg in cluster_template(an_environment(), {})["spec"]["args"]}
    assert int(values["count"]) >= max(int(values["failure-limit"]), int(values["inconclusive-limit"]) + 1)


def test_prometheus_is_where_the_environment_says_or_where_the_controller_was_told() -> None:
    def address(**environment: Any) -> Any:
        return the_metric(here(canary(), **environment), "success-rate")["provider"]["prometheus"].get("address")

    assert address() is None
    assert address(prometheus="http://prometheus.example.com:9090") == "http://prometheus.example.com:9090"

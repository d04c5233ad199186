"""An objective that nothing asks about rightly, or that no metric can answer, is refused in one line."""

from typing import Any

import pytest

from settings.faults import Path
from settings.objective_checks import check_analysis
from settings.service import Service
from settings.strategy import OBJECTIVE_OF, Objectives
from tests.builders import a_service, an_environment
from tests.projects import Project

SHOP = "catalog/shop.yaml"
PATH: Path = ("services", "api")
OBJECTIVES = {
    "errorRate": {"threshold": 5, "window": "5m"},
    "responseTime": {"threshold": "2s", "window": "3m"},
    "healthCheckFailures": 3,
}
INGRESS = {"public": {"hosts": ["shop"]}}
STEPS = {"steps": [{"weight": 50}]}
BLUE_GREEN = {"type": "blueGreen", "preview": {"hosts": ["next"]}}
BACKLOG = {"queueBacklog": {"threshold": 9, "window": "5m"}}
COUNTED = {"queueBacklog": {"threshold": 9, "window": "5m", "metric": "waiting"}}


def found(service: Service, **environment: Any) -> dict[str, str]:
    """Return what is wrong with the objectives of a service, by the last of the path."""
    findings = check_analysis(an_environment(**environment), PATH, service)
    return {str(finding.path[-1]): finding.found for finding in findings}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param(
            {"strategy": {"type": "canary", **STEPS}, "exposure": INGRESS},
            "no metric tells the requests of a new version apart with traffic by replicas",
            id="canary-by-replicas",
        ),
        pytest.param(
            {"strategy": {"type": "canary", "traffic": "gateway", **STEPS}, "metrics": {"requests": "none"}},
            "no metric tells the requests of a new version apart with traffic by gateway",
            id="canary-by-gateway-whose-metrics-count-no-requests",
        ),
        pytest.param(
            {"strategy": {"type": "canary", "traffic": "alb", **STEPS}, "exposure": INGRESS},
            "no metric tells the requests of a new version apart with traffic by alb",
            id="canary-by-alb",
        ),
        pytest.param(
            {"strategy": {"type": "canaryDeployment", "weight": 50}},
            "no metric tells the requests of a new version apart with traffic by replicas",
            id="canary-deployment-by-replicas",
        ),
        pytest.param({"strategy": BLUE_GREEN}, "no metric counts the service's requests", id="blue-green"),
        pytest.param({}, "no metric counts the service's requests", id="rolling"),
    ],
)
def test_requests_that_nothing_counts_are_no_objective(changes: dict[str, Any], told: str) -> None:
    assert found(a_service(objectives=OBJECTIVES, **changes)) == {"errorRate": told, "responseTime": told}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"strategy": {"type": "canary", **STEPS}, "metrics": {}}, id="canary-by-replicas-with-metrics"),
        pytest.param({"strategy": {"type": "canary", "traffic": "nginx", **STEPS}}, id="canary-by-nginx"),
        pytest.param({"strategy": {"type": "canary", "traffic": "istio", **STEPS}}, id="canary-by-istio"),
        pytest.param({"strategy": BLUE_GREEN, "exposure": INGRESS}, id="blue-green-behind-an-ingress"),
        pytest.param({"strategy": BLUE_GREEN, "metrics": {"requests": "spring"}}, id="blue-green-with-metrics"),
        pytest.param({"exposure": INGRESS}, id="rolling-behind-an-ingress"),
        pytest.param({"metrics": {}}, id="rolling-with-metrics"),
    ],
)
def test_requests_that_are_counted_are_an_objective(changes: dict[str, Any]) -> None:
    assert found(a_service(objectives=OBJECTIVES, **changes)) == {}


def test_ingress_of_another_class_counts_nothing() -> None:
    service = a_service(objectives=OBJECTIVES, exposure=INGRESS)
    assert found(service, ingressClass="alb").keys() == {"errorRate", "responseTime"}


def test_health_needs_no_metric_of_the_service() -> None:
    service = a_service(objectives={"healthCheckFailures": 3}, strategy={"type": "canary", **STEPS})
    assert found(service) == {}


@pytest.mark.parametrize(
    ("objectives", "metrics", "told"),
    [
        (BACKLOG, {}, ["no metric counts what waits"]),
        (COUNTED, None, ["no metrics of the service are read"]),
        (BACKLOG, None, ["no metric counts what waits", "no metrics of the service are read"]),
        (COUNTED, {"requests": "none"}, []),
    ],
)
def test_backlog_needs_a_gauge_that_is_read(
    objectives: dict[str, Any], metrics: dict[str, Any] | None, told: list[str]
) -> None:
    service = a_service(objectives=objectives, metrics=metrics)
    assert [finding.found for finding in check_analysis(an_environment(), PATH, service)] == told


@pytest.mark.parametrize("key", ["errorRate", "responseTime", "queueBacklog"])
def test_window_of_no_time_is_no_objective(key: str) -> None:
    objectives = {**OBJECTIVES, **COUNTED}
    objectives[key] = {**objectives[key], "window": "0s"}  # type: ignore[dict-item]
    assert found(a_service(objectives=objectives, metrics={})) == {"window": "a window of no time"}


def test_error_rate_that_no_version_exceeds_is_no_objective() -> None:
    objectives = {**OBJECTIVES, "errorRate": {"threshold": 100, "window": "5m"}}
    assert found(a_service(objectives=objectives, metrics={})) == {"threshold": "no more than all requests can fail"}


def test_measuring_without_end_or_time_between_is_refused() -> None:
    service = a_service(objectives={**OBJECTIVES, "interval": "0s"}, metrics={})
    assert found(service) == {"interval": "no time between two measurements"}


def test_every_analysis_asks_about_an_objective_that_there_is() -> None:
    assert set(OBJECTIVE_OF.values()) <= Objectives.model_fields.keys()


CANARY = "{{ type: canary, traffic: nginx, analysis: {}, steps: [{{ weight: 5 }}] }}"
AT = "catalog/shop.yaml:14: services.api.strategy."


@pytest.mark.parametrize(
    ("strategy", "objectives", "told"),
    [
        pytest.param(
            CANARY.format("[success-rate]"),
            "",
            [f"{AT}analysis: an analysis without objectives; expected objectives of the service"],
            id="without-objectives",
        ),
        pytest.param(
            CANARY.format("[health, latency]"),
            "\n    objectives: { healthCheckFailures: 3 }",
            [f'{AT}analysis[1]: "latency", and no responseTime among the objectives; expected responseTime there'],
            id="of-an-objective-that-there-is-not",
        ),
        pytest.param(
            "{ type: canaryDeployment, weight: 5, traffic: nginx, analysis: [queue-backlog] }",
            "\n    objectives: { healthCheckFailures: 3 }",
            [
                f'{AT}analysis[0]: "queue-backlog", and no queueBacklog among the objectives; '
                "expected queueBacklog there"
            ],
            id="of-a-canary-deployment",
        ),
        pytest.param(
            "{ type: blueGreen, preview: { hosts: [mail] }, prePromotionAnalysis: [health], "
            "postPromotionAnalysis: [success-rate] }",
            "\n    objectives: { errorRate: { threshold: 5, window: 5m } }",
            [
                f'{AT}prePromotionAnalysis[0]: "health", and no healthCheckFailures among the objectives; '
                "expected healthCheckFailures there"
            ],
            id="before-a-promotion",
        ),
        pytest.param(
            CANARY.format("[health, health]"),
            "\n    objectives: { healthCheckFailures: 3 }",
            [f'{AT}analysis[1]: "health" a second time; expected each analysis once'],
            id="twice",
        ),
        pytest.param(
            CANARY.format("[succes-rate]"),
            "",
            [f'{AT}analysis[0]: found text "succes-rate"; did you mean "success-rate"?'],
            id="that-nobody-knows",
        ),
        pytest.param(CANARY.format("[]"), "", [], id="none"),
        pytest.param(CANARY.format("[health]"), "\n    objectives: { healthCheckFailures: 3 }", [], id="one"),
    ],
)
def test_analysis_asks_about_objectives_of_the_service(
    project: Project, strategy: str, objectives: str, told: list[str]
) -> None:
    project.change(SHOP, "replicas: 2", f"replicas: 2\n    strategy: {strategy}{objectives}")
    assert project.faults() == told


def test_objective_that_no_metric_answers_is_told_with_its_line(project: Project) -> None:
    objectives = "objectives:\n      errorRate: { threshold: 5, window: 5m }"
    steps = "strategy: { type: canary, steps: [{ weight: 50 }] }"
    project.change(SHOP, "replicas: 2", f"replicas: 2\n    {steps}\n    {objectives}")
    assert project.faults() == [
        "catalog/shop.yaml:16: services.api.objectives.errorRate: no metric tells the requests of a new version apart "
        'with traffic by replicas; expected metrics with requests "http" or "spring"'
    ]

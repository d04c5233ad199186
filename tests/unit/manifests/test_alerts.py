"""The rules that wake somebody: the same as what calls a version off. The real promtool tests what they answer."""

import re
from typing import Any

import pytest

from manifests.alerts import burns, objective_alerts, system_alerts
from manifests.analysis import templates
from manifests.canary_guard import canary_guard
from manifests.placed import Manifest, Part
from settings.service import Service
from tests.assembled import STACKS, objects
from tests.builders import a_place, a_service, a_system, of_kind, the

OBJECTIVES = {
    "errorRate": {"threshold": 5, "window": "5m"},
    "responseTime": {"threshold": "2s", "window": "3m", "percentile": 99},
    "healthCheckFailures": 3,
    "queueBacklog": {"threshold": 1000, "window": "5m", "metric": "queued"},
}
ALERT_OF = {
    "success-rate": "ErrorRateAboveObjective",
    "latency": "ResponseTimeAboveObjective",
    "health": "PodsFailChecks",
    "queue-backlog": "QueueBacklogAboveObjective",
}
CANARY = {"type": "canary", "steps": [{"weight": 20, "pause": "10m"}]}


def watched(**settings: Any) -> Service:
    return a_service(**{"objectives": OBJECTIVES, "metrics": {"port": "http"}, **settings})


def rules(service: Service, **environment: Any) -> dict[str, Manifest]:
    rule = the(objective_alerts(a_place(service, **environment), service), "PrometheusRule")
    return {alert["alert"]: alert for group in rule["spec"]["groups"] for alert in group["rules"]}


def without_subject(query: str) -> str:
    """Return a query without the labels that say whose it is, which are all that may differ."""
    return re.sub(r'(pod|canary|service|exported_service)=~"[^"]*"', "WHOSE", query)


def judged(metric: Manifest) -> str:
    """Return what an analysis asks and from where on it fails, as an alert would say it."""
    limit = re.fullmatch(r"len\(result\) > 0 && result\[0\] > ([0-9.]+)", metric["failureCondition"])
    assert limit
    return without_subject(f"({metric['provider']['prometheus']['query']}) > {limit[1]}")


@pytest.mark.parametrize("name", STACKS)
def test_whatever_aborts_a_rollout_of_a_stack_also_wakes_somebody(name: str) -> None:
    made = objects(name).values()
    asked = [metric for found in made if found["kind"] == "AnalysisTemplate" for metric in found["spec"]["metrics"]]
    groups = [group for found in made if found["kind"] == "PrometheusRule" for group in found["spec"]["groups"]]
    alerts = {without_subject(alert["expr"]) for group in groups for alert in group["rules"]}
    assert len(asked) >= 2
    assert {judged(metric) for metric in asked} <= alerts


def test_each_objective_has_an_alert_from_the_query_limit_and_window_of_its_abort() -> None:
    service = watched(strategy=CANARY)
    place = a_place(service)
    asked = {
        placed.manifest["spec"]["metrics"][0]["name"]: placed.manifest["spec"]["metrics"][0]
        for placed in templates(place)
    }
    alerts = rules(service)
    assert set(asked) == {"success-rate", "latency", "queue-backlog"}
    for analysis, metric in asked.items():
        assert without_subject(alerts[ALERT_OF[analysis]]["expr"]) == judged(metric)


def test_a_canary_deployment_is_called_off_by_what_its_alerts_ask() -> None:
    strategy = {"type": "canaryDeployment", "weight": 10}
    service = watched(strategy=strategy, canary={"tag": "2.0.0"})
    run = the(canary_guard(a_place(service), service), "AnalysisRun")
    alerts = rules(service)
    for metric in run["spec"]["metrics"]:
        assert without_subject(alerts[ALERT_OF[metric["name"]]]["expr"]) == judged(metric)
    assert [metric["name"] for metric in run["spec"]["metrics"]] == list(ALERT_OF)


def test_checks_must_fail_for_as_long_as_an_abort_takes() -> None:
    assert rules(watched())["PodsFailChecks"]["for"] == "120s"
    often = {**OBJECTIVES, "interval": "20s", "healthCheckFailures": 4}
    assert rules(watched(objectives=often))["PodsFailChecks"]["for"] == "60s"
    assert "for" not in rules(watched())["ErrorRateAboveObjective"]


def test_an_alert_says_what_where_and_what_to_do() -> None:
    alert = rules(watched())["ResponseTimeAboveObjective"]
    assert alert["labels"] == {"severity": "critical", "environment": "dev", "system": "demo", "service": "api"}
    assert alert["annotations"] == {
        "summary": "demo/api answers 1 % of its requests in more than 2s over 3m",
        "value": "{{ $value | humanizeDuration }}",
        "runbook": "See what is under way: naru rollout status demo/api --stack dev. "
        "Go back: naru rollback demo/api --stack dev",
    }


def test_alerts_are_about_what_is_live_and_not_about_a_preview() -> None:
    strategy = {"type": "blueGreen", "preview": {"hosts": ["web"]}}
    service = watched(strategy=strategy, exposure={"public": {"hosts": ["web"]}}, metrics=None)
    alert = rules(service, domains={"web": "web.example.com"})["ErrorRateAboveObjective"]["expr"]
    assert 'service=~"api"' in alert
    assert "preview" not in alert


def test_alerts_count_the_pods_of_both_colours_and_of_a_canary() -> None:
    blue_green = watched(strategy={"type": "blueGreenIngress", "traffic": "service"})
    assert 'pod=~"(api-blue|api-green)-' in rules(blue_green)["QueueBacklogAboveObjective"]["expr"]
    tried = watched(strategy={"type": "canaryDeployment", "weight": 10}, canary={"tag": "2.0.0"})
    assert 'pod=~"(api|api-canary)-' in rules(tried)["QueueBacklogAboveObjective"]["expr"]


def test_an_objective_that_nothing_measures_has_no_alert() -> None:
    assert set(rules(watched(metrics=None))) == {"PodsFailChecks", "QueueBacklogAboveObjective"}
    assert objective_alerts(a_place(a_service()), a_service()) == []


def test_the_budget_burns_at_two_speeds_each_seen_by_two_windows() -> None:
    alerts = rules(watched())
    fast, slow = alerts["ErrorBudgetBurnsFast"], alerts["ErrorBudgetBurnsSlowly"]
    assert (fast["labels"]["severity"], slow["labels"]["severity"]) == ("critical", "warning")
    assert set(re.findall(r"\[(\w+)\]", fast["expr"])) == {"1h", "5m"}
    assert set(re.findall(r"\[(\w+)\]", slow["expr"])) == {"6h", "30m"}
    assert re.findall(r"\) > ([0-9.]+)", fast["expr"]) == ["0.72", "0.72"]
    assert re.findall(r"\) > ([0-9.]+)", slow["expr"]) == ["0.3", "0.3"]


@pytest.mark.parametrize("percent", range(1, 101))
def test_no_burn_rate_asks_for_more_than_everything_to_fail(percent: int) -> None:
    budget = percent / 100
    found = burns(budget)
    assert all(burn.factor >= 1 and burn.factor * budget <= 0.9 + 1e-9 for burn in found)
    assert [burn.factor for burn in found] == sorted((burn.factor for burn in found), reverse=True)
    assert len(found) == (2 if percent < 90 else 0)


@pytest.mark.parametrize("name", STACKS)
def test_the_guides_rule_of_failed_deployments_is_there_as_it_stands(name: str) -> None:
    rule = objects(name)["PrometheusRule/korea-public-data/deployment-slo"]
    assert rule["apiVersion"] == "monitoring.coreos.com/v1"
    assert rule["spec"] == {
        "groups": [
            {
                "name": "deployment.rules",
                "rules": [
                    {
                        "alert": "DeploymentFailed",
                        "expr": "(\n"
                        '  sum(rate(deployment_status_total{status="failed"}[5m])) by (environment) /\n'
                        "  sum(rate(deployment_status_total[5m])) by (environment)\n"
                        ") > 0.1\n",
                        "for": "5m",
                        "labels": {"severity": "critical"},
                        "annotations": {"summary": "High deployment failure rate in {{ $labels.environment }}"},
                    }
                ],
            }
        ]
    }


def test_alerts_of_one_rule_and_group_stand_together() -> None:
    alert = {"group": "g", "rule": "r", "expr": "up == 0", "wait": "5m", "severity": "info", "summary": "down"}
    alerts = {"One": alert, "Two": alert, "Other": {**alert, "group": "h"}, "Apart": {**alert, "rule": "s"}}
    made = system_alerts(a_place(system=a_system(a_service(), operations={"alerts": alerts})))
    found = {
        placed.manifest["metadata"]["name"]: {
            group["name"]: [one["alert"] for one in group["rules"]] for group in placed.manifest["spec"]["groups"]
        }
        for placed in of_kind(made, "PrometheusRule")
    }
    assert found == {"r": {"g": ["One", "Two"], "h": ["Other"]}, "s": {"g": ["Apart"]}}
    assert {placed.part for placed in made} == {Part.FOUNDATION}

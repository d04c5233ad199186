"""What `naru rollout status` says: shares in whole pods, pauses and their ends, analysis and why it says nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from manifests.placed import Place
from operations.rollout.analysis import metric_states, run_names
from operations.rollout.lines import advice, left, lines, metric_lines
from operations.rollout.live import LiveWorkload
from operations.rollout.pause import Pause, duration_of, pauses
from operations.rollout.revision import revisions
from operations.rollout.state import ServiceState, state_of
from operations.rollout.subject import Subject
from operations.rollout.traffic import leads_to
from settings.service import Service
from settings.strategy import (
    BlueGreen,
    BlueGreenIngress,
    Canary,
    CanaryDeployment,
    CanaryStep,
    Rolling,
    Strategy,
)
from settings.variants import Kind, Role
from tests.unit.operations.builders import stack, system
from tests.unit.operations.rollout_builders import CREATED, Object, a_deployment, a_replica_set, a_rollout

NOW = datetime(2026, 1, 2, 3, 1, tzinfo=UTC)
BY_PODS = Canary(type="canary", steps=(CanaryStep(weight=20),))
ROUTED = Canary(type="canary", traffic="nginx", steps=(CanaryStep(weight=20),))
IN_TWO = BlueGreen(type="blueGreen")


def service(strategy: Strategy, **more: Any) -> Service:
    return Service.model_construct(**{"name": "web", "strategy": strategy, "live": "blue", **more})


def workload(found: Object, *sets: Object, kind: Kind = "Rollout", role: Role = "main") -> LiveWorkload:
    name = found["metadata"]["name"]
    return LiveWorkload("seoul", "shop", name, kind, role, found, revisions(found, kind, sets))


def canary(index: int = 1, new: int = 1, old: int = 4, **status: Any) -> LiveWorkload:
    sets = a_replica_set("1", 1, replicas=old), a_replica_set("2", 2, replicas=new)
    return workload(a_rollout(currentStepIndex=index, **status), *sets)


def subject(strategy: Strategy) -> Subject:
    place = Place(stack(system("shop")), system("shop"), "seoul")
    return Subject(place.stack, service(strategy), (place,))


def said(state: ServiceState, strategy: Strategy = BY_PODS) -> str:
    return "\n".join(lines(state, subject(strategy), NOW))


def paused(reason: str) -> dict[str, Any]:
    return {"pauseConditions": [{"reason": reason, "startTime": CREATED}], "phase": "Paused"}


@pytest.mark.parametrize(
    ("new", "old", "text"),
    [
        (1, 4, "20 % = 1 of 5 pods"),
        (1, 3, "20 % asked for, 25 % = 1 of 4 pods"),
        (0, 5, "20 % asked for, 0 % = 0 of 5 pods"),
    ],
)
def test_share_that_pods_divide_is_said_in_pods(new: int, old: int, text: str) -> None:
    assert str(state_of(service(BY_PODS), [canary(new=new, old=old)]).weight) == text


def test_share_that_is_routed_is_what_the_router_was_told() -> None:
    told = {"weights": {"canary": {"weight": 10}, "stable": {"weight": 90}}}
    found = state_of(service(ROUTED), [canary(canary=told)])
    assert str(found.weight) == "20 % asked for, 10 % routed"


def test_a_stable_version_has_no_share() -> None:
    stable = workload(a_rollout("1", "1", currentStepIndex=6), a_replica_set("1", 1, replicas=5))
    assert state_of(service(BY_PODS), [stable]).weight is None


def test_second_deployment_has_a_share_and_waits_for_somebody() -> None:
    main = workload(a_deployment(), a_replica_set("1", 1, replicas=3, kind="Deployment"), kind="Deployment")
    tried = workload(
        a_deployment("web-canary", replicas=1),
        a_replica_set("2", 1, replicas=1, kind="Deployment", owner="web-canary"),
        kind="Deployment",
        role="canary",
    )
    found = state_of(service(CanaryDeployment(type="canaryDeployment", weight=25)), [main, tried])
    assert (found.phase, found.waits_for_somebody, str(found.weight)) == ("paused", True, "25 % = 1 of 4 pods")
    assert [(one.workload, one.role) for one in found.versions] == [("web", "stable"), ("web-canary", "canary")]
    assert "for somebody: a canary is being tried" in said(found)


def test_second_deployment_without_pods_makes_the_service_degraded() -> None:
    main = workload(a_deployment(), a_replica_set("1", 1, replicas=3, kind="Deployment"), kind="Deployment")
    tried = workload(a_deployment("web-canary", replicas=0), kind="Deployment", role="canary")
    found = state_of(
        service(CanaryDeployment(type="canaryDeployment", weight=25)), [main, tried], why="its guard called it off"
    )
    assert (found.phase, found.reason) == ("degraded", "web-canary: it is scaled to 0 pods; its guard called it off")


def test_idle_color_without_pods_is_no_trouble_and_another_version_of_it_is_told() -> None:
    sets = [
        a_replica_set(tag, 1, replicas=count, kind="Deployment", owner=f"web-{color}")
        for color, tag, count in (("blue", "1", 3), ("green", "2", 0))
    ]
    colors = [
        workload(a_deployment("web-blue"), sets[0], kind="Deployment", role="blue"),
        workload(a_deployment("web-green", replicas=0), sets[1], kind="Deployment", role="green"),
    ]
    found = state_of(service(BlueGreenIngress(type="blueGreenIngress")), colors)
    assert found.phase == "healthy"
    assert [one.role for one in found.versions] == ["blue (live)", "green (idle)"]
    assert found.notes == ("green is idle and has another version: a promotion makes it live",)


def test_pause_with_a_duration_has_an_end() -> None:
    found = state_of(service(BY_PODS), [canary(1, **paused("CanaryPauseStep"))])
    assert found.pauses == (Pause("CanaryPauseStep", CREATED, "2026-01-02T03:05:00Z"),)
    assert not found.waits_for_somebody
    assert not found.settled
    assert "   waits      for the pause of step 2: until 2026-01-02T03:05:00Z, in 4 min" in said(found)
    assert "step 2 of 6 (pause: 5m), 20 % = 1 of 5 pods" in said(found)
    assert "`naru rollout promote shop/web --stack staging` goes on now" in said(found)


def test_pause_without_a_duration_waits_for_somebody() -> None:
    found = state_of(service(BY_PODS), [canary(3, new=3, old=2, **paused("CanaryPauseStep"))])
    assert found.waits_for_somebody
    assert "for somebody: the pause of step 4 ends when it is promoted" in said(found)
    assert "`naru rollout promote shop/web --stack staging` goes on\n" in f"{said(found)}\n"


def test_blue_green_waits_for_somebody_unless_it_is_promoted_by_itself() -> None:
    found = a_rollout(blue_green=True, **paused("BlueGreenPause"))
    assert pauses(workload(found))[0].for_somebody
    found["spec"]["strategy"]["blueGreen"] |= {"autoPromotionEnabled": True, "autoPromotionSeconds": 90}
    assert pauses(workload(found))[0].until == "2026-01-02T03:01:30Z"
    found["spec"]["strategy"]["blueGreen"]["autoPromotionEnabled"] = False
    assert pauses(workload(found))[0].for_somebody


@pytest.mark.parametrize(
    ("duration", "seconds"), [(30, 30), ("30", 30), ("1m30s", 90), ("1h", 3600), ("500ms", 0.5), ("soon", None)]
)
def test_durations_are_read_as_argo_rollouts_reads_them(duration: object, seconds: float | None) -> None:
    assert duration_of(duration) == seconds


@pytest.mark.parametrize(
    ("until", "text"),
    [
        ("2026-01-02T03:01:05Z", "in 5 s"),
        ("2026-01-02T05:03:05Z", "in 2 h 2 min"),
        ("2026-01-02T03:00:00Z", "which is now"),
    ],
)
def test_time_that_is_left_is_said_in_words(until: str, text: str) -> None:
    assert left(until, NOW) == text


def test_versions_of_a_blue_green_service_are_what_its_services_lead_to() -> None:
    status = {"blueGreen": {"activeSelector": "h1", "previewSelector": "h2"}, **paused("BlueGreenPause")}
    sets = a_replica_set("1", 1, replicas=5), a_replica_set("2", 2, replicas=5), a_replica_set("0", 0)
    found = workload(a_rollout(blue_green=True, **status), *sets)
    services = {
        name: leads_to({"spec": {"selector": {"rollouts-pod-template-hash": hashed}}}, [found])
        for name, hashed in (("web", "h1"), ("web-preview", "h2"))
    }
    state = state_of(service(IN_TWO), [found], services=services, preview=["https://preview.example.com/"])
    assert [(one.role, one.desired) for one in state.versions] == [("preview", 5), ("active", 5)]
    text = said(state, IN_TWO)
    assert "strategy   blueGreen: 1 → 2" in text
    assert "web → the active version 1" in text
    assert "web-preview → the preview version 2" in text
    assert "preview    https://preview.example.com/" in text


def test_service_with_no_selector_of_ours_and_none_yet_leads_to_nothing() -> None:
    assert leads_to({"spec": {}}, [canary()]) == "nothing yet: it has no selector"
    assert leads_to({"spec": {"selector": {"app.kubernetes.io/name": "web"}}}, [canary()]) == "all pods"


def test_aborted_rollout_says_why_and_what_serves_on() -> None:
    message = 'RolloutAborted: Background analysis phase error/failed: Metric "success-rate" assessed Failed'
    found = state_of(service(BY_PODS), [canary(2, abort=True, message=message, phase="Degraded")])
    text = said(found)
    assert "degraded" in text
    assert "success-rate" in text
    assert "example.com/web:1 serves on" in text
    assert [line.partition("`")[2].partition("`")[0] for line in advice(found, subject(BY_PODS))] == [
        "naru rollout retry shop/web --stack staging",
        "naru rollback shop/web --stack staging",
    ]


def test_refused_rollout_says_why() -> None:
    conditions = [{"type": "InvalidSpec", "status": "True", "message": "no such AnalysisTemplate"}]
    found = state_of(service(BY_PODS), [canary(phase="Degraded", message="InvalidSpec: x", conditions=conditions)])
    assert "Argo Rollouts refuses it: no such AnalysisTemplate" in said(found)


def test_words_of_pods_are_told_while_it_is_not_ready_and_only_then() -> None:
    waiting = state_of(service(BY_PODS), [canary(message="more replicas")], why="web-1: ImagePullBackOff")
    assert waiting.reason == "more replicas; web-1: ImagePullBackOff"
    healthy = state_of(service(Rolling()), [workload(a_deployment(), kind="Deployment")], why="web-1: old news")
    assert healthy.reason == ""


METRIC: dict[str, Any] = {
    "name": "success-rate",
    "successCondition": "len(result) > 0 && result[0] >= 0 && result[0] <= 0.05",
    "failureCondition": "len(result) > 0 && result[0] > 0.05",
}


def a_run(phase: str, *measured: tuple[str, str], **counts: int) -> Object:
    measurements = [{"phase": one, "value": value} for one, value in measured]
    result = {"name": "success-rate", "phase": phase, "measurements": measurements, **counts}
    return {"spec": {"metrics": [METRIC]}, "status": {"metricResults": [result] if phase else []}}


def metric_text(run: Object) -> list[str]:
    (metric,) = metric_states("background", run)
    return list(metric_lines(metric))


def test_metric_is_told_against_its_limit() -> None:
    run = a_run("Running", ("Successful", "[0.02]"), ("Failed", "[0.0712345]"), count=2, failed=1)
    assert metric_text(run) == [
        "success-rate (background): 0.07123 (limit <= 0.05); 1 failed, 0 inconclusive of 2",
    ]


@pytest.mark.parametrize(
    ("value", "shown", "why"),
    [
        ("[]", "no data", "no data: Prometheus has nothing for its query"),
        ("[NaN]", "no data", "no data: Prometheus has nothing for its query"),
        ("[-1]", "-1", "too little traffic: fewer requests than `minimumRequests`"),
    ],
)
def test_inconclusive_metric_says_whether_it_was_no_data_or_too_little_traffic(
    value: str, shown: str, why: str
) -> None:
    run = a_run("Inconclusive", ("Inconclusive", value), count=6, inconclusive=6)
    assert metric_text(run) == [
        f"success-rate (background): {shown} (limit <= 0.05); 0 failed, 6 inconclusive of 6",
        f"  inconclusive: {why}",
    ]


def test_silent_prometheus_is_told_apart_from_no_data() -> None:
    result = {"name": "success-rate", "phase": "Error", "error": 3, "message": "connection refused"}
    run = {"spec": {"metrics": [METRIC]}, "status": {"metricResults": [result]}}
    assert metric_text(run) == [
        "success-rate (background): not measured yet (limit <= 0.05); 0 failed, 0 inconclusive of 0, "
        "3 without an answer",
        "  error: Prometheus was not asked or did not answer: connection refused",
    ]


def test_metric_that_was_not_measured_yet_is_there_too() -> None:
    assert metric_text(a_run("")) == [
        "success-rate (background): not measured yet (limit <= 0.05); 0 failed, 0 inconclusive of 0"
    ]


def test_limit_may_be_an_argument_and_a_failure_condition_is_turned_round() -> None:
    metric = {"name": "latency", "failureCondition": "result[0] > {{args.limit}}"}
    run = {"spec": {"metrics": [metric], "args": [{"name": "limit", "value": "2"}]}}
    (found,) = metric_states("step", run)
    assert found.limit == "<= 2"


def test_analysis_runs_are_those_that_the_rollout_names() -> None:
    status = {
        "canary": {"currentBackgroundAnalysisRunStatus": {"name": "a"}},
        "blueGreen": {"prePromotionAnalysisRunStatus": {"name": "b"}, "postPromotionAnalysisRunStatus": {"name": "c"}},
    }
    assert run_names({"status": status}) == {"background": "a", "pre-promotion": "b", "post-promotion": "c"}


def test_inconclusive_pause_names_the_metrics_and_what_a_promotion_does() -> None:
    metrics = list(metric_states("background", a_run("Inconclusive", ("Inconclusive", "[]"), count=6, inconclusive=6)))
    found = state_of(service(BY_PODS), [canary(1, **paused("InconclusiveAnalysisRun"))], analysis=metrics)
    text = said(found)
    assert "its analysis is inconclusive (success-rate: no data: Prometheus has nothing for its query)" in text
    assert "`naru rollout promote shop/web --stack staging` goes on, and asks again; with --full" in text

"""What could keep somebody from being answered, and what only looks so."""

from typing import Any

import pytest

from manifests.placed import Manifest
from operations.diff.model import Level
from operations.diff.pairs import Sides
from operations.diff.risks.downtime import downtime
from tests.unit.operations.diff.risks.samples import (
    CONTAINER,
    GONE,
    Case,
    container,
    harmless,
    ingress,
    judged,
    made,
    namespace,
    put,
    risky,
    service,
    side,
    store,
    workload,
)

_POD = "spec/template/spec"
_NAMED = {"matchLabels": {"app.kubernetes.io/name": "api"}}


def _budget(name: str = "api", **spec: Any) -> Manifest:
    return made("PodDisruptionBudget", name, spec={"selector": _NAMED, **spec})


def _autoscaler(least: int) -> Manifest:
    target = {"kind": "Deployment", "name": "api"}
    return made("HorizontalPodAutoscaler", spec={"scaleTargetRef": target, "minReplicas": least, "maxReplicas": 9})


def _canary(*steps: Manifest, **more: Any) -> Manifest:
    analysis = {"templates": [{"templateName": "success-rate"}, {"templateName": "latency"}]}
    return workload("Rollout", strategy={"canary": {"analysis": analysis, "steps": list(steps), **more}})


def _judged_by_steps(*steps: Manifest, **more: Any) -> Manifest:
    return workload("Rollout", strategy={"canary": {"steps": list(steps), **more}})


def _step(weight: int) -> Manifest:
    return {"setWeight": weight}


def _pause(duration: str | None = None) -> Manifest:
    return {"pause": {} if duration is None else {"duration": duration}}


def _blue_green(**more: Any) -> Manifest:
    strategy = {"activeService": "api", "autoPromotionEnabled": False, "scaleDownDelaySeconds": 60, **more}
    return workload("Rollout", strategy={"blueGreen": strategy})


def _rolling(**more: Any) -> Manifest:
    return workload(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, **more}})


_SMALL = (_step(5), _pause("10m"), _step(50), _pause("10m"))
_RATED = {"templates": [{"templateName": "success-rate"}]}
_PROMETHEUS = {"prometheus": {"address": "http://prometheus:9090", "query": "rate"}}
_JUDGES = made(
    "AnalysisTemplate",
    spec={"metrics": [{"name": "rate", "failureCondition": "result[0] > 0.05", "provider": _PROMETHEUS}]},
)
_RATE = made("AnalysisTemplate", spec={"metrics": [{"name": "rate"}]})
_TEMPLATE = made("AnalysisTemplate", spec={"metrics": [{"name": "rate", "failureLimit": 1}, {"name": "slow"}]})

WORKLOADS = [
    risky("a workload is removed", Level.MEDIUM, "nothing answers", workload(), None),
    risky(
        "two colours in place of one",
        Level.HIGH,
        "replaced by Deployment shop/api-blue",
        workload(),
        workload(name="api-blue"),
    ),
    risky(
        "another selector",
        Level.HIGH,
        "selector changes",
        workload(),
        put(workload(), "spec/selector", {"matchLabels": {"a": "b"}}),
    ),
    risky(
        "another claim of a store",
        Level.HIGH,
        "volumeClaimTemplates",
        store(),
        put(store(), "spec/volumeClaimTemplates/0/spec/resources/requests/storage", "20Gi"),
    ),
    risky(
        "another name of a store's members",
        Level.HIGH,
        "serviceName",
        store(),
        put(store(), "spec/serviceName", "other"),
    ),
    risky("a Deployment becomes a Rollout", Level.MEDIUM, "becomes a Rollout", workload(), _canary(*_SMALL)),
    risky("no pod is left", Level.HIGH, "no pod is left", workload(), workload(replicas=0)),
    risky("one pod is left", Level.MEDIUM, "1 pod left of 3", workload(), workload(replicas=1)),
    risky(
        "one pod is left of those that a budget guards",
        Level.HIGH,
        "1 pod left of 3: its budget (maxUnavailable 1) would let that one be evicted",
        (workload(), _budget(maxUnavailable=1)),
        workload(replicas=1),
    ),
    risky(
        "fewer than a budget keeps",
        Level.HIGH,
        "2 pods left of 4, fewer than its budget (minAvailable 3) keeps",
        (workload(replicas=4), _budget(minAvailable=3)),
        (workload(replicas=2), _budget(minAvailable=3)),
    ),
    risky(
        "an autoscaler goes down to one",
        Level.MEDIUM,
        "1 pod left of 3",
        (workload(), _autoscaler(3)),
        (workload(), _autoscaler(1)),
    ),
    risky(
        "an autoscaler is removed",
        Level.MEDIUM,
        "1 pod left of 3",
        (put(workload(), "spec/replicas", GONE), _autoscaler(3)),
        put(workload(), "spec/replicas", GONE),
    ),
    risky(
        "no readiness probe",
        Level.HIGH,
        "readiness probe of api",
        workload(),
        put(workload(), f"{CONTAINER}/readinessProbe", GONE),
    ),
    risky(
        "no liveness probe",
        Level.MEDIUM,
        "liveness probe of api",
        workload(),
        put(workload(), f"{CONTAINER}/livenessProbe", GONE),
    ),
    risky(
        "no startup probe",
        Level.MEDIUM,
        "startup probe of api",
        workload(),
        put(workload(), f"{CONTAINER}/startupProbe", GONE),
    ),
    risky("pods count as ready at once", Level.MEDIUM, "minReadySeconds", workload(), workload(minReadySeconds=0)),
    risky(
        "pods end sooner",
        Level.LOW,
        "from 30 to 20",
        workload(),
        put(workload(), f"{_POD}/terminationGracePeriodSeconds", 20),
    ),
    risky(
        "pods end at once",
        Level.MEDIUM,
        "from 30 to 5",
        workload(),
        put(workload(), f"{_POD}/terminationGracePeriodSeconds", 5),
    ),
    risky(
        "no time to be taken out of traffic",
        Level.MEDIUM,
        "preStop",
        workload(),
        put(workload(), f"{CONTAINER}/lifecycle", GONE),
    ),
    harmless("more pods", workload(), workload(replicas=5)),
    harmless("fewer pods, but several", workload(replicas=5), (workload(), _budget(maxUnavailable=1))),
    harmless("an autoscaler takes over", workload(), (put(workload(), "spec/replicas", GONE), _autoscaler(3))),
    harmless("a second Deployment that was tried ends", (workload(), workload(name="api-canary")), workload()),
    harmless("a workload is added", None, workload()),
    harmless("a workload goes with its namespace", (namespace(), workload()), None),
    harmless(
        "a claim in another spelling",
        store(),
        put(store(), "spec/volumeClaimTemplates/0/spec/resources/requests/storage", "10240Mi"),
    ),
    harmless("a label of pods", workload(), put(workload(), "spec/template/metadata/labels/team", "a")),
    harmless(
        "another probe", workload(), put(workload(), f"{CONTAINER}/readinessProbe", {"tcpSocket": {"port": 8080}})
    ),
    harmless("another container", workload(), put(workload(), CONTAINER, {**container("web"), "readinessProbe": None})),
    harmless(
        "more patience", workload(), put(workload(minReadySeconds=20), f"{_POD}/terminationGracePeriodSeconds", 60)
    ),
]

STRATEGIES = [
    risky(
        "pauses in seconds",
        Level.MEDIUM,
        "from 90 s to 45 s",
        _canary(_step(5), _pause("90")),
        _canary(_step(5), _pause("45s")),
    ),
    risky(
        "a Rollout becomes a Deployment",
        Level.HIGH,
        "strategy canary and its analysis goes",
        _canary(*_SMALL),
        workload(),
    ),
    risky("all pods stop first", Level.HIGH, "Recreate", _rolling(), workload(strategy={"type": "Recreate"})),
    risky("more pods away", Level.MEDIUM, "2 pods may be away", _rolling(), _rolling(maxUnavailable=2)),
    risky("all pods away", Level.HIGH, "all pods may be away", _rolling(), _rolling(maxUnavailable="100%")),
    risky(
        "no analysis",
        Level.HIGH,
        "latency, success-rate is removed",
        _canary(*_SMALL),
        put(_canary(*_SMALL), "spec/strategy/canary/analysis", GONE),
    ),
    risky(
        "less analysis",
        Level.MEDIUM,
        "latency is removed",
        _canary(*_SMALL),
        put(_canary(*_SMALL), "spec/strategy/canary/analysis/templates", [{"templateName": "success-rate"}]),
    ),
    risky(
        "nothing judges before the promotion",
        Level.HIGH,
        "success-rate is removed from prePromotionAnalysis: nothing judges a new version before it takes all traffic",
        _blue_green(prePromotionAnalysis=_RATED, postPromotionAnalysis=_RATED),
        _blue_green(postPromotionAnalysis=_RATED),
    ),
    risky(
        "nothing judges after the promotion",
        Level.MEDIUM,
        "success-rate is removed from postPromotionAnalysis: less is measured",
        _blue_green(prePromotionAnalysis=_RATED, postPromotionAnalysis=_RATED),
        _blue_green(prePromotionAnalysis=_RATED),
    ),
    risky(
        "a step judges no more",
        Level.MEDIUM,
        "success-rate is removed from a step: less is measured",
        _judged_by_steps(_step(5), {"analysis": _RATED}, _step(50), {"analysis": _RATED}),
        _judged_by_steps(_step(5), {"analysis": _RATED}, _step(50)),
    ),
    risky(
        "no step judges any more",
        Level.HIGH,
        "success-rate is removed from a step: no analysis is left",
        _judged_by_steps(_step(5), {"analysis": _RATED}, _step(50)),
        _judged_by_steps(_step(5), _step(50)),
    ),
    risky(
        "only what judges once all traffic has moved is left",
        Level.HIGH,
        "nothing judges a new version before it takes all traffic",
        _judged_by_steps(_step(5), {"analysis": _RATED}, _step(100), {"analysis": _RATED}),
        _judged_by_steps(_step(5), _step(100), {"analysis": _RATED}),
    ),
    harmless(
        "all steps are judged for one",
        _judged_by_steps(_step(5), {"analysis": _RATED}, _step(50)),
        _judged_by_steps(_step(5), _step(50), analysis=_RATED),
    ),
    risky("no steps", Level.HIGH, "all steps", _canary(*_SMALL), _canary()),
    risky(
        "shorter pauses",
        Level.MEDIUM,
        "from 20 min to 10 min",
        _canary(*_SMALL),
        _canary(_step(5), _pause("10m"), _step(50)),
    ),
    risky(
        "nobody is waited for",
        Level.MEDIUM,
        "waits for somebody",
        _canary(_step(5), _pause()),
        _canary(_step(5), _pause("10m")),
    ),
    risky("a large first step", Level.MEDIUM, "takes 50 %", _canary(*_SMALL), _canary(_step(50), _pause("20m"))),
    risky(
        "traffic is divided by pods",
        Level.MEDIUM,
        "divided by weight",
        _canary(*_SMALL, trafficRouting={"nginx": {}}),
        _canary(*_SMALL),
    ),
    risky(
        "more pods of a canary away",
        Level.HIGH,
        "all pods may be away",
        _canary(*_SMALL, maxUnavailable=0),
        _canary(*_SMALL, maxUnavailable=3),
    ),
    risky(
        "promoted by itself",
        Level.MEDIUM,
        "autoPromotionEnabled",
        _blue_green(),
        _blue_green(autoPromotionEnabled=True),
    ),
    risky(
        "the old version goes sooner", Level.LOW, "30 s for 60 s", _blue_green(), _blue_green(scaleDownDelaySeconds=30)
    ),
    risky(
        "the old version goes at once",
        Level.MEDIUM,
        "0 s for 60 s",
        _blue_green(),
        _blue_green(scaleDownDelaySeconds=0),
    ),
    risky(
        "a metric less",
        Level.MEDIUM,
        "slow is measured no more",
        _TEMPLATE,
        put(_TEMPLATE, "spec/metrics", [{"name": "rate", "failureLimit": 1}]),
    ),
    risky(
        "a metric may fail more often",
        Level.MEDIUM,
        "may fail 5 times for 1",
        _TEMPLATE,
        put(_TEMPLATE, "spec/metrics/0/failureLimit", 5),
    ),
    risky(
        "a metric judges otherwise",
        Level.LOW,
        "the metric rate judges otherwise: failureCondition result[0] > 0.05 -> result[0] > 0.5",
        _JUDGES,
        put(_JUDGES, "spec/metrics/0/failureCondition", "result[0] > 0.5"),
    ),
    risky(
        "a metric asks for something else",
        Level.LOW,
        "the metric rate judges otherwise: query rate -> vector(0)",
        _JUDGES,
        put(_JUDGES, "spec/metrics/0/provider/prometheus/query", "vector(0)"),
    ),
    risky(
        "a metric judges nothing",
        Level.MEDIUM,
        "failureCondition result[0] > 0.05 -> none",
        _JUDGES,
        put(_JUDGES, "spec/metrics/0/failureCondition", GONE),
    ),
    harmless(
        "a metric is asked for elsewhere",
        _JUDGES,
        put(_JUDGES, "spec/metrics/0/provider/prometheus/address", "http://prometheus.monitoring:9090"),
    ),
    harmless(
        "an analysis of another name that measures the same",
        (_canary(*_SMALL), put(_RATE, "metadata/name", "success-rate")),
        (
            put(_canary(*_SMALL), "spec/strategy/canary/analysis/templates/0/templateName", "api-success-rate"),
            put(_RATE, "metadata/name", "api-success-rate"),
        ),
    ),
    harmless("a canary that becomes blue and green, and back", _blue_green(), _blue_green(previewService="preview")),
    risky(
        "a canary becomes blue and green",
        Level.MEDIUM,
        "all traffic moves at once",
        put(_canary(*_SMALL), "spec/strategy/canary/analysis", GONE),
        _blue_green(),
    ),
    harmless("a share that rounds to nothing", _rolling(), _rolling(maxUnavailable="25%")),
    harmless(
        "all pods stop first, as before",
        workload(strategy={"type": "Recreate"}),
        workload(strategy={"type": "Recreate"}, replicas=4),
    ),
    harmless("a store that is updated otherwise", store(), store(updateStrategy={"type": "OnDelete"})),
    risky(
        "a Deployment in place of a store",
        Level.MEDIUM,
        "the StatefulSet becomes a Deployment",
        workload("StatefulSet"),
        workload(),
    ),
    harmless("finer steps", _canary(*_SMALL), _canary(_step(2), _pause("10m"), *_SMALL)),
    harmless("a pause that waits for somebody", _canary(*_SMALL), _canary(*_SMALL, _pause())),
    harmless("more analysis", put(_canary(*_SMALL), "spec/strategy/canary/analysis", GONE), _canary(*_SMALL)),
    harmless("fewer pods away", _rolling(maxUnavailable=2), _rolling()),
    harmless(
        "a default spelt out",
        workload(),
        workload(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%"}}),
    ),
    harmless("promoted by somebody", _blue_green(autoPromotionEnabled=True), _blue_green()),
    harmless("the old version stays longer", _blue_green(), _blue_green(scaleDownDelaySeconds=600)),
    harmless("a metric more", _TEMPLATE, put(_TEMPLATE, "spec/metrics/0/failureLimit", 0)),
]

BUDGETS = [
    risky(
        "a budget is removed",
        Level.MEDIUM,
        "the budget of Deployment shop/api is removed",
        (workload(), _budget(maxUnavailable=1)),
        workload(),
    ),
    risky(
        "a weaker budget",
        Level.LOW,
        "2 of 3 pods",
        (workload(), _budget(maxUnavailable=1)),
        (workload(), _budget(maxUnavailable=2)),
    ),
    risky(
        "a budget of nothing",
        Level.HIGH,
        "3 of 3 pods",
        (workload(), _budget(minAvailable=2)),
        (workload(), _budget(minAvailable=0)),
    ),
    risky(
        "a budget that holds nodes",
        Level.MEDIUM,
        "cannot be drained",
        workload(),
        (workload(), _budget(minAvailable="100%")),
    ),
    harmless("a budget is added", workload(), (workload(), _budget(maxUnavailable=1))),
    harmless("a stronger budget", (workload(), _budget(maxUnavailable=2)), (workload(), _budget(minAvailable=2))),
    harmless(
        "the budget of one pod is removed", (workload(replicas=1), _budget(maxUnavailable=1)), workload(replicas=1)
    ),
]

SERVICES = [
    risky("a Service is removed", Level.HIGH, "the Service is removed", (workload(), service()), workload()),
    risky("a Service is renamed", Level.HIGH, "called web now", (workload(), service()), (workload(), service("web"))),
    risky(
        "a port goes",
        Level.HIGH,
        "port 80 goes (it answers on 8080 now)",
        (workload(), service()),
        (workload(), put(service(), "spec/ports/0/port", 8080)),
    ),
    risky(
        "a port is called otherwise",
        Level.MEDIUM,
        "called web for http",
        (workload(), service()),
        (workload(), put(service(), "spec/ports/0/name", "web")),
    ),
    risky(
        "a port leads to nothing",
        Level.HIGH,
        "which no container listens on",
        (workload(), service()),
        (workload(), put(service(), "spec/ports/0/targetPort", "grpc")),
    ),
    risky("another address", Level.HIGH, "clusterIP changes", service(), service(clusterIP="None")),
    risky(
        "no load balancer any more",
        Level.HIGH,
        "the address that others use goes",
        service(type="LoadBalancer"),
        service(),
    ),
    risky(
        "a selector of nothing",
        Level.HIGH,
        "finds no pod",
        (workload(), service()),
        (workload(), service(selector={"a": "b"})),
    ),
    risky(
        "a selector of others",
        Level.MEDIUM,
        "other pods answer",
        (workload(), workload(name="web"), service()),
        (workload(), workload(name="web"), service(selector={"app.kubernetes.io/name": "web"})),
    ),
    risky(
        "a selector of pods to come",
        Level.HIGH,
        "none of the pods that run now",
        (workload(), service()),
        (put(workload(), "spec/template/metadata/labels/b", "c"), service(selector={"b": "c"})),
    ),
    risky(
        "a selector of the same pods",
        Level.LOW,
        "finds the same pods",
        (workload(), service()),
        (workload(), service(selector={"app.kubernetes.io/component": "api"})),
    ),
    risky(
        "a host goes",
        Level.HIGH,
        "b.example.com goes",
        ingress("a.example.com", "b.example.com"),
        ingress("a.example.com"),
    ),
    risky(
        "a path goes",
        Level.MEDIUM,
        "a.example.com/api leads no longer to api",
        (ingress("a.example.com", path="/api"), ingress("a.example.com", path="/web", name="web")),
        ingress("a.example.com", path="/web", name="web"),
    ),
    risky(
        "another controller",
        Level.HIGH,
        "ingressClassName is alb",
        ingress("a.example.com"),
        put(ingress("a.example.com"), "spec/ingressClassName", "alb"),
    ),
    harmless(
        "a port more",
        (workload(), service()),
        (workload(), service(ports=[*service()["spec"]["ports"], {"name": "grpc", "port": 90, "targetPort": "http"}])),
    ),
    harmless(
        "another container's port",
        (workload(), service()),
        (
            put(workload(), f"{CONTAINER}/ports", [{"name": "web", "containerPort": 8081}]),
            put(service(), "spec/ports/0/targetPort", "web"),
        ),
    ),
    harmless("a Service goes with its workload", (namespace(), workload(), service()), ()),
    harmless("a Service that finds nothing is removed", service(), None),
    harmless(
        "a Rollout takes a Service over",
        (_canary(*_SMALL, stableService="api"), service()),
        (_canary(*_SMALL, stableService="api"), put(service(), "spec/selector", GONE)),
    ),
    risky(
        "a host of two ways in goes",
        Level.HIGH,
        "b.example.com goes",
        (ingress("b.example.com"), ingress("b.example.com", path="/x", name="x")),
        None,
    ),
    risky(
        "no port is left",
        Level.HIGH,
        "it answers on none now",
        (workload(), service()),
        (workload(), service(ports=[])),
    ),
    risky(
        "a Service is removed, another namespace has one",
        Level.HIGH,
        "the Service is removed",
        (workload(), service()),
        (workload(), put(service("web"), "metadata/namespace", "other")),
    ),
    harmless(
        "the number of the container's port",
        (workload(), service()),
        (workload(), put(service(), "spec/ports/0/targetPort", 8080)),
    ),
    harmless(
        "a load balancer stays one",
        service(type="LoadBalancer"),
        service(type="LoadBalancer", externalTrafficPolicy="Local"),
    ),
    harmless(
        "one pod in place of none",
        (workload(replicas=0), _budget(maxUnavailable=1)),
        (workload(replicas=1), _budget(maxUnavailable=1)),
    ),
    risky(
        "one pod is left, and a budget is of others",
        Level.MEDIUM,
        "1 pod left of 3",
        (workload(), _budget("web", maxUnavailable=1, selector={"matchLabels": {"a": "b"}})),
        workload(replicas=1),
    ),
    risky(
        "an autoscaler goes down with its workload",
        Level.MEDIUM,
        "1 pod left of 3",
        (workload(), _autoscaler(3)),
        (workload(revisionHistoryLimit=3), _autoscaler(1)),
    ),
    harmless("an autoscaler of nothing", _autoscaler(3), _autoscaler(1)),
    harmless("a wider path", ingress("a.example.com", path="/api/v1"), ingress("a.example.com", path="/api")),
    harmless("a host more", ingress("a.example.com"), ingress("a.example.com", "b.example.com")),
]


@pytest.mark.parametrize("case", [*WORKLOADS, *STRATEGIES, *BUDGETS, *SERVICES], ids=str)
def test_downtime(case: Case) -> None:
    judged(downtime, case)


def test_a_host_that_another_cluster_still_answers_is_no_longer_answered_from_one() -> None:
    both = side([ingress("a.example.com")]) | side([ingress("a.example.com")], "tokyo")

    (found,) = downtime(Sides(both, side([ingress("a.example.com")])))

    assert found.level is Level.MEDIUM
    assert found.reason == "a.example.com is no longer answered from tokyo: what is left answers alone"
    assert found.subject.cluster == "tokyo"


def test_all_that_is_weaker_of_one_strategy_is_one_risk_as_bad_as_the_worst() -> None:
    worse = put(_canary(_step(5), _pause("1m")), "spec/strategy/canary/analysis", GONE)

    (found,) = downtime(Sides(side([_canary(*_SMALL)]), side([worse])))

    assert found.level is Level.HIGH
    assert found.reason.startswith("the analysis latency, success-rate is removed")
    assert "no analysis is left" in found.reason
    assert "; the pauses of the canary are shortened from 20 min to 1 min" in found.reason
    assert found.at == ("strategy",)

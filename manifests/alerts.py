"""PrometheusRules: what wakes somebody while a service breaks an objective, and a system's `operations.alerts`.

Each objective has an alert from the very query, limit and window that call a new version off
(`manifests/objective.py`), here of all of the service's pods. Its error rate has two more, for how fast the budget of
failed requests is spent: a long window makes it worth waking somebody, a short one ends it.
Source: Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from manifests.monitor import API_VERSION, monitoring_labels
from manifests.objective import Judged, Whose, error_rate_over, judged, objectives_of
from manifests.objective_query import pods_of
from manifests.placed import Manifest, Part, Place, Placed
from settings.service import Service
from settings.strategy import Analysis, Objectives
from settings.types import duration_seconds
from settings.variants import names, variants

Severity = Literal["info", "warning", "critical"]

# A factor that asks for more than all requests to fail would never be reached: this share of them is always enough.
_MOST = 0.9


@dataclass(frozen=True, slots=True)
class _Burn:
    name: str
    factor: float
    """How many times as fast as the objective allows."""
    long: str
    short: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class _Told:
    name: str
    severity: Severity
    summary: str
    value: str


def objective_alerts(place: Place, service: Service) -> list[Placed]:
    """Return the PrometheusRule of a service's objectives; none where it has none that something measures."""
    if service.objectives is None:
        return []
    whose = whose_service(place, service)
    rules = [_objective(place, service, one) for one in judged(place.environment, service, whose)]
    if not rules:
        return []
    groups = [{"name": f"{service.name}.objectives", "rules": rules}]
    burning = _burning(place, service, whose)
    if burning:
        groups.append({"name": f"{service.name}.error-budget", "rules": burning})
    name = f"{service.name}-objectives"
    manifest = _rule(place, name, place.namespace(service.namespace), service.name, groups)
    return [Placed(manifest, Part.WORKLOADS, service.name)]


def system_alerts(place: Place) -> list[Placed]:
    """Return the PrometheusRules of a system's own alerts."""
    rules: defaultdict[str, defaultdict[str, list[Manifest]]] = defaultdict(lambda: defaultdict(list))
    for name, alert in place.system.operations.alerts.items():
        rules[alert.rule][alert.group].append(
            {
                "alert": name,
                "expr": alert.expr,
                "for": alert.wait,
                "labels": {"severity": alert.severity},
                "annotations": {"summary": alert.summary},
            }
        )
    namespace = place.namespace(next(iter(place.system.namespaces)))
    return [
        Placed(
            _rule(place, rule, namespace, "", [{"name": group, "rules": found} for group, found in groups.items()]),
            Part.FOUNDATION,
        )
        for rule, groups in rules.items()
    ]


def whose_service(place: Place, service: Service) -> Whose:
    """Return whose requests and pods a service's alerts are about: all its pods, and the requests to what is live."""
    found = names(service)
    return Whose(
        place.namespace(service.namespace),
        pods_of(*sorted(variant.name for variant in variants(service))),
        services="|".join(sorted({found.serving, *found.colors})),
    )


def burns(budget: float) -> tuple[_Burn, ...]:
    """Return how fast a budget, the share of requests that may fail, must not be spent; none where it is near all."""
    most = _MOST / budget
    if most <= 1:
        return ()
    fast = min(14.4, most)
    slow = max(1.0, min(6.0, fast / 2))
    return (
        _Burn("ErrorBudgetBurnsFast", fast, "1h", "5m", "critical"),
        _Burn("ErrorBudgetBurnsSlowly", slow, "6h", "30m", "warning"),
    )


def _burning(place: Place, service: Service, whose: Whose) -> list[Manifest]:
    rules: list[Manifest] = []
    rate = objectives_of(service).error_rate
    if rate is None:
        return rules
    for burn in burns(rate.threshold / 100):
        over = [error_rate_over(place.environment, service, whose, window) for window in (burn.long, burn.short)]
        limit = f"{burn.factor * rate.threshold / 100:.4g}"
        expression = " and ".join(f"({query}) > {limit}" for query in over if query is not None)
        if expression:
            summary = (
                f"{place.system.name}/{service.name} fails {burn.factor:.3g} times as often as its objective of"
                f" {rate.threshold} % allows, over {burn.long} and still over {burn.short}"
            )
            told = _Told(burn.name, burn.severity, summary, "{{ $value | humanizePercentage }}")
            rules.append(_alert(place, service, told, expression))
    return rules


def _objective(place: Place, service: Service, one: Judged) -> Manifest:
    objectives = objectives_of(service)
    told = _told(f"{place.system.name}/{service.name}", one.analysis, objectives)
    return _alert(place, service, told, one.broken, (one.failures - 1) * duration_seconds(objectives.interval))


def _told(what: str, analysis: Analysis, objectives: Objectives) -> _Told:
    rate, time, backlog = objectives.error_rate, objectives.response_time, objectives.queue_backlog
    if analysis == "success-rate" and rate is not None:
        summary = f"{what} fails more than {rate.threshold} % of its requests over {rate.window}"
        return _Told("ErrorRateAboveObjective", "critical", summary, "{{ $value | humanizePercentage }}")
    if analysis == "latency" and time is not None:
        summary = (
            f"{what} answers {100 - time.percentile} % of its requests in more than {time.threshold} over {time.window}"
        )
        return _Told("ResponseTimeAboveObjective", "critical", summary, "{{ $value | humanizeDuration }}")
    if analysis == "queue-backlog" and backlog is not None:
        summary = f"{what} lets more than {backlog.threshold} wait over {backlog.window}"
        return _Told("QueueBacklogAboveObjective", "warning", summary, "{{ $value }}")
    return _Told("PodsFailChecks", "critical", f"{what} has pods that are not ready", "{{ $value }}")


def _alert(place: Place, service: Service, told: _Told, expression: str, seconds: int = 0) -> Manifest:
    target = f"{place.system.name}/{service.name} --stack {place.stack.name}"
    rule: Manifest = {"alert": told.name, "expr": expression}
    if seconds:
        rule["for"] = f"{seconds}s"
    return {
        **rule,
        "labels": {
            "severity": told.severity,
            "environment": place.stack.name,
            "system": place.system.name,
            "service": service.name,
        },
        "annotations": {
            "summary": told.summary,
            "value": told.value,
            "runbook": f"See what is under way: naru rollout status {target}. Go back: naru rollback {target}",
        },
    }


def _rule(place: Place, name: str, namespace: str, component: str, groups: list[Manifest]) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": "PrometheusRule",
        "metadata": {"name": name, "namespace": namespace, "labels": monitoring_labels(place, name, component)},
        "spec": {"groups": groups},
    }

"""One objective as Argo Rollouts measures it, again and again: the metric of an analysis."""

from manifests.objective import Judged
from manifests.placed import Manifest
from settings.environment import Environment
from settings.strategy import Objectives
from settings.types import duration_seconds


def metric(environment: Environment, one: Judged, objectives: Objectives, count: int | None) -> Manifest:
    """Return the metric of an analysis; without a `count` it is measured for as long as the analysis goes on.

    No data and too little traffic fulfil neither condition, and so are inconclusive.
    """
    manifest: Manifest = {
        "name": one.analysis,
        "initialDelay": max(objectives.initial_delay, one.delay, key=duration_seconds),
        "interval": objectives.interval,
    }
    if count is not None:
        manifest["count"] = max(count, one.failures)
    return {
        **manifest,
        **conditions(one.limit),
        "failureLimit": one.failures - 1,
        "inconclusiveLimit": inconclusive_limit(objectives, manifest.get("count")),
        "consecutiveErrorLimit": objectives.consecutive_error_limit,
        "provider": prometheus(environment, one.query),
    }


def prometheus(environment: Environment, query: str) -> Manifest:
    """Return the provider of a metric; without an address the controller's own counts."""
    asked: Manifest = {"query": query}
    if environment.prometheus is not None:
        asked["address"] = environment.prometheus
    return {"prometheus": asked}


def conditions(limit: str) -> Manifest:
    """Return when a measurement succeeds and when it fails; what is neither is inconclusive."""
    return {
        "successCondition": f"len(result) > 0 && result[0] >= 0 && result[0] <= {limit}",
        "failureCondition": f"len(result) > 0 && result[0] > {limit}",
    }


def inconclusive_limit(objectives: Objectives, count: int | None) -> int:
    """Return how many measurements may be inconclusive; of a limited number never all.

    A metric that reaches its count is successful, even if no measurement was.
    Source: argo-rollouts 1.9, analysis/analysis.go, assessMetricStatus.
    """
    return objectives.inconclusive_limit if count is None else min(objectives.inconclusive_limit, count - 1)

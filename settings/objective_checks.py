"""What must hold between a service's objectives, who asks about them, and the metrics that answer."""

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from settings.environment import Environment
from settings.faults import Path, quoted
from settings.findings import Finding
from settings.measured import requests_source
from settings.service import Service
from settings.strategy import OBJECTIVE_OF, Analysis, BlueGreen, Canary, CanaryDeployment
from settings.types import duration_seconds


def check_analysis(environment: Environment, path: Path, service: Service) -> Iterator[Finding]:
    """Yield each analysis without its objective, and each objective that no metric can answer."""
    for key, asked in _asked(service):
        yield from _named((*path, "strategy", key), service, asked)
    yield from _answered(environment, (*path, "objectives"), service)


def _asked(service: Service) -> Iterator[tuple[str, tuple[Analysis, ...]]]:
    match service.strategy:
        case Canary(analysis=asked) | CanaryDeployment(analysis=asked):
            yield "analysis", asked or ()
        case BlueGreen(pre_promotion_analysis=before, post_promotion_analysis=after):
            yield "prePromotionAnalysis", before
            yield "postPromotionAnalysis", after


def _named(here: Path, service: Service, asked: tuple[Analysis, ...]) -> Iterator[Finding]:
    objectives = service.objectives
    if asked and objectives is None:
        yield Finding(here, "an analysis without objectives", "expected objectives of the service")
        return
    for index, name in enumerate(asked):
        if getattr(objectives, OBJECTIVE_OF[name]) is None:
            key = to_camel(OBJECTIVE_OF[name])
            yield Finding((*here, index), f"{quoted(name)}, and no {key} among the objectives", f"expected {key} there")
        elif name in asked[:index]:
            yield Finding((*here, index), f"{quoted(name)} a second time", "expected each analysis once")


def _answered(environment: Environment, here: Path, service: Service) -> Iterator[Finding]:
    objectives = service.objectives
    if objectives is None:
        return
    backlog = objectives.queue_backlog
    unanswered = requests_source(environment, service) is None
    for key, given in (("errorRate", objectives.error_rate), ("responseTime", objectives.response_time)):
        if given is not None and unanswered:
            yield Finding((*here, key), _unmeasured(service), 'expected metrics with requests "http" or "spring"')
    if objectives.error_rate is not None and objectives.error_rate.threshold == 100:
        yield Finding((*here, "errorRate", "threshold"), "no more than all requests can fail", "expected at most 99")
    if backlog is not None and backlog.metric is None:
        yield Finding((*here, "queueBacklog"), "no metric counts what waits", "expected metric: a gauge's name")
    if backlog is not None and service.metrics is None:
        yield Finding((*here, "queueBacklog"), "no metrics of the service are read", "expected metrics of the service")
    measured = {"errorRate": objectives.error_rate, "responseTime": objectives.response_time, "queueBacklog": backlog}
    for key, objective in measured.items():
        if objective is not None and duration_seconds(objective.window) == 0:
            yield Finding((*here, key, "window"), "a window of no time", "expected at least 1s")
    if duration_seconds(objectives.interval) == 0:
        yield Finding((*here, "interval"), "no time between two measurements", "expected at least 1s")


def _unmeasured(service: Service) -> str:
    match service.strategy:
        case Canary(traffic=traffic) | CanaryDeployment(traffic=traffic):
            return f"no metric tells the requests of a new version apart with traffic by {traffic}"
        case _:
            return "no metric counts the service's requests"

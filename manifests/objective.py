"""A service's objectives as they are judged: what is asked of Prometheus, and from which answer on they are broken."""

from collections.abc import Iterator
from dataclasses import dataclass

from manifests.objective_query import (
    Requests,
    error_rate,
    queue_backlog,
    requests_of,
    response_time,
    startup_seconds,
    unhealthy,
)
from settings.environment import Environment
from settings.measured import requests_source
from settings.service import Service
from settings.strategy import OBJECTIVE_OF, Analysis, Objectives
from settings.types import duration_seconds


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose requests and pods are measured; in each value `{{args.NAME}}` of an analysis template may stand."""

    namespace: str
    pods: str
    """A regular expression of pod names."""
    answering: str = ""
    """Another one for the pods that count requests, where these are called by other arguments."""
    services: str = ""
    """A regular expression of the Services that an Ingress names."""
    canary: str = ""
    """In place of `services`, the Service of a canary beside them."""
    startup_seconds: str = ""
    """How long a pod may take to be ready; as its probes say where none is given."""
    one_revision: bool = False
    """Whether all these pods are of one revision."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One objective: it is broken where the answer to the query is above the limit."""

    analysis: Analysis
    query: str
    limit: str
    failures: int = 1
    """How many measurements above the limit break it."""
    delay: str = "0s"
    """How long requests that another version answered may still be counted."""

    @property
    def broken(self) -> str:
        """A query that has an answer while the objective is broken."""
        return f"({self.query}) > {self.limit}"


def objectives_of(service: Service) -> Objectives:
    """Return a service's objectives, none of them set where it has none."""
    return service.objectives or Objectives()


def given(service: Service) -> tuple[Analysis, ...]:
    """Return which analyses a service's objectives can answer."""
    return tuple(name for name, field in OBJECTIVE_OF.items() if getattr(objectives_of(service), field) is not None)


def judged(environment: Environment, service: Service, whose: Whose) -> Iterator[Judged]:
    """Yield each objective that something measures."""
    objectives = objectives_of(service)
    requests = _requests(environment, service, whose)
    minimum = objectives.minimum_requests
    rate, time = objectives.error_rate, objectives.response_time
    if rate is not None and requests is not None:
        query, limit = error_rate(requests, rate.window, minimum), f"{rate.threshold / 100:g}"
        yield Judged("success-rate", query, limit, delay=_delay(requests, whose, rate.window))
    if time is not None and requests is not None:
        query = response_time(requests, time.percentile, time.window, minimum)
        limit = str(duration_seconds(time.threshold))
        yield Judged("latency", query, limit, delay=_delay(requests, whose, time.window))
    if objectives.health_check_failures is not None:
        query = unhealthy(whose.namespace, whose.pods, whose.startup_seconds or startup_seconds(service))
        yield Judged("health", query, "0", failures=objectives.health_check_failures)
    backlog = objectives.queue_backlog
    if backlog is not None and backlog.metric is not None:
        query = queue_backlog(backlog.metric, whose.namespace, whose.pods, backlog.window)
        yield Judged("queue-backlog", query, str(backlog.threshold))


def error_rate_over(environment: Environment, service: Service, whose: Whose, window: str) -> str | None:
    """Return the query of a service's error rate over another window than its objective's; None for no metric."""
    requests = _requests(environment, service, whose)
    return None if requests is None else error_rate(requests, window, objectives_of(service).minimum_requests)


def _requests(environment: Environment, service: Service, whose: Whose) -> Requests | None:
    source = requests_source(environment, service)
    if source is None:
        return None
    if source == "nginx":
        return Requests(source, whose.namespace, whose.pods, services=whose.services, canary=whose.canary)
    return requests_of(source, whose.namespace, service, whose.answering or whose.pods)


def _delay(requests: Requests, whose: Whose, window: str) -> str:
    # Pods of one revision count for themselves; the same name or address may have been another version's just before.
    return "0s" if requests.source != "nginx" and whose.one_revision else window

"""What is asked of a new version while it takes over: analysis templates, and how a Rollout names them.

A template is called by what it asks, as the guide calls `success-rate`. Services of one namespace that ask the same
share it; where they differ it is the first one's (blue-green ones first: their guide names it), and the others have one
of their own, `<service>-<analysis>`.

Arguments of the templates, each only where it is needed:
service-name       where requests are counted: a Service as an Ingress names it, else the workload whose pods count them
workload           the Rollout whose pods are looked at
pod-template-hash  the new version's
the rest           of the cluster's template `health`: what it differs in from service to service
"""

import re
from collections.abc import Iterator
from typing import Literal

from manifests.measurement import conditions, inconclusive_limit, metric, prometheus
from manifests.objective import Judged, Whose, given, judged, objectives_of
from manifests.objective_query import pods_of_revision, startup_seconds, unhealthy
from manifests.placed import Manifest, Part, Place, Placed, reference
from settings.environment import Environment
from settings.measured import requests_source
from settings.service import Service
from settings.strategy import Analysis, BlueGreen, Canary, Objectives
from settings.types import duration_seconds
from settings.variants import names

Moment = Literal["background", "pre-promotion", "post-promotion"]

API_VERSION = "argoproj.io/v1alpha1"
HEALTH: Analysis = "health"

_MEASUREMENTS = 5
"""How many there are where an analysis has an end and the objectives do not say how long to watch."""
_ARGUMENT = re.compile(r"\{\{args\.([a-z-]+)\}\}")
_OF_HEALTH = ("namespace", "workload", "pod-template-hash", "startup-seconds")


def analysis(place: Place, service: Service, moment: Moment) -> Manifest | None:
    """Return what a Rollout's strategy says of its analysis at a moment, templates and arguments; None for none."""
    asked = [one for one in _judged(place, service) if one.analysis in _asked(service, moment)]
    if not asked:
        return None
    templates: list[Manifest] = []
    wanted: dict[str, None] = {}
    for one in asked:
        templates.append({"templateName": _name(place, service, one)})
        if one.analysis == HEALTH:
            templates[-1]["clusterScope"] = True
        wanted |= dict.fromkeys(_arguments(one))
    values = _values(place, service, moment)
    arguments = [{"name": name, **values[name]} for name in wanted]
    if HEALTH in {one.analysis for one in asked}:
        own = _health_arguments(objectives_of(service), _count(service)).items() - _USUAL.items()
        arguments += [{"name": name, "value": value} for name, value in sorted(own)]
    return {"templates": templates, "args": arguments}


def needed_templates(place: Place, service: Service) -> tuple[str, ...]:
    """Return the references of the templates that a service's Rollout names: without them it is refused."""
    namespace = place.namespace(service.namespace)
    return tuple(
        reference("AnalysisTemplate", namespace, _name(place, service, one))
        for one in _judged(place, service)
        if one.analysis != HEALTH and one.analysis in _asked_ever(service)
    )


def templates(place: Place) -> list[Placed]:
    """Return the AnalysisTemplates of a system's services."""
    objects: dict[str, Placed] = {}
    for service in place.system.services.values():
        asked = _asked_ever(service) if service.enabled else frozenset()
        for one in _judged(place, service) if asked else ():
            if one.analysis != HEALTH and one.analysis in asked:
                placed = _template(place, service, one)
                objects.setdefault(placed.reference, placed)
    return list(objects.values())


def cluster_template(environment: Environment, labels: dict[str, str]) -> Manifest:
    """Return the ClusterAnalysisTemplate `health`: checks of a new version's pods, every `interval`."""
    pods = pods_of_revision("{{args.workload}}", "{{args.pod-template-hash}}")
    query = unhealthy("{{args.namespace}}", pods, "{{args.startup-seconds}}")
    measured = {name: "{{args." + name + "}}" for name in _USUAL}
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterAnalysisTemplate",
        "metadata": {"name": HEALTH, "labels": labels},
        "spec": {
            "args": [
                *({"name": name} for name in _OF_HEALTH),
                *({"name": name, "value": value} for name, value in _USUAL.items()),
            ],
            "metrics": [
                {
                    "name": HEALTH,
                    "initialDelay": measured["initial-delay"],
                    "interval": measured["interval"],
                    "count": measured["count"],
                    **conditions("0"),
                    "failureLimit": measured["failure-limit"],
                    "inconclusiveLimit": measured["inconclusive-limit"],
                    "consecutiveErrorLimit": measured["consecutive-error-limit"],
                    "provider": prometheus(environment, query),
                }
            ],
        },
    }


def uses_health(service: Service) -> bool:
    """Tell whether a service's Rollout names the cluster's template."""
    return HEALTH in _asked_ever(service) and HEALTH in given(service)


def _template(place: Place, service: Service, one: Judged) -> Placed:
    name = _name(place, service, one)
    manifest = {
        "apiVersion": API_VERSION,
        "kind": "AnalysisTemplate",
        "metadata": {"name": name, "namespace": place.namespace(service.namespace), "labels": place.labels(name)},
        "spec": _spec(place, service, one),
    }
    return Placed(manifest, Part.FOUNDATION)


def _spec(place: Place, service: Service, one: Judged) -> Manifest:
    measured = metric(place.environment, one, objectives_of(service), _count(service))
    return {"args": [{"name": name} for name in _arguments(one)], "metrics": [measured]}


def _arguments(one: Judged) -> list[str]:
    return list(_OF_HEALTH if one.analysis == HEALTH else dict.fromkeys(_ARGUMENT.findall(one.query)))


def _name(place: Place, service: Service, one: Judged) -> str:
    if one.analysis == HEALTH:
        return HEALTH
    first, theirs = _first(place, service, one)
    same = first is service or _spec(place, first, theirs) == _spec(place, service, one)
    return one.analysis if same else f"{service.name}-{one.analysis}"


def _first(place: Place, service: Service, one: Judged) -> tuple[Service, Judged]:
    """Return the first service of the same namespace that asks the same, and what it asks."""
    namespace = place.namespace(service.namespace)
    neighbours = (
        other
        for other in place.system.services.values()
        if other.enabled and one.analysis in _asked_ever(other) and place.namespace(other.namespace) == namespace
    )
    for other in sorted(neighbours, key=lambda other: not isinstance(other.strategy, BlueGreen)):
        if other is service:
            break
        for theirs in _judged(place, other):
            if theirs.analysis == one.analysis:
                return other, theirs
    return service, one


def _asked(service: Service, moment: Moment) -> tuple[Analysis, ...]:
    match service.strategy, moment:
        case BlueGreen() as strategy, "pre-promotion":
            return strategy.pre_promotion_analysis
        case BlueGreen() as strategy, "post-promotion":
            return strategy.post_promotion_analysis
        case Canary(analysis=asked), "background":
            return given(service) if asked is None else asked
        case _:
            return ()


def _asked_ever(service: Service) -> frozenset[Analysis]:
    moments: tuple[Moment, ...] = ("background", "pre-promotion", "post-promotion")
    return frozenset(one for moment in moments for one in _asked(service, moment))


def _judged(place: Place, service: Service) -> Iterator[Judged]:
    revision = "{{args.pod-template-hash}}"
    whose = Whose(
        place.namespace(service.namespace),
        pods_of_revision("{{args.workload}}", revision),
        answering=pods_of_revision("{{args.service-name}}", revision),
        services="{{args.service-name}}",
        canary="{{args.service-name}}" if isinstance(service.strategy, Canary) else "",
        startup_seconds="{{args.startup-seconds}}",
        one_revision=True,
    )
    return judged(place.environment, service, whose)


def _values(place: Place, service: Service, moment: Moment) -> dict[str, Manifest]:
    return {
        "service-name": {"value": _address(place, service, moment)},
        "namespace": {"value": place.namespace(service.namespace)},
        "workload": {"value": service.name},
        "pod-template-hash": {"valueFrom": {"podTemplateHashValue": "Latest"}},
        "startup-seconds": {"value": str(startup_seconds(service))},
    }


def _address(place: Place, service: Service, moment: Moment) -> str:
    if requests_source(place.environment, service) != "nginx":
        return service.name
    found = names(service)
    address = {"background": found.canary, "pre-promotion": found.preview, "post-promotion": found.serving}[moment]
    return address or service.name


def _count(service: Service) -> int | None:
    """Return how many measurements an analysis takes; None where it goes on for as long as the rollout does."""
    if not isinstance(service.strategy, BlueGreen):
        return None
    objectives = objectives_of(service)
    if objectives.stabilisation is None:
        return _MEASUREMENTS
    return max(1, -(-duration_seconds(objectives.stabilisation) // duration_seconds(objectives.interval)))


def _health_arguments(objectives: Objectives, count: int | None) -> dict[str, str]:
    failures = objectives.health_check_failures or 1
    measured = None if count is None else max(count, failures)
    return {
        "initial-delay": objectives.initial_delay,
        "interval": objectives.interval,
        "count": str(measured or 0),
        "failure-limit": str(failures - 1),
        "inconclusive-limit": str(inconclusive_limit(objectives, measured)),
        "consecutive-error-limit": str(objectives.consecutive_error_limit),
    }


_USUAL = _health_arguments(Objectives(health_check_failures=3), _MEASUREMENTS)
"""Of the cluster's template, where a service says nothing else; a Rollout is refused if they alone had no end."""

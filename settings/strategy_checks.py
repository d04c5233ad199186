"""What must hold between a service's strategy and what it has: exposure, pods, Services, volumes."""

from collections.abc import Iterator
from itertools import pairwise

from settings.environment import Environment
from settings.exposure_checks import check_hosts
from settings.faults import Path, quoted
from settings.findings import Finding, unknown
from settings.migration_checks import LONGEST_JOB_NAME
from settings.objective_checks import check_analysis
from settings.service import Route, Service
from settings.strategy import BlueGreen, BlueGreenIngress, Canary, CanaryDeployment, CanaryStep, Rolling
from settings.system import System
from settings.types import CountOrShare
from settings.variants import canary_name, guard_name, names, pods_at
from settings.workload_checks import all_ports, check_version, least_pods


def check_strategy(environment: Environment, system: System, path: Path, service: Service) -> Iterator[Finding]:
    """Yield what does not fit together in how a new version of a service takes over, and what calls it off."""
    here = (*path, "strategy")
    match service.strategy:
        case Rolling(max_surge=surge, max_unavailable=unavailable):
            yield from _surge(here, surge, unavailable)
        case BlueGreen() as strategy:
            yield from _blue_green(environment, system, here, service, strategy)
        case Canary(max_surge=surge, max_unavailable=unavailable) as strategy:
            yield from _surge(here, surge, unavailable)
            yield from _routing(environment, here, service, strategy.traffic)
            yield from _steps(path, service, strategy)
            if (strategy.canary_service or canary_name(service)) == service.name:
                yield _one_service((*here, "canaryService"), service.name)
        case CanaryDeployment(max_surge=surge, max_unavailable=unavailable) as strategy:
            yield from _surge(here, surge, unavailable)
            yield from _routing(environment, here, service, strategy.traffic)
            yield from _second_deployment(path, service, strategy)
        case BlueGreenIngress() as strategy:
            yield from _routing(environment, here, service, strategy.traffic)
    services = names(service)
    if (services.managed or services.stable) and not all_ports(service):
        yield Finding(here, "Services to divide traffic by, and no port", "expected one of `ports`")
    yield from _versions(environment, path, service)
    yield from check_analysis(environment, path, service)


def _surge(path: Path, surge: CountOrShare, unavailable: CountOrShare) -> Iterator[Finding]:
    nothing = {0, "0%"}
    if surge in nothing and unavailable in nothing:
        found = "neither a pod more nor a pod less while a new version takes over"
        yield Finding((*path, "maxSurge"), found, "expected maxSurge or maxUnavailable above 0")


def _blue_green(
    environment: Environment, system: System, path: Path, service: Service, strategy: BlueGreen
) -> Iterator[Finding]:
    if strategy.auto_promotion_delay and not strategy.auto_promotion_enabled:
        found = f"a delay of {strategy.auto_promotion_delay} before a promotion that does not come by itself"
        yield Finding((*path, "autoPromotionDelay"), found, "expected autoPromotionEnabled: true, or no delay")
    services = names(service)
    if services.serving == services.preview:
        yield _one_service((*path, "previewService"), services.serving)
    if strategy.preview is None:
        yield Finding(path, "a blue-green without preview exposure", "expected preview: { hosts: [...] }")
        return
    here = (*path, "preview")
    key, ways = strategy.preview.exposure, service.exposure
    if not ways:
        yield Finding(here, "a preview of a service without exposure", "expected an exposure of the service")
        return
    if key is None and len(ways) > 1:
        yield Finding(here, "a preview of which exposure", f"expected exposure: one of {', '.join(map(quoted, ways))}")
        return
    yield from unknown((*here, "exposure"), key, ways, "exposure")
    shown = ways.get(next(iter(ways)) if key is None else key)
    if shown is not None:
        yield from check_hosts(environment, system, here, strategy.preview.hosts, shown.gateway)


def _one_service(path: Path, name: str) -> Finding:
    return Finding(path, f"{quoted(name)} is before the live version already", "expected a Service of another name")


def _routing(environment: Environment, path: Path, service: Service, traffic: str) -> Iterator[Finding]:
    """Yield what dividing or switching the traffic needs and the service or its environment lacks."""
    here, found = (*path, "traffic"), f"traffic by {traffic}"
    routes = {exposure.route for exposure in service.exposure.values()}
    if traffic in {"nginx", "alb", "ingress"} and Route.INGRESS not in routes:
        yield Finding(here, f"{found}, and no exposure by Ingress", "expected one with the route ingress")
    elif traffic in {"nginx", "alb"} and environment.ingress_class != traffic:
        told = f"{found}, and Ingresses of the class {quoted(environment.ingress_class)}"
        yield Finding(here, told, f"expected the environment's ingressClass to be {traffic}")
    elif traffic == "gateway" and Route.GATEWAY not in routes:
        yield Finding(here, f"{found}, and no exposure by one", "expected one with the route gateway")
    elif traffic == "istio" and environment.mesh != "istio":
        yield Finding(here, f"{found}, and no mesh", "expected the environment to say mesh: istio")


def _steps(path: Path, service: Service, strategy: Canary) -> Iterator[Finding]:
    here = (*path, "strategy", "steps")
    for number, (before, step) in enumerate(pairwise(strategy.steps), 1):
        if step.weight <= before.weight:
            how = "falls" if step.weight < before.weight else "stays"
            found = f"the weight {how}: {step.weight} after {before.weight}"
            expected = "nothing comes after 100" if before.weight == 100 else f"expected more than {before.weight}"
            yield Finding((*here, number, "weight"), found, expected, (*here, number - 1, "weight"))
    if strategy.traffic == "replicas":
        for number, step in enumerate(strategy.steps):
            yield from _whole_pods((*here, number, "weight"), path, service, step, strategy.max_surge)
    watched = service.objectives.stabilisation if service.objectives else None
    if watched is not None and strategy.steps[-1].weight < 100:
        found = f"a stabilisation of {watched}, and no step of 100 that takes so long"
        yield Finding((*path, "objectives", "stabilisation"), found, "expected { weight: 100 } as last step", here)


def _whole_pods(at: Path, path: Path, service: Service, step: CanaryStep, max_surge: CountOrShare) -> Iterator[Finding]:
    pods, weight = least_pods(service), step.weight
    if weight * pods < 100 and pods > 0:
        expected = f"expected a weight of at least {-(-100 // pods)}, more replicas, or traffic nginx"
        yield Finding(at, _less_than_one(weight, pods), expected, _count_of(path, service))
    elif pods > 0 and pods_at(weight, pods, max_surge)[0] == 0:
        found = f"{weight} % of {_pods(pods)} is rounded to none without a pod more"
        yield Finding(at, found, "expected another weight, or maxSurge above 0", _count_of(path, service))


def _second_deployment(path: Path, service: Service, strategy: CanaryDeployment) -> Iterator[Finding]:
    here = (*path, "strategy", "weight")
    pods, weight = least_pods(service), strategy.weight
    # The pods of the live version all stay, so the new one's are a share of them and its own.
    if strategy.traffic == "replicas" and weight == 100:
        yield Finding(here, "100 % of the pods, beside those that stay", "expected at most 99, or traffic nginx")
    elif strategy.traffic == "replicas" and pods > 0 and weight * (pods + 1) < 100:
        expected = f"expected a weight of at least {-(-100 // (pods + 1))}, more replicas, or traffic nginx"
        yield Finding(here, f"{_less_than_one(weight, pods)} beside them", expected, _count_of(path, service))
    if len(guard_name(service)) > LONGEST_JOB_NAME:
        found = f"a name of {len(service.name)} characters"
        expected = f"expected at most {LONGEST_JOB_NAME - len(guard_name(service)) + len(service.name)}"
        yield Finding(path, found, f"{expected} with a {strategy.type}: {quoted('<name>-canary-guard')} is a Job's")


def _less_than_one(weight: int, pods: int) -> str:
    return f"{weight} % of {_pods(pods)} is less than one pod"


def _pods(pods: int) -> str:
    return "1 pod" if pods == 1 else f"{pods} pods"


def _count_of(path: Path, service: Service) -> Path:
    return (*path, "scaling", "min") if service.scaling else (*path, "replicas")


def _versions(environment: Environment, path: Path, service: Service) -> Iterator[Finding]:
    """Yield what a release says of second versions that the strategy has no use for, or that are no version."""
    strategy = service.strategy
    given = service.model_fields_set & {"canary", "colors", "live"}
    useful = {CanaryDeployment: {"canary"}, BlueGreenIngress: {"colors", "live"}}.get(type(strategy), set())
    for key in sorted(given - useful):
        fits = "canaryDeployment" if key == "canary" else "blueGreenIngress"
        found = f"{key} of a service whose strategy is {strategy.type}"
        yield Finding((*path, key), found, f"expected the strategy {fits}, or none")
    if "canary" in useful and service.canary is not None:
        yield from check_version(environment, (*path, "canary"), service.canary, "a canary")
    for color, version in service.colors.items() if "colors" in useful else ():
        yield from check_version(environment, (*path, "colors", color), version, f"a {color} version")

"""What must hold of a system's ways in through AWS: hosts, records, and traffic that an entrance divides itself."""

from collections.abc import Iterator

from settings.aws.traffic import by_target_groups, public_hosts, ways_in, zone_of
from settings.faults import Path, quoted
from settings.findings import Finding
from settings.service import Route, Service
from settings.stack import Stack
from settings.strategy import BlueGreenIngress
from settings.system import System


def check_traffic(stack: Stack, system: System) -> Iterator[Finding]:
    """Yield what does not fit together in how the world reaches a system; with and without AWS."""
    for name, service in system.services.items():
        if service.enabled and isinstance(service.strategy, BlueGreenIngress):
            here: Path = ("services", name)
            yield from _weights((*here, "strategy"), service.strategy)
            if by_target_groups(service):
                yield from _target_groups(stack, system, here, service)
    aws = stack.environment.aws
    if aws is None or system.aws is None or system.aws.traffic is None:
        return
    yield from _clusters(stack, system)
    if not public_hosts(stack.environment, system):
        found = f"traffic by {system.aws.traffic}, and no host of an Ingress that it would lead to"
        yield Finding(("aws", "traffic"), found, "expected an exposure with the route ingress, or no traffic")
    if stack.environment.ingress_class == "alb":
        found = 'Ingresses of the class "alb", each with a load balancer of its own'
        yield Finding(("aws", "traffic"), found, "expected the environment's ingressClass to be that of ingress-nginx")
    for at, _, exposure in ways_in(system):
        for index, name in enumerate(exposure.hosts):
            host = stack.environment.domains.get(name)
            if host is not None and zone_of(aws.zones, host) is None:
                known = ", ".join(map(quoted, aws.zones)) or "none at all"
                found = f"{quoted(host)} is in no hosted zone of the environment"
                yield Finding((*at, "hosts", index), found, f"expected a host in one of aws.zones: {known}")


def _weights(path: Path, strategy: BlueGreenIngress) -> Iterator[Finding]:
    if strategy.weights is None:
        return
    here = (*path, "weights")
    if strategy.traffic != "target-groups":
        found = f"weights of traffic by {strategy.traffic}"
        yield Finding(here, found, "expected traffic: target-groups, or no weights", (*path, "traffic"))
    total = sum(strategy.weights.values())
    if total != 100:
        said = " and ".join(f"{color} {weight}" for color, weight in strategy.weights.items()) or "nothing"
        yield Finding(here, f"{said} sum to {total}", "expected 100")


def _target_groups(stack: Stack, system: System, path: Path, service: Service) -> Iterator[Finding]:
    here, by = (*path, "strategy", "traffic"), "traffic by target-groups"
    if stack.environment.aws is None:
        yield Finding(here, f"{by}, and no AWS", "expected the environment to say aws")
    elif system.aws is None or system.aws.traffic is None:
        yield Finding(
            here, f"{by} of a system without traffic in AWS", "expected aws: { traffic: latency } or failover"
        )
    routes = {exposure.route for exposure in service.exposure.values()}
    if Route.INGRESS not in routes:
        yield Finding(here, f"{by}, and no exposure by Ingress", "expected one with the route ingress")
    if Route.GATEWAY in routes:
        yield Finding(here, f"{by}, and an exposure by a gateway", "expected exposures with the route ingress alone")
    probe = service.probes.readiness if service.probes else None
    if probe is None or probe.http is None:
        expected = "expected it to ask by http: the load balancer asks the same"
        yield Finding((*path, "probes", "readiness"), "a readiness probe that a load balancer cannot ask", expected)


def _clusters(stack: Stack, system: System) -> Iterator[Finding]:
    environment, here = stack.environment, ("aws", "traffic")
    names = list(environment.clusters) if system.clusters == "all" else [environment.primary]
    if system.aws is not None and system.aws.traffic == "failover" and len(names) != 2:
        found = f"failover between {len(names)} cluster{'s' if len(names) > 1 else ''} ({', '.join(names)})"
        expected = "expected two, with clusters: all, or latency" if len(names) < 2 else "expected two, or latency"
        yield Finding(here, found, expected)

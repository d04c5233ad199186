"""What must hold of a system's ways in through AWS: hosts, records, and traffic that an entrance divides itself."""

from collections.abc import Iterator

from settings.aws.environment import AwsEnvironment
from settings.aws.traffic import by_target_groups, public_hosts, ways_in, zone_of
from settings.faults import Path, quoted
from settings.findings import Finding
from settings.service import Exposure, Route, Service
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
    yield from _hosts(stack, system, aws)
    for name, service in system.services.items():
        if service.enabled and not by_target_groups(service):
            yield from _plain(("services", name, "exposure"), service)


def _hosts(stack: Stack, system: System, aws: AwsEnvironment) -> Iterator[Finding]:
    for at, service, exposure in ways_in(system):
        for index, name in enumerate(exposure.hosts):
            host, here = stack.environment.domains.get(name), (*at, "hosts", index)
            if host is None:
                continue
            if zone_of(aws.zones, host) is None:
                known = ", ".join(map(quoted, aws.zones)) or "none at all"
                found = f"{quoted(host)} is in no hosted zone of the environment"
                yield Finding(here, found, f"expected a host in one of aws.zones: {known}")
            # Past the controller there is no Ingress, and no certificate but the load balancer's.
            if not by_target_groups(service):
                yield from _proof(stack, system, here, name, exposure)


def _proof(stack: Stack, system: System, path: Path, name: str, exposure: Exposure) -> Iterator[Finding]:
    """Yield where a challenge of one cluster would be asked of another one, which knows nothing of it."""
    environment = stack.environment
    called = exposure.issuer or environment.default_issuer or ""
    issuer = environment.issuers.get(called)
    if system.clusters != "all" or len(environment.clusters) == 1 or issuer is None or not issuer.by_http01(name):
        return
    host, clusters = quoted(environment.domains[name]), " and ".join(environment.clusters)
    found = f"{called} proves {host} by HTTP-01, and its records lead to {clusters}, whichever asked for the proof"
    yield Finding(path, found, f"expected a solver by DNS-01 (route53) for {quoted(name)} in issuers.{called}.solvers")


def _plain(path: Path, service: Service) -> Iterator[Finding]:
    for key, exposure in service.exposure.items():
        if exposure.route is Route.INGRESS and not exposure.ssl_redirect:
            found = "plain HTTP, which the entrance sends on to HTTPS, whatever the host"
            yield Finding((*path, key, "sslRedirect"), found, "expected true, or nothing said")


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

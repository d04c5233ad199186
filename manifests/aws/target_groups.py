"""Target groups: of the two colours of a service that the entrance divides traffic between, and of its rules.

Each has a name that can be told before it is there, as a TargetGroupBinding calls it by its name.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from manifests.address import service_ports
from manifests.aws.scope import Scope, placed, systems
from manifests.job import content_hash
from settings.aws.traffic import by_target_groups, ways_in
from settings.service import Color, ExposedPath, Service
from settings.stack import Stack
from settings.strategy import BlueGreenIngress

COLORS: Final[tuple[Color, ...]] = ("blue", "green")
_LONGEST: Final = 32
"""Of the name of a target group or load balancer. Source: AWS, "CreateTargetGroup", "CreateLoadBalancer"."""
_PRIORITIES: Final = 50_000
"""The highest priority of a rule, which is asked last. Source: AWS, "Listener rules for your Application Load
Balancer"."""
_BAND: Final = 1_000
"""How many priorities the rules of paths of the same depth share."""
_DEEPEST: Final = 23
_LONGEST_DELAY: Final = 3600


@dataclass(frozen=True, slots=True)
class HealthArgs:
    """How an entrance asks the targets of a group whether they are well; seconds and counts as AWS takes them."""

    path: str
    port: int
    interval: int = 10
    timeout: int = 5
    healthy: int = 2
    unhealthy: int = 3
    codes: str = "200-399"
    """What the kubelet counts as well, too."""


@dataclass(frozen=True, slots=True)
class TargetGroupArgs:
    """A target group of pods (the target type ip)."""

    name: str
    port: int
    health: HealthArgs
    vpc: str
    tags: dict[str, str]
    protocol: str = "HTTP"
    delay: int = 60
    """Seconds for which a pod that goes may end its requests."""


@dataclass(frozen=True, slots=True)
class RuleArgs:
    """What sends the requests of one host and path to the groups."""

    key: str
    host: str
    patterns: tuple[str, ...]
    """Of paths; every path where there is none."""
    priority: int
    redirect: bool
    """Whether plain HTTP is sent on to HTTPS."""
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class WeightedTargetsArgs:
    """The two groups of one port of a service, how the traffic is divided between them, and what leads to them."""

    key: str
    """`<service>/<port>`."""
    groups: dict[Color, TargetGroupArgs]
    weights: dict[Color, int]
    rules: tuple[RuleArgs, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    scope: Scope
    service: Service
    host: str
    host_key: str
    path: ExposedPath
    redirect: bool

    @property
    def what(self) -> tuple[str, str, str]:
        return self.host, self.path.path, self.path.type


def fitted(name: str, end: str = "", longest: int = _LONGEST) -> str:
    """Return a name that is no longer, with that end: the name itself, or its start and a hash of the whole."""
    last = f"-{end}" if end else ""
    if len(name + last) <= longest:
        return name + last
    last = f"-{content_hash(name)}{last}"
    return f"{name[: longest - len(last)].rstrip('-')}{last}"


def group_name(scope: Scope, service: Service, color: Color, port: int) -> str:
    """Return the name of the target group of a service's colour, unique in an account and region.

    Another port makes another group, beside the one that is still in use: neither the port of a group nor the group of
    a TargetGroupBinding can change.
    """
    return fitted(scope.name(service.name, str(port)), color)


def divided_ports(service: Service) -> dict[str, int]:
    """Return the ports, by name, that an entrance forwards to past the Ingress controller, and that it asks; sorted."""
    if not by_target_groups(service):
        return {}
    ports = service_ports(service)
    exposed = {path.port for exposure in service.exposure.values() for path in exposure.paths}
    return {name: ports[name].container for name in sorted(exposed)}


def health_of(service: Service) -> HealthArgs:
    """Return how an entrance asks a service's pods: as the kubelet does, by the readiness probe, in AWS' bounds.

    Source: AWS, "CreateTargetGroup".
    """
    probe = service.probes.readiness if service.probes else None
    if probe is None or probe.http is None:
        message = f"{service.name} has no readiness probe by http, which an entrance could ask as well"
        raise ValueError(message)
    interval = min(max(probe.period_seconds, 5), 300)
    return HealthArgs(
        probe.http.path,
        service_ports(service)[probe.http.port].container,
        interval=interval,
        timeout=min(max(probe.timeout_seconds, 2), 120, interval - 1),
        unhealthy=min(max(probe.failure_threshold, 2), 10),
    )


def pod_ports(service: Service) -> tuple[int, ...]:
    """Return every port of a service's pods that an entrance connects to, to forward to it or to ask it."""
    ports = divided_ports(service)
    return tuple(sorted({*ports.values(), health_of(service).port})) if ports else ()


def weights_of(service: Service) -> dict[Color, int]:
    """Return the percent of the traffic that each colour has: what the strategy says, else all for the live one."""
    said = service.strategy.weights if isinstance(service.strategy, BlueGreenIngress) else None
    if said is None:
        return {color: 100 if color == service.live else 0 for color in COLORS}
    return {color: said.get(color, 0) for color in COLORS}


def divided(scope: Scope) -> Iterator[Service]:
    """Yield the services of a system whose traffic its entrances divide."""
    if scope.system is not None and scope.system_aws.traffic is not None:
        yield from (one for one in scope.system.services.values() if one.enabled and by_target_groups(one))


def weighted_targets(stack: Stack) -> Iterator[tuple[Scope, WeightedTargetsArgs]]:
    """Yield the target groups of each such service on each cluster, for every port that is exposed."""
    scopes = [scope for system in systems(stack) for scope in placed(system)]
    rules: defaultdict[str | None, list[_Rule]] = defaultdict(list)
    for scope in scopes:
        rules[scope.cluster_name] += _rules(scope)
    for scope in scopes:
        here = rules[scope.cluster_name]
        priorities = _priorities([rule.what for rule in here])
        for service in divided(scope):
            for name, port in divided_ports(service).items():
                ours = [r for r in here if r.scope is scope and r.service is service and r.path.port == name]
                yield scope, _weighted(scope, service, name, port, [(r, priorities[r.what]) for r in ours])


def _weighted(
    scope: Scope, service: Service, name: str, port: int, rules: Iterable[tuple[_Rule, int]]
) -> WeightedTargetsArgs:
    groups: dict[Color, TargetGroupArgs] = {}
    for color in COLORS:
        called = group_name(scope, service, color, port)
        health, delay = health_of(service), min(service.grace_period_seconds, _LONGEST_DELAY)
        groups[color] = TargetGroupArgs(called, port, health, scope.cluster_aws.vpc, scope.tags(called), delay=delay)
    return WeightedTargetsArgs(
        f"{service.name}/{name}",
        groups,
        weights_of(service),
        tuple(
            RuleArgs(
                f"{rule.host_key}/{rule.path.type.lower()}{rule.path.path}",
                rule.host,
                _patterns(rule.path),
                priority,
                rule.redirect,
                scope.tags(),
            )
            for rule, priority in rules
        ),
    )


def _rules(scope: Scope) -> Iterator[_Rule]:
    if scope.system is None or scope.system_aws.traffic is None:
        return
    for _, service, exposure in ways_in(scope.system):
        if by_target_groups(service):
            for host in exposure.hosts:
                for path in exposure.paths:
                    name = scope.environment.domains[host]
                    yield _Rule(scope, service, name, host, path, exposure.ssl_redirect)


def _patterns(path: ExposedPath) -> tuple[str, ...]:
    """Return the patterns of a path, whose parts a prefix matches whole, as an Ingress has it."""
    start = path.path.rstrip("/")
    if path.type == "Exact":
        return (path.path,)
    return (start, f"{start}/*") if start else ()


def _priorities(rules: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """Return a priority for each host, path and type of path: the deeper one is asked first, a wildcard's host last.

    It is the rule's own, by a hash, so that one that comes or goes leaves the others what they have.
    """
    given: dict[tuple[str, str, str], int] = {}
    taken: set[int] = set()
    for host, path, kind in sorted(set(rules)):
        depth = min(2 * len([part for part in path.split("/") if part]) + (kind == "Exact"), _DEEPEST)
        band = depth + (0 if host.startswith("*.") else _DEEPEST + 1)
        first = _PRIORITIES - (band + 1) * _BAND + 1
        offset = int(content_hash([host, path, kind]), 16) % _BAND
        while first + offset in taken:
            offset = (offset + 1) % _BAND
        given[host, path, kind] = first + offset
        taken.add(first + offset)
    return given

"""What must hold for a stack to stand in AWS: its account, its regions, its clusters' networks, its zones."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from settings.aws.data_store_checks import check_managed
from settings.aws.environment import AwsEnvironment
from settings.aws.identity_checks import check_identity
from settings.aws.network_checks import check_networks
from settings.aws.reference_checks import check_references
from settings.aws.regions import REGIONS
from settings.aws.registry import registry_at
from settings.aws.storage_checks import check_storage
from settings.aws.traffic_checks import check_traffic
from settings.container import Container
from settings.environment import Environment
from settings.faults import Path, quoted
from settings.findings import Finding, unknown
from settings.stack import Stack
from settings.system import System

_FUNCTION = re.compile(r"arn:aws:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):")
_EVERYWHERE: Final = "global"
"""In place of a cluster's name, in the names of what belongs to no region."""
_OWN: Final = "naru"
"""In place of a system's name, in the names of what belongs to none."""


def check_aws(stack: Stack) -> Iterator[tuple[str, Finding]]:
    """Yield what does not fit together in AWS, with the system it is of; of the environment for the empty name."""
    aws = stack.environment.aws
    for finding in _drained(stack.environment):
        yield "", finding
    for finding in _environment(stack, aws) if aws is not None else ():
        yield "", finding
    for name, system in stack.systems.items():
        if system.enabled:
            for finding in _system(stack, system, aws):
                yield name, finding


def _drained(environment: Environment) -> Iterator[Finding]:
    drained = [name for name, cluster in environment.clusters.items() if cluster.drained]
    if len(drained) == len(environment.clusters):
        found = "the last region in traffic is drained" if len(drained) > 1 else "the only region is drained"
        yield Finding(("clusters", drained[-1], "drained"), found, "expected one cluster at least without drained")


def _environment(stack: Stack, aws: AwsEnvironment) -> Iterator[Finding]:
    environment = stack.environment
    yield from _regions(environment)
    for name, cluster in environment.clusters.items():
        if name == _EVERYWHERE:
            found = f"a cluster called {quoted(name)}, by which resources of all regions go"
            yield Finding(("clusters", name), found, "expected another name")
        if cluster.aws is None:
            expected = "expected eks, vpc, cidr, its subnets and securityGroup, or no aws of the environment"
            yield Finding(("clusters", name), "nothing said of aws", expected)
    yield from check_networks(environment)
    yield from _clusters(environment)
    yield from _registries(stack, aws)
    yield from _zones(aws)


def _regions(environment: Environment) -> Iterator[Finding]:
    for name, cluster in environment.clusters.items():
        yield from unknown(("clusters", name, "region"), cluster.region, REGIONS, "region of AWS")
    for name, issuer in environment.issuers.items():
        for number, solver in enumerate(issuer.solvers):
            if solver.route53 is not None:
                path = ("issuers", name, "solvers", number, "route53", "region")
                yield from unknown(path, solver.route53.region, REGIONS, "region of AWS")


def _clusters(environment: Environment) -> Iterator[Finding]:
    placed = [(name, one.aws) for name, one in environment.clusters.items() if one.aws is not None]
    for (first, one), (second, other) in combinations(placed, 2):
        if one.oidc_issuer is not None and one.oidc_issuer == other.oidc_issuer:
            found = f"the issuer of the cluster {quoted(first)}"
            expected = "expected its own, or pods of both would take on each other's roles"
            path = ("clusters", second, "aws", "oidcIssuer")
            yield Finding(path, found, expected, ("clusters", first, "aws", "oidcIssuer"))


def _registries(stack: Stack, aws: AwsEnvironment) -> Iterator[Finding]:
    used = {
        container.image.registry
        for system in stack.systems.values()
        if system.enabled and system.aws is not None
        for _, container in _containers(system)
    }
    for name, address in stack.environment.registries.items():
        if name in used:
            yield from _registry(stack.environment, aws, ("registries", name), address)


def _registry(environment: Environment, aws: AwsEnvironment, path: Path, address: str) -> Iterator[Finding]:
    registry = registry_at(address)
    if registry is None:
        return
    if registry.account != aws.account:
        yield Finding(path, f"a registry of the account {registry.account}", _the_account(aws))
    regions = sorted({cluster.region for cluster in environment.clusters.values()})
    if registry.region not in REGIONS:
        yield from unknown(path, registry.region, REGIONS, "region of AWS")
    elif registry.region not in regions:
        found = f"a registry in {registry.region}, where no cluster of the stack is"
        yield Finding(path, found, f"expected one in {' or '.join(regions)}")


def _containers(system: System) -> Iterator[tuple[Path, Container]]:
    """Yield every container of what is enabled in a system, and the path to it."""
    services = {("services", name): one for name, one in system.services.items() if one.enabled}
    stores = {("dataStores", name): one for name, one in system.data_stores.items() if one.enabled}
    for path, workload in (*services.items(), *stores.items()):
        yield path, workload
        for name, sidecar in workload.sidecars.items():
            yield (*path, "sidecars", name), sidecar


def _the_account(aws: AwsEnvironment) -> str:
    return f"expected the stack's, {aws.account}"


def _zones(aws: AwsEnvironment) -> Iterator[Finding]:
    domains: dict[str, str] = {}
    for domain, zone in aws.zones.items():
        if domain.startswith("*."):
            yield Finding(
                ("aws", "zones", domain), f"{quoted(domain)} is no hosted zone", f"expected {quoted(domain[2:])}"
            )
        first = domains.setdefault(zone, domain)
        if first != domain:
            found = f"the zone {zone} is that of {quoted(first)}"
            yield Finding(("aws", "zones", domain), found, "expected its own", ("aws", "zones", first))
    private = aws.private_zone
    if private is None:
        return
    if private.domain.startswith("*."):
        found = f"{quoted(private.domain)} is no hosted zone"
        yield Finding(("aws", "privateZone", "domain"), found, f"expected {quoted(private.domain[2:])}")
    if private.id in domains:
        found = f"the zone {private.id} is the public one of {quoted(domains[private.id])}"
        yield Finding(
            ("aws", "privateZone", "id"), found, "expected a private one", ("aws", "zones", domains[private.id])
        )
    if private.domain in aws.zones:
        found = f"the domain {quoted(private.domain)} is that of a public zone"
        expected = "expected one of its own, or names of the public zone are unknown inside the VPCs"
        yield Finding(("aws", "privateZone", "domain"), found, expected, ("aws", "zones", private.domain))


def _system(stack: Stack, system: System, aws: AwsEnvironment | None) -> Iterator[Finding]:
    yield from check_traffic(stack, system)
    yield from check_references(stack.environment, system)
    if aws is None:
        return
    if system.aws is None:
        yield from _forgotten(system)
        return
    if system.name == _OWN:
        found = f"a system called {quoted(_OWN)}, by which what belongs to no system goes in AWS"
        yield Finding((), found, "expected another name for its file")
    for name, store in system.secret_stores.items():
        yield from unknown(("secretStores", name, "region"), store.region, REGIONS, "region of AWS")
    for path, container in _containers(system):
        if container.image.registry is None:
            yield from _registry(stack.environment, aws, (*path, "image", "repository"), container.image.repository)
    yield from _rotations(stack, system, aws)
    yield from check_identity(stack, system)
    yield from check_storage(stack, system)
    yield from check_managed(stack, system)


def _forgotten(system: System) -> Iterator[Finding]:
    """Yield what wants AWS in a system that does without: it would be left out, and nobody would know."""
    for name, store in system.data_stores.items():
        if store.enabled and store.managed is not None:
            found = "a managed data store of a system without aws, so that it would run in the cluster"
            yield Finding(("dataStores", name, "managed"), found, "give the system `aws: {}`, or take managed out")
    for name, service in system.services.items():
        if service.enabled and service.aws.used:
            found = "a service that uses AWS, of a system without aws"
            yield Finding(("services", name, "aws"), found, "give the system an aws that has it, or take this out")


def _rotations(stack: Stack, system: System, aws: AwsEnvironment) -> Iterator[Finding]:
    # Secrets Manager calls a function of its own region alone.
    region = stack.environment.clusters[stack.environment.primary].region
    for name, secret in system.aws.secrets.items() if system.aws else ():
        match = _FUNCTION.match(secret.rotation.function) if secret.rotation else None
        if match is None:
            continue
        path = ("aws", "secrets", name, "rotation", "function")
        if match["account"] != aws.account:
            yield Finding(path, f"a function of the account {match['account']}", _the_account(aws))
        if match["region"] != region:
            found = f"a function in {match['region']}"
            yield Finding(path, found, f"expected one in {region}, where the secret is")

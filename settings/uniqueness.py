"""What only one may have: host and path, name, namespace, certificate."""

from collections.abc import Iterator
from typing import NamedTuple

from settings.aws.managed import is_managed
from settings.data_store import DataStore
from settings.faults import Path, quoted
from settings.findings import Finding, Locate, namespace_name
from settings.migration import Migration
from settings.migration_targets import job_name
from settings.service import Exposure, Route, Service
from settings.stack import Stack
from settings.strategy import BlueGreen, Canary, CanaryDeployment
from settings.system import System
from settings.variants import canary_ingress_name, canary_name, exposure_name, guard_name, preview_of, variants
from settings.variants import names as service_names


class _Claim(NamedTuple):
    """Something at a path of a system that wants `key` to itself, in words `what`."""

    key: tuple[str, ...]
    system: str
    path: Path
    what: str


def check_unique(stack: Stack, locate: Locate) -> Iterator[tuple[str, Finding]]:
    """Yield, with its system, whatever claims what something before it has."""
    first: dict[tuple[str, ...], _Claim] = {}
    for system in stack.systems.values():
        for claim in _claims(stack, system) if system.enabled else ():
            holder = first.setdefault(claim.key, claim)
            if holder is not claim:
                position, path = locate(holder.system, holder.path)
                has = f"{path} has it at {position.file}:{position.line}"
                yield claim.system, Finding(claim.path, f"{claim.what} is taken", has)


def _claims(stack: Stack, system: System) -> Iterator[_Claim]:
    for key in system.namespaces:
        name = system.namespace_name(key)
        yield _Claim(("namespace", name), system.name, ("namespaces", key), f"the namespace {quoted(name)}")
    for name, secret_store in system.secret_stores.items():
        if secret_store.cluster_wide:
            what = f"the ClusterSecretStore {quoted(name)}"
            yield _Claim(("ClusterSecretStore", name), system.name, ("secretStores", name), what)
    for name, store in system.data_stores.items():
        if store.enabled:
            path: Path = ("dataStores", name)
            yield from _names(system, store.namespace, {name: path, _beside(stack, system, store): path})
    for name, service in system.services.items():
        if service.enabled:
            yield from _of_service(stack, system, name, service)
    for name, gateway in system.gateways.items():
        yield from _certificate(system, gateway.namespace, gateway.tls_secret, ("gateways", name, "tlsSecret"))


def _beside(stack: Stack, system: System, store: DataStore) -> str:
    """Return the name of a data store's second Service: of its pods, or of its replica where AWS runs it."""
    return f"{store.name}-{'replica' if is_managed(stack.environment, system, store) else 'headless'}"


def _of_service(stack: Stack, system: System, name: str, service: Service) -> Iterator[_Claim]:
    path: Path = ("services", name)
    yield from _names(system, service.namespace, _objects(path, service))
    for key, exposure in service.exposure.items():
        here = (*path, "exposure", key)
        yield from _way_in(stack, system, here, (*here, "tlsSecret"), service, exposure)
    preview = preview_of(service)
    if preview is not None:
        here = (*path, "strategy", "preview")
        yield from _way_in(stack, system, here, here, service, preview)


def _objects(path: Path, service: Service) -> dict[str, Path]:
    """Return what a service's workloads, Services, Jobs and accounts are called, and what gives them that name."""
    names, strategy = {service.name: path}, service.strategy
    given: dict[str | None, str] = {}
    more: tuple[str, ...] = ()
    match strategy:
        case BlueGreen(active_service=active, preview_service=preview):
            given = {preview: "previewService", active: "activeService"}
        case Canary(canary_service=canary):
            given = {canary: "canaryService"}
        case CanaryDeployment():
            # Also while nothing is tried: the day something is should bring no surprise.
            more = (canary_name(service), guard_name(service))
    for called in (*(variant.name for variant in variants(service)), *service_names(service).all, *more):
        key = given.get(called)
        names.setdefault(called, (*path, "strategy") if key is None else (*path, "strategy", key))
    for job in _jobs(service.name, service.migration):
        names.setdefault(job, (*path, "migration"))
    return names


def _way_in(
    stack: Stack, system: System, path: Path, certificate: Path, service: Service, exposure: Exposure
) -> Iterator[_Claim]:
    yield from _addresses(stack, system, path, exposure)
    home = namespace_name(system, service.namespace)
    if home is not None:
        kind = "Ingress" if exposure.route is Route.INGRESS else "HTTPRoute"
        for called in _routes(service, exposure):
            yield _Claim((kind, home, called), system.name, path, f"the name {quoted(called)} of an {kind}")
    if exposure.route is Route.INGRESS:
        yield from _certificate(system, service.namespace, exposure.tls_secret or f"{service.name}-tls", certificate)


def _routes(service: Service, exposure: Exposure) -> Iterator[str]:
    """Yield the name of an exposure's Ingress or HTTPRoute, and of what stands beside it."""
    called = exposure_name(service, exposure)
    yield called
    if exposure.route is Route.GATEWAY and exposure.ssl_redirect:
        yield f"{called}-redirect"
    match service.strategy:
        case CanaryDeployment(traffic="nginx"):
            yield canary_ingress_name(service, exposure)
        case Canary(traffic="nginx"):
            # Argo Rollouts makes it. Source: argo-rollouts 1.9, utils/ingress/ingress.go, GetCanaryIngressName.
            yield f"{service.name}-{called}-canary"


def _jobs(service: str, migration: Migration | None) -> Iterator[str]:
    """Yield the names of a migration's Jobs, and of the account they share."""
    if migration is not None:
        yield f"{service}-migrate"
        yield from (job_name(service, migration, database) for database in migration.databases)


def _addresses(stack: Stack, system: System, path: Path, exposure: Exposure) -> Iterator[_Claim]:
    for host in exposure.hosts:
        for exposed in exposure.paths:
            key = (stack.environment.domains.get(host, host), exposed.path.rstrip("/"), exposed.type)
            yield _Claim(("address", *key), system.name, path, f"the path {exposed.path} of the host {quoted(host)}")


def _names(system: System, namespace: str | None, names: dict[str, Path]) -> Iterator[_Claim]:
    home = namespace_name(system, namespace)
    for name, path in names.items() if home is not None else ():
        yield _Claim(
            ("name", home or "", name), system.name, path, f"{quoted(name)} in the namespace {quoted(home or '')}"
        )


def _certificate(system: System, namespace: str | None, secret: str, path: Path) -> Iterator[_Claim]:
    home = namespace_name(system, namespace)
    if home is not None:
        # cert-manager makes one certificate for a Secret, with the hosts of whoever came first.
        yield _Claim(("tls", home, secret), system.name, path, f"the TLS secret {quoted(secret)}")

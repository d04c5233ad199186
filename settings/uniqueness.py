"""What only one may have: host and path, name, namespace, certificate."""

from collections.abc import Iterator
from typing import NamedTuple

from settings.faults import Path, quoted
from settings.findings import Finding, Locate, namespace_name
from settings.migration import Migration
from settings.migration_targets import job_name
from settings.service import Exposure, Route, Service
from settings.stack import Stack
from settings.strategy import BlueGreen
from settings.system import System


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
            yield from _names(system, store.namespace, {name: path, f"{name}-headless": path})
    for name, service in system.services.items():
        if service.enabled:
            yield from _of_service(stack, system, name, service)
    for name, gateway in system.gateways.items():
        yield from _certificate(system, gateway.namespace, gateway.tls_secret, ("gateways", name))


def _of_service(stack: Stack, system: System, name: str, service: Service) -> Iterator[_Claim]:
    path: Path = ("services", name)
    names = {name: path}
    if isinstance(service.strategy, BlueGreen):
        names.setdefault(service.strategy.active_service, (*path, "strategy", "activeService"))
        names.setdefault(service.strategy.preview_service, (*path, "strategy", "previewService"))
    for job in _jobs(name, service.migration):
        names.setdefault(job, (*path, "migration"))
    yield from _names(system, service.namespace, names)
    home = namespace_name(system, service.namespace)
    for key, exposure in service.exposure.items():
        here = (*path, "exposure", key)
        yield from _addresses(stack, system, here, exposure)
        if home is not None:
            kind = "Ingress" if exposure.route is Route.INGRESS else "HTTPRoute"
            called = exposure.name or name
            yield _Claim((kind, home, called), system.name, here, f"the name {quoted(called)} of an {kind}")
        if exposure.route is Route.INGRESS:
            yield from _certificate(system, service.namespace, exposure.tls_secret or f"{name}-tls", here)


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
        yield _Claim(("tls", home, secret), system.name, (*path, "tlsSecret"), f"the TLS secret {quoted(secret)}")

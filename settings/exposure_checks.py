"""What must hold of a way in from outside: its hosts, issuer, gateway and ports."""

from collections.abc import Iterable, Iterator

from settings.environment import Environment
from settings.faults import Path, quoted
from settings.findings import Finding, unknown
from settings.service import Exposure, Route
from settings.system import Gateway, System


def check_exposure(
    environment: Environment, system: System, path: Path, exposure: Exposure, ports: Iterable[str]
) -> Iterator[Finding]:
    """Yield what does not fit together in an exposure of a service with those ports."""
    yield from unknown((*path, "issuer"), exposure.issuer, environment.issuers, "issuer")
    if exposure.route is Route.INGRESS and exposure.issuer is None and environment.default_issuer is None:
        yield Finding(path, "no issuer", "expected one here, or a defaultIssuer of the environment")
    yield from unknown((*path, "gateway"), exposure.gateway, system.gateways, "gateway")
    yield from check_hosts(environment, system, path, exposure.hosts, exposure.gateway)
    for index, exposed in enumerate(exposure.paths):
        yield from unknown((*path, "paths", index, "port"), exposed.port, ports, "port")


def check_hosts(
    environment: Environment, system: System, path: Path, hosts: tuple[str, ...], gateway_name: str | None
) -> Iterator[Finding]:
    """Yield each host at a path that is no domain, or that its gateway does not listen for."""
    gateway = system.gateways.get(gateway_name or "")
    for index, host in enumerate(hosts):
        here = (*path, "hosts", index)
        yield from unknown(here, host, environment.domains, "domain")
        if gateway is not None and host in environment.domains and not _listens(gateway, host, environment):
            found = f"the gateway {quoted(gateway_name or '')} does not listen for {quoted(host)}"
            yield Finding(here, found, f"expected one of {', '.join(map(quoted, gateway.hosts))}")


def _listens(gateway: Gateway, host: str, environment: Environment) -> bool:
    wanted = environment.domains[host]
    listened = [environment.domains.get(name, "") for name in gateway.hosts]
    return any(name == wanted or (name.startswith("*.") and wanted.endswith(name[1:])) for name in listened)

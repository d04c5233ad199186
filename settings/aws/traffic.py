"""Which hosts of a system lead from the world to its clusters' entrances, and who divides what arrives there."""

from collections.abc import Iterator, Mapping

from settings.environment import Environment
from settings.faults import Path
from settings.service import Exposure, Route, Service
from settings.strategy import BlueGreenIngress
from settings.system import System
from settings.variants import preview_of


def ways_in(system: System) -> Iterator[tuple[Path, Service, Exposure]]:
    """Yield each way into a system by an entrance, with the path to where its hosts are said, and its service.

    A Gateway has a load balancer of its own.
    """
    for name, service in system.services.items():
        if not service.enabled:
            continue
        for key, exposure in service.exposure.items():
            if exposure.route is Route.INGRESS:
                yield ("services", name, "exposure", key), service, exposure
        preview = preview_of(service)
        if preview is not None and preview.route is Route.INGRESS:
            yield ("services", name, "strategy", "preview"), service, preview


def public_hosts(environment: Environment, system: System) -> dict[str, str]:
    """Return the hosts of a system's ways in by their name among the environment's domains; each host once."""
    hosts: dict[str, str] = {}
    for name in sorted({name for _, _, exposure in ways_in(system) for name in exposure.hosts}):
        host = environment.domains.get(name)
        if host is not None and host not in hosts.values():
            hosts[name] = host
    return hosts


def zone_of(zones: Mapping[str, str], host: str) -> str | None:
    """Return the id of the hosted zone of the longest domain that a host ends in; None where there is none."""
    fitting = [domain for domain in zones if f".{host}".endswith(f".{domain}")]
    return zones[max(fitting, key=len)] if fitting else None


def by_target_groups(service: Service) -> bool:
    """Tell whether the entrance itself divides a service's traffic between two colours, past the Ingress controller."""
    return isinstance(service.strategy, BlueGreenIngress) and service.strategy.traffic == "target-groups"

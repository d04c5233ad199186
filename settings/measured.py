"""What measures a service: where its requests are counted, by which its objectives are judged."""

from typing import Literal

from settings.environment import Environment
from settings.service import Route, Service
from settings.strategy import BlueGreen, Canary, CanaryDeployment
from settings.variants import preview_of

Source = Literal["nginx", "istio", "http", "spring"]
"""ingress-nginx, the mesh, or the application itself by either spelling of `metrics.requests`."""

NGINX = "nginx"
"""The ingress class whose controller counts requests, and divides them."""


def requests_source(environment: Environment, service: Service) -> Source | None:
    """Return what counts the requests of a service's versions apart; None where nothing does."""
    match service.strategy:
        case Canary(traffic="nginx") | CanaryDeployment(traffic="nginx"):
            return "nginx"
        case Canary(traffic="istio"):
            return "istio"
        case Canary() | CanaryDeployment():
            # An Ingress or a Gateway leads to all pods alike here, so only the pods can tell themselves apart.
            return _own(service)
        case BlueGreen():
            shown = preview_of(service)
            ways = list(service.exposure.values()) if shown is None else [shown]
        case _:
            ways = list(service.exposure.values())
    by_nginx = environment.ingress_class == NGINX and any(way.route is Route.INGRESS for way in ways)
    return "nginx" if by_nginx else _own(service)


def _own(service: Service) -> Source | None:
    if service.metrics is None or service.metrics.requests == "none":
        return None
    return service.metrics.requests

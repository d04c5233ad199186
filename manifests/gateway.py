"""Gateways of a system, and the HTTPRoutes that attach to them."""

from collections.abc import Iterator

from manifests.address import port_number, service_ports
from manifests.certificate import certificate
from manifests.placed import Manifest, Part, Place, Placed
from manifests.traffic import content_named, divided_by
from settings.container import Port
from settings.service import ExposedPath, Exposure, Service
from settings.system import Gateway
from settings.variants import exposure_name, names

_GATEWAY_API = "gateway.networking.k8s.io"
_LISTENERS = {"http": 80, "https": 443}
_PATHS = {"Prefix": "PathPrefix", "Exact": "Exact"}


def gateways(place: Place) -> list[Placed]:
    """Return each Gateway of the system, and its Certificate where an issuer is named for it."""
    objects: list[Placed] = []
    for name, gateway in place.system.gateways.items():
        namespace = place.namespace(gateway.namespace)
        after: tuple[str, ...] = ()
        issuer = gateway.issuer or place.environment.default_issuer
        if issuer is not None:
            hosts = [place.environment.domains[host] for host in gateway.hosts]
            labels = place.labels(gateway.tls_secret)
            asked = Placed(certificate(namespace, gateway.tls_secret, hosts, issuer, labels=labels), Part.WORKLOADS)
            objects.append(asked)
            after = (asked.reference,)
        objects.append(Placed(_gateway(place, name, namespace, gateway), Part.WORKLOADS, after=after))
    return objects


def http_routes(
    place: Place, service: Service, settings: Exposure, gateway: Gateway, backend: str
) -> Iterator[tuple[Manifest, tuple[str, ...]]]:
    """Yield the HTTPRoutes of an exposure, each with the paths in it that are not ours.

    What redirects to HTTPS is an HTTPRoute of its own.
    """
    name = exposure_name(service, settings)
    schemes = ("https",) if settings.ssl_redirect else ("http", "https")
    ports = service_ports(service)
    rules = [
        {"matches": [_match(path)], "backendRefs": _backends(service, backend, ports[path.port])}
        for path in settings.paths
    ]
    divided = divided_by(service, "gateway")
    metadata = _metadata(place, service, name, content_named(name, rules) if divided else name)
    if settings.annotations:
        metadata["annotations"] = dict(settings.annotations)
    parents = _parents(place, settings, gateway, schemes)
    yield _http_route(place, settings, metadata, parents, rules), ("spec.rules",) if divided else ()
    if settings.ssl_redirect:
        redirect: Manifest = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
        # The same paths, as others of the host may be a service's that does take plain HTTP.
        redirected = [{"matches": [_match(path) for path in settings.paths], "filters": [redirect]}]
        metadata = _metadata(place, service, f"{name}-redirect", f"{name}-redirect")
        yield _http_route(place, settings, metadata, _parents(place, settings, gateway, ("http",)), redirected), ()


def _gateway(place: Place, name: str, namespace: str, gateway: Gateway) -> Manifest:
    return {
        "apiVersion": f"{_GATEWAY_API}/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace, "labels": place.labels(name)},
        "spec": {
            "gatewayClassName": gateway.class_name,
            "listeners": [_listener(place, gateway, scheme, host) for scheme in _LISTENERS for host in gateway.hosts],
        },
    }


def _listener(place: Place, gateway: Gateway, scheme: str, host: str) -> Manifest:
    own_namespaces = {"matchLabels": {"app.kubernetes.io/part-of": place.system.name}}
    listener: Manifest = {
        "name": f"{scheme}-{host}",
        "hostname": place.environment.domains[host],
        "port": _LISTENERS[scheme],
        "protocol": scheme.upper(),
        "allowedRoutes": {"namespaces": {"from": "Selector", "selector": own_namespaces}},
    }
    if scheme == "https":
        secret = {"group": "", "kind": "Secret", "name": gateway.tls_secret}
        listener["tls"] = {"mode": "Terminate", "certificateRefs": [secret]}
    return listener


def _metadata(place: Place, service: Service, label: str, name: str) -> Manifest:
    return {
        "name": name,
        "namespace": place.namespace(service.namespace),
        "labels": place.labels(label, service.name),
    }


def _http_route(
    place: Place, settings: Exposure, metadata: Manifest, parents: list[Manifest], rules: list[Manifest]
) -> Manifest:
    return {
        "apiVersion": f"{_GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": metadata,
        "spec": {
            "parentRefs": parents,
            "hostnames": [place.environment.domains[host] for host in settings.hosts],
            "rules": rules,
        },
    }


def _parents(place: Place, settings: Exposure, gateway: Gateway, schemes: tuple[str, ...]) -> list[Manifest]:
    """Return the listeners that a route attaches to: those of its schemes that answer for one of its hosts."""
    hosts = [place.environment.domains[host] for host in settings.hosts]
    return [
        {
            "group": _GATEWAY_API,
            "kind": "Gateway",
            "namespace": place.namespace(gateway.namespace),
            "name": settings.gateway,
            "sectionName": f"{scheme}-{listened}",
        }
        for scheme in schemes
        for listened in gateway.hosts
        if any(_answers(place.environment.domains[listened], host) for host in hosts)
    ]


def _answers(listened: str, host: str) -> bool:
    return listened == host or (listened.startswith("*.") and host.endswith(listened[1:]))


def _match(path: ExposedPath) -> Manifest:
    return {"path": {"type": _PATHS[path.type], "value": path.path}}


def _backends(service: Service, backend: str, port: Port) -> list[Manifest]:
    canary = names(service).canary if divided_by(service, "gateway") else None
    shares = {backend: 1} if canary is None else {backend: 100, canary: 0}
    return [
        {"group": "", "kind": "Service", "name": name, "port": port_number(port), "weight": weight}
        for name, weight in shares.items()
    ]

"""The ways in from outside the cluster: Ingresses, and HTTPRoutes to the system's Gateways."""

from collections.abc import Iterable

from manifests.address import service_ports
from manifests.certificate import certificate
from manifests.placed import Manifest, Part, Place, Placed, reference
from settings.container import Port
from settings.service import ExposedPath, Exposure, Service
from settings.strategy import BlueGreen
from settings.system import Gateway

_GATEWAY_API = "gateway.networking.k8s.io"
_LISTENERS = {"http": 80, "https": 443}
_ROUTE_PATHS = {"Prefix": "PathPrefix", "Exact": "Exact"}


def exposure(place: Place, service: Service) -> list[Placed]:
    """Return the Ingresses and HTTPRoutes of a service; what redirects to HTTPS is an HTTPRoute of its own."""
    backend = reference("Service", place.namespace(service.namespace), _backend(service))
    objects: list[Placed] = []
    for settings in service.exposure.values():
        if settings.gateway is None:
            manifest = _ingress(place, service, settings)
            objects.append(Placed(manifest, Part.WORKLOADS, service.name, (backend,)))
            continue
        gateway = place.system.gateways[settings.gateway]
        after = (backend, reference("Gateway", place.namespace(gateway.namespace), settings.gateway))
        objects += (
            Placed(manifest, Part.WORKLOADS, service.name, after)
            for manifest in _http_routes(place, service, settings, gateway)
        )
    return objects


def gateways(place: Place) -> list[Placed]:
    """Return each Gateway of the system, and its Certificate where an issuer is named for it."""
    objects: list[Placed] = []
    for name, gateway in place.system.gateways.items():
        namespace = place.namespace(gateway.namespace)
        after: tuple[str, ...] = ()
        issuer = gateway.issuer or place.environment.default_issuer
        if issuer is not None:
            hosts = _hosts(place, gateway.hosts)
            labels = place.labels(gateway.tls_secret)
            asked = Placed(certificate(namespace, gateway.tls_secret, hosts, issuer, labels=labels), Part.WORKLOADS)
            objects.append(asked)
            after = (asked.reference,)
        objects.append(Placed(_gateway(place, name, namespace, gateway), Part.WORKLOADS, after=after))
    return objects


def urls(place: Place, service: Service) -> list[str]:
    """Return every address of a service from outside, host by host: `https://HOST/PATH`."""
    return [
        f"https://{host}{path.path}"
        for settings in service.exposure.values()
        for host in _hosts(place, settings.hosts)
        for path in settings.paths
    ]


def _backend(service: Service) -> str:
    """Return the Service that answers: of a blue-green service the one before the live version."""
    return service.strategy.active_service if isinstance(service.strategy, BlueGreen) else service.name


def _hosts(place: Place, names: Iterable[str]) -> list[str]:
    return [place.environment.domains[name] for name in names]


def _metadata(place: Place, service: Service, name: str, annotations: dict[str, str]) -> Manifest:
    metadata: Manifest = {
        "name": name,
        "namespace": place.namespace(service.namespace),
        "labels": place.labels(name, service.name),
    }
    if annotations:
        metadata["annotations"] = annotations
    return metadata


def _ingress(place: Place, service: Service, settings: Exposure) -> Manifest:
    hosts = _hosts(place, settings.hosts)
    ports = service_ports(service)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": _metadata(place, service, settings.name or service.name, _ingress_annotations(place, settings)),
        "spec": {
            # Not the annotation `kubernetes.io/ingress.class`, as guides still have it: that one is deprecated.
            "ingressClassName": place.environment.ingress_class,
            "tls": [{"hosts": hosts, "secretName": settings.tls_secret or f"{service.name}-tls"}],
            "rules": [
                {"host": host, "http": {"paths": [_ingress_path(service, path, ports) for path in settings.paths]}}
                for host in hosts
            ],
        },
    }


def _ingress_annotations(place: Place, settings: Exposure) -> dict[str, str]:
    annotations: dict[str, str] = {}
    issuer = settings.issuer or place.environment.default_issuer
    if issuer is not None:
        annotations["cert-manager.io/cluster-issuer"] = issuer
    if not settings.ssl_redirect:
        annotations["nginx.ingress.kubernetes.io/ssl-redirect"] = "false"
    if place.direct and place.environment.address_pending:
        annotations["pulumi.com/skipAwait"] = "true"
    return {**annotations, **settings.annotations}


def _ingress_path(service: Service, path: ExposedPath, ports: dict[str, Port]) -> Manifest:
    backend = {"service": {"name": _backend(service), "port": {"number": _number(ports[path.port])}}}
    return {"path": path.path, "pathType": path.type, "backend": backend}


def _number(port: Port) -> int:
    return port.container if port.service is None else port.service


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


def _http_routes(place: Place, service: Service, settings: Exposure, gateway: Gateway) -> list[Manifest]:
    name = settings.name or service.name
    schemes = ("https",) if settings.ssl_redirect else ("http", "https")
    ports = service_ports(service)
    rules = [
        {"matches": [_match(path)], "backendRefs": [_backend_ref(service, ports[path.port])]} for path in settings.paths
    ]
    metadata = _metadata(place, service, name, dict(settings.annotations))
    routes = [_http_route(place, settings, metadata, _parents(place, settings, gateway, schemes), rules)]
    if settings.ssl_redirect:
        redirect: Manifest = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
        # The same paths, as others of the host may be a service's that does take plain HTTP.
        redirected = [{"matches": [_match(path) for path in settings.paths], "filters": [redirect]}]
        metadata = _metadata(place, service, f"{name}-redirect", {})
        routes.append(_http_route(place, settings, metadata, _parents(place, settings, gateway, ("http",)), redirected))
    return routes


def _http_route(
    place: Place, settings: Exposure, metadata: Manifest, parents: list[Manifest], rules: list[Manifest]
) -> Manifest:
    return {
        "apiVersion": f"{_GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": metadata,
        "spec": {
            "parentRefs": parents,
            "hostnames": _hosts(place, settings.hosts),
            "rules": rules,
        },
    }


def _parents(place: Place, settings: Exposure, gateway: Gateway, schemes: tuple[str, ...]) -> list[Manifest]:
    """Return the listeners that a route attaches to: those of its schemes that answer for one of its hosts."""
    hosts = _hosts(place, settings.hosts)
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
    return {"path": {"type": _ROUTE_PATHS[path.type], "value": path.path}}


def _backend_ref(service: Service, port: Port) -> Manifest:
    return {"group": "", "kind": "Service", "name": _backend(service), "port": _number(port), "weight": 1}

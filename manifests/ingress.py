"""Ingresses: of a service, and beside it of what takes a share of its traffic."""

import json
from collections.abc import Mapping

from manifests.address import port_number, service_ports
from manifests.placed import Manifest, Place
from manifests.traffic import action_port, divided_by, routed
from settings.container import Port
from settings.service import ExposedPath, Exposure, Service
from settings.strategy import BlueGreenIngress, CanaryDeployment
from settings.variants import canary_ingress_name, canary_name, exposure_name, names

_NGINX = "nginx.ingress.kubernetes.io"
_ALB_ACTION = "alb.ingress.kubernetes.io/actions."
_BY_ACTION = {"name": "use-annotation"}
"""What an ALB's Ingress says in place of a port where an annotation of the Service's name says what to do."""


def ingress(place: Place, service: Service, settings: Exposure, backend: str) -> Manifest:
    """Return an Ingress to one of a service's Services."""
    manifest = _ingress(place, service, settings, exposure_name(service, settings), backend)
    annotations = _annotations(place, service, settings)
    if annotations:
        manifest["metadata"]["annotations"] = annotations
    return manifest


def canary_ingress(place: Place, service: Service, settings: Exposure) -> Manifest:
    """Return the Ingress beside that of an exposure by which ingress-nginx sends a share to the second Deployment.

    Of its annotations only those of a canary count; for all else, and the certificate, it is as the one beside it.
    Source: ingress-nginx, docs/user-guide/nginx-configuration/annotations.md, "Canary".
    """
    weight = service.strategy.weight if isinstance(service.strategy, CanaryDeployment) else 0
    name = canary_ingress_name(service, settings)
    manifest = _ingress(place, service, settings, name, canary_name(service))
    manifest["metadata"]["annotations"] = {
        f"{_NGINX}/canary": "true",
        f"{_NGINX}/canary-weight": str(weight),
        # An Ingress waits for pods, too, and those of a version that was called off do not come back.
        **({"pulumi.com/skipAwait": "true"} if place.direct else {}),
    }
    return manifest


def _ingress(place: Place, service: Service, settings: Exposure, name: str, backend: str) -> Manifest:
    hosts = [place.environment.domains[host] for host in settings.hosts]
    ports = service_ports(service)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": place.namespace(service.namespace),
            "labels": place.labels(name, service.name),
        },
        "spec": {
            # Not the annotation `kubernetes.io/ingress.class`, as guides still have it: that one is deprecated.
            "ingressClassName": place.environment.ingress_class,
            "tls": [{"hosts": hosts, "secretName": settings.tls_secret or f"{service.name}-tls"}],
            "rules": [
                {"host": host, "http": {"paths": [_path(service, path, backend, ports) for path in settings.paths]}}
                for host in hosts
            ],
        },
    }


def _annotations(place: Place, service: Service, settings: Exposure) -> dict[str, str]:
    annotations: dict[str, str] = {}
    issuer = settings.issuer or place.environment.default_issuer
    if issuer is not None:
        annotations["cert-manager.io/cluster-issuer"] = issuer
    if not settings.ssl_redirect:
        annotations[f"{_NGINX}/ssl-redirect"] = "false"
    return {**annotations, **_unawaited(place, service), **_actions(service, settings), **settings.annotations}


def _unawaited(place: Place, service: Service) -> dict[str, str]:
    # Where its Rollout comes after it there are no pods yet, and an Ingress waits for those, too.
    waits_in_vain = place.environment.address_pending or routed(service)
    return {"pulumi.com/skipAwait": "true"} if place.direct and waits_in_vain else {}


def _path(service: Service, path: ExposedPath, backend: str, ports: Mapping[str, Port]) -> Manifest:
    answers: Manifest = {"name": backend, "port": {"number": port_number(ports[path.port])}}
    if _is_switched(service):
        answers = {"name": _action(service, path.port), "port": dict(_BY_ACTION)}
    elif divided_by(service, "alb") and ports[path.port] == action_port(service):
        answers["port"] = dict(_BY_ACTION)
    return {"path": path.path, "pathType": path.type, "backend": {"service": answers}}


def _is_switched(service: Service) -> bool:
    return isinstance(service.strategy, BlueGreenIngress) and service.strategy.traffic == "alb"


def _action(service: Service, port: str) -> str:
    """Return what an ALB's action is called: it forwards to one port of each target group, so each port has its own."""
    ports = list(service_ports(service))
    return service.name if port == ports[0] else f"{service.name}-{port}"


def _actions(service: Service, settings: Exposure) -> dict[str, str]:
    """Return the actions by which an ALB sends everything to the live one of two Deployments.

    Both stay target groups, so that a switch is a change of weights and takes nobody away.
    Source: aws-load-balancer-controller, docs/guide/ingress/annotations.md, "actions".
    """
    if not _is_switched(service):
        return {}
    ports = service_ports(service)
    live = f"{service.name}-{service.live}"
    return {
        f"{_ALB_ACTION}{_action(service, name)}": json.dumps(
            {
                "type": "forward",
                "forwardConfig": {
                    "targetGroups": [
                        {
                            "serviceName": color,
                            "servicePort": str(port_number(ports[name])),
                            "weight": 100 if color == live else 0,
                        }
                        for color in names(service).colors
                    ]
                },
            },
            separators=(",", ":"),
        )
        for name in dict.fromkeys(path.port for path in settings.paths)
    }

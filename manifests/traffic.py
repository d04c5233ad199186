"""What divides the traffic between two versions of a Rollout, and what Argo Rollouts writes there.

by          Argo Rollouts writes                                      applied again
nginx       an Ingress of its own beside each of ours                 says nothing of it
alb         the annotation `actions.<service>` of our Ingress         says nothing of it
istio       `spec.http` of our VirtualService                         is left as it is
gateway     `spec.rules` of our HTTPRoute, by a plugin                is left as it is

The last two are lists that have one owner as a whole, so that weights cannot be left out of what we say of the rest.
Pulumi ignores such a list, and its provider leaves out what others own; what is applied by other means must do so, too.
Left alone once made, other content could never come in: so it makes an object of another name.

Sources: argo-rollouts 1.9, docs/features/traffic-management and rollout/trafficrouting; the plugin's
docs/features/multiple-routes.md; pulumi-kubernetes 4, provider/pkg/await, `handleSSAIgnoreFields`.
"""

from collections.abc import Sequence

from manifests.address import port_number, service_ports
from manifests.job import content_hash, fitting
from manifests.placed import Manifest, Part, Place, Placed, reference
from settings.container import Port
from settings.service import Route, Service
from settings.strategy import Canary
from settings.variants import names

GATEWAY_PLUGIN = "argoproj-labs/gatewayAPI"
"""What the plugin is called in `argo-rollouts-config`; the cluster's Argo Rollouts must have it."""

_ROUTE = "primary"


def routed(service: Service) -> bool:
    """Tell whether a Rollout divides a service's traffic by more than pods.

    Argo Rollouts refuses a Rollout whose routes are not there: they come before it, and wait for nothing.
    """
    return isinstance(service.strategy, Canary) and service.strategy.traffic != "replicas"


def divided_by(service: Service, traffic: str) -> bool:
    """Tell whether that is what divides the traffic of a service's Rollout."""
    return isinstance(service.strategy, Canary) and service.strategy.traffic == traffic


def content_named(name: str, content: object) -> str:
    """Return the name of an object whose content stays as it was made."""
    return f"{fitting(name)}-{content_hash(content)}"


def mesh_routes(place: Place, service: Service) -> list[Placed]:
    """Return what divides a service's traffic inside an Istio mesh; nothing where it is not divided there.

    Callers outside the mesh, an Ingress controller among them, reach the stable version alone.
    """
    services = names(service)
    if not divided_by(service, "istio") or services.stable is None or services.canary is None:
        return []
    namespace = place.namespace(service.namespace)
    shares = {services.stable: 100, services.canary: 0}
    spec: Manifest = {
        "hosts": [services.stable],
        "http": [
            {
                "name": _ROUTE,
                "route": [{"destination": {"host": host}, "weight": weight} for host, weight in shares.items()],
            }
        ],
    }
    manifest = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {
            "name": content_named(service.name, spec),
            "namespace": namespace,
            "labels": place.labels(service.name, service.name),
        },
        "spec": spec,
    }
    after = tuple(reference("Service", namespace, name) for name in shares)
    return [Placed(manifest, Part.WORKLOADS, service.name, after, not_ours=("spec.http",))]


def action_port(service: Service) -> Port:
    """Return the port that an ALB's action of a Rollout forwards to: there is one, that of the first path.

    Paths of another port lead to the stable version alone.
    """
    first = next(path for way in service.exposure.values() if way.route is Route.INGRESS for path in way.paths)
    return service_ports(service)[first.port]


def traffic_routing(place: Place, service: Service, routes: Sequence[Placed]) -> Manifest:
    """Return how a Rollout divides its traffic, by those routes."""
    ingresses = _named(routes, "Ingress")
    if divided_by(service, "nginx"):
        return {"nginx": _one_or_more("stableIngress", "stableIngresses", ingresses)}
    if divided_by(service, "alb"):
        forwarded = {"servicePort": port_number(action_port(service)), "rootService": names(service).stable}
        return {"alb": {**_one_or_more("ingress", "ingresses", ingresses), **forwarded}}
    if divided_by(service, "istio"):
        (name,) = _named(routes, "VirtualService")
        return {"istio": {"virtualService": {"name": name, "routes": [_ROUTE]}}}
    divided = _named([route for route in routes if route.not_ours], "HTTPRoute")
    plugin: Manifest = {"namespace": place.namespace(service.namespace)}
    if len(divided) == 1:
        plugin["httpRoute"] = divided[0]
    else:
        plugin["httpRoutes"] = [{"name": name} for name in divided]
    return {"plugins": {GATEWAY_PLUGIN: plugin}}


def _one_or_more(one: str, more: str, found: list[str]) -> Manifest:
    return {one: found[0]} if len(found) == 1 else {more: found}


def _named(routes: Sequence[Placed], kind: str) -> list[str]:
    return [route.manifest["metadata"]["name"] for route in routes if route.manifest["kind"] == kind]

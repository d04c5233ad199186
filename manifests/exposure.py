"""The ways in from outside the cluster: to what is live, what is tried, and what is looked at before it is live."""

from collections.abc import Iterable, Iterator

from manifests.gateway import http_routes
from manifests.ingress import canary_ingress, ingress
from manifests.placed import Manifest, Part, Place, Placed, reference
from manifests.traffic import mesh_routes
from manifests.variant import behind, workload_reference
from settings.aws.traffic import by_target_groups
from settings.service import Exposure, Route, Service
from settings.strategy import CanaryDeployment
from settings.variants import names, preview_of


def exposure(place: Place, service: Service) -> list[Placed]:
    """Return the Ingresses and HTTPRoutes of a service, and what divides its traffic in a mesh.

    They come after the Deployment they lead to, and after nothing but Services where that is a Rollout. An entrance
    that divides the traffic itself leads to the pods of each colour, past the Ingress controller.
    """
    if by_target_groups(service):
        from manifests.target_group_binding import color_bindings  # noqa: PLC0415 - few services have any

        return list(color_bindings(place, service))
    objects = mesh_routes(place, service)
    services = names(service)
    for settings in service.exposure.values():
        objects += _ways_in(place, service, settings, services.serving)
        if settings.route is Route.INGRESS and services.canary is not None and _is_tried(service):
            canary = canary_ingress(place, service, settings)
            main = tuple(made.reference for made in objects[-1:])
            objects.append(_placed(place, service, canary, services.canary, main))
    preview = preview_of(service)
    if preview is not None and services.preview is not None:
        objects += _ways_in(place, service, preview, services.preview)
    return objects


def urls(place: Place, service: Service) -> list[str]:
    """Return every address of a service from outside, host by host: `https://HOST/PATH`."""
    return _urls(place, service.exposure.values())


def preview_urls(place: Place, service: Service) -> list[str]:
    """Return every address at which a new version of a blue-green service is looked at before it is live."""
    preview = preview_of(service)
    return [] if preview is None else _urls(place, [preview])


def _urls(place: Place, exposures: Iterable[Exposure]) -> list[str]:
    return [
        f"https://{place.environment.domains[host]}{path.path}"
        for settings in exposures
        for host in settings.hosts
        for path in settings.paths
    ]


def _is_tried(service: Service) -> bool:
    return isinstance(service.strategy, CanaryDeployment) and service.strategy.traffic == "nginx"


def _ways_in(place: Place, service: Service, settings: Exposure, backend: str) -> Iterator[Placed]:
    if settings.gateway is None:
        yield _placed(place, service, ingress(place, service, settings, backend), backend)
        return
    gateway = place.system.gateways[settings.gateway]
    after = (reference("Gateway", place.namespace(gateway.namespace), settings.gateway),)
    for manifest, not_ours in http_routes(place, service, settings, gateway, backend):
        yield _placed(place, service, manifest, backend, after, not_ours)


def _placed(
    place: Place,
    service: Service,
    manifest: Manifest,
    backend: str,
    after: tuple[str, ...] = (),
    not_ours: tuple[str, ...] = (),
) -> Placed:
    namespace = place.namespace(service.namespace)
    variant = behind(service, backend)
    pods = () if variant.kind == "Rollout" else (workload_reference(place, service, variant),)
    before = (reference("Service", namespace, backend), *pods, *after)
    return Placed(manifest, Part.WORKLOADS, service.name, before, not_ours=not_ours)

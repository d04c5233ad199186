"""How the pods of one workload of a service are told from those of another.

`app.kubernetes.io/name`        the service's; `<service>-canary` of a second Deployment, whose pods are not counted
                                among the main one's by its selector and its autoscaler
`app.kubernetes.io/component`   the service's, of all of them
`naru/color`                    `blue` or `green`, of two Deployments that take turns
"""

from manifests.placed import Place, reference
from settings.service import Service
from settings.variants import Variant, variants

COLOR = "naru/color"


def pod_labels(place: Place, service: Service, variant: Variant) -> dict[str, str]:
    """Return the labels of a workload's pods, but for the service's own."""
    return {**place.labels(_name(service, variant), service.name), **_color(variant)}


def pod_selector(place: Place, service: Service, variant: Variant) -> dict[str, str]:
    """Return the labels that find a workload's pods: all of them and no other's. They never carry a version."""
    return {**place.selector(_name(service, variant)), **_color(variant)}


def all_pods(place: Place, service: Service) -> dict[str, str]:
    """Return the labels that find the pods of all workloads of a service, a second Deployment's among them."""
    return {"app.kubernetes.io/component": service.name, "app.kubernetes.io/part-of": place.system.name}


def behind(service: Service, address: str) -> Variant:
    """Return the workload that a Service leads to: that of its name, else the one that serves most."""
    found = variants(service)
    return next((variant for variant in found if variant.name == address), found[0])


def workload_reference(place: Place, service: Service, variant: Variant) -> str:
    """Return the reference of a workload."""
    return reference(variant.kind, place.namespace(service.namespace), variant.name)


def _name(service: Service, variant: Variant) -> str:
    return variant.name if variant.role == "canary" else service.name


def _color(variant: Variant) -> dict[str, str]:
    return {COLOR: variant.role} if variant.role in {"blue", "green"} else {}

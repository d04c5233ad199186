"""The Services in front of a workload's pods."""

from manifests.container import all_containers
from manifests.placed import Manifest, Part, Place, Placed
from settings.container import Port
from settings.service import Workload


def service_ports(workload: Workload) -> dict[str, Port]:
    """Return every port of a workload's Services by name; of two containers with one name the main one's counts."""
    ports: dict[str, Port] = {}
    for container in all_containers(workload):
        for name, port in container.ports.items():
            ports.setdefault(name, port)
    return ports


def port_number(port: Port) -> int:
    """Return which port of a Service leads to a port of its pods."""
    return port.container if port.service is None else port.service


def cluster_ip(
    place: Place,
    workload: Workload,
    name: str,
    part: Part,
    selector: dict[str, str],
    *,
    after: tuple[str, ...] = (),
    taking_over: bool = False,
) -> Placed:
    """Return a Service with one address for the pods that `selector` finds.

    `taking_over` is for what Argo Rollouts may have managed before: the selector is whole, and theirs is not kept.
    """
    spec: Manifest = {"type": "ClusterIP", "selector": selector, "ports": _ports(workload)}
    return _service(place, workload, name, part, spec, after=after, taking_over=taking_over)


def managed(place: Place, workload: Workload, name: str, part: Part) -> Placed:
    """Return a Service whose selector Argo Rollouts writes.

    It says nothing of one: the field is atomic, so that ours, applied again, would lead to pods of any version.
    """
    return _service(place, workload, name, part, {"type": "ClusterIP", "ports": _ports(workload)})


def headless(place: Place, workload: Workload, name: str, part: Part) -> Placed:
    """Return a Service that gives every pod a name of its own, ready or not: members find each other before that."""
    spec: Manifest = {
        "type": "ClusterIP",
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": place.selector(workload.name),
        "ports": _ports(workload),
    }
    return _service(place, workload, name, part, spec)


def external_name(place: Place, workload: Workload, host: str, part: Part, *, name: str | None = None) -> Placed:
    """Return a Service of the workload's name, or of the one given, that is another name for a host elsewhere."""
    return _service(place, workload, name or workload.name, part, {"type": "ExternalName", "externalName": host})


def _ports(workload: Workload) -> list[Manifest]:
    ports = []
    for name, port in service_ports(workload).items():
        manifest: Manifest = {
            "name": name,
            "port": port_number(port),
            "targetPort": name,
            "protocol": port.protocol,
        }
        if port.app_protocol is not None:
            manifest["appProtocol"] = port.app_protocol
        ports.append(manifest)
    return ports


def _service(
    place: Place,
    workload: Workload,
    name: str,
    part: Part,
    spec: Manifest,
    *,
    after: tuple[str, ...] = (),
    taking_over: bool = False,
) -> Placed:
    metadata: Manifest = {
        "name": name,
        "namespace": place.namespace(workload.namespace),
        "labels": place.labels(name, workload.name),
    }
    if place.direct:
        # The workload is awaited anyway; a Service would take its time on top, and without ready pods never end.
        metadata["annotations"] = {"pulumi.com/skipAwait": "true"}
        if taking_over:
            metadata["annotations"] |= place.taking_over["annotations"]
    manifest: Manifest = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    return Placed(manifest, part, workload.name, after)

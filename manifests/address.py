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


def cluster_ip(place: Place, workload: Workload, name: str, part: Part, selector: dict[str, str]) -> Placed:
    """Return a Service with one address for the pods that `selector` finds."""
    spec: Manifest = {"type": "ClusterIP", "selector": selector, "ports": _ports(workload)}
    return _service(place, workload, name, part, spec)


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


def external_name(place: Place, workload: Workload, host: str, part: Part) -> Placed:
    """Return a Service that is another name for a host elsewhere."""
    return _service(place, workload, workload.name, part, {"type": "ExternalName", "externalName": host})


def _ports(workload: Workload) -> list[Manifest]:
    ports = []
    for name, port in service_ports(workload).items():
        manifest: Manifest = {
            "name": name,
            "port": port.container if port.service is None else port.service,
            "targetPort": name,
            "protocol": port.protocol,
        }
        if port.app_protocol is not None:
            manifest["appProtocol"] = port.app_protocol
        ports.append(manifest)
    return ports


def _service(place: Place, workload: Workload, name: str, part: Part, spec: Manifest) -> Placed:
    metadata: Manifest = {
        "name": name,
        "namespace": place.namespace(workload.namespace),
        "labels": place.labels(name, workload.name),
    }
    if place.direct:
        # The workload is awaited anyway; a Service would take its time on top, and without ready pods never end.
        metadata["annotations"] = {"pulumi.com/skipAwait": "true"}
    manifest: Manifest = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
    return Placed(manifest, part, workload.name)

"""Who may talk to whom: the traffic that a stack's settings declare on one of its clusters.

an end of an edge                          what it stands for
`plate/api`                                the pods of a service or data store
`plate/api-canary`                         the pods of a service's second Deployment
`plate/api-migrate`                        the pods of its migration Jobs
`ingress`, `prometheus`                    every pod in the Ingress controller's, in Prometheus' namespace
`gateway`                                  what a Cilium Gateway sends on
`dns`                                      the cluster's DNS servers
`acme:plate-prod`                          pods that answer ACME HTTP-01 challenges in a namespace
`external:public`, `external:10.0.0.0/8`   every public address, and an address range
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from manifests.address import service_ports
from manifests.aws.accounts import backup_bucket
from manifests.aws.data_stores import is_managed, store_ranges
from manifests.aws.scope import Scope, has_aws
from manifests.monitor import scraped_port
from manifests.placed import Place
from manifests.placeholder import pod_count
from settings.aws.managed import managed_port
from settings.aws.traffic import by_target_groups
from settings.container import Port
from settings.data_store import DataStore
from settings.service import Route, Service, Workload
from settings.stack import Stack
from settings.system import System
from settings.variants import canary_name, preview_of, variants

INGRESS = "ingress"
GATEWAY = "gateway"
PROMETHEUS = "prometheus"
DNS = "dns"
ACME = "acme:"
EXTERNAL = "external:"
PUBLIC = f"{EXTERNAL}public"

# `acmeSolverListenPort` in cert-manager's pkg/issuer/acme/http.
_ACME_PORT = 8089
# Source: AWS, "Set up the Amazon EKS Pod Identity Agent".
_AGENT = "169.254.170.23/32"
_AGENT_PORT = 80
_DNS_PORT = 53
_HTTPS_PORT = 443


class Edge(NamedTuple):
    """One way that traffic may take: from one end to a port (of the pod, not its Service) of the other."""

    source: str
    target: str
    port: int
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class PodGroup:
    """Pods that one selector finds: those of a service, its second Deployment or its Jobs, or of a data store."""

    place: Place
    name: str
    """The label `app.kubernetes.io/name` of its pods."""
    workload: Workload
    """The service or data store they belong to."""
    migrates: bool = False
    endpoint: str = field(init=False)
    """What edges call it."""
    namespace: str = field(init=False)
    """Where its pods are, as the cluster calls it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "endpoint", f"{self.place.system.name}/{self.name}")
        object.__setattr__(self, "namespace", self.place.namespace(self.workload.namespace))


def runs_on(stack: Stack, system: System, cluster_name: str) -> bool:
    """Tell whether a system's services run on a cluster."""
    return system.enabled and (system.clusters == "all" or cluster_name == stack.environment.primary)


def pod_groups(stack: Stack, cluster_name: str) -> dict[str, PodGroup]:
    """Return all pods that a stack has on a cluster, by the end of an edge they are."""
    groups: dict[str, PodGroup] = {}
    for system in stack.systems.values():
        if runs_on(stack, system, cluster_name):
            groups.update((group.endpoint, group) for group in _groups_of(Place(stack, system, cluster_name)))
    return groups


def declared(stack: Stack, cluster_name: str) -> frozenset[Edge]:
    """Return every edge that the settings declare on a cluster, and so all traffic that its pods may have."""
    return frozenset(edges(stack, cluster_name, pod_groups(stack, cluster_name)))


def edges(stack: Stack, cluster_name: str, groups: dict[str, PodGroup]) -> Iterator[Edge]:
    """Yield the declared edges between those pods and what is round them, some of them more than once."""
    for group in groups.values():
        yield Edge(group.endpoint, DNS, _DNS_PORT, "UDP")
        yield Edge(group.endpoint, DNS, _DNS_PORT, "TCP")
        yield from _to_dependencies(group, groups)
        yield from _to_aws(group)
        if group.migrates:
            yield from _to_bucket(group)
        else:
            yield from _to_external_hosts(group)
            yield from _from_scrapes(group)
            yield from _from_peers(group)
            yield from _from_outside(group)
    for system in stack.systems.values():
        if runs_on(stack, system, cluster_name):
            yield from _challenges(Place(stack, system, cluster_name))


def _groups_of(place: Place) -> Iterator[PodGroup]:
    for service in place.system.services.values():
        if service.enabled:
            yield PodGroup(place, service.name, service)
            if any(variant.role == "canary" for variant in variants(service)):
                yield PodGroup(place, canary_name(service), service)
            if service.migration is not None and place.is_primary:
                yield PodGroup(place, f"{service.name}-migrate", service, migrates=True)
    if place.is_primary:
        for store in place.system.data_stores.values():
            if store.enabled and not is_managed(place.stack, place.system, store):
                yield PodGroup(place, store.name, store)


def _to_dependencies(group: PodGroup, groups: dict[str, PodGroup]) -> Iterator[Edge]:
    for dependency in group.workload.depends_on:
        endpoint = dependency if "/" in dependency else f"{group.place.system.name}/{dependency}"
        target = groups.get(endpoint)
        if target is None:
            yield from _to_elsewhere(group, endpoint)
        elif not group.migrates or isinstance(target.workload, DataStore):
            for called in _with_canary(target, groups):
                yield from (_to(group.endpoint, called, port) for port in _called_ports(target.workload))


def _with_canary(group: PodGroup, groups: dict[str, PodGroup]) -> tuple[str, ...]:
    """Return what edges call the pods of a service: those of its second Deployment are called wherever it is."""
    beside = groups.get(f"{group.endpoint}-canary")
    if beside is None or beside.workload is not group.workload:
        return (group.endpoint,)
    return group.endpoint, beside.endpoint


def _to_elsewhere(group: PodGroup, endpoint: str) -> Iterator[Edge]:
    """Yield the edges to a data store that answers in an address range: its pods are in another cluster, or in none."""
    place = group.place
    system_name, name = endpoint.split("/")
    system = place.stack.systems.get(system_name)
    store = system.data_stores.get(name) if system is not None and system.enabled else None
    if system is None or store is None or not store.enabled:
        return
    if is_managed(place.stack, system, store):
        for cidr in store_ranges(place.stack, store, place.cluster_name):
            yield Edge(group.endpoint, f"{EXTERNAL}{cidr}", managed_port(store))
    elif place.cluster.data_cidr is not None:
        for port in _called_ports(store):
            yield _to(group.endpoint, f"{EXTERNAL}{place.cluster.data_cidr}", port)


def _called_ports(workload: Workload) -> list[Port]:
    """Return the ports that others call: all but the one of a data store's exporter beside it, for Prometheus alone."""
    hidden = workload.exporter_port if isinstance(workload, DataStore) else None
    return [port for name, port in service_ports(workload).items() if name != hidden or name in workload.ports]


def _to_external_hosts(group: PodGroup) -> Iterator[Edge]:
    for host in group.workload.external_hosts.values():
        for target in [f"{EXTERNAL}{cidr}" for cidr in host.cidrs] or [PUBLIC]:
            for port in host.ports:
                yield Edge(group.endpoint, target, port)


def _to_bucket(group: PodGroup) -> Iterator[Edge]:
    """Yield what lets a backup reach its bucket, as a NetworkPolicy knows no names."""
    service = group.workload
    backup = service.migration.backup if isinstance(service, Service) and service.migration else None
    if backup is not None and backup.bucket is not None:
        yield Edge(group.endpoint, PUBLIC, _HTTPS_PORT)


def _to_aws(group: PodGroup) -> Iterator[Edge]:
    """Yield what pods with a role need: AWS' own hosts, and the agent on their node that hands out credentials."""
    place, service = group.place, group.workload
    if not isinstance(service, Service) or not has_aws(place.stack, place.system):
        return
    scope = Scope(place.stack, place.system)
    if backup_bucket(scope, service) is None if group.migrates else not service.aws.used:
        return
    yield Edge(group.endpoint, PUBLIC, _HTTPS_PORT)
    if scope.aws.identity == "pod-identity":
        yield Edge(group.endpoint, f"{EXTERNAL}{_AGENT}", _AGENT_PORT)


def _from_scrapes(group: PodGroup) -> Iterator[Edge]:
    name = scraped_port(group.workload)
    if name is not None:
        yield _to(PROMETHEUS, group.endpoint, service_ports(group.workload)[name])


def _from_peers(group: PodGroup) -> Iterator[Edge]:
    store = group.workload
    if isinstance(store, DataStore) and pod_count(store) > 1:
        yield from (_to(group.endpoint, group.endpoint, port) for port in _called_ports(store))


def _from_outside(group: PodGroup) -> Iterator[Edge]:
    if not isinstance(group.workload, Service) or not group.workload.exposure:
        return
    if by_target_groups(group.workload):
        yield from _from_entrance(group, group.workload)
        return
    ports = service_ports(group.workload)
    for exposure in group.workload.exposure.values():
        source = INGRESS if exposure.route is Route.INGRESS else GATEWAY
        for path in exposure.paths:
            yield _to(source, group.endpoint, ports[path.port])


def _from_entrance(group: PodGroup, service: Service) -> Iterator[Edge]:
    """Yield what lets an entrance forward to pods and ask for their health; it has an address of each public subnet."""
    here = group.place.cluster.aws
    if here is not None:
        from manifests.aws.target_groups import pod_ports  # noqa: PLC0415 - few services have any

        for port in pod_ports(service):
            yield Edge(f"{EXTERNAL}{here.cidr}", group.endpoint, port)


def _challenges(place: Place) -> Iterator[Edge]:
    """Yield what lets the Ingress controller ask the pods that answer challenges, wherever certificates are made."""
    system = place.system
    asked = [(gateway.namespace, gateway.issuer, gateway.hosts) for gateway in system.gateways.values()]
    for service in system.services.values():
        if service.enabled and not by_target_groups(service):
            asked += (
                (service.namespace, exposure.issuer, exposure.hosts)
                for exposure in (*service.exposure.values(), preview_of(service))
                if exposure is not None and exposure.route is Route.INGRESS
            )
    environment = place.environment
    for namespace, named, hosts in asked:
        issuer = named or environment.default_issuer
        if issuer is not None and any(map(environment.issuers[issuer].by_http01, hosts)):
            yield Edge(INGRESS, f"{ACME}{place.namespace(namespace)}", _ACME_PORT)


def _to(source: str, target: str, port: Port) -> Edge:
    return Edge(source, target, port.container, port.protocol)

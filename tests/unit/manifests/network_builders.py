"""A cluster round a stack, with pods that should and pods that should not be let through, and generated catalogs."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import strategies as st

from manifests.data_store import data_store
from manifests.network_graph import ACME, DNS, EXTERNAL, GATEWAY, INGRESS, PROMETHEUS, PUBLIC, Edge
from manifests.placed import Manifest, Place
from manifests.workload import service
from settings.stack import Stack
from tests.builders import a_container, a_data_store, a_service, a_stack, a_system
from tests.unit.manifests.network_evaluator import End, Entity, Evaluator, Outside, Pod

PUBLIC_ADDRESSES = ("203.0.113.7", "198.51.100.1", "2001:db8::7", "2001:db8:1::1")
PRIVATE_ADDRESSES = (
    "10.20.0.1",
    "10.30.0.1",
    "10.99.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.0.1",
    "::1",
    "fd00::1",
    "fe80::1",
)
ADDRESSES = PUBLIC_ADDRESSES + PRIVATE_ADDRESSES
UNUSED_PORT = 4

DNS01: dict[str, Any] = {
    "server": "letsencrypt-staging",
    "email": "a@example.com",
    "solvers": [{"cloudflare": {"tokenSecret": "t"}}],
}
HTTP01: dict[str, Any] = {**DNS01, "solvers": [{"http01IngressClass": "nginx"}]}
GATEWAYS = {"edge": {"namespace": "data", "hosts": ["www"], "tlsSecret": "edge-tls"}}
TWO_CLUSTERS: dict[str, dict[str, Any]] = {
    "seoul": {"context": "seoul", "region": "seoul", "primary": True},
    "tokyo": {"context": "tokyo", "region": "tokyo", "dataDomain": "data.example.com", "dataCidr": "10.20.0.0/16"},
}


@dataclass(frozen=True)
class Neighbourhood:
    """Every end of a stack's traffic: two pods of each kind, strangers among them, and what is no pod at all."""

    ends: dict[str, tuple[End, End]]
    """By what edges call them, two Deployments of one service by one name; strangers by names that no edge has."""
    namespaces: dict[str, dict[str, str]]
    ours: frozenset[str]
    """The stack's own namespaces."""

    def has(self, end: End) -> bool:
        """Tell whether an end is a pod in one of the stack's namespaces."""
        return isinstance(end, Pod) and end.namespace in self.ours


def neighbourhood(stack: Stack, cluster_name: str) -> Neighbourhood:
    """Return what a cluster has: the pods as their templates label them, and everybody they may and may not meet."""
    environment = stack.environment
    places = [
        Place(stack, system, cluster_name)
        for system in stack.systems.values()
        if system.enabled and (system.clusters == "all" or cluster_name == environment.primary)
    ]
    ours = frozenset(place.namespace(key) for place in places for key in place.system.namespaces)
    pods: dict[str, tuple[str, dict[str, str]]] = {}
    colored: dict[str, dict[str, str]] = {}
    for name, (namespace, labels) in (found for place in places for found in _pods_of(place)):
        if name in pods:
            colored[name] = labels
        else:
            pods[name] = (namespace, labels)
    strange = {"app.kubernetes.io/name": "stranger"}
    for namespace in ours:
        pods[f"stranger in {namespace}"] = (namespace, strange)
        pods[f"{ACME}{namespace}"] = (namespace, {"acme.cert-manager.io/http01-solver": "true"})
    pods |= {f"{name} elsewhere": ("elsewhere", labels) for name, (_, labels) in list(pods.items())}
    pods[INGRESS] = (environment.ingress_namespace, strange)
    pods[PROMETHEUS] = (environment.monitoring_namespace, strange)
    pods[DNS] = ("kube-system", {"k8s-app": "kube-dns"})
    pods["stranger in kube-system"] = ("kube-system", strange)
    addresses = (f"10.244.{high}.{low}" for high, low in itertools.product(range(256), range(1, 255)))
    ends: dict[str, tuple[End, End]] = {
        name: (Pod(namespace, labels, next(addresses)), Pod(namespace, colored.get(name, labels), next(addresses)))
        for name, (namespace, labels) in pods.items()
    }
    ends[GATEWAY] = (Entity("ingress"), Entity("ingress"))
    namespaces = {namespace for namespace, _ in pods.values()}
    return Neighbourhood(ends, {name: {"kubernetes.io/metadata.name": name} for name in namespaces}, ours)


@dataclass(frozen=True)
class Traffic:
    """What passes: of `leaving` and `entering` each end is judged by itself, as either alone must be no wider."""

    leaving: frozenset[Edge]
    """From the stack's pods, by the egress of the source."""
    entering: frozenset[Edge]
    """To the stack's pods, by the ingress of the target."""
    passing: frozenset[Edge]
    """By both, with one end at least in the stack."""
    to_addresses: frozenset[Edge]


def traffic(manifests: Iterable[Manifest], around: Neighbourhood, ports: Iterable[tuple[int, str]]) -> Traffic:
    """Return every edge to or from the stack's pods that the policies let pass, of those ports."""
    evaluator = Evaluator(list(manifests), around.namespaces)
    wanted = list(ports)
    leaving, entering, passing = set(), set(), set()
    for (source, (one, _)), (target, (_, other)) in itertools.product(around.ends.items(), repeat=2):
        if not isinstance(other, Pod) or not (around.has(one) or around.has(other)):
            continue
        for port, protocol in wanted:
            edge = Edge(source, target, port, protocol)
            leaves = evaluator.leaves(one, other, port, protocol)
            enters = evaluator.enters(one, other, port, protocol)
            if leaves and around.has(one):
                leaving.add(edge)
            if enters and around.has(other):
                entering.add(edge)
            if leaves and enters:
                passing.add(edge)
    to_addresses = {
        Edge(source, address, port, protocol)
        for (source, (pod, _)), address, (port, protocol) in itertools.product(around.ends.items(), ADDRESSES, wanted)
        if around.has(pod) and evaluator.passes(pod, Outside(address), port, protocol)
    }
    return Traffic(frozenset(leaving), frozenset(entering), frozenset(passing), frozenset(to_addresses))


def meant(edges: Iterable[Edge], around: Neighbourhood) -> Traffic:
    """Return the traffic that passes if it is exactly those edges."""
    edges = frozenset(edges)
    passing = frozenset(edge for edge in edges if not edge.target.startswith(EXTERNAL))
    return Traffic(
        leaving=frozenset(edge for edge in passing if around.has(around.ends[edge.source][0])),
        entering=frozenset(edge for edge in passing if around.has(around.ends[edge.target][0])),
        passing=passing,
        to_addresses=frozenset(
            edge._replace(target=address)
            for edge, address in itertools.product(edges, ADDRESSES)
            if edge.target.startswith(EXTERNAL) and _is_in(address, edge.target)
        ),
    )


def _is_in(address: str, external: str) -> bool:
    if external == PUBLIC:
        return address in PUBLIC_ADDRESSES
    return ip_address(address) in ip_network(external.removeprefix(EXTERNAL))


def _pods_of(place: Place) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
    system = place.system
    objects = [
        *(placed for found in system.services.values() if found.enabled for placed in service(place, found)),
        *(placed for found in system.data_stores.values() if found.enabled for placed in data_store(place, found)),
    ]
    for placed in objects:
        if placed.manifest["kind"] in {"Deployment", "Rollout", "StatefulSet"}:
            metadata = placed.manifest["metadata"]
            labels = placed.manifest["spec"]["template"]["metadata"]["labels"]
            tried = metadata["name"] == f"{placed.component}-canary"
            name = metadata["name"] if tried else placed.component
            yield f"{system.name}/{name}", (metadata["namespace"], labels)
    for found in system.services.values():
        if found.enabled and found.migration is not None:
            labels = {
                "app.kubernetes.io/name": f"{found.name}-migrate",
                "app.kubernetes.io/part-of": system.name,
                "app.kubernetes.io/component": f"{found.name}-migrate",
            }
            yield f"{system.name}/{found.name}-migrate", (place.namespace(found.namespace), labels)


# What is switched off is off for few tests only, as it hides the rest.
_MOSTLY = st.sampled_from((True, True, True, True, False))
_ENDS = tuple(f"{system}/{name}" for system in ("alpha", "beta") for name in ("api", "prometheus", "db"))
_PORTS: dict[str, Any] = {
    "http": {"container": 8080, "service": 80},
    "grpc": {"container": 9090},
    "stats": {"container": 8125, "protocol": "UDP"},
}
_SIDECARS = {"exporter": a_container(ports={"exporter": {"container": 9187}})}
_EXPOSURES: tuple[dict[str, Any], ...] = (
    {},
    {"web": {"hosts": ["www"], "paths": [{"path": "/"}, {"path": "/rpc", "port": "grpc"}]}},
    {"web": {"hosts": ["www"], "route": "gateway", "gateway": "edge"}},
    {"web": {"hosts": ["www"]}, "edge": {"hosts": ["www"], "route": "gateway", "gateway": "edge"}},
)
_HOSTS: tuple[dict[str, Any], ...] = (
    {},
    {"mail": {"host": "mail.example.com", "ports": [587]}},
    {"bank": {"host": "bank.example.com", "ports": [443, 8443], "cidrs": ["198.51.100.0/24"]}},
    {"site": {"host": "site.example.com", "cidrs": ["10.30.0.0/16", "2001:db8:1::/48"]}},
)
_MIGRATIONS = (None, {"engine": "goose", "secret": "migrate", "databases": {"main": {}}})
_METRICS: tuple[dict[str, Any] | None, ...] = (None, {}, {"port": "exporter"})

_STRATEGIES: tuple[dict[str, Any], ...] = (
    {},
    {"strategy": {"type": "canary", "steps": [{"weight": 50}]}},
    {"strategy": {"type": "canaryDeployment", "weight": 50}},
    {"strategy": {"type": "canaryDeployment", "weight": 50}, "canary": {"tag": "2"}},
    {"strategy": {"type": "blueGreenIngress", "traffic": "service"}},
)


@st.composite
def _services(draw: st.DrawFn, name: str) -> Any:
    return a_service(
        name,
        **draw(st.sampled_from(_STRATEGIES)),
        enabled=draw(_MOSTLY),
        ports=_PORTS,
        sidecars=_SIDECARS,
        dependsOn=sorted(draw(st.sets(st.sampled_from((*_ENDS, "db"))))),
        externalHosts=draw(st.sampled_from(_HOSTS)),
        exposure=draw(st.sampled_from(_EXPOSURES)),
        metrics=draw(st.sampled_from(_METRICS)),
        migration=draw(st.sampled_from(_MIGRATIONS)),
    )


@st.composite
def _data_stores(draw: st.DrawFn) -> Any:
    return a_data_store(
        "db",
        namespace="data",
        enabled=draw(_MOSTLY),
        replicas=draw(st.sampled_from((1, 3))),
        readReplica=draw(st.booleans()),
        sidecars=_SIDECARS,
        exporterPort=draw(st.sampled_from((None, "exporter"))),
        externalHosts=draw(st.sampled_from(_HOSTS)),
    )


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Generate stacks of two systems of two services and a data store each, on one cluster or two."""
    systems = [
        a_system(
            *(draw(_services(service_name)).model_copy(update={"namespace": "main"}) for service_name in names),
            draw(_data_stores()),
            name=name,
            namespaces={"main": {"name": name}, "data": {"name": f"{name}-data"}},
            gateways=GATEWAYS,
            clusters=draw(st.sampled_from(("all", "primary"))),
            enabled=draw(_MOSTLY),
        )
        for name, names in (("alpha", ("api", "prometheus")), ("beta", ("api", "prometheus")))
    ]
    return a_stack(
        *systems,
        domains={"www": "www.example.com"},
        clusters=draw(st.sampled_from(({"seoul": TWO_CLUSTERS["seoul"]}, TWO_CLUSTERS))),
        issuers={"proof": draw(st.sampled_from((HTTP01, DNS01)))},
        defaultIssuer=draw(st.sampled_from(("proof", None))),
    )

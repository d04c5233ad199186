"""NetworkPolicies: what the settings declare passes, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from manifests.network_graph import (
    ACME,
    DNS,
    EXTERNAL,
    GATEWAY,
    INGRESS,
    PROMETHEUS,
    PUBLIC,
    Edge,
    PodGroup,
    edges,
    pod_groups,
)
from manifests.placed import Manifest, Part, Place, Placed
from settings.stack import Stack

DEFAULT_DENY = "default-deny"
ACME_SOLVER = "acme-http01-solver"

_NAMESPACE_NAME = "kubernetes.io/metadata.name"

# No public address is in these: private use (RFC 1918, RFC 6598, RFC 4193), loopback, and link-local, where clouds
# hand out a node's credentials (169.254.169.254).
_NOT_PUBLIC = {
    "0.0.0.0/0": (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    ),
    "::/0": ("::1/128", "fc00::/7", "fe80::/10"),
}


@dataclass(frozen=True, slots=True)
class Graph:
    """What a stack declares on one cluster: its pods, and the edges by either end."""

    groups: dict[str, PodGroup]
    of_system: dict[str, tuple[PodGroup, ...]]
    inbound: dict[str, tuple[Edge, ...]]
    outbound: dict[str, tuple[Edge, ...]]


def graph(stack: Stack, cluster_name: str) -> Graph:
    """Return what `policies` looks edges up in, made once for all systems of a stack on a cluster."""
    groups = pod_groups(stack, cluster_name)
    inbound: defaultdict[str, list[Edge]] = defaultdict(list)
    outbound: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in sorted(set(edges(stack, cluster_name, groups))):
        inbound[edge.target].append(edge)
        outbound[edge.source].append(edge)
    of_system: defaultdict[str, list[PodGroup]] = defaultdict(list)
    for group in groups.values():
        of_system[group.place.system.name].append(group)
    return Graph(
        groups,
        {name: tuple(found) for name, found in of_system.items()},
        {endpoint: tuple(found) for endpoint, found in inbound.items()},
        {endpoint: tuple(found) for endpoint, found in outbound.items()},
    )


def policies(place: Place, graph: Graph) -> list[Placed]:
    """Return the policies of a system: each namespace denies all, and each kind of pod allows what is declared.

    Nothing where the environment does not deny by default. They belong to the foundation, so that no workload ever runs
    unguarded. Traffic of a Cilium Gateway has an identity that no NetworkPolicy can name, hence CiliumNetworkPolicies.
    """
    if not place.environment.policies.default_deny:
        return []
    objects: list[Placed] = []
    for namespace in dict.fromkeys(map(place.namespace, place.system.namespaces)):
        objects.append(Placed(_default_deny(place, namespace), Part.FOUNDATION))
        challenges = graph.inbound.get(f"{ACME}{namespace}", ())
        if challenges:
            objects.append(Placed(_acme_solver(place, graph, namespace, challenges), Part.FOUNDATION))
    for group in graph.of_system.get(place.system.name, ()):
        objects += (
            Placed(manifest, Part.FOUNDATION, group.workload.name) for manifest in _of_group(place, graph, group)
        )
    return objects


def _of_group(place: Place, graph: Graph, group: PodGroup) -> Iterator[Manifest]:
    inbound = graph.inbound.get(group.endpoint, ())
    spec: Manifest = {
        "podSelector": {"matchLabels": place.selector(group.name)},
        "policyTypes": ["Ingress", "Egress"],
        "egress": _rules(place, graph, "to", ((edge.target, edge) for edge in graph.outbound[group.endpoint])),
    }
    named = [(edge.source, edge) for edge in inbound if edge.source != GATEWAY]
    if named:
        spec["ingress"] = _rules(place, graph, "from", named)
    yield _policy(place, group.namespace, group.name, group.workload.name, spec)
    gateway = [edge for edge in inbound if edge.source == GATEWAY]
    if gateway:
        yield _from_gateway(place, group, gateway)


def _policy(place: Place, namespace: str, name: str, component: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "labels": place.labels(name, component)},
        "spec": spec,
    }


def _default_deny(place: Place, namespace: str) -> Manifest:
    return _policy(place, namespace, DEFAULT_DENY, "", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})


def _acme_solver(place: Place, graph: Graph, namespace: str, challenges: Iterable[Edge]) -> Manifest:
    spec: Manifest = {
        "podSelector": {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}},
        "policyTypes": ["Ingress"],
        "ingress": _rules(place, graph, "from", ((edge.source, edge) for edge in challenges)),
    }
    return _policy(place, namespace, ACME_SOLVER, "", spec)


def _from_gateway(place: Place, group: PodGroup, gateway: Iterable[Edge]) -> Manifest:
    ports = [{"port": str(edge.port), "protocol": edge.protocol} for edge in gateway]
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {
            "name": group.name,
            "namespace": group.namespace,
            "labels": place.labels(group.name, group.workload.name),
        },
        "spec": {
            "endpointSelector": {"matchLabels": place.selector(group.name)},
            "ingress": [{"fromEntities": ["ingress"], "toPorts": [{"ports": ports}]}],
        },
    }


def _rules(place: Place, graph: Graph, direction: str, ends: Iterable[tuple[str, Edge]]) -> list[Manifest]:
    """Return one rule for all others, each given beside its edge, that are allowed the same ports.

    What is stated in an order comes out in that order: edges are sorted, so that a catalog's order changes nothing.
    """
    ports: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for other, edge in ends:
        ports[other].append((edge.port, edge.protocol))
    others: defaultdict[tuple[tuple[int, str], ...], list[str]] = defaultdict(list)
    for other, allowed in ports.items():
        others[tuple(allowed)].append(other)
    return [
        {
            direction: [peer for other in alike for peer in _peers(place, graph, other)],
            "ports": [{"port": port, "protocol": protocol} for port, protocol in allowed],
        }
        for allowed, alike in others.items()
    ]


def _peers(place: Place, graph: Graph, endpoint: str) -> list[Manifest]:
    group = graph.groups.get(endpoint)
    if group is not None:
        return [_pods(group.namespace, group.place.selector(group.name))]
    if endpoint == DNS:
        return [_pods("kube-system", {"k8s-app": "kube-dns"})]
    environment = place.environment
    namespaces = {
        INGRESS: environment.ingress_namespace,
        PROMETHEUS: environment.monitoring_namespace,
    }
    if endpoint in namespaces:
        return [_namespace(namespaces[endpoint])]
    if endpoint == PUBLIC:
        return [{"ipBlock": {"cidr": cidr, "except": list(private)}} for cidr, private in _NOT_PUBLIC.items()]
    return [{"ipBlock": {"cidr": endpoint.removeprefix(EXTERNAL)}}]


def _namespace(name: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {_NAMESPACE_NAME: name}}}


def _pods(namespace: str, labels: dict[str, str]) -> Manifest:
    return {**_namespace(namespace), "podSelector": {"matchLabels": labels}}

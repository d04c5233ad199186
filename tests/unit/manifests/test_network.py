"""Policies let pass what the settings declare, and nothing else."""

import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from manifests.network import graph, policies
from manifests.network_graph import Edge, declared
from manifests.placed import Manifest, Part, Place, Placed
from settings.stack import Stack
from tests.builders import a_container, a_data_store, a_service, a_stack, a_system, of_kind
from tests.unit.manifests.network_builders import (
    DNS01,
    HTTP01,
    TWO_CLUSTERS,
    UNUSED_PORT,
    Traffic,
    meant,
    neighbourhood,
    stacks,
    traffic,
)
from tests.unit.manifests.network_evaluator import Evaluator, Pod

DNS_EDGES = (("dns", 53, "TCP"), ("dns", 53, "UDP"))
MIGRATION = {"engine": "goose", "secret": "migrate", "databases": {"main": {}}}
WEB = {"web": {"hosts": ["www"]}}
ISSUED: dict[str, Any] = {"domains": {"www": "www.example.com"}, "issuers": {"proof": HTTP01}, "defaultIssuer": "proof"}


def all_policies(stack: Stack, cluster_name: str) -> list[Placed]:
    found = graph(stack, cluster_name)
    return [
        placed
        for system in stack.systems.values()
        if system.enabled and (system.clusters == "all" or cluster_name == stack.environment.primary)
        for placed in policies(Place(stack, system, cluster_name), found)
    ]


def edges_of(stack: Stack, cluster_name: str = "main") -> set[Edge]:
    """Return what is declared, without the DNS that every pod has."""
    return {edge for edge in declared(stack, cluster_name) if edge.target != "dns"}


def differences(manifests: list[Manifest], stack: Stack, cluster_name: str) -> dict[str, list[Edge]]:
    """Return what passes and should not, and what should pass and does not, by the way it was looked at."""
    around = neighbourhood(stack, cluster_name)
    edges = declared(stack, cluster_name)
    ports = {(edge.port, edge.protocol) for edge in edges}
    ports |= {(UNUSED_PORT, "TCP"), (8080, "UDP"), (5432, "TCP"), (9187, "TCP"), (8089, "TCP")}
    found, wanted = traffic(manifests, around, sorted(ports)), meant(edges, around)
    ways = {
        way.name: sorted(getattr(found, way.name) ^ getattr(wanted, way.name)) for way in dataclasses.fields(Traffic)
    }
    return {way: differing for way, differing in ways.items() if differing}


@given(stack=stacks())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_passes_is_exactly_what_is_declared(stack: Stack) -> None:
    for cluster_name in stack.environment.clusters:
        manifests = [placed.manifest for placed in all_policies(stack, cluster_name)]
        assert differences(manifests, stack, cluster_name) == {}


def a_whole_stack(**changes: Any) -> Stack:
    api = a_service(
        "api",
        namespace="main",
        dependsOn=["db", "other/feed"],
        exposure={**WEB, "edge": {"hosts": ["www"], "route": "gateway", "gateway": "edge"}},
        externalHosts={"mail": {"host": "mail.example.com", "ports": [587]}},
        metrics={},
        migration=MIGRATION,
    )
    exporter = {"exporter": a_container(ports={"exporter": {"container": 9187}})}
    store = a_data_store("db", namespace="data", replicas=3, sidecars=exporter, exporterPort="exporter")
    demo = a_system(
        api,
        store,
        namespaces={"main": {"name": "demo"}, "data": {"name": "demo-data"}},
        gateways={"edge": {"namespace": "data", "hosts": ["www"], "tlsSecret": "edge-tls"}},
    )
    bank = {"bank": {"host": "bank.example.com", "cidrs": ["198.51.100.0/24"]}}
    other = a_system(a_service("feed", externalHosts=bank), name="other")
    return a_stack(demo, other, **{**ISSUED, **changes})


def test_declared_edges_of_a_whole_stack() -> None:
    assert edges_of(a_whole_stack()) == {
        Edge("demo/api", "demo/db", 5432),
        Edge("demo/api", "other/feed", 8080),
        Edge("demo/api", "external:public", 587),
        Edge("demo/api-migrate", "demo/db", 5432),
        Edge("demo/db", "demo/db", 5432),
        Edge("prometheus", "demo/api", 8080),
        Edge("prometheus", "demo/db", 9187),
        Edge("gateway", "demo/api", 8080),
        Edge("ingress", "demo/api", 8080),
        Edge("ingress", "acme:demo", 8089),
        Edge("ingress", "acme:demo-data", 8089),
        Edge("other/feed", "external:198.51.100.0/24", 443),
    }


def test_every_pod_may_ask_dns_by_both_protocols() -> None:
    stack = a_whole_stack()
    asking = {"demo/api", "demo/api-migrate", "demo/db", "other/feed"}
    found = {edge for edge in declared(stack, "main") if edge.target == "dns"}
    assert found == {Edge(source, *edge) for source in asking for edge in DNS_EDGES}


def test_the_whole_stack_lets_pass_what_it_declares() -> None:
    stack = a_whole_stack()
    manifests = [placed.manifest for placed in all_policies(stack, "main")]
    assert differences(manifests, stack, "main") == {}


def drop(manifests: list[Manifest]) -> Iterator[tuple[str, list[Manifest]]]:
    for index, manifest in enumerate(manifests):
        yield named("without", manifest), [*manifests[:index], *manifests[index + 1 :]]


def changed_by(
    change: Callable[[Manifest], bool],
) -> Callable[[list[Manifest]], Iterator[tuple[str, list[Manifest]]]]:
    """Return what changes one policy at a time, those that `change` found nothing to do in left out."""

    def changed(manifests: list[Manifest]) -> Iterator[tuple[str, list[Manifest]]]:
        for index, manifest in enumerate(manifests):
            planted = copy.deepcopy(manifest)
            if change(planted["spec"]):
                yield named(change.__name__, manifest), [*manifests[:index], planted, *manifests[index + 1 :]]

    return changed


def named(word: str, manifest: Manifest) -> str:
    return f"{word} {manifest['kind']} {manifest['metadata']['namespace']}/{manifest['metadata']['name']}"


def rules_of(spec: Manifest) -> list[Manifest]:
    return [*spec.get("ingress", ()), *spec.get("egress", ())]


def peers_of(spec: Manifest) -> list[Manifest]:
    return [peer for rule in rules_of(spec) for peer in (*rule.get("from", ()), *rule.get("to", ()))]


def removed(parts: list[Manifest], *keys: str) -> bool:
    found = [(part, key) for part in parts for key in keys if key in part]
    for part, key in found:
        del part[key]
    return bool(found)


def widen_subject(spec: Manifest) -> bool:
    key = "podSelector" if "podSelector" in spec else "endpointSelector"
    widened = bool(spec[key]) and bool(rules_of(spec))
    spec[key] = {}
    return widened


def all_ports(spec: Manifest) -> bool:
    return removed(rules_of(spec), "ports", "toPorts")


def all_peers(spec: Manifest) -> bool:
    return removed(rules_of(spec), "from", "to")


def all_namespaces_of_peers(spec: Manifest) -> bool:
    peers = [peer for peer in peers_of(spec) if "namespaceSelector" in peer]
    for peer in peers:
        peer["namespaceSelector"] = {}
    return bool(peers)


def all_pods_of_peers(spec: Manifest) -> bool:
    return removed(peers_of(spec), "podSelector")


def private_addresses(spec: Manifest) -> bool:
    return removed([peer["ipBlock"] for peer in peers_of(spec) if "ipBlock" in peer], "except")


def other_protocol(spec: Manifest) -> bool:
    ports = [port for rule in rules_of(spec) for port in rule.get("ports", ())]
    for port in ports:
        port["protocol"] = "UDP"
    return bool(ports)


def one_direction(spec: Manifest) -> bool:
    return not rules_of(spec) and bool(spec["policyTypes"].pop())


FAULTS = [
    widen_subject,
    all_ports,
    all_peers,
    all_namespaces_of_peers,
    all_pods_of_peers,
    private_addresses,
    other_protocol,
    one_direction,
]


@pytest.mark.parametrize(
    "planted", [drop, *map(changed_by, FAULTS)], ids=["drop", *(fault.__name__ for fault in FAULTS)]
)
def test_a_planted_fault_is_noticed(planted: Callable[[list[Manifest]], Iterator[tuple[str, list[Manifest]]]]) -> None:
    stack = a_whole_stack()
    manifests = [placed.manifest for placed in all_policies(stack, "main")]
    tried = list(planted(manifests))
    assert tried
    missed = [name for name, faulty in tried if not differences(faulty, stack, "main")]
    assert missed == []


def test_a_policy_that_the_evaluator_does_not_understand_is_refused() -> None:
    policy = {
        "kind": "NetworkPolicy",
        "metadata": {"namespace": "demo"},
        "spec": {"podSelector": {"matchExpressions": []}, "policyTypes": ["Ingress"]},
    }
    pod = Pod("demo", {}, "10.244.0.1")
    with pytest.raises(ValueError, match="matchExpressions"):
        Evaluator([policy], {"demo": {}}).passes(Pod("demo", {}, "10.244.0.2"), pod, 80, "TCP")


def test_without_default_deny_there_are_no_policies() -> None:
    assert all_policies(a_whole_stack(policies={"defaultDeny": False}), "main") == []


def test_policies_stand_before_any_workload() -> None:
    assert {placed.part for placed in all_policies(a_whole_stack(), "main")} == {Part.FOUNDATION}


def test_each_service_and_data_store_has_one_policy_of_its_name() -> None:
    found = [
        (placed.component, placed.manifest["metadata"]["namespace"], placed.manifest["metadata"]["name"])
        for placed in of_kind(all_policies(a_whole_stack(), "main"), "NetworkPolicy")
    ]
    assert sorted(found) == [
        ("", "demo", "acme-http01-solver"),
        ("", "demo", "default-deny"),
        ("", "demo-data", "acme-http01-solver"),
        ("", "demo-data", "default-deny"),
        ("", "other", "default-deny"),
        ("api", "demo", "api"),
        ("api", "demo", "api-migrate"),
        ("db", "demo-data", "db"),
        ("feed", "other", "feed"),
    ]


def test_the_gateways_identity_is_admitted_by_a_cilium_network_policy() -> None:
    (placed,) = of_kind(all_policies(a_whole_stack(), "main"), "CiliumNetworkPolicy")
    assert placed.manifest["apiVersion"] == "cilium.io/v2"
    assert placed.manifest["spec"] == {
        "endpointSelector": {"matchLabels": {"app.kubernetes.io/name": "api", "app.kubernetes.io/part-of": "demo"}},
        "ingress": [
            {"fromEntities": ["ingress"], "toPorts": [{"ports": [{"port": "8080", "protocol": "TCP"}]}]},
        ],
    }


def test_policies_do_not_depend_on_the_order_of_the_catalog() -> None:
    callers = [a_service(name, dependsOn=["api"]) for name in ("web", "admin", "jobs", "mail", "feed", "batch")]
    (policy,) = [
        placed.manifest
        for placed in all_policies(a_stack(a_system(a_service("api"), *callers)), "main")
        if placed.reference == "NetworkPolicy/demo/api"
    ]
    (rule,) = policy["spec"]["ingress"]
    names = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]]
    assert names == ["admin", "batch", "feed", "jobs", "mail", "web"]


def test_policies_share_no_part_with_each_other() -> None:
    manifests = [placed.manifest for placed in all_policies(a_whole_stack(), "main")]
    parts = [id(part) for manifest in manifests for part in parts_of(manifest)]
    assert len(parts) == len(set(parts))


def parts_of(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for part in value.values() if isinstance(value, dict) else value:
            yield from parts_of(part)


def test_a_disabled_service_neither_calls_nor_is_called() -> None:
    caller = a_service("caller", dependsOn=["api"], enabled=False)
    called = a_service("called", enabled=False)
    stack = a_stack(a_system(a_service(dependsOn=["called"]), caller, called))
    assert edges_of(stack) == set()


def test_a_disabled_system_neither_calls_nor_is_called() -> None:
    off = a_system(a_service(dependsOn=["demo/api"]), name="off", enabled=False)
    stack = a_stack(a_system(a_service(dependsOn=["off/api"])), off)
    assert edges_of(stack) == set()


def test_pods_of_a_single_replica_have_no_peers() -> None:
    assert edges_of(a_stack(a_system(a_data_store()))) == set()


def test_a_read_replica_talks_to_its_primary() -> None:
    stack = a_stack(a_system(a_data_store(readReplica=True)))
    assert edges_of(stack) == {Edge("demo/store", "demo/store", 5432)}


def test_an_exporters_port_is_for_prometheus_alone() -> None:
    exporter = {"exporter": a_container(ports={"exporter": {"container": 9187}})}
    store = a_data_store(sidecars=exporter, exporterPort="exporter")
    stack = a_stack(a_system(a_service(dependsOn=["store"]), store))
    assert edges_of(stack) == {Edge("demo/api", "demo/store", 5432), Edge("prometheus", "demo/store", 9187)}


def test_a_port_of_the_engine_itself_stays_open_when_prometheus_reads_it_too() -> None:
    store = a_data_store(ports={"http": {"container": 8123}}, exporterPort="http")
    stack = a_stack(a_system(a_service(dependsOn=["store"]), store))
    assert Edge("demo/api", "demo/store", 8123) in edges_of(stack)


def test_the_monitoring_namespace_scrapes_as_a_whole() -> None:
    stack = a_stack(a_system(a_service(metrics={})))
    assert edges_of(stack) == {Edge("prometheus", "demo/api", 8080)}
    (policy,) = [
        placed.manifest for placed in all_policies(stack, "main") if placed.reference == "NetworkPolicy/demo/api"
    ]
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    assert policy["spec"]["ingress"] == [
        {"from": [{"namespaceSelector": namespace}], "ports": [{"port": 8080, "protocol": "TCP"}]}
    ]


CALLING = {"dependsOn": ["db"], "exposure": WEB, "metrics": {}}
TRIED = {"strategy": {"type": "canaryDeployment", "weight": 50}, "canary": {"tag": "2"}}


def test_a_second_deployment_calls_and_is_called_as_the_first_one_is() -> None:
    services = [a_service("api", **CALLING, **TRIED), a_service("web", dependsOn=["api"])]
    found = edges_of(a_stack(a_system(*services, a_data_store("db")), domains={"www": "www.example.com"}))
    first = {edge for edge in found if "demo/api" in edge}
    second = {edge for edge in found if "demo/api-canary" in edge}
    assert {(edge.source, edge.target) for edge in first} == {
        ("demo/api", "demo/db"),
        ("demo/web", "demo/api"),
        ("ingress", "demo/api"),
        ("prometheus", "demo/api"),
    }
    names = {"demo/api": "demo/api-canary"}
    assert second == {
        Edge(names.get(edge.source, edge.source), names.get(edge.target, edge.target), edge.port, edge.protocol)
        for edge in first
    }


def test_without_a_second_deployment_nothing_is_let_through_for_one() -> None:
    services = [a_service("api", **CALLING, strategy=TRIED["strategy"]), a_service("web", dependsOn=["api"])]
    stack = a_stack(a_system(*services, a_data_store("db")), domains={"www": "www.example.com"})
    assert not any("demo/api-canary" in edge for edge in edges_of(stack))


def test_a_service_of_that_name_is_not_taken_for_a_second_deployment() -> None:
    services = [a_service("api"), a_service("api-canary"), a_service("web", dependsOn=["api"])]
    assert edges_of(a_stack(a_system(*services))) == {Edge("demo/web", "demo/api", 8080)}


def test_challenges_of_a_host_to_look_at_a_new_version_are_answered() -> None:
    solvers = [{"http01IngressClass": "nginx", "hosts": ["look"]}, {"cloudflare": {"tokenSecret": "t"}}]
    strategy = {"type": "blueGreen", "preview": {"hosts": ["look"]}}
    found = a_stack(
        a_system(a_service("api", exposure=WEB, strategy=strategy)),
        domains={"www": "www.example.com", "look": "look.example.com"},
        issuers={"proof": {**HTTP01, "solvers": solvers}},
        defaultIssuer="proof",
    )
    assert Edge("ingress", "acme:demo", 8089) in edges_of(found)


def test_migration_jobs_reach_the_data_stores_alone() -> None:
    api = a_service(dependsOn=["other", "store"], migration=MIGRATION, metrics={}, exposure=WEB)
    stack = a_stack(a_system(api, a_service("other"), a_data_store()), domains={"www": "www.example.com"})
    of_jobs = {edge for edge in edges_of(stack) if "demo/api-migrate" in edge}
    assert of_jobs == {Edge("demo/api-migrate", "demo/store", 5432)}


def test_elsewhere_than_in_the_primary_cluster_data_stores_are_an_address_range() -> None:
    system = a_system(a_service(dependsOn=["store"]), a_data_store(), clusters="all")
    stack = a_stack(system, clusters=TWO_CLUSTERS)
    assert edges_of(stack, "seoul") == {Edge("demo/api", "demo/store", 5432)}
    assert edges_of(stack, "tokyo") == {Edge("demo/api", "external:10.20.0.0/16", 5432)}


@pytest.mark.parametrize(
    "why",
    [
        pytest.param({"dataCidr": None}, id="no-address-range"),
        pytest.param({"store": False}, id="the-store-is-off"),
        pytest.param({"system": False}, id="its-system-is-off"),
    ],
)
def test_a_data_store_that_does_not_answer_from_afar_is_not_called(why: dict[str, Any]) -> None:
    data = a_system(a_data_store(enabled=why.get("store", True)), name="data", enabled=why.get("system", True))
    caller = a_system(a_service(dependsOn=["data/store"]), clusters="all")
    tokyo = {**TWO_CLUSTERS["tokyo"], "dataCidr": why.get("dataCidr", TWO_CLUSTERS["tokyo"]["dataCidr"])}
    stack = a_stack(caller, data, clusters={**TWO_CLUSTERS, "tokyo": tokyo})
    assert edges_of(stack, "tokyo") == set()


def test_a_port_is_the_containers_and_keeps_its_protocol() -> None:
    stats = a_service("stats", ports={"statsd": {"container": 8125, "service": 125, "protocol": "UDP"}})
    stack = a_stack(a_system(a_service(dependsOn=["stats"]), stats))
    assert edges_of(stack) == {Edge("demo/api", "demo/stats", 8125, "UDP")}


def test_challenges_of_a_gateways_hosts_are_answered_beside_the_gateway() -> None:
    api = a_service(namespace="main", exposure={"web": {"hosts": ["www"], "route": "gateway", "gateway": "edge"}})
    system = a_system(
        api,
        a_service("off", namespace="main", enabled=False, exposure=WEB),
        namespaces={"main": {"name": "demo"}, "edge": {"name": "gateway"}},
        gateways={"edge": {"namespace": "edge", "hosts": ["www"], "tlsSecret": "edge-tls"}},
    )
    assert edges_of(a_stack(system, **ISSUED)) == {
        Edge("gateway", "demo/api", 8080),
        Edge("ingress", "acme:gateway", 8089),
    }


@pytest.mark.parametrize(
    ("issuer", "hosts", "asked"),
    [
        pytest.param(HTTP01, ["www"], True, id="http01"),
        pytest.param(DNS01, ["www"], False, id="dns01"),
        pytest.param({"server": "self-signed"}, ["www"], False, id="self-signed"),
        pytest.param(
            {**DNS01, "solvers": [*HTTP01["solvers"], {**DNS01["solvers"][0], "hosts": ["www"]}]},
            ["www"],
            False,
            id="dns01-for-this-host",
        ),
        pytest.param(
            {**DNS01, "solvers": [{**HTTP01["solvers"][0], "hosts": ["www"]}, *DNS01["solvers"]]},
            ["api", "www"],
            True,
            id="http01-for-one-of-the-hosts",
        ),
    ],
)
def test_challenges_are_answered_where_the_issuer_asks_over_http(issuer: Any, hosts: list[str], asked: bool) -> None:
    stack = a_stack(
        a_system(a_service(exposure={"web": {"hosts": hosts}})),
        domains={"www": "www.example.com", "api": "api.example.com"},
        issuers={"proof": issuer},
        defaultIssuer="proof",
    )
    assert (Edge("ingress", "acme:demo", 8089) in edges_of(stack)) is asked


def test_no_challenge_is_expected_without_an_issuer() -> None:
    stack = a_stack(a_system(a_service(exposure=WEB)), **{**ISSUED, "defaultIssuer": None})
    assert edges_of(stack) == {Edge("ingress", "demo/api", 8080)}

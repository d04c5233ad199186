"""Ways in that AWS could not open as they are said are refused, in one line that says what would be right."""

from typing import Any

import pytest

from settings.aws.traffic import public_hosts, zone_of
from settings.aws.traffic_checks import check_traffic
from settings.stack import Stack
from settings.system import System
from tests.aws_projects import AwsProject
from tests.aws_stacks import SEOUL, TOKYO, an_aws_cluster, an_aws_stack
from tests.builders import a_service, a_stack, a_system

DOMAINS = {"www": "www.example.com", "any": "*.example.com", "far": "www.example.net", "near": "notexample.com"}
ZONES = {"example.com": "Z0COM", "eu.example.com": "Z0EU"}
TARGETS: dict[str, Any] = {"type": "blueGreenIngress", "traffic": "target-groups"}
OPEN: dict[str, Any] = {"exposure": {"web": {"hosts": ["www"]}}}
HERE = "services.api.strategy"
THREE = {
    "seoul": an_aws_cluster("seoul", SEOUL, 64, primary=True),
    "tokyo": an_aws_cluster("tokyo", TOKYO, 65),
    "osaka": an_aws_cluster("osaka", "ap-northeast-3", 66),
}


def a_way_in(traffic: str | None = "latency", clusters: str = "all", **service: Any) -> System:
    return a_system(a_service(**{**OPEN, **service}), clusters=clusters, aws={"traffic": traffic} if traffic else {})


def in_aws(system: System, drained: tuple[str, ...] = (), **changes: Any) -> Stack:
    clusters = {name: {**cluster, "drained": name in drained} for name, cluster in THREE.items() if name != "osaka"}
    return an_aws_stack(system, aws={"zones": ZONES}, **{"domains": DOMAINS, "clusters": clusters, **changes})


def said(stack: Stack) -> list[str]:
    """Return what is said of the system: path, what was found, what would be right."""
    return [
        f"{'.'.join(map(str, finding.path))}: {finding.found}; {finding.expected}"
        for finding in check_traffic(stack, stack.systems["demo"])
    ]


@pytest.mark.parametrize("traffic", ["latency", "failover"])
@pytest.mark.parametrize("drained", [(), ("seoul",), ("tokyo",)])
def test_ways_in_are_right_as_they_are_with_a_region_drained_or_none(traffic: str, drained: tuple[str, ...]) -> None:
    assert said(in_aws(a_way_in(traffic, strategy=TARGETS), drained)) == []


def test_systems_without_traffic_are_not_looked_at() -> None:
    assert said(in_aws(a_way_in(None, exposure={"web": {"hosts": ["far"]}}))) == []
    assert said(a_stack(a_system(a_service(**OPEN)), domains=DOMAINS)) == []


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ({"blue": 50, "green": 40}, "blue 50 and green 40 sum to 90"),
        ({"blue": 100, "green": 100}, "blue 100 and green 100 sum to 200"),
        ({"green": 99}, "green 99 sum to 99"),
        ({}, "nothing sum to 0"),
    ],
    ids=["below", "above", "one", "none"],
)
def test_weights_that_do_not_sum_to_100_are_refused(weights: dict[str, int], found: str) -> None:
    stack = in_aws(a_way_in(strategy={**TARGETS, "weights": weights}))
    assert said(stack) == [f"{HERE}.weights: {found}; expected 100"]


@pytest.mark.parametrize("weights", [{"blue": 70, "green": 30}, {"green": 100}])
def test_weights_that_do_are_right(weights: dict[str, int]) -> None:
    assert said(in_aws(a_way_in(strategy={**TARGETS, "weights": weights}))) == []


def test_weights_are_for_target_groups_alone() -> None:
    strategy = {"type": "blueGreenIngress", "traffic": "service", "weights": {"blue": 100}}
    assert said(in_aws(a_way_in(strategy=strategy))) == [
        f"{HERE}.weights: weights of traffic by service; expected traffic: target-groups, or no weights"
    ]


def test_target_groups_need_aws() -> None:
    system = a_system(a_service(**OPEN, strategy=TARGETS))
    assert said(a_stack(system, domains=DOMAINS)) == [
        f"{HERE}.traffic: traffic by target-groups, and no AWS; expected the environment to say aws"
    ]


@pytest.mark.parametrize("aws", [None, {}])
def test_target_groups_need_an_entrance(aws: dict[str, Any] | None) -> None:
    system = a_system(a_service(**OPEN, strategy=TARGETS), aws=aws)
    assert said(in_aws(system)) == [
        f"{HERE}.traffic: traffic by target-groups of a system without traffic in AWS; "
        "expected aws: { traffic: latency } or failover"
    ]


def test_target_groups_need_hosts_of_an_ingress() -> None:
    gate = {"edge": {"hosts": ["www"], "tlsSecret": "edge-tls"}}
    exposure = {"web": {"hosts": ["www"], "route": "gateway", "gateway": "edge"}}
    system = a_system(
        a_service(strategy=TARGETS, exposure=exposure), clusters="all", gateways=gate, aws={"traffic": "latency"}
    )
    assert said(in_aws(system)) == [
        f"{HERE}.traffic: traffic by target-groups, and no exposure by Ingress; expected one with the route ingress",
        f"{HERE}.traffic: traffic by target-groups, and an exposure by a gateway; "
        "expected exposures with the route ingress alone",
        "aws.traffic: traffic by latency, and no host of an Ingress that it would lead to; "
        "expected an exposure with the route ingress, or no traffic",
    ]


def test_target_groups_need_a_readiness_probe_that_a_load_balancer_can_ask() -> None:
    http, tcp = {"http": {"path": "/health"}}, {"tcp": "http"}
    probes = {"startup": http, "readiness": tcp, "liveness": http}
    assert said(in_aws(a_way_in(strategy=TARGETS, probes=probes))) == [
        "services.api.probes.readiness: a readiness probe that a load balancer cannot ask; "
        "expected it to ask by http: the load balancer asks the same"
    ]


@pytest.mark.parametrize(("key", "host"), [("far", "www.example.net"), ("near", "notexample.com")])
def test_host_in_no_hosted_zone_is_refused(key: str, host: str) -> None:
    assert said(in_aws(a_way_in(exposure={"web": {"hosts": ["www", key]}}))) == [
        f'services.api.exposure.web.hosts.1: "{host}" is in no hosted zone of the environment; '
        'expected a host in one of aws.zones: "example.com", "eu.example.com"'
    ]


def test_host_of_a_preview_needs_a_hosted_zone_as_well() -> None:
    (found,) = said(in_aws(a_way_in(strategy={"type": "blueGreen", "preview": {"hosts": ["far"]}})))
    assert found.startswith('services.api.strategy.preview.hosts.0: "www.example.net" is in no hosted zone')


def issued(*solvers: dict[str, Any], server: str = "letsencrypt-production") -> dict[str, Any]:
    issuer = {"server": server, "email": "ops@example.com", "solvers": solvers}
    return {"issuers": {"public": issuer}, "defaultIssuer": "public"}


HTTP01: dict[str, Any] = {"http01IngressClass": "nginx"}
DNS01: dict[str, Any] = {"route53": {"hostedZoneId": "Z0COM", "region": SEOUL}}
ASKED = (
    'public proves "www.example.com" by HTTP-01, and its records lead to seoul and tokyo, whichever asked for the '
    'proof; expected a solver by DNS-01 (route53) for "www" in issuers.public.solvers'
)


@pytest.mark.parametrize("traffic", ["latency", "failover"])
@pytest.mark.parametrize("drained", [(), ("tokyo",)])
def test_host_of_two_clusters_is_not_proven_by_http01(traffic: str, drained: tuple[str, ...]) -> None:
    assert said(in_aws(a_way_in(traffic), drained, **issued(HTTP01))) == [f"services.api.exposure.web.hosts.0: {ASKED}"]


def test_host_of_a_preview_is_not_either_and_an_exposure_may_name_its_issuer() -> None:
    self_signed = {"self": {"server": "self-signed"}, **issued(HTTP01)["issuers"]}
    exposure = {"web": {"hosts": ["any"], "issuer": "public"}}
    strategy = {"type": "blueGreen", "preview": {"hosts": ["www"]}}
    found = said(in_aws(a_way_in(exposure=exposure, strategy=strategy), issuers=self_signed, defaultIssuer="self"))
    of_any = ASKED.replace("www.", "*.").replace('"www"', '"any"')
    assert found == [
        f"services.api.exposure.web.hosts.0: {of_any}",
        f"services.api.strategy.preview.hosts.0: {ASKED}",
    ]


PROVEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "by-dns": ({}, issued(DNS01)),
    "by-a-solver-of-its-own": ({}, issued(HTTP01, {**DNS01, "hosts": ["www"]})),
    "by-nobody": ({}, issued(server="self-signed")),
    "in-one-cluster": ({"clusters": "primary"}, issued(HTTP01)),
    "where-others-see-to-records": ({"traffic": None}, issued(HTTP01)),
    "by-the-load-balancer-alone": ({"strategy": TARGETS}, issued(HTTP01)),
}


@pytest.mark.parametrize(("system", "changes"), PROVEN.values(), ids=PROVEN)
def test_other_proofs_are_right(system: dict[str, Any], changes: dict[str, Any]) -> None:
    assert said(in_aws(a_way_in(**system), **changes)) == []


def test_one_cluster_of_all_may_prove_by_http01() -> None:
    one = {"seoul": THREE["seoul"]}
    assert said(in_aws(a_way_in(), clusters=one, **issued(HTTP01))) == []


def test_entrance_answers_nothing_in_plain_http() -> None:
    plain = {"web": {"hosts": ["www"], "sslRedirect": False}}
    assert said(in_aws(a_way_in(exposure=plain))) == [
        "services.api.exposure.web.sslRedirect: plain HTTP, which the entrance sends on to HTTPS, whatever the host; "
        "expected true, or nothing said"
    ]
    assert said(in_aws(a_way_in(exposure=plain, strategy=TARGETS))) == []
    assert said(in_aws(a_way_in(None, exposure=plain))) == []


def test_proof_that_cannot_be_is_told_with_its_place(tmp_path: Any) -> None:
    project = AwsProject(tmp_path)
    shop, prod = "catalog/shop.yaml", "Pulumi.prod.yaml"
    project.change(shop, "aws:\n  buckets", "clusters: all\naws:\n  traffic: latency\n  buckets")
    project.change(prod, "defaultIssuer: self", "defaultIssuer: public")
    assert project.faults("prod") == []
    project.change(
        prod,
        "solvers: [{ route53: { hostedZoneId: Z0SHOP, region: ap-northeast-2 } }]",
        "solvers: [{ http01IngressClass: nginx }]",
    )
    web, api = project.faults("prod")
    assert web == f"{shop}:8: services.web.exposure.public.hosts[0]: {ASKED.replace('www', 'shop')}"
    assert api == f"{shop}:18: services.api.exposure.public.hosts[0]: {ASKED.replace('www', 'shop')}"


def test_failover_is_between_two_clusters() -> None:
    assert said(in_aws(a_way_in("failover", clusters="primary"))) == [
        "aws.traffic: failover between 1 cluster (seoul); expected two, with clusters: all, or latency"
    ]
    assert said(in_aws(a_way_in("failover"), clusters=THREE)) == [
        "aws.traffic: failover between 3 clusters (seoul, tokyo, osaka); expected two, or latency"
    ]
    assert said(in_aws(a_way_in("latency"), clusters=THREE)) == []


def test_only_region_of_a_system_may_be_drained_as_its_hosts_stay() -> None:
    assert said(in_aws(a_way_in(clusters="primary"), ("seoul",))) == []


def test_traffic_needs_the_ingress_controller() -> None:
    assert said(in_aws(a_way_in(), ingressClass="alb")) == [
        'aws.traffic: Ingresses of the class "alb", each with a load balancer of its own; '
        "expected the environment's ingressClass to be that of ingress-nginx"
    ]


def test_what_is_refused_is_told_with_its_place(tmp_path: Any) -> None:
    project = AwsProject(tmp_path)
    shop = "catalog/shop.yaml"
    strategy = "strategy: { type: blueGreenIngress, traffic: target-groups, weights: { blue: 60, green: 60 } }"
    project.change(shop, "replicas: 2", f"replicas: 2\n    {strategy}")
    project.change(shop, "aws:\n  buckets", "aws:\n  traffic: latency\n  buckets")
    (line,) = [line for line in project.faults("prod") if "weights" in line]
    assert line == f"{shop}:14: services.api.strategy.weights: blue 60 and green 60 sum to 120; expected 100"


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("example.com", "Z0COM"),
        ("a.example.com", "Z0COM"),
        ("*.example.com", "Z0COM"),
        ("eu.example.com", "Z0EU"),
        ("a.eu.example.com", "Z0EU"),
        ("neu.example.com", "Z0COM"),
        ("example.com.net", None),
    ],
)
def test_host_belongs_to_the_longest_domain_that_it_ends_in(host: str, zone: str | None) -> None:
    assert zone_of(ZONES, host) == zone


def test_each_host_is_listed_once() -> None:
    stack = in_aws(a_way_in(), domains={**DOMAINS, "again": "www.example.com"})
    exposure = {"one": {"hosts": ["www", "again"]}, "two": {"hosts": ["www", "any"]}}
    system = a_system(a_service(exposure=exposure))
    assert public_hosts(stack.environment, system) == {"again": "www.example.com", "any": "*.example.com"}

"""Target groups of two colours: what moto has of them and of the rules that divide a service's traffic."""

from typing import Any

import pytest

from manifests.assembly import assemble
from manifests.aws.target_groups import RuleArgs, fitted, health_of, weighted_targets
from manifests.placed import Manifest
from settings.stack import Stack
from tests.aws_stacks import SEOUL
from tests.builders import PROBE, a_service, a_system, of_kind
from tests.moto.cloud import Account
from tests.unit.aws.traffic.asked import REGIONS, group, listener, name_of, rules_of
from tests.unit.aws.traffic.wired import COLORED, MAIL, a_way_in, open_stack

STRATEGY = COLORED["strategy"]


def conditions(rule: dict[str, Any]) -> dict[str, list[str]]:
    found = {}
    for condition in rule["Conditions"]:
        config = condition.get("HostHeaderConfig") or condition.get("PathPatternConfig") or condition
        found[condition["Field"]] = config["Values"]
    return found


def shares(region: str, rule: dict[str, Any]) -> dict[str, int]:
    (action,) = rule["Actions"]
    groups = action["ForwardConfig"]["TargetGroups"]
    return {name_of(region, one["TargetGroupArn"]): one["Weight"] for one in groups}


def bindings(stack: Stack, cluster: str, system: str) -> list[Manifest]:
    return [placed.manifest for placed in of_kind(assemble(stack, cluster)[system], "TargetGroupBinding")]


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", REGIONS.values())
def test_each_port_of_a_service_is_divided_between_its_two_colours(region: str) -> None:
    rpc, web = rules_of(region, 443)
    assert conditions(rpc) == {"host-header": ["www.example.com"], "path-pattern": ["/rpc", "/rpc/*"]}
    assert conditions(web) == {"host-header": ["www.example.com"]}
    assert shares(region, web) == {"demo-prod-api-8080-blue": 100, "demo-prod-api-8080-green": 0}
    assert shares(region, rpc) == {"demo-prod-api-9090-blue": 100, "demo-prod-api-9090-green": 0}


@pytest.mark.usefixtures("made")
def test_plain_http_is_sent_on() -> None:
    for plain, secure in zip(rules_of(SEOUL, 80), rules_of(SEOUL, 443), strict=True):
        assert conditions(plain) == conditions(secure)
        (action,) = plain["Actions"]
        redirect = action["RedirectConfig"]
        assert (action["Type"], redirect["Protocol"], redirect["Port"], redirect["StatusCode"]) == (
            "redirect",
            "HTTPS",
            "443",
            "HTTP_301",
        )


@pytest.mark.usefixtures("made")
def test_pods_are_asked_for_their_health_as_the_kubelet_asks() -> None:
    for color in ("blue", "green"):
        found = group(SEOUL, f"demo-prod-api-9090-{color}")
        assert (found["TargetType"], found["Protocol"], found["Port"]) == ("ip", "HTTP", 9090)
        assert (found["HealthCheckPath"], found["HealthCheckPort"]) == ("/health", "8080")
        assert found["Matcher"] == {"HttpCode": "200-399"}
        elb = Account(SEOUL).client("elbv2")
        asked = elb.describe_target_group_attributes(TargetGroupArn=found["TargetGroupArn"])["Attributes"]
        assert {"Key": "deregistration_delay.timeout_seconds", "Value": "30"} in asked


@pytest.mark.parametrize("cluster", REGIONS)
def test_every_binding_names_a_target_group_that_is_there_and_is_as_it_says(stack: Stack, cluster: str) -> None:
    found = [*bindings(stack, cluster, "common"), *bindings(stack, cluster, "demo")]
    assert len(found) == 5
    for manifest in found:
        spec, there = manifest["spec"], group(REGIONS[cluster], manifest["spec"]["targetGroupName"])
        assert manifest["metadata"]["name"] == there["TargetGroupName"]
        assert spec["targetType"] == there["TargetType"]
        assert spec["targetGroupProtocol"] == there["Protocol"]
        assert spec["vpcID"] == there["VpcId"]
        assert spec["ipAddressType"] == there["IpAddressType"]
    elb = Account(REGIONS[cluster]).client("elbv2")
    everything = {one["TargetGroupName"] for one in elb.describe_target_groups()["TargetGroups"]}
    assert everything == {manifest["spec"]["targetGroupName"] for manifest in found}


def test_each_colour_is_bound_by_its_own_service() -> None:
    found = bindings(open_stack(a_way_in(COLORED)), "seoul", "demo")
    assert {one["metadata"]["name"]: one["spec"]["serviceRef"] for one in found} == {
        "demo-prod-api-8080-blue": {"name": "api-blue", "port": 80},
        "demo-prod-api-8080-green": {"name": "api-green", "port": 80},
        "demo-prod-api-9090-blue": {"name": "api-blue", "port": 9090},
        "demo-prod-api-9090-green": {"name": "api-green", "port": 9090},
    }
    services = {
        placed.manifest["metadata"]["name"]: placed.manifest["spec"]["selector"].get("naru/color")
        for placed in of_kind(assemble(open_stack(a_way_in(COLORED)), "seoul")["demo"], "Service")
    }
    assert services == {"api": "blue", "api-blue": "blue", "api-green": "green"}


def test_ingress_controller_is_bound_in_its_own_namespace() -> None:
    found = bindings(open_stack(ingressNamespace="edge"), "tokyo", "common")
    assert [(one["metadata"]["namespace"], one["spec"]["serviceRef"]) for one in found] == [
        ("edge", {"name": "ingress-nginx-controller", "port": 443}),
    ]


def test_service_past_the_controller_has_no_ingress_and_no_certificate_of_its_own() -> None:
    objects = assemble(open_stack(a_way_in(COLORED)), "seoul")["demo"]
    assert not [placed for placed in objects if placed.manifest["kind"] in {"Ingress", "Certificate"}]


def test_network_policy_lets_the_entrance_in_and_not_the_controller() -> None:
    objects = assemble(open_stack(a_way_in(COLORED)), "tokyo")["demo"]
    policies = {
        placed.manifest["metadata"]["name"]: placed.manifest["spec"] for placed in of_kind(objects, "NetworkPolicy")
    }
    assert policies["api"]["ingress"] == [
        {
            "from": [{"ipBlock": {"cidr": "10.65.0.0/16"}}],
            "ports": [{"port": 8080, "protocol": "TCP"}, {"port": 9090, "protocol": "TCP"}],
        }
    ]


def weights(**changes: Any) -> dict[str, int]:
    strategy = {**STRATEGY, **changes.pop("strategy", {})}
    (_, args), *_ = weighted_targets(open_stack(a_way_in({**COLORED, "strategy": strategy, **changes})))
    return {"blue": args.weights["blue"], "green": args.weights["green"]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"blue": 100, "green": 0}),
        ({"live": "green"}, {"blue": 0, "green": 100}),
        ({"strategy": {"weights": {"blue": 75, "green": 25}}}, {"blue": 75, "green": 25}),
        ({"strategy": {"weights": {"green": 100}}, "live": "blue"}, {"blue": 0, "green": 100}),
    ],
    ids=["live", "the-other", "divided", "one-said"],
)
def test_all_traffic_is_the_live_colours_unless_weights_say_otherwise(
    changes: dict[str, Any], expected: dict[str, int]
) -> None:
    assert weights(**changes) == expected


def test_a_switch_changes_weights_alone() -> None:
    before = [args for _, args in weighted_targets(open_stack(a_way_in(COLORED)))]
    after = [args for _, args in weighted_targets(open_stack(a_way_in({**COLORED, "live": "green"})))]
    assert [(args.groups, args.rules) for args in before] == [(args.groups, args.rules) for args in after]


def planned(*paths: dict[str, str], hosts: tuple[str, ...] = ("www",)) -> list[RuleArgs]:
    service = {**COLORED, "exposure": {"web": {"hosts": hosts, "paths": list(paths)}}}
    found = weighted_targets(open_stack(a_way_in(service, clusters="primary")))
    return sorted((rule for _, args in found for rule in args.rules), key=lambda rule: rule.priority)


def test_deeper_paths_are_asked_first_and_the_host_of_a_wildcard_last() -> None:
    exact, deep, shallow = {"path": "/a/b", "type": "Exact"}, {"path": "/a/b"}, {"path": "/"}
    found = planned(shallow, deep, exact, hosts=("any", "www"))
    assert [(rule.host, rule.patterns) for rule in found] == [
        ("www.example.com", ("/a/b",)),
        ("www.example.com", ("/a/b", "/a/b/*")),
        ("www.example.com", ()),
        ("*.example.com", ("/a/b",)),
        ("*.example.com", ("/a/b", "/a/b/*")),
        ("*.example.com", ()),
    ]
    assert all(1 <= rule.priority <= 50_000 for rule in found)


def test_a_rule_keeps_its_priority_when_others_come() -> None:
    (alone,) = planned({"path": "/"})
    many = planned({"path": "/"}, *({"path": f"/part{number}"} for number in range(90)))
    assert alone in many
    assert len({rule.priority for rule in many}) == len(many)


def test_rules_of_two_systems_have_priorities_of_their_own() -> None:
    other = a_system(
        a_service(**{**COLORED, "exposure": {"web": {"hosts": ["mail"]}}}), name="mail", aws={"traffic": "latency"}
    )
    found = weighted_targets(open_stack(a_way_in(COLORED, clusters="primary"), other))
    priorities = [rule.priority for _, args in found for rule in args.rules]
    assert len(priorities) == len(set(priorities)) == 3


def test_names_of_target_groups_fit_and_tell_colours_apart() -> None:
    names = [fitted("immersiverse-prod-metaverse-server-8080", color) for color in ("blue", "green")]
    assert names == [fitted("immersiverse-prod-metaverse-server-8080", color) for color in ("blue", "green")]
    assert [len(name) <= 32 for name in names] == [True, True]
    assert [name.rpartition("-")[2] for name in names] == ["blue", "green"]
    assert fitted("immersiverse-prod-metaverse-server-9090", "blue") != names[0]
    assert fitted("ams-prod-ams-8080", "green") == "ams-prod-ams-8080-green"
    assert (
        fitted("a" * 22 + "-and-more-than-fits", "blue")
        == "a" * 18 + fitted("a" * 22 + "-and-more-than-fits", "blue")[18:]
    )
    assert "--" not in fitted("a" * 17 + "-" + "b" * 20, "blue")


def test_health_is_asked_in_the_bounds_of_aws() -> None:
    probe = {**PROBE, "periodSeconds": 1, "timeoutSeconds": 60, "failureThreshold": 30}
    asked = health_of(a_service(probes={"startup": probe, "readiness": probe, "liveness": probe}))
    assert (asked.interval, asked.timeout, asked.unhealthy) == (5, 4, 10)


def test_service_of_a_system_without_traffic_has_no_target_groups() -> None:
    quiet = a_system(a_service(**COLORED), aws={})
    assert list(weighted_targets(open_stack(quiet, MAIL))) == []


@pytest.mark.usefixtures("made")
def test_what_no_rule_knows_goes_to_the_ingress_controller() -> None:
    (action,) = listener(SEOUL, 443)["DefaultActions"]
    assert name_of(SEOUL, action["TargetGroupArn"]) == "naru-prod-https"

"""Entrances: what moto has of load balancers, their listeners, security groups and rules of WAF."""

import re
from typing import Any

import pytest

from manifests.aws.entrances import entrances, web_acls
from settings.stack import Stack
from tests.aws_stacks import SEOUL
from tests.moto.cloud import Account, Cloud
from tests.moto.laws import untagged
from tests.unit.aws.traffic.asked import REGIONS, balancer, group, listener
from tests.unit.aws.traffic.wired import COLORED, MAIL, a_way_in, open_stack


def attributes() -> dict[str, str]:
    client = Account(SEOUL).client("elbv2")
    found = client.describe_load_balancer_attributes(LoadBalancerArn=balancer(SEOUL)["LoadBalancerArn"])["Attributes"]
    return {one["Key"]: one["Value"] for one in found}


def permissions(region: str, group_id: str, direction: str) -> set[tuple[str, int, int, str]]:
    (found,) = Account(region).client("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    return {
        (rule["IpProtocol"], rule["FromPort"], rule["ToPort"], peer)
        for rule in found[direction]
        for peer in (
            *(one["GroupId"] for one in rule["UserIdGroupPairs"]),
            *(one["CidrIp"] for one in rule["IpRanges"]),
            *(one["CidrIpv6"] for one in rule["Ipv6Ranges"]),
        )
    }


@pytest.mark.parametrize("cluster", REGIONS)
def test_each_region_has_an_entrance_from_the_internet_in_its_public_subnets(stack: Stack, cluster: str) -> None:
    found, here = balancer(REGIONS[cluster]), stack.environment.clusters[cluster].aws
    assert here is not None
    assert (found["Scheme"], found["Type"], found["VpcId"]) == ("internet-facing", "application", here.vpc)
    assert {zone["SubnetId"] for zone in found["AvailabilityZones"]} == set(here.public_subnets)


@pytest.mark.usefixtures("made")
def test_entrance_drops_what_no_client_should_send() -> None:
    found = attributes()
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["routing.http.desync_mitigation_mode"] == "defensive"
    assert found["routing.http2.enabled"] == "true"


@pytest.mark.usefixtures("made")
def test_entrance_cannot_be_deleted_by_mistake() -> None:
    assert attributes()["deletion_protection.enabled"] == "true"


def test_entrance_is_not_protected_where_data_is_not() -> None:
    stack = open_stack(policies={"protectData": False})
    assert [args.protect for _, args in entrances(stack)] == [False, False]


@pytest.mark.usefixtures("made")
def test_what_comes_by_tls_goes_to_the_ingress_controller_by_tls() -> None:
    found, target = listener(SEOUL, 443), group(SEOUL, "naru-prod-https")
    assert found["Protocol"] == "HTTPS"
    assert [(one["Type"], one["TargetGroupArn"]) for one in found["DefaultActions"]] == [
        ("forward", target["TargetGroupArn"])
    ]
    assert (target["TargetType"], target["Protocol"], target["Port"]) == ("ip", "HTTPS", 443)
    assert (target["HealthCheckProtocol"], target["HealthCheckPath"]) == ("HTTPS", "/healthz")
    assert (target["HealthCheckPort"], target["Matcher"]) == ("443", {"HttpCode": "200"})


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", REGIONS.values())
def test_plain_http_is_sent_on_for_whatever_host(region: str) -> None:
    found = listener(region, 80)
    (action,) = found["DefaultActions"]
    redirect = action["RedirectConfig"]
    assert (found["Protocol"], action["Type"]) == ("HTTP", "redirect")
    assert (redirect["Protocol"], redirect["Port"], redirect["StatusCode"]) == ("HTTPS", "443", "HTTP_301")
    # Host, path and query stay: a challenge is found where it was asked for.
    assert {redirect.get(part, part) for part in ("Host", "Path", "Query")} <= {
        "Host", "Path", "Query", "#{host}", "/#{path}", "#{query}"
    }  # fmt: skip


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", REGIONS.values())
def test_tls_is_new_and_shows_the_certificate_of_each_system(region: str) -> None:
    found = listener(region, 443)
    elb, acm = Account(region).client("elbv2"), Account(region).client("acm")
    (policy,) = elb.describe_ssl_policies(Names=[found["SslPolicy"]])["SslPolicies"]
    assert sorted(policy["SslProtocols"]) == ["TLSv1.2", "TLSv1.3"]
    assert [one["Name"] for one in policy["Ciphers"] if not re.search("GCM|CHACHA20", one["Name"])] == []
    shown = elb.describe_listener_certificates(ListenerArn=found["ListenerArn"])["Certificates"]
    hosts = [
        acm.describe_certificate(CertificateArn=one["CertificateArn"])["Certificate"]["DomainName"] for one in shown
    ]
    assert hosts == ["www.example.com", "mail.example.org"]


def test_world_comes_in_by_two_ports_and_the_entrance_goes_out_to_pods_alone(stack: Stack) -> None:
    here = stack.environment.clusters["seoul"].aws
    assert here is not None
    (ours,) = balancer(SEOUL)["SecurityGroups"]
    world, ports = "0.0.0.0/0", (443, 8080, 9090)
    assert permissions(SEOUL, ours, "IpPermissions") == {("tcp", port, port, world) for port in (80, 443)}
    out = permissions(SEOUL, ours, "IpPermissionsEgress")
    assert out == {("tcp", port, port, here.security_group) for port in ports}
    assert permissions(SEOUL, here.security_group, "IpPermissions") == {("tcp", port, port, ours) for port in ports}


def test_no_port_of_pods_is_open_that_nothing_is_forwarded_to() -> None:
    assert [args.ports for _, args in entrances(open_stack())] == [(443,), (443,)]
    only_mail = open_stack(a_way_in(COLORED, clusters="primary"), MAIL)
    assert {scope.cluster_name: args.ports for scope, args in entrances(only_mail)} == {
        "seoul": (443, 8080, 9090),
        "tokyo": (443,),
    }


def test_a_port_that_only_health_is_asked_at_is_open_as_well() -> None:
    probe = {"http": {"path": "/ready", "port": "admin"}}
    ports = {"http": {"container": 8080}, "rpc": {"container": 9090}, "admin": {"container": 9999}}
    service = {**COLORED, "ports": ports, "probes": {"startup": probe, "readiness": probe, "liveness": probe}}
    ((_, args), _) = entrances(open_stack(a_way_in(service)))
    assert args.ports == (443, 8080, 9090, 9999)


@pytest.mark.parametrize(
    ("system", "clusters"),
    [
        (a_way_in(), ["seoul", "tokyo"]),
        (a_way_in(clusters="primary"), ["seoul"]),
        (a_way_in({}), []),
        (a_way_in().model_copy(update={"enabled": False}), []),
    ],
    ids=["everywhere", "primary", "no-host", "off"],
)
def test_entrance_is_where_a_system_runs_that_the_world_comes_to(system: Any, clusters: list[str]) -> None:
    assert [scope.cluster_name for scope, _ in entrances(open_stack(system))] == clusters


def rules(region: str) -> dict[str, Any]:
    client = Account(region).client("wafv2")
    acl = client.get_web_acl_for_resource(ResourceArn=balancer(region)["LoadBalancerArn"])["WebACL"]
    assert acl["DefaultAction"] == {"Allow": {}}
    return {rule["Name"]: rule for rule in acl["Rules"]}


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", REGIONS.values())
def test_waf_blocks_common_attacks_and_a_rate_before_each_entrance(region: str) -> None:
    found = rules(region)
    managed = {
        name: (rule["Statement"]["ManagedRuleGroupStatement"]["Name"], rule["OverrideAction"])
        for name, rule in found.items()
        if name != "rate"
    }
    assert managed == {
        "reputation": ("AWSManagedRulesAmazonIpReputationList", {"None": {}}),
        "known-bad-inputs": ("AWSManagedRulesKnownBadInputsRuleSet", {"None": {}}),
        "common": ("AWSManagedRulesCommonRuleSet", {"None": {}}),
        "sql-injection": ("AWSManagedRulesSQLiRuleSet", {"None": {}}),
    }
    assert found["rate"]["Action"] == {"Block": {}}
    assert found["rate"]["Statement"]["RateBasedStatement"] == {
        "Limit": 2000,
        "AggregateKeyType": "IP",
        "EvaluationWindowSec": 300,
    }
    assert len({rule["Priority"] for rule in found.values()}) == len(found)


@pytest.mark.usefixtures("made")
def test_long_bodies_pass_waf() -> None:
    found = rules(SEOUL)["common"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert found == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]


@pytest.mark.parametrize("name", ["common", "known-bad-inputs", "sql-injection", "rate"])
def test_a_rule_that_is_tried_counts_and_the_others_block(name: str) -> None:
    for _, args in web_acls(open_stack(aws={"webAcl": {"counting": [name], "rateLimit": 100}})):
        counting = [rule.name for rule in args.managed if rule.counting] + ["rate"] * args.rate_counting
        assert (counting, args.rate_limit) == ([name], 100)


def test_everything_that_takes_tags_has_them(registered: Cloud) -> None:
    assert untagged(registered) == []
    tags = Account(SEOUL).client("elbv2").describe_tags(ResourceArns=[balancer(SEOUL)["LoadBalancerArn"]])
    found = {tag["Key"]: tag["Value"] for tag in tags["TagDescriptions"][0]["Tags"]}
    assert (found["system"], found["environment"], found["cost-centre"]) == ("common", "prod", "4711")

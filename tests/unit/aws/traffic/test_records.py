"""Records of public hosts and the health they follow."""

import pytest

from manifests.aws.records import PublicRecordsArgs, records
from settings.stack import Stack
from tests.aws_stacks import SEOUL, TOKYO, an_aws_cluster
from tests.moto.cloud import Account, Cloud
from tests.unit.aws.traffic.asked import REGIONS, addresses, balancer
from tests.unit.aws.traffic.wired import COLORED, MAIL, a_way_in, open_stack, with_drained

RECORD = "aws:route53/record:Record"


def planned(stack: Stack) -> dict[str, PublicRecordsArgs]:
    return {args.host: args for _, args in records(stack)}


def roles(stack: Stack, host: str = "www.example.com") -> list[tuple[str, str, str | None]]:
    return [(record.key, record.cluster, record.role or record.region) for record in planned(stack)[host].records]


def test_nearest_region_answers_and_each_record_follows_its_regions_health(stack: Stack) -> None:
    found = addresses(stack, "example.org")
    assert {name: record["Region"] for name, record in found.items()} == REGIONS
    checks = {check["Id"]: check for check in Account(SEOUL).client("route53").list_health_checks()["HealthChecks"]}
    for name, record in found.items():
        entrance = balancer(REGIONS[name])
        assert record["Name"] == "mail.example.org."
        assert record["AliasTarget"]["DNSName"].rstrip(".") == entrance["DNSName"]
        assert record["AliasTarget"]["HostedZoneId"] == entrance["CanonicalHostedZoneId"]
        config = checks[record["HealthCheckId"]]["HealthCheckConfig"]
        assert config["FullyQualifiedDomainName"] == entrance["DNSName"]


@pytest.mark.usefixtures("made")
def test_health_is_asked_over_https_from_several_regions() -> None:
    for check in Account(SEOUL).client("route53").list_health_checks()["HealthChecks"]:
        config = check["HealthCheckConfig"]
        assert (config["Type"], config["Port"], config["ResourcePath"]) == ("HTTPS", 443, "/healthz")
        assert (config["RequestInterval"], config["FailureThreshold"]) == (30, 3)
        assert len(config["Regions"]) >= 3


def test_idle_colour_does_not_take_a_region_out_of_traffic(stack: Stack) -> None:
    """A target group without a healthy target would, wherever a record asks for the health of all of them."""
    for domain in ("example.com", "example.org"):
        for record in addresses(stack, domain).values():
            assert record["AliasTarget"]["EvaluateTargetHealth"] is False
    plain = planned(open_stack(a_way_in(), MAIL))
    assert all(record.asks_targets for args in plain.values() for record in args.records)


def test_colours_of_one_region_say_nothing_of_the_other() -> None:
    found = planned(open_stack(a_way_in(COLORED, clusters="primary"), MAIL))
    assert {record.cluster: record.asks_targets for record in found["mail.example.org"].records} == {
        "seoul": False,
        "tokyo": True,
    }


def test_host_is_in_the_zone_of_its_longest_domain() -> None:
    assert {host: args.zone for host, args in planned(open_stack()).items()} == {
        "app.eu.example.com": "Z0EU",
        "www.example.com": "Z0COM",
    }


@pytest.mark.parametrize(
    ("traffic", "drained", "expected"),
    [
        ("latency", (), [("seoul", "seoul", SEOUL), ("tokyo", "tokyo", TOKYO)]),
        ("latency", ("tokyo",), [("seoul", "seoul", SEOUL)]),
        ("latency", ("seoul",), [("tokyo", "tokyo", TOKYO)]),
        ("failover", (), [("primary", "seoul", "PRIMARY"), ("secondary", "tokyo", "SECONDARY")]),
        ("failover", ("tokyo",), [("primary", "seoul", "PRIMARY")]),
        ("failover", ("seoul",), [("primary", "tokyo", "PRIMARY")]),
    ],
)
def test_records_lead_to_the_regions_that_are_in_traffic(
    traffic: str, drained: tuple[str, ...], expected: list[tuple[str, str, str]]
) -> None:
    assert roles(open_stack(a_way_in(traffic=traffic), drained=drained)) == expected


@pytest.mark.parametrize("drained", [(), ("seoul",), ("tokyo",)])
def test_records_of_a_system_on_one_cluster_stay_whatever_is_drained(drained: tuple[str, ...]) -> None:
    alone = open_stack(a_way_in(clusters="primary"), MAIL)
    before, after = planned(alone), planned(with_drained(alone, *drained))
    assert after["www.example.com"] == before["www.example.com"]
    assert [record.cluster for record in after["www.example.com"].records] == ["seoul"]


def test_latency_takes_as_many_regions_as_there_are() -> None:
    clusters = {
        "seoul": an_aws_cluster("seoul", SEOUL, 64, primary=True),
        "tokyo": an_aws_cluster("tokyo", TOKYO, 65),
        "osaka": an_aws_cluster("osaka", "ap-northeast-3", 66),
    }
    assert [name for name, _, _ in roles(open_stack(clusters=clusters))] == ["seoul", "tokyo", "osaka"]


def test_no_role_of_a_failover_is_ever_handed_from_one_record_to_another() -> None:
    """Route 53 takes no second record of a role, and no update changes two records at once."""
    open_ = open_stack(a_way_in(traffic="failover"))
    for drained in ((), ("seoul",), ("tokyo",)):
        for key, _, role in roles(with_drained(open_, *drained)):
            assert role == key.upper()


def test_logical_names_are_those_of_hosts_and_regions(registered: Cloud) -> None:
    found = {one.name for one in registered.of_type(RECORD) if one.inputs["type"] == "A"}
    assert found == {
        f"global/{name}/{cluster}" for name in ("demo/aws/records/www", "mail/aws/records/mail") for cluster in REGIONS
    }


def test_no_record_waits_for_another_regions(registered: Cloud) -> None:
    found = [one for one in registered.of_type(RECORD) if one.inputs["type"] == "A"]
    assert not {one.urn for one in found} & {urn for one in found for urn in one.dependencies}
    entrances = {one.urn: one.region for one in registered.of_type("aws:lb/loadBalancer:LoadBalancer")}
    for one in found:
        cluster = one.name.rpartition("/")[2]
        assert {entrances[urn] for urn in one.dependencies if urn in entrances} == {REGIONS[cluster]}

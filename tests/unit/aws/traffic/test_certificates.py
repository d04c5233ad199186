"""Certificates of public hosts, and the records that prove them."""

import pytest

from manifests.aws.certificates import certificate_records, certificates
from settings.stack import Stack
from tests.aws_stacks import SEOUL, TOKYO
from tests.builders import a_service, a_system
from tests.moto.cloud import Account, Cloud
from tests.moto.network import records
from tests.unit.aws.traffic.asked import REGIONS
from tests.unit.aws.traffic.wired import MAIL, a_way_in, open_stack

CERTIFICATE, VALIDATION = "aws:acm/certificate:Certificate", "aws:acm/certificateValidation:CertificateValidation"
RECORD = "aws:route53/record:Record"


def cnames(zone: str) -> list[object]:
    return [record["Name"] for record in records(zone) if record["Type"] == "CNAME"]


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("region", REGIONS.values())
def test_each_region_has_a_certificate_of_each_system_by_dns(region: str) -> None:
    acm = Account(region).client("acm")
    listed = acm.list_certificates(Includes={"keyTypes": ["RSA_2048"]})["CertificateSummaryList"]
    found = [acm.describe_certificate(CertificateArn=one["CertificateArn"])["Certificate"] for one in listed]
    assert sorted(one["DomainName"] for one in found) == ["mail.example.org", "www.example.com"]
    assert {option["ValidationMethod"] for one in found for option in one["DomainValidationOptions"]} == {"DNS"}


def test_each_host_is_proven_once_for_all_regions(stack: Stack) -> None:
    assert stack.environment.aws is not None
    zones = stack.environment.aws.zones
    assert [len(cnames(zone)) for zone in zones.values()] == [1, 0, 1]
    assert str(cnames(zones["example.com"])[0]).endswith(".www.example.com.")


def test_listeners_wait_until_certificates_are_issued(registered: Cloud) -> None:
    issued = {one.urn for one in registered.of_type(VALIDATION)}
    secure = [one for one in registered.of_type("aws:lb/listener:Listener") if one.inputs["protocol"] == "HTTPS"]
    more = registered.of_type("aws:lb/listenerCertificate:ListenerCertificate")
    assert len(issued) == 4
    assert len(secure) == len(more) == 2
    assert all(one.dependencies & issued for one in (*secure, *more))


def test_certificates_wait_for_their_own_regions_and_the_shared_records(registered: Cloud) -> None:
    regions = {one.urn: one.region for one in registered.of_type(CERTIFICATE)}
    shared = {one.urn for one in registered.of_type(RECORD) if "certificate-records" in one.name}
    for validation in registered.of_type(VALIDATION):
        assert {regions[urn] for urn in validation.dependencies if urn in regions} == {validation.region}
        assert validation.dependencies & shared
    assert {one.region for one in registered.of_type(VALIDATION)} == {SEOUL, TOKYO}


def test_shortest_host_leads_and_each_host_is_on_the_certificate_once() -> None:
    twice = {"one": {"hosts": ["www", "app"]}, "two": {"hosts": ["www"], "paths": [{"path": "/x"}]}}
    for _, args in certificates(open_stack(a_way_in({"exposure": twice}))):
        assert (args.host, args.alternatives) == ("www.example.com", ("app.eu.example.com",))


def test_host_is_proven_in_the_zone_of_its_longest_domain() -> None:
    ((_, args),) = certificate_records(open_stack())
    assert {record.host: record.zone for record in args.records} == {
        "app.eu.example.com": "Z0EU",
        "www.example.com": "Z0COM",
    }


def test_wildcard_shares_the_proof_of_its_domain() -> None:
    exposure = {"web": {"hosts": ["any", "root"]}}
    stack = open_stack(a_way_in({"exposure": exposure}), domains={"any": "*.example.com", "root": "example.com"})
    ((_, args),) = certificate_records(stack)
    assert [record.host for record in args.records] == ["*.example.com"]


def test_hosts_of_a_gateway_and_of_what_is_off_have_no_certificate() -> None:
    gate = {"edge": {"hosts": ["www"], "tlsSecret": "edge-tls"}}
    by_gateway = a_service("edge", exposure={"web": {"hosts": ["www"], "route": "gateway", "gateway": "edge"}})
    off = a_service("off", enabled=False, exposure={"web": {"hosts": ["app"]}})
    system = a_system(by_gateway, off, gateways=gate, aws={"traffic": "latency"})
    assert list(certificates(open_stack(system))) == []


def test_preview_is_a_public_host_as_well() -> None:
    preview = {
        "strategy": {"type": "blueGreen", "preview": {"hosts": ["app"]}},
        "exposure": {"web": {"hosts": ["www"]}},
    }
    ((_, args), _) = certificates(open_stack(a_way_in(preview)))
    assert args.alternatives == ("app.eu.example.com",)


def test_system_without_traffic_has_no_certificate() -> None:
    quiet = a_system(a_service(exposure={"web": {"hosts": ["www"]}}), aws={})
    assert [scope.system_name for scope, _ in certificates(open_stack(quiet, MAIL))] == ["mail", "mail"]

"""A stack with AWS in two regions: what the real engine makes on moto by the real SDK, and what becomes of a region."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Any

import pytest
from moto.route53 import models
from moto.route53.responses import Route53
from moto.server import ThreadedMotoServer

from local import environment
from settings.loading import load
from tests.integration.on_plane import REPOSITORY, Ended
from tests.moto.cloud import ACCOUNT, Account
from tests.moto.network import records
from tests.moto.provider import install
from tests.projects import COMMON, Project

# Each test goes on from where the one before left the deployment: the tests of this file run as a whole.

REGIONS = {"seoul": "ap-northeast-2", "tokyo": "ap-northeast-1"}
RECORD = "aws:route53/record:Record"
SHOP = "global/shop/aws/records/shop"
MAIL = "global/mail/aws/records/mail"
SYSTEM = """\
description: NAME
clusters: all
namespaces:
  main: { name: NAME }
aws: { traffic: TRAFFIC, queues: { jobs: {} } }
services:
  web:
    image: { repository: NAME/web }
    ports: { http: { container: 8080, service: 80 } }
    exposure: { public: { hosts: [NAME] } }
    aws: { queues: { jobs: send } }
"""
STACK = """\
config:
  pulumi:disable-default-providers: ["*"]
  naru:environment:
    tier: production
    delivery: gitops
    clusters:
      seoul: # where data live
        context: seoul
        region: ap-northeast-2
        primary: true
        aws: SEOUL
      tokyo: { context: tokyo, region: ap-northeast-1, dataDomain: data.example.com, aws: TOKYO }
    domains: { shop: shop.example.com, mail: mail.example.com }
    registries: { harbor: harbor.example.com }
    issuers: { self: { server: self-signed } }
    defaultIssuer: self
    aws:
      account: "ACCOUNT"
      owner: platform
      costCentre: "4711"
      zones: { example.com: ZONE }
    policies: { secrets: existing, protectData: false }
"""


class OnMoto(Project):
    """A project whose stack `prod` is deployed to an account of moto's."""

    def __init__(self, root: Path, variables: Mapping[str, str]) -> None:
        self.root = root
        self.variables = variables
        zone = Account("us-east-1").client("route53").create_hosted_zone(Name="example.com", CallerReference="test")
        self.zone = zone["HostedZone"]["Id"].removeprefix("/hostedzone/")
        stack = STACK.replace("ACCOUNT", ACCOUNT).replace("ZONE", self.zone)
        for number, (name, region) in enumerate(REGIONS.items(), 64):
            stack = stack.replace(name.upper(), json.dumps(network(name, region, number)))
        self.write("Pulumi.yaml", "name: example\nruntime: python\n")
        self.write("Pulumi.prod.yaml", stack)
        self.write("releases/prod.yaml", "shop:\n  web: { tag: 1.0.0 }\nmail:\n  web: { tag: 1.0.0 }\n")
        here, _, _ = COMMON.partition("environments:")
        self.write("catalog/common.yaml", here)
        for name, traffic in {"shop": "latency", "mail": "failover"}.items():
            self.write(f"catalog/{name}.yaml", SYSTEM.replace("NAME", name).replace("TRAFFIC", traffic))
        for part in ("__main__.py", "components", "local", "manifests", "operations", "settings"):
            (root / part).symlink_to(REPOSITORY / part)

    def naru(self, *words: str) -> Ended:
        """Run the command in the project's folder to its end."""
        command = [sys.executable, "-m", "operations", *words]
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def up(self, *systems: str) -> Ended:
        """Update the stack, or some of its systems."""
        return self.naru("up", "--stack", "prod", *systems, "--yes", "--skip-preview")

    def checkpoint(self) -> list[dict[str, Any]]:
        """Return all that the state holds."""
        (file,) = (Path(self.variables["STATE"]) / ".pulumi" / "stacks").rglob("prod.json")
        listed: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["checkpoint"]["latest"]["resources"]
        return listed

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return what the state holds of AWS, by logical name and type."""
        return {
            f"{one['urn'].rpartition('::')[2]} {one['type']}": one
            for one in self.checkpoint()
            if one["type"].startswith("aws:")
        }

    def records(self) -> dict[str, str]:
        """Return where the zone leads each host, by host and set identifier."""
        return {
            f"{one['Name']} {one.get('SetIdentifier')}": one["AliasTarget"]["DNSName"]  # type: ignore[index]
            for one in records(self.zone)
            if "AliasTarget" in one
        }


def network(name: str, region: str, number: int) -> dict[str, Any]:
    """Make what a cluster finds in its region, and return what the stack file says of it."""
    ec2 = Account(region).client("ec2")
    vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.{number}.{index}.0/24", AvailabilityZone=f"{region}{'ac'[index % 2]}"
        )
        for index in range(4)
    ]
    ids = [made["Subnet"]["SubnetId"] for made in subnets]
    return {
        "eks": name,
        "oidcIssuer": f"https://oidc.eks.{region}.amazonaws.com/id/{name.upper()}",
        "vpc": vpc,
        "cidr": f"10.{number}.0.0/16",
        "privateSubnets": ids[:2],
        "publicSubnets": ids[2:],
        "securityGroup": ec2.create_security_group(GroupName=name, Description="nodes", VpcId=vpc)["GroupId"],
    }


@pytest.fixture(scope="module")
def account() -> Iterator[dict[str, str]]:
    """moto as a server; the variables by which everything that asks AWS asks it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    variables = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        # moto's own are of any letters; those of Route 53, and of stack files, begin with a Z.
        numbers = count(1)
        patch.setattr(models, "create_route53_zone_id", lambda *_, **__: f"Z{next(numbers):020}")
        yield variables
    server.stop()


@pytest.fixture(scope="module")
def project(account: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> OnMoto:
    home = tmp_path_factory.mktemp("pulumi")
    (home / "passphrase").write_text("of a test", encoding="utf-8")
    variables = environment.pulumi(home, home / "passphrase")
    plugin = install(home / "aws").parent
    path = f"{plugin}{os.pathsep}{variables['PATH']}"
    state = variables["PULUMI_BACKEND_URL"].removeprefix("file://")
    return OnMoto(tmp_path_factory.mktemp("aws"), {**account, **variables, "PATH": path, "STATE": state})


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Return the names of what one state has otherwise than the other."""

    def content(one: Mapping[str, Any] | None) -> object:
        if one is None:
            return None
        return {key: one.get(key) for key in ("id", "inputs", "outputs", "provider")}, sorted(
            one.get("dependencies", ())
        )

    return {name for name in before.keys() | after.keys() if content(before.get(name)) != content(after.get(name))}


def test_update_makes_what_the_stack_has_in_both_regions(project: OnMoto) -> None:
    project.up().succeeded()
    names = {}
    for cluster, region in REGIONS.items():
        (balancer,) = Account(region).client("elbv2").describe_load_balancers()["LoadBalancers"]
        assert len(Account(region).client("sqs").list_queues()["QueueUrls"]) == 4
        names[cluster] = balancer["DNSName"]
    assert len(project.resources()) > 40
    assert {name: [key for key, one in names.items() if one in led] for name, led in project.records().items()} == {
        "shop.example.com. seoul": ["seoul"],
        "shop.example.com. tokyo": ["tokyo"],
        "mail.example.com. primary": ["seoul"],
        "mail.example.com. secondary": ["tokyo"],
    }


def test_second_update_changes_nothing(project: OnMoto) -> None:
    before = project.resources()
    ended = project.up().succeeded()
    assert "no change" in ended.stderr
    assert changed(before, project.resources()) == set()


def test_update_of_one_system_leaves_all_of_aws_as_it_is(project: OnMoto) -> None:
    before = project.resources()
    project.up("shop").succeeded()
    assert changed(before, project.resources()) == set()


def test_nothing_of_one_region_depends_on_the_other(project: OnMoto) -> None:
    depending = [
        (one["urn"], other)
        for one in project.resources().values()
        for other in (*one.get("dependencies", ()), *chain(*one.get("propertyDependencies", {}).values()))
        if {owner(one["urn"]), owner(other)} == set(REGIONS)
    ]
    assert depending == []
    assert {owner(one["urn"]) for one in project.resources().values()} == {*REGIONS, "global"}


def owner(urn: str) -> str:
    return urn.rpartition("::")[2].partition("/")[0]


def test_drain_changes_records_and_nothing_else(project: OnMoto) -> None:
    text = (project.root / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    before = project.resources()
    told = project.naru("region", "drain", "--stack", "prod", "tokyo", "--yes", "--json").succeeded().data
    gone = {f"{SHOP}/tokyo", f"{MAIL}/secondary"}
    assert told["result"] == "succeeded"
    assert told["records"] == dict.fromkeys(gone, "delete")
    assert changed(before, project.resources()) == {f"{name} {RECORD}" for name in gone}
    assert set(project.records()) == {"shop.example.com. seoul", "mail.example.com. primary"}
    assert load(project.root, "prod").stack.environment.clusters["tokyo"].drained
    after = (project.root / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    assert after.replace(", drained: true", "") == text


def test_update_after_a_drain_changes_nothing(project: OnMoto) -> None:
    assert "no change" in project.up().succeeded().stderr
    ended = project.naru("region", "drain", "--stack", "prod", "tokyo", "--yes").succeeded()
    assert "tokyo is out of traffic already" in ended.stderr


@contextmanager
def unhealthy(project: OnMoto, cluster: str) -> Iterator[None]:
    """Have Route 53's checkers find a cluster's way in dead: moto's one checker finds all well."""
    name = f"{cluster}/common/aws/health-check aws:route53/healthCheck:HealthCheck"
    check = project.resources()[name]["id"]
    well = Route53.get_health_check_status

    def status(self: Route53) -> Any:
        found = well(self)
        if self._get_param("HealthCheckId") == check:
            for one in found.result["HealthCheckObservations"]:
                one["StatusReport"]["Status"] = "Failure: Connection timed out"
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Route53, "get_health_check_status", status)
        yield


def test_region_is_not_drained_onto_one_that_route_53_holds_unhealthy(project: OnMoto) -> None:
    project.naru("region", "restore", "--stack", "prod", "tokyo", "--yes", "--force").succeeded()
    text = (project.root / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    before = project.resources()
    with unhealthy(project, "seoul"):
        ended = project.naru("region", "drain", "--stack", "prod", "tokyo", "--yes")
        listed = project.naru("region", "list", "--stack", "prod", "--json").succeeded().data
    assert ended.code == 4
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("refused: ")]
    assert "seoul (ap-northeast-2) unhealthy, which would keep mail.example.com and shop.example.com" in line
    assert "0 of 1 checkers find it healthy (Connection timed out)" in line
    assert [one["health"]["status"] for one in listed["clusters"]] == ["unhealthy", "healthy"]
    assert changed(before, project.resources()) == set()
    assert (project.root / "Pulumi.prod.yaml").read_text(encoding="utf-8") == text


def test_region_is_drained_all_the_same_where_nobody_asks(project: OnMoto) -> None:
    with unhealthy(project, "seoul"):
        drain = ("region", "drain", "--stack", "prod", "tokyo", "--yes", "--no-health-check")
        assert "unhealthy" not in project.naru(*drain).succeeded().text
    assert set(project.records()) == {"shop.example.com. seoul", "mail.example.com. primary"}


def test_last_region_in_traffic_cannot_be_drained(project: OnMoto) -> None:
    before = project.records()
    ended = project.naru("region", "drain", "--stack", "prod", "seoul", "--yes")
    assert ended.code == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("Pulumi.prod.yaml:7: ")
    assert "the last region in traffic of mail and shop" in line
    assert project.records() == before


def test_region_that_cannot_be_looked_at_is_restored_by_force_alone(project: OnMoto) -> None:
    refused = project.naru("region", "restore", "--stack", "prod", "tokyo", "--yes")
    assert refused.code == 4
    assert "context tokyo" in refused.stderr
    assert "tokyo" not in " ".join(project.records())
    before = project.resources()
    project.naru("region", "restore", "--stack", "prod", "tokyo", "--yes", "--force").succeeded()
    assert changed(before, project.resources()) == {f"{SHOP}/tokyo {RECORD}", f"{MAIL}/secondary {RECORD}"}
    assert "drained" not in (project.root / "Pulumi.prod.yaml").read_text(encoding="utf-8")


def test_first_region_of_a_failover_hands_its_role_on_and_gets_it_back(project: OnMoto) -> None:
    before = project.records()
    told = project.naru("region", "drain", "--stack", "prod", "seoul", "--yes", "--json").succeeded().data
    assert told["records"] == {f"{SHOP}/seoul": "delete", f"{MAIL}/primary": "update", f"{MAIL}/secondary": "delete"}
    assert project.records() == {
        "shop.example.com. tokyo": before["shop.example.com. tokyo"],
        "mail.example.com. primary": before["mail.example.com. secondary"],
    }
    project.naru("region", "restore", "--stack", "prod", "seoul", "--yes", "--force").succeeded()
    assert project.records() == before


def test_pending_change_of_anything_else_stays_pending(project: OnMoto) -> None:
    project.change("Pulumi.prod.yaml", "owner: platform", "owner: others")
    before = project.resources()
    project.naru("region", "drain", "--stack", "prod", "tokyo", "--yes").succeeded()
    assert changed(before, project.resources()) == {f"{SHOP}/tokyo {RECORD}", f"{MAIL}/secondary {RECORD}"}


def test_another_account_is_refused(project: OnMoto) -> None:
    before = (project.root / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    project.change("Pulumi.prod.yaml", ACCOUNT, "999999999999")
    ended = project.naru("region", "restore", "--stack", "prod", "tokyo", "--yes", "--force")
    assert ended.code == 1
    assert "999999999999" in ended.stderr
    assert "drained: true" in (project.root / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    project.write("Pulumi.prod.yaml", before)
